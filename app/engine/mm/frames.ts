/**
 * Taking and giving back frames of a pool. Deterministic: always the lowest free frames.
 *
 *      A .... pool.dram0.free 8192  --write [0..2)-->  A SS.. pool.dram0.free 8190
 *      A SS.. pool.dram0.free 8190  --munmap [0]-->    A .S.. pool.dram0.free 8191
 *
 * Stands for alloc_pages and folio_put of mm/page_alloc.c and mm/swap.c.
 */
import type { Span } from '../../base/span.ts';
import { frameColumn, frameFlag, readFrame, writeFrame, type FrameState } from '../../model/frame-state.ts';
import type { Pool, World } from '../../model/world.ts';
import { pageMap } from '../apply.ts';
import { isFilled } from '../../store/run.ts';
import type { Writer } from '../tx.ts';
import { freeSwapCache } from './swap-slots.ts';

export const allFrames = 'all';

/** Strides of fresh frames whose reverse-map index and content count up. */
const counting = (content: boolean): readonly number[] => [0, 0, 0, 0, 0, 1, content ? 1 : 0];

export function poolOf(world: World, frame: number): (Pool & { readonly id: string }) | null {
  for (const [id, pool] of Object.entries(world.records.pool)) {
    if (frame >= pool.firstFrame && frame < pool.firstFrame + pool.frames) return { id, ...pool };
  }
  return null;
}

/** The pool that ordinary allocations come from: the first of system memory. */
export function systemPool(world: World): string | null {
  return Object.entries(world.records.pool).find(([, pool]) => pool.registration === 'system')?.[0] ?? null;
}

/** The `pages` lowest free frames as spans, or null where there are fewer. Nothing is taken yet. */
export function findFree(world: World, poolId: string, pages: number): readonly Span[] | null {
  const pool = world.records.pool[poolId];
  if (pool === undefined || pool.free < pages) return null;
  const frames = pageMap(world, 'frame', allFrames);
  const last = pool.firstFrame + pool.frames;
  const spans: Span[] = [];
  let missing = pages;
  for (let at = pool.lowestFree; at < last && missing > 0;) {
    const next = Math.min(frames.next(at) ?? last, last);
    if (next > at) {
      const end = Math.min(next, at + missing);
      spans.push({ start: at, end });
      missing -= end - at;
      at = end;
    } else {
      at = frames.runs(at, last)[0]?.end ?? last;
    }
  }
  return missing === 0 ? spans : null;
}

/** The lowest free block of `pages` frames that starts at a multiple of `pages` and is whole; null where there is none. */
export function findBlock(world: World, poolId: string, pages: number): number | null {
  const pool = world.records.pool[poolId];
  if (pool === undefined || pool.free < pages) return null;
  const frames = pageMap(world, 'frame', allFrames);
  const up = (frame: number): number => Math.ceil(frame / pages) * pages;
  for (let at = up(Math.max(pool.lowestFree, pool.firstFrame)); at + pages <= pool.firstFrame + pool.frames;) {
    const used = frames.next(at);
    if (used === null || used >= at + pages) return at;
    at = Math.max(at + pages, up(frames.runs(used, at + pages)[0]?.end ?? used + 1));
  }
  return null;
}

/**
 * Takes frames that `findFree` named and gives each the state of `first`, its index (and, where asked, its content)
 * counting up from one to the next.
 */
export function take(w: Writer, poolId: string, spans: readonly Span[], first: FrameState, countContent = false): void {
  let offset = 0;
  for (const { start, end } of spans) {
    const state = {
      ...first,
      index: first.index + offset,
      content: countContent ? first.content + offset : first.content,
    };
    w.fill('frame', allFrames, start, end, writeFrame(state), counting(countContent));
    offset += end - start;
  }
  const pool = w.get('pool', poolId);
  const lowest = spans[0]?.start;
  const end = spans[spans.length - 1]?.end;
  if (pool === null || lowest === undefined || end === undefined) return;
  // Nothing below the old bound is free; what was taken moves it only where it was taken from the bottom.
  const bottom = lowest <= pool.lowestFree || isTaken(w, pool.lowestFree, lowest);
  w.patch('pool', poolId, { free: pool.free - offset, lowestFree: bottom ? end : pool.lowestFree });
}

/** All of [start, end) is in use. */
function isTaken(w: Writer, start: number, end: number): boolean {
  return pageMap(w.world, 'frame', allFrames).runs(start, end).every(isFilled);
}

/** Changes the state of frames that are in use; frames whose references are gone become free (folio_put). */
export function changeFrames(w: Writer, start: number, end: number, change: (frame: FrameState) => FrameState): void {
  const freed: Span[] = [];
  w.rewrite('frame', allFrames, start, end, (run) => {
    const next = change(readFrame(run.values));
    if (next.refs > 0) return { values: writeFrame(next) };
    freed.push({ start: run.start, end: run.end });
    return null;
  });
  for (const span of freed) {
    const pool = poolOf(w.world, span.start);
    if (pool === null) continue;
    w.patch('pool', pool.id, {
      free: pool.free + (span.end - span.start),
      lowestFree: Math.min(pool.lowestFree, span.start),
    });
  }
}

/** One more or fewer mapping of each frame; the mapping holds a reference. */
export const addMapping = (w: Writer, start: number, end: number): void =>
  changeFrames(w, start, end, (f) => ({ ...f, refs: f.refs + 1, maps: f.maps + 1 }));
export function dropMapping(w: Writer, start: number, end: number): void {
  const cached = (w.world.pages.frame[allFrames]?.occupied(start, end) ?? []).some(
    (run) => ((run.values[0] ?? 0) & frameFlag.swapCache) !== 0,
  );
  changeFrames(w, start, end, (f) => ({ ...f, refs: f.refs - 1, maps: f.maps - 1 }));
  // Nobody maps it and nobody will look for it: a page that only the swap cache holds goes at once.
  if (cached) freeSwapCache(w, start, end, (f) => f.maps === 0);
}

export function frameAt(world: World, frame: number): FrameState | null {
  const values = pageMap(world, 'frame', allFrames).get(frame);
  return values === null ? null : readFrame(values);
}

export const isFrame = (frame: FrameState, flag: keyof typeof frameFlag): boolean =>
  (frame.flags & frameFlag[flag]) !== 0;

/** Stores values in frames: the content column alone, counting up where asked. */
export function storeContent(w: Writer, start: number, end: number, value: number, count: boolean): void {
  w.rewrite('frame', allFrames, start, end, (run) => ({
    values: run.values.map((v, c) =>
      c === frameColumn.content
        ? value + (count ? run.start - start : 0)
        : c === frameColumn.flags
          ? v | frameFlag.dirty
          : v,
    ),
    strides: run.strides.map((s, c) => (c === frameColumn.content ? (count && run.end - run.start > 1 ? 1 : 0) : s)),
  }));
}
