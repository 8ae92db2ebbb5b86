import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  beginning,
  clampCursor,
  cursorAfter,
  eventsDone,
  isLast,
  lastCursor,
  nextEvent,
  nextStep,
  previousEvent,
  previousStep,
  sameCursor,
} from './cursor.ts';

const steps = [{ events: 3 }, { events: 0 }, { events: 2 }];

/** All places that forward reaches from the beginning, as text. */
function walk(move: (at: typeof beginning) => typeof beginning, from = beginning): readonly string[] {
  const seen: string[] = [];
  for (let at = from, next = move(at); !sameCursor(at, next); at = next, next = move(at))
    seen.push(`${next.step}:${next.event ?? 'all'}`);
  return seen;
}

describe('moving by events', () => {
  it('shows every event once, and a step without events as itself', () => {
    expect(walk((at) => nextEvent(steps, at))).toEqual(['0:1', '0:2', '0:all', '1:all', '2:1', '2:all']);
  });

  it('goes back the way it came', () => {
    expect(walk((at) => previousEvent(steps, at), lastCursor(steps))).toEqual([
      '2:1',
      '1:all',
      '0:all',
      '0:2',
      '0:1',
      '-1:all',
    ]);
  });
});

describe('moving by steps', () => {
  it('ends the step that it is in before it goes on', () => {
    expect(nextStep(steps, { step: 0, event: 1 })).toEqual({ step: 0, event: null });
    expect(nextStep(steps, { step: 0, event: null })).toEqual({ step: 1, event: null });
  });

  it('goes back to where the step began', () => {
    expect(previousStep(steps, { step: 2, event: 1 })).toEqual({ step: 1, event: null });
    expect(previousStep(steps, beginning)).toEqual(beginning);
  });

  it('stays at the last step', () => {
    expect(nextStep(steps, lastCursor(steps))).toEqual(lastCursor(steps));
    expect(isLast(steps, lastCursor(steps))).toBe(true);
  });
});

describe('the place on a line of all events', () => {
  const sizes = fc.array(fc.record({ events: fc.integer({ min: 0, max: 5 }) }), { maxLength: 8 });

  it('leads back to the same world from any place', () => {
    fc.assert(
      fc.property(sizes, fc.nat(40), (list, done) => {
        const total = list.reduce((sum, { events }) => sum + events, 0);
        expect(eventsDone(list, cursorAfter(list, done))).toBe(Math.min(done, total));
      }),
    );
  });

  it('never leaves the history, whatever a link says', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: -3, max: 12 }),
        fc.option(fc.integer({ min: -2, max: 9 })),
        (list, step, event) => {
          const at = clampCursor(list, { step, event });
          expect(at.step === -1 || at.step in list).toBe(true);
          if (at.event !== null) expect(at.event).toBeLessThan(list[at.step]!.events);
        },
      ),
    );
  });
});
