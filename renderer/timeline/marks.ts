import type { TimelineView } from '../../app/contract/frame.ts';

/** The stretch of events on screen: [from, to) in events, with fractions while one zooms. */
export interface EventWindow {
  readonly from: number;
  readonly to: number;
}

/** A mark of the timeline: one event, or several of one lane that share a few pixels. */
export interface Mark {
  readonly lane: number;
  /** Its middle, in pixels. */
  readonly x: number;
  /** Index into the view's states: a refusal where it stands for one, else of the last event that it stands for. */
  readonly state: number;
  readonly events: number;
  /** The first event that it stands for. */
  readonly first: number;
}

/** Pixels that a mark takes. */
export const markWidth = 7;

/** The events of each lane in order, made once for a history: painting then costs pixels, not events. */
export interface LaneIndex {
  readonly view: TimelineView;
  readonly lanes: readonly Uint32Array[];
  /** Those of each lane that are refusals. */
  readonly refusals: readonly Uint32Array[];
}

export function indexLanes(view: TimelineView): LaneIndex {
  const refusal = view.states.indexOf('refusal');
  const events = view.lanes.map((): number[] => []);
  const refused = view.lanes.map((): number[] => []);
  view.lane.forEach((lane, event) => {
    events[lane]?.push(event);
    if (view.state[event] === refusal) refused[lane]?.push(event);
  });
  const packed = (lists: readonly number[][]): readonly Uint32Array[] => lists.map((list) => Uint32Array.from(list));
  return { view, lanes: packed(events), refusals: packed(refused) };
}

/** The first place in a sorted list whose value is at or after `wanted`. */
function lowerBound(sorted: Uint32Array, wanted: number, from = 0): number {
  let [low, high] = [from, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Marks of the events in view on a line of `width` pixels; events of a lane that would overlap are one mark. */
export function marksOf(index: LaneIndex, { from, to }: EventWindow, width: number): readonly Mark[] {
  const scale = width / Math.max(1e-9, to - from);
  const apart = markWidth / scale;
  const marks: Mark[] = [];
  index.lanes.forEach((events, lane) => {
    const refusals = index.refusals[lane] ?? new Uint32Array(0);
    let at = lowerBound(events, from - apart);
    while (at < events.length) {
      const first = events[at] ?? 0;
      if (first > to) break;
      // All that begin less than a mark's width after it are drawn with it.
      const next = Math.max(at + 1, lowerBound(events, first + apart, at + 1));
      const last = events[next - 1] ?? first;
      const refused = refusals[lowerBound(refusals, first)];
      const shown = refused !== undefined && refused <= last ? refused : last;
      marks.push({
        lane,
        x: (first + 0.5 - from) * scale,
        state: index.view.state[shown] ?? 0,
        events: next - at,
        first,
      });
      at = next;
    }
  });
  return marks;
}

/** The event after whose end the world at `x` is. */
export const eventAt = (x: number, { from, to }: EventWindow, width: number, events: number): number =>
  Math.max(0, Math.min(events, Math.round(from + (x / width) * (to - from))));

/** The mark under a point of a lane, or null. */
export function markAt(marks: readonly Mark[], lane: number, x: number): Mark | null {
  let best: Mark | null = null;
  for (const mark of marks)
    if (
      mark.lane === lane &&
      Math.abs(mark.x - x) <= markWidth &&
      (best === null || Math.abs(mark.x - x) < Math.abs(best.x - x))
    )
      best = mark;
  return best;
}
