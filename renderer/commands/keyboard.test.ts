// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshSession, press, settle } from '../testing/render.tsx';
import type { FakeClient } from '../testing/fake-client.ts';
import { open } from '../session/open.ts';
import { useFrame } from '../stores/frame.ts';
import { useLayout } from '../stores/layout.ts';
import { usePlayback } from '../stores/playback.ts';
import { listenToKeys } from './keyboard.ts';

let client: FakeClient;
let end = (): void => {};

describe('keys', () => {
  beforeEach(async () => {
    client = freshSession();
    end = listenToKeys();
    await open({ kind: 'builtin', id: 'sc-18' });
    await settle();
  });
  afterEach(() => end());
  const cursor = () => useFrame.getState().cursor;

  it('step and go by events, to the ends and back', async () => {
    await press('ArrowRight');
    expect(cursor()).toEqual({ step: 0, event: null });
    await press('ArrowRight', document.body, { shiftKey: true });
    expect(cursor()).toEqual({ step: 1, event: 1 });
    await press(',');
    expect(cursor()).toEqual({ step: 0, event: null });
    await press('End');
    expect(cursor()).toEqual({ step: 6, event: null });
    await press('Home');
    expect(cursor()).toEqual({ step: -1, event: null });
  });

  it('that repeat ask for the difference from the picture on screen, and end at the last wish', async () => {
    const before = client.asked.length;
    const right = () =>
      document.body.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true, cancelable: true, repeat: true }),
      );
    for (let i = 0; i < 6; i++) right();
    await settle();
    expect(cursor()).toEqual({ step: 5, event: null });
    const frames = client.asked.slice(before).filter(({ name }) => name === 'frame');
    expect(frames.length).toBeLessThanOrEqual(2);
    expect(frames.at(-1)!.args[0]).toEqual({ cursor: { step: 5, event: null }, from: { step: 0, event: null } });
  });

  it('do nothing while someone types', async () => {
    const input = document.body.appendChild(document.createElement('input'));
    await press('ArrowRight', input);
    await press(' ', input);
    expect(cursor().step).toBe(-1);
    expect(usePlayback.getState().playing).toBe(false);
  });

  it('play, toggle panels and open lists', async () => {
    await press(' ');
    expect(usePlayback.getState().playing).toBe(true);
    await press('s');
    expect(useLayout.getState().panels.story).toBe(false);
    await press('?');
    expect(useLayout.getState().dialog).toBe('keys');
    await press('ArrowRight');
    expect(cursor().step).toBe(-1);
    await press('Escape');
    expect(useLayout.getState().dialog).toBeNull();
  });
});
