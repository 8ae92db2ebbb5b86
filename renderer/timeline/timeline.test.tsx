// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { open } from '../session/open.ts';
import { useDocument } from '../stores/document.ts';
import { usePlayback } from '../stores/playback.ts';
import { select } from '../stores/selection.ts';
import { click, doing, freshSession, press, render } from '../testing/render.tsx';
import type { FakeClient } from '../testing/fake-client.ts';
import { Timeline } from './timeline.tsx';

describe('the timeline', () => {
  let client: FakeClient;
  let host: HTMLElement;
  let line: HTMLElement;
  beforeEach(async () => {
    client = freshSession();
    await open({ kind: 'builtin', id: 'sc-18' }, { step: 2, event: null });
    host = await render(<Timeline />);
    line = host.querySelector('[role=slider]')!;
  });
  const button = (name: string) => host.querySelector<HTMLButtonElement>(`[aria-label="${name}"]`)!;

  it('moves by event and by step with the keyboard, and says where it is', async () => {
    const now = Number(line.getAttribute('aria-valuenow'));
    await press('ArrowLeft', line);
    expect(Number(line.getAttribute('aria-valuenow'))).toBe(now - 1);
    await press('PageUp', line);
    expect(usePlayback.getState().target).toEqual({ step: 1, event: null });
    await press('Home', line);
    expect(line.getAttribute('aria-valuenow')).toBe('0');
    await press('End', line);
    expect(line.getAttribute('aria-valuenow')).toBe(line.getAttribute('aria-valuemax'));
  });

  it('comes closer with plus, and shows all again with 0', async () => {
    expect(button('Farther').disabled).toBe(true);
    await press('+', line);
    expect(line.getAttribute('aria-valuetext')).toMatch(/events \d+ to \d+ in view$/);
    expect(host.querySelector('.timeline-overview')).not.toBeNull();
    await press('0', line);
    expect(line.getAttribute('aria-valuetext')).not.toMatch(/in view/);
    await click(button('Closer'));
    await click(button('Farther'));
    expect(button('All events').disabled).toBe(true);
  });

  it('asks for the causes of the selected event, and of nothing else', async () => {
    const asked = () => client.asked.filter(({ name }) => name === 'why');
    await doing(() => select({ kind: 'node', id: 'gpu0' }));
    expect(asked()).toHaveLength(0);
    await doing(() => select({ kind: 'event', step: 2, event: 1 }));
    expect(asked().map(({ args }) => args[0])).toMatchObject([{ target: { kind: 'event', step: 2, event: 1 } }]);
  });

  it('is not there before the history is', async () => {
    await doing(() => useDocument.setState({ timeline: null }));
    expect(host.querySelector('[role=slider]')).toBeNull();
  });
});
