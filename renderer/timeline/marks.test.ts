import { describe, expect, it } from 'vitest';
import type { TimelineView } from '../../app/contract/frame.ts';
import { eventAt, marksOf } from './marks.ts';

const view = (lanes: readonly number[]): TimelineView => ({
  lanes: ['A', 'kernel'],
  stepStarts: [0, lanes.length],
  lane: Uint8Array.from(lanes),
  state: Uint8Array.from(lanes.map((_, i) => i % 3)),
  states: ['system', 'none', 'refusal'],
});

describe('marks of the timeline', () => {
  it('gives every event its mark while there is room', () => {
    expect(marksOf(view([0, 1, 0]), 0, 3, 300).map((m) => [m.lane, m.x, m.events])).toEqual([
      [0, 50, 1],
      [1, 150, 1],
      [0, 250, 1],
    ]);
  });

  it('joins events of one lane that would overlap, and loses none', () => {
    const marks = marksOf(view(Array.from({ length: 1000 }, (_, i) => i % 2)), 0, 1000, 200);
    expect(marks.length).toBeLessThan(70);
    expect(marks.reduce((sum, m) => sum + m.events, 0)).toBe(1000);
  });

  it('finds the event under the pointer at both ends and between', () => {
    expect([eventAt(-5, 10, 100), eventAt(0, 10, 100), eventAt(52, 10, 100), eventAt(999, 10, 100)]).toEqual([
      0, 0, 5, 10,
    ]);
  });
});
