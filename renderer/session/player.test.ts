// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshSession } from '../testing/render.tsx';
import { useFrame } from '../stores/frame.ts';
import { changeSpeed, dwell, usePlayback } from '../stores/playback.ts';
import { open } from './open.ts';
import { goTo } from './navigate.ts';
import { runPlayer, togglePlay } from './player.ts';

let end = (): void => {};

describe('playing', () => {
  beforeEach(async () => {
    freshSession();
    await open({ kind: 'builtin', id: 'sc-18' });
    vi.useFakeTimers();
    end = runPlayer();
    await vi.advanceTimersByTimeAsync(1);
  });
  afterEach(() => {
    end();
    vi.useRealTimers();
  });
  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
  const step = (): number => useFrame.getState().cursor.step;

  it('moves on after each dwell and stops at the end', async () => {
    togglePlay();
    await pass(dwell.step + 1);
    expect(step()).toBe(0);
    await pass(dwell.step * 20);
    expect(step()).toBe(6);
    expect(usePlayback.getState().playing).toBe(false);
  });

  it('follows the speed while it runs', async () => {
    changeSpeed(1);
    togglePlay();
    await pass(dwell.step / 2 + 1);
    expect(step()).toBe(0);
  });

  it('goes event by event in the other grain', async () => {
    usePlayback.setState({ grain: 'event' });
    togglePlay();
    await pass(dwell.event + 1);
    expect(useFrame.getState().cursor).toEqual({ step: 0, event: 1 });
  });

  it('pauses where it is', async () => {
    togglePlay();
    await pass(dwell.step + 1);
    togglePlay();
    await pass(dwell.step * 3);
    expect(step()).toBe(0);
  });

  it('starts over at the end', async () => {
    goTo({ step: 6, event: null });
    await pass(1);
    togglePlay();
    await pass(1);
    expect(step()).toBe(-1);
    expect(usePlayback.getState().playing).toBe(true);
  });
});
