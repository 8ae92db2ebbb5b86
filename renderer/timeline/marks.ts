import type { TimelineView } from '../../app/contract/frame.ts';

/** A mark of the timeline: one event, or several of one lane that share a few pixels. */
export interface Mark {
  readonly lane: number;
  readonly x: number;
  /** Index into the view's states: of the last event that it stands for. */
  readonly state: number;
  readonly events: number;
}

/** Pixels that a mark takes. */
export const markWidth = 7;

/** Marks of events [from, to) on a line of `width` pixels; events of a lane that would overlap are one mark. */
export function marksOf(view: TimelineView, from: number, to: number, width: number): readonly Mark[] {
  const marks: Mark[] = [];
  const last = new Map<number, number>();
  const scale = width / Math.max(1, to - from);
  for (let event = from; event < to; event++) {
    const lane = view.lane[event] ?? 0;
    const state = view.state[event] ?? 0;
    const x = (event - from + 0.5) * scale;
    const index = last.get(lane);
    const before = index === undefined ? undefined : marks[index];
    if (index !== undefined && before !== undefined && x - before.x < markWidth) {
      marks[index] = { ...before, state, events: before.events + 1 };
      continue;
    }
    last.set(lane, marks.length);
    marks.push({ lane, x, state, events: 1 });
  }
  return marks;
}

/** The event after whose end the world at `x` is. */
export const eventAt = (x: number, events: number, width: number): number =>
  Math.max(0, Math.min(events, Math.round((x / width) * events)));
