// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { open } from '../session/open.ts';
import { useFrame } from '../stores/frame.ts';
import { useSelection } from '../stores/selection.ts';
import { click, freshSession, press, render, texts } from '../testing/render.tsx';
import { EventsPanel } from './events-panel.tsx';
import { WhyPanel } from './why-panel.tsx';

describe('the events of a step', () => {
  beforeEach(() => freshSession());

  it('stand below their causes, and what has not happened yet is marked', async () => {
    await open({ kind: 'builtin', id: 'sc-18' }, { step: 4, event: 2 });
    const host = await render(<EventsPanel />);
    expect(texts(host, '.event-title')).toEqual(['CPU read', 'fault', 'migrate to RAM', 'entries written']);
    expect(
      [...host.querySelectorAll<HTMLElement>('.event')].map((row) => [
        row.style.paddingLeft,
        row.hasAttribute('data-ahead'),
      ]),
    ).toEqual([
      ['12px', false],
      ['26px', false],
      ['40px', true],
      ['54px', true],
    ]);
  });

  it('are selected by a click, which shows their causes, and visited by Enter', async () => {
    await open({ kind: 'builtin', id: 'sc-18' }, { step: 4, event: null });
    const host = await render(<EventsPanel />);
    await click(host.querySelectorAll('.event')[2]);
    expect(useSelection.getState().selected).toEqual({ kind: 'event', step: 4, event: 2 });
    expect([...host.querySelectorAll('.event')].map((row) => row.hasAttribute('data-cause'))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    await press('Enter', host.querySelector('.events')!);
    expect(useFrame.getState().cursor).toEqual({ step: 4, event: 3 });
  });
});

describe('why', () => {
  beforeEach(() => freshSession());

  it('is answered for the last event where nothing is selected, down to the kernel function', async () => {
    await open({ kind: 'builtin', id: 'sc-18' }, { step: 4, event: null });
    const host = await render(<WhyPanel />);
    expect(texts(host, '.why h3')).toEqual(['Why did entries written happen?']);
    expect(texts(host, '.cause code')).toEqual(['migrate_vma_finalize', 'migrate_to_ram', 'do_swap_page']);
    expect(texts(host, '.place')).toEqual(['5.4', '5.3', '5.2', '5.1']);
  });

  it('leads to the moment that a cause names', async () => {
    await open({ kind: 'builtin', id: 'sc-18' }, { step: 4, event: null });
    const host = await render(<WhyPanel />);
    await click(host.querySelectorAll('.cause')[2]);
    expect(useFrame.getState().cursor).toEqual({ step: 4, event: 2 });
  });
});
