// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { open } from '../session/open.ts';
import { compareWith, endComparison } from '../session/compare.ts';
import { useComparison } from '../stores/comparison.ts';
import { useLayout } from '../stores/layout.ts';
import { useParts } from '../stores/parts.ts';
import { select, useSelection } from '../stores/selection.ts';
import { click, doing, freshSession, press, render, texts } from '../testing/render.tsx';
import { PartsPanel } from './parts-panel.tsx';

const grid = (host: HTMLElement): HTMLElement => host.querySelector('[role=grid]')!;
const chosen = () => {
  const { selected } = useSelection.getState();
  return selected?.kind === 'node' ? selected.id : null;
};

describe('the table of all parts', () => {
  beforeEach(async () => {
    freshSession();
    useParts.setState(useParts.getInitialState(), true);
    await open({ kind: 'builtin', id: 'sc-18' });
  });

  it('draws the rows in view of as many as there are', async () => {
    const host = await render(<PartsPanel />);
    const total = Number(grid(host).getAttribute('aria-rowcount')) - 1;
    expect(total).toBeGreaterThan(500);
    expect(host.querySelectorAll('.parts-rows [role=row]').length).toBeLessThan(60);
    expect(texts(host, '.parts-count')[0]).toBe(`${total} parts`);
  });

  it('shows what is not told as unknown, and what such a part has not as nothing', async () => {
    const host = await render(<PartsPanel />);
    await doing(() => useParts.setState({ filter: 'nic' }));
    expect(texts(host, '.parts-rows [data-column=node]')).toEqual(['unknown']);
    expect(texts(host, '.parts-rows [data-column=size]')).toEqual(['']);
  });

  it('orders by a column, turns the order round, and goes back to that of the source', async () => {
    const host = await render(<PartsPanel />);
    const head = () => host.querySelector('[role=columnheader][data-column=name]')!;
    const first = () => texts(host, '.parts-rows [data-column=name]')[0];
    const source = first();
    await click(head().querySelector('button'));
    expect([head().getAttribute('aria-sort'), first()]).toEqual(['ascending', 'BAR 1']);
    await click(head().querySelector('button'));
    expect([head().getAttribute('aria-sort'), first()]).toEqual(['descending', 'VRAM']);
    await click(head().querySelector('button'));
    expect([head().getAttribute('aria-sort'), first()]).toEqual(['none', source]);
  });

  it('moves from row to row with the keyboard, and selects in all views', async () => {
    const host = await render(<PartsPanel />);
    await press('Home', grid(host));
    const first = chosen();
    await press('ArrowDown', grid(host));
    expect(chosen()).not.toBe(first);
    await press('End', grid(host));
    expect(chosen()).toBe('pu:499');
    expect(host.querySelector('[aria-selected=true]')?.textContent).toContain('CPU 499');
  });

  it('reveals what is selected elsewhere', async () => {
    const host = await render(<PartsPanel />);
    await doing(() => select({ kind: 'node', id: 'pu:321' }));
    expect(host.querySelector('[aria-selected=true]')?.textContent).toContain('CPU 321');
    expect(grid(host).getAttribute('aria-activedescendant')).toBe(host.querySelector('[aria-selected=true]')!.id);
  });

  it('opens on what differs when a comparison begins, and ends with it', async () => {
    await doing(() => compareWith({ kind: 'builtin', id: 'hbm-cxl' }));
    expect([useLayout.getState().view, useParts.getState().differing]).toEqual(['parts', true]);
    expect(useComparison.getState().nodes.get('hbm0')).toBe('added');
    await doing(() => endComparison());
    expect([useComparison.getState().view, useParts.getState().differing]).toEqual([null, false]);
  });
});
