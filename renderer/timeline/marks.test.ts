import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TimelineView } from '../../app/contract/frame.ts';
import { allEvents, bringIntoView, clampEvents, isAll, panEvents, zoomEvents } from './event-window.ts';
import { eventAt, indexLanes, markAt, marksOf, markWidth } from './marks.ts';

const view = (lanes: readonly number[], refused: readonly number[] = []): TimelineView => ({
  lanes: ['A', 'kernel'],
  stepStarts: [0, lanes.length],
  lane: Uint8Array.from(lanes),
  state: Uint8Array.from(lanes, (_, i) => (refused.includes(i) ? 2 : i % 2)),
  states: ['system', 'none', 'refusal'],
});
const marks = (lanes: readonly number[], from: number, to: number, width: number, refused: readonly number[] = []) =>
  marksOf(indexLanes(view(lanes, refused)), { from, to }, width);

describe('marks of the timeline', () => {
  it('gives every event its mark while there is room', () => {
    expect(
      marks([0, 1, 0], 0, 3, 300)
        .toSorted((a, b) => a.x - b.x)
        .map((m) => [m.lane, m.x, m.events]),
    ).toEqual([
      [0, 50, 1],
      [1, 150, 1],
      [0, 250, 1],
    ]);
  });

  it('joins events of one lane that would overlap, and loses none', () => {
    const found = marks(
      Array.from({ length: 1000 }, (_, i) => i % 2),
      0,
      1000,
      200,
    );
    expect(found.length).toBeLessThan(70);
    expect(found.reduce((sum, m) => sum + m.events, 0)).toBe(1000);
  });

  it('never hides a refusal among what it joins', () => {
    const found = marks(new Array<number>(1000).fill(0), 0, 1000, 100, [437]);
    expect(found.filter(({ state }) => state === 2)).toHaveLength(1);
  });

  it('shows the events of a stretch alone when one comes closer', () => {
    const found = marks(new Array<number>(10_000).fill(0), 5000, 5010, 500);
    expect(found.filter(({ x }) => x >= 0 && x <= 500).map(({ first }) => first)).toEqual(
      Array.from({ length: 10 }, (_, i) => 5000 + i),
    );
    expect(found.every(({ events }) => events === 1)).toBe(true);
  });

  it('of one lane never overlap, whatever the events and the stretch (seed 8)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1), { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 50, max: 900 }),
        (lanes, size, width) => {
          const found = marks(lanes, 0, size, width);
          for (const lane of [0, 1]) {
            const own = found.filter((mark) => mark.lane === lane);
            for (let i = 1; i < own.length; i++)
              expect(own[i]!.x - own[i - 1]!.x).toBeGreaterThanOrEqual(markWidth - 1e-6);
          }
        },
      ),
      { seed: 8 },
    );
  });

  it('costs pixels, not events', () => {
    const many = indexLanes(view(Array.from({ length: 300_000 }, (_, i) => i % 2)));
    expect(marksOf(many, { from: 0, to: 300_000 }, 1000).length).toBeLessThan(300);
  });

  it('finds the event under the pointer at both ends and between, in the stretch on screen', () => {
    const all = allEvents(10);
    expect([eventAt(-5, all, 100, 10), eventAt(0, all, 100, 10), eventAt(52, all, 100, 10)]).toEqual([0, 0, 5]);
    expect(eventAt(999, all, 100, 10)).toBe(10);
    expect(eventAt(50, { from: 4, to: 6 }, 100, 10)).toBe(5);
  });

  it('finds the mark under the pointer, in its own lane', () => {
    const found = marks([0, 1, 0], 0, 3, 300);
    expect(markAt(found, 0, 52)?.first).toBe(0);
    expect(markAt(found, 1, 52)).toBeNull();
    expect(markAt(found, 1, 148)?.first).toBe(1);
  });
});

describe('the stretch of events on screen', () => {
  it('zooms about an event and stays within the history', () => {
    expect(zoomEvents(allEvents(100), 0.5, 50, 100)).toEqual({ from: 25, to: 75 });
    expect(zoomEvents({ from: 25, to: 75 }, 9, 50, 100)).toEqual(allEvents(100));
    expect(zoomEvents(allEvents(100), 1e-9, 50, 100)).toEqual({ from: 46, to: 54 });
    expect(panEvents({ from: 80, to: 100 }, 50, 100)).toEqual({ from: 80, to: 100 });
    expect(clampEvents({ from: -10, to: 10 }, 100)).toEqual({ from: 0, to: 20 });
    expect(isAll(allEvents(0), 0)).toBe(true);
  });

  it('follows an event, and moves no more than it must', () => {
    const seen = { from: 20, to: 40 };
    expect(bringIntoView(seen, 30, 100)).toBe(seen);
    expect(bringIntoView(seen, 50, 100)).toEqual({ from: 32, to: 52 });
    expect(bringIntoView(seen, 0, 100)).toEqual({ from: 0, to: 20 });
    expect(bringIntoView(seen, 100, 100)).toEqual({ from: 80, to: 100 });
  });
});
