// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { goTo } from '../session/navigate.ts';
import { open } from '../session/open.ts';
import { click, doing, freshSession, render, texts } from '../testing/render.tsx';
import { useFrame } from '../stores/frame.ts';
import { StoryPanel } from './story-panel.tsx';

describe('the story panel', () => {
  beforeEach(() => freshSession());

  it('opens the current step: what is happening, the lesson, and what to read with its function', async () => {
    await open({ kind: 'builtin', id: 'sc-18' }, { step: 3, event: null });
    const host = await render(<StoryPanel />);
    expect(texts(host, '[aria-current=step] .step-name')).toEqual(['Pages leave for the GPU']);
    expect(texts(host, '.step-body > p')[0]).toMatch(/^The driver locks 28 pages/);
    expect(texts(host, '.lesson')).toEqual([
      'Lesson Migration is best effort, page by page: page 87 is pinned and stays.',
    ]);
    expect(texts(host, '.read-item code')).toContain('migrate_vma_setup()');
  });

  it('shows an expectation that does not hold with what is there instead and its line', async () => {
    await open({ kind: 'builtin', id: 'sc-18' }, { step: 3, event: null });
    const host = await render(<StoryPanel />);
    expect(texts(host, '.failed li')).toEqual(['vram0 free is 27 lessis 28 less · line 63']);
    expect(texts(host, '.step-failed')).toEqual(['1 expectation does not hold']);
  });

  it('goes to the step that is clicked', async () => {
    await open({ kind: 'builtin', id: 'sc-18' });
    const host = await render(<StoryPanel />);
    expect(texts(host, '[aria-current=step] .step-name')).toEqual(['Beginning']);
    await click([...host.querySelectorAll('.step-title')][5]);
    expect(useFrame.getState().cursor).toEqual({ step: 4, event: null });
    expect(host.querySelector('[aria-current=step]')!.textContent).toContain('A CPU access to private memory');
  });

  it('says unknown where a counter is not known', async () => {
    await open({ kind: 'builtin', id: 'sc-18' });
    const host = await render(<StoryPanel />);
    if (host.querySelector('.counters dl') === null) await click(host.querySelector('.counters-head'));
    await doing(() => goTo({ step: 0, event: null }));
    expect(texts(host, '.counters dl > div').at(-1)).toBe('link loadunknown');
  });
});
