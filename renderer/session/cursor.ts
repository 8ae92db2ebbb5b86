import type { Cursor } from '../../app/contract/frame.ts';

/** How many events each step has: all that moving through a history needs to know about it. */
export type StepSizes = readonly { readonly events: number }[];

export const beginning: Cursor = { step: -1, event: null };

export const sameCursor = (a: Cursor | null, b: Cursor | null): boolean =>
  a === b || (a !== null && b !== null && a.step === b.step && a.event === b.event);

export const lastCursor = (steps: StepSizes): Cursor => ({ step: steps.length - 1, event: null });

export const isFirst = (at: Cursor): boolean => at.step < 0;
export const isLast = (steps: StepSizes, at: Cursor): boolean => at.step >= steps.length - 1 && at.event === null;

/** Ends the step it is in, then goes step by step. */
export function nextStep(steps: StepSizes, at: Cursor): Cursor {
  if (at.event !== null) return { step: at.step, event: null };
  return { step: Math.min(at.step + 1, steps.length - 1), event: null };
}

/** The end of the step before: from within a step, what was there when it began. */
export const previousStep = (_steps: StepSizes, at: Cursor): Cursor => ({
  step: Math.max(at.step - 1, -1),
  event: null,
});

/** After every event of a step the whole step is shown: the cursor is then `event: null`. */
export const afterEvents = (steps: StepSizes, step: number, events: number): Cursor =>
  Math.max(events, 0) >= (steps[step]?.events ?? 0) ? { step, event: null } : { step, event: Math.max(events, 0) };

/** One event on. The end of a step and the beginning of the next one are the same world, so it is shown once. */
export function nextEvent(steps: StepSizes, at: Cursor): Cursor {
  if (at.event !== null) return afterEvents(steps, at.step, at.event + 1);
  return at.step + 1 < steps.length ? afterEvents(steps, at.step + 1, 1) : at;
}

export function previousEvent(steps: StepSizes, at: Cursor): Cursor {
  if (at.step < 0) return at;
  const done = at.event ?? steps[at.step]?.events ?? 0;
  return done <= 1 ? { step: at.step - 1, event: null } : afterEvents(steps, at.step, done - 1);
}

/** Events since the beginning: the place of the cursor on a line of all events. */
export function eventsDone(steps: StepSizes, at: Cursor): number {
  let done = 0;
  for (let i = 0; i < at.step; i++) done += steps[i]?.events ?? 0;
  return done + (at.step < 0 ? 0 : (at.event ?? steps[at.step]?.events ?? 0));
}

/** The cursor after `done` events in all. Where steps without events share a place, the last of them. */
export function cursorAfter(steps: StepSizes, done: number): Cursor {
  let left = done;
  let at = beginning;
  for (const [step, { events }] of steps.entries()) {
    if (left < events) return left <= 0 ? at : { step, event: left };
    left -= events;
    at = { step, event: null };
  }
  return at;
}

/** A cursor from outside (a link, an older document) brought into this history. */
export function clampCursor(steps: StepSizes, at: Cursor): Cursor {
  if (!Number.isSafeInteger(at.step) || at.step < 0) return beginning;
  if (at.step >= steps.length) return lastCursor(steps);
  return at.event === null || !Number.isSafeInteger(at.event)
    ? { step: at.step, event: null }
    : afterEvents(steps, at.step, at.event);
}
