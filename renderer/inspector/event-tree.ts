import type { EventRow } from '../../app/contract/frame.ts';

/** Deeper than this, an indent says no more. */
const deepest = 6;

/** How many causes stand before each event, in the order of the events: its indent. */
export function causeDepths(events: readonly Pick<EventRow, 'index' | 'cause'>[]): readonly number[] {
  const depthOf = new Map<number, number>();
  return events.map(({ index, cause }) => {
    const depth = cause === null ? 0 : Math.min((depthOf.get(cause) ?? -1) + 1, deepest);
    depthOf.set(index, depth);
    return depth;
  });
}

/** Indices of all events that caused `index`, nearest first. */
export function causesOf(events: readonly Pick<EventRow, 'index' | 'cause'>[], index: number): readonly number[] {
  const causeOf = new Map(events.map((event) => [event.index, event.cause]));
  const found: number[] = [];
  for (let at = causeOf.get(index) ?? null; at !== null && !found.includes(at); at = causeOf.get(at) ?? null)
    found.push(at);
  return found;
}
