/** Frames of buffer objects: taking, copying and giving back what stands in a table of page -> frame. */
import type { Span } from '../../base/span.ts';
import { frameColumn, frameFlag } from '../../model/frame-state.ts';
import type { World } from '../../model/world.ts';
import { PageMap } from '../../store/page-map.ts';
import { isFilled, valueAt } from '../../store/run.ts';
import { pageMap } from '../apply.ts';
import { allFrames, changeFrames, findFree, storeContent, take } from '../mm/frames.ts';
import type { Writer } from '../tx.ts';

/** Tables of a page of a buffer object -> its frame. */
export type FrameTable = 'objectPage' | 'copyPage' | 'ghostPage';

/** Pages that follow each other in frames that follow each other. */
export interface Stretch {
  readonly page: number;
  readonly frame: number;
  readonly pages: number;
}

/** The frames of pages [start, end) of a table; `column` is that of the frame number. */
export function stretches(
  world: World,
  table: FrameTable | 'sgTable' | 'importPte' | 'pte',
  key: string,
  start = 0,
  end = PageMap.limit,
): readonly Stretch[] {
  const column = table === 'objectPage' || table === 'copyPage' || table === 'ghostPage' ? 0 : 1;
  const found: Stretch[] = [];
  for (const run of pageMap(world, table, key).occupied(start, end)) {
    const pages = run.end - run.start;
    if (pages === 1 || run.strides[column] === 1)
      found.push({ page: run.start, frame: valueAt(run, run.start, column), pages });
    else
      for (let page = run.start; page < run.end; page++)
        found.push({ page, frame: valueAt(run, page, column), pages: 1 });
  }
  return found;
}

/** Writes frames, in order, as pages from 0 on. */
export function putFrames(w: Writer, table: FrameTable, key: string, spans: readonly Span[]): void {
  let page = 0;
  for (const { start, end } of spans) {
    w.fill(table, key, page, page + (end - start), [start], [end - start > 1 ? 1 : 0]);
    page += end - start;
  }
}

/** Takes frames that `findFree` named, for a driver: cleared, referenced once, mapped by nobody. */
export function takeForDriver(w: Writer, pool: string, spans: readonly Span[], value = 0, count = false): void {
  take(
    w,
    pool,
    spans,
    { flags: frameFlag.driverHeld, refs: 1, maps: 0, pins: 0, anonVma: 0, index: 0, content: value },
    count,
  );
}

/** The lowest free frames of a pool below `last` (a BAR that shows less than the memory), or null. */
export function findFreeBelow(world: World, pool: string, pages: number, last: number): readonly Span[] | null {
  const spans = findFree(world, pool, pages);
  return spans === null || spans.some((span) => span.end > last) ? null : spans;
}

/** The frames of a table are let go of; those that nobody else holds become free. */
export function dropFrames(w: Writer, table: FrameTable, key: string): void {
  for (const { frame, pages } of stretches(w.world, table, key))
    changeFrames(w, frame, frame + pages, (f) => ({ ...f, refs: f.refs - 1, flags: f.flags & ~frameFlag.driverHeld }));
  w.rewrite(table, key, 0, PageMap.limit, () => null);
}

/** Copies what frames hold, page by page, from one table's frames to those of `spans` in order. */
export function copyContents(w: Writer, from: readonly Stretch[], spans: readonly Span[]): void {
  const targets = spans.flatMap((span, i) => {
    const before = spans.slice(0, i).reduce((sum, s) => sum + s.end - s.start, 0);
    return [{ page: before, frame: span.start, pages: span.end - span.start }];
  });
  for (const source of from) {
    for (const target of targets) {
      const first = Math.max(source.page, target.page);
      const last = Math.min(source.page + source.pages, target.page + target.pages);
      if (first >= last) continue;
      copyStretch(w, source.frame + (first - source.page), target.frame + (first - target.page), last - first);
    }
  }
}

function copyStretch(w: Writer, from: number, to: number, pages: number): void {
  for (const run of pageMap(w.world, 'frame', allFrames).runs(from, from + pages)) {
    if (!isFilled(run)) continue;
    const counts = run.end - run.start > 1 && run.strides[frameColumn.content] === 1;
    const value = valueAt(run, run.start, frameColumn.content);
    storeContent(w, to + (run.start - from), to + (run.end - from), value, counts);
  }
}
