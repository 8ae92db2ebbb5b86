import { create } from 'zustand';
import type { Cursor } from '../../app/contract/frame.ts';
import { beginning } from '../session/cursor.ts';

/** What one move of play and of the large buttons covers. */
export type Grain = 'step' | 'event';

export const speeds = [0.25, 0.5, 1, 2, 4, 8] as const;
export type Speed = (typeof speeds)[number];

interface PlaybackState {
  /** Where the person wants to be; the painted place is in the frame store and may lag behind for a moment. */
  readonly target: Cursor;
  readonly playing: boolean;
  readonly speed: Speed;
  readonly grain: Grain;
}

export const usePlayback = create<PlaybackState>(() => ({
  target: beginning,
  playing: false,
  speed: 1,
  grain: 'step',
}));

/** How long one move stays on screen at speed 1, in milliseconds. */
export const dwell: Readonly<Record<Grain, number>> = { step: 2600, event: 650 };

/** The next faster or slower speed; stays at the ends. */
export function changeSpeed(by: 1 | -1): void {
  usePlayback.setState(({ speed }) => ({ speed: speeds[speeds.indexOf(speed) + by] ?? speed }));
}
