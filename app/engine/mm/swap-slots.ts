/**
 * Slots of swap space, and the swap cache: frames that hold what a slot holds.
 *
 *      A S... swapArea.swap0.free 4096  --madvise [0] PAGEOUT-->                    A w... swapArea.swap0.free 4095
 *      A S... swapArea.swap0.free 4096  --madvise [0] PAGEOUT; write [0]-->         A S... swapArea.swap0.free 4096
 *      A S... swapArea.swap0.free 4096  --madvise [0] PAGEOUT; read [0]-->          A S... swapArea.swap0.free 4095
 *      A S... swapArea.swap0.free 4096  --madvise [0] PAGEOUT; read [0]; munmap --> A .... swapArea.swap0.free 4096
 *
 * After a read the frame stays in the swap cache, since the slot still holds the same; a write takes it out. Models
 * folio_alloc_swap, swap_put_entries_direct and folio_free_swap of mm/swapfile.c. Slot 0 is the header.
 */
import type { Span } from '../../base/span.ts';
import { frameFlag, readFrame, type FrameState } from '../../model/frame-state.ts';
import type { World } from '../../model/world.ts';
import { isFilled, type FilledRun } from '../../store/run.ts';
import type { PageMap } from '../../store/page-map.ts';
import { pageMap } from '../apply.ts';
import type { Writer } from '../tx.ts';
import { allFrames, changeFrames } from './frames.ts';

export const swapArea = 'swap0';
/** Columns of a slot. */
export const slotColumn = { count: 0, frame: 1, content: 2 } as const;

export const slots = (world: World): PageMap => pageMap(world, 'swapSlot', swapArea);

/** The `pages` lowest free slots as spans, or null where there are fewer. */
export function findSlots(world: World, pages: number): readonly Span[] | null {
  const area = world.records.swapArea[swapArea];
  if (area === undefined || area.free < pages) return null;
  const spans: Span[] = [];
  let missing = pages;
  for (const run of slots(world).runs(1, area.slots + 1)) {
    if (missing === 0) break;
    if (isFilled(run)) continue;
    const end = Math.min(run.end, run.start + missing);
    spans.push({ start: run.start, end });
    missing -= end - run.start;
  }
  return spans;
}

/** More than half of swap is in use: what was read back does not keep its slot (vm_swap_full). */
export function isSwapFull(world: World): boolean {
  const area = world.records.swapArea[swapArea];
  return area !== undefined && area.free * 2 < area.slots;
}

function addFree(w: Writer, pages: number): void {
  const area = w.get('swapArea', swapArea);
  if (area !== null) w.patch('swapArea', swapArea, { free: area.free + pages });
}

/** Frames from `frame` on enter the swap cache with the slots from `slot` on; nobody names the slots yet. */
export function cacheInSlots(w: Writer, slot: number, frame: number, pages: number): void {
  let at = slot;
  for (const part of w.world.pages.frame[allFrames]?.occupied(frame, frame + pages) ?? []) {
    const length = part.end - part.start;
    const content = readFrame(part.values).content;
    const counts = length > 1 ? 1 : 0;
    w.fill('swapSlot', swapArea, at, at + length, [0, part.start, content], [0, counts, part.strides[6] ?? 0]);
    at += length;
  }
  addFree(w, -pages);
  changeFrames(w, frame, frame + pages, (f) => ({ ...f, refs: f.refs + 1, flags: f.flags | frameFlag.swapCache }));
}

/** One more entry names each slot (swap_dup_entries). */
export function nameSlots(w: Writer, slot: number, pages: number): void {
  w.rewrite('swapSlot', swapArea, slot, slot + pages, ({ values: [count = 0, ...rest] }) => ({
    values: [count + 1, ...rest],
  }));
}

/** One entry fewer names each slot; what nobody names and no mapped frame caches is free. */
export function dropSlots(w: Writer, slot: number, pages: number): void {
  for (const run of slots(w.world).occupied(slot, slot + pages)) {
    const [count = 0, frame = 0, content = 0] = run.values;
    const length = run.end - run.start;
    if (count > 1 || frame !== 0) {
      w.fill('swapSlot', swapArea, run.start, run.end, [count - 1, frame, content], run.strides);
      if (count === 1) freeSwapCache(w, frame, frame + length, (f) => f.maps === 0);
    } else {
      w.fill('swapSlot', swapArea, run.start, run.end, null);
      addFree(w, length);
    }
  }
}

/** A stretch of frames in the swap cache and their slots. */
export interface Cached {
  readonly slot: number;
  readonly frame: number;
  readonly pages: number;
  /** Entries that name each slot. */
  readonly count: number;
}

/** Frames from `to` on take the place of frames [first, last) in the swap cache, and the cache's references. */
export function replaceInCache(w: Writer, first: number, last: number, to: number): void {
  for (const { slot, frame, pages } of cachedFrames(w.world, first, last)) {
    const start = to + (frame - first);
    w.rewrite('swapSlot', swapArea, slot, slot + pages, (run) => ({
      values: run.values.map((v, c) => (c === slotColumn.frame ? start + (run.start - slot) : v)),
      strides: run.strides.map((s, c) => (c === slotColumn.frame ? (run.end - run.start > 1 ? 1 : 0) : s)),
    }));
    changeFrames(w, start, start + pages, (f) => ({ ...f, refs: f.refs + 1, flags: f.flags | frameFlag.swapCache }));
    changeFrames(w, frame, frame + pages, (f) => ({ ...f, refs: f.refs - 1, flags: f.flags & ~frameFlag.swapCache }));
  }
}

/** Which of frames [start, end) are in the swap cache. */
export function cachedFrames(world: World, start: number, end: number): readonly Cached[] {
  return slots(world)
    .occupied()
    .flatMap((run: FilledRun) => {
      const first = run.values[slotColumn.frame] ?? 0;
      const from = Math.max(start, first);
      const to = Math.min(end, first + (run.end - run.start));
      return first === 0 || from >= to
        ? []
        : [{ slot: run.start + (from - first), frame: from, pages: to - from, count: run.values[0] ?? 0 }];
    });
}

/**
 * folio_free_swap: frames of [start, end) that `which` picks leave the swap cache where no entry names their slot; they
 * are dirty again, since they are the only copy.
 */
export function freeSwapCache(
  w: Writer,
  start: number,
  end: number,
  which: (frame: FrameState) => boolean = () => true,
): void {
  for (const cached of cachedFrames(w.world, start, end)) {
    if (cached.count > 0) continue;
    for (const part of w.world.pages.frame[allFrames]?.occupied(cached.frame, cached.frame + cached.pages) ?? []) {
      if (!which(readFrame(part.values))) continue;
      const slot = cached.slot + (part.start - cached.frame);
      w.fill('swapSlot', swapArea, slot, slot + (part.end - part.start), null);
      addFree(w, part.end - part.start);
      changeFrames(w, part.start, part.end, (f) => ({
        ...f,
        refs: f.refs - 1,
        flags: (f.flags & ~frameFlag.swapCache) | frameFlag.dirty,
      }));
    }
  }
}
