/**
 * Taking memory back from those who use it.
 *
 *      A SS.. gpu0 SS..  --madvise PAGEOUT-->                      A ww.. gpu0 ....   swap_writeout; CLEAR before it
 *      A SD0.            --madvise PAGEOUT-->                      A wD0.             device memory cannot be swapped
 *      A PS..            --madvise PAGEOUT-->                      A Pw..             nor what is pinned
 *      A SS..            --madvise [0] FREE; madvise PAGEOUT-->    A .w..             what was given up is dropped
 *
 *      given: write; fork B
 *      A ssss B ssss  --madvise PAGEOUT-->    A ssss B ssss   advice leaves alone what others map too
 *      A ssss B ssss  --reclaim 4-->          A wwww B wwww   pressure does not: each address space is told with CLEAR
 *
 *      given: file log pages=4 value=3; mmap heap pages=4 file=log; read
 *      A ffff cache ffff  --madvise PAGEOUT-->  A .... cache ....   the file has it: the page is dropped
 *
 * Models shrink_folio_list of mm/vmscan.c and try_to_unmap_one of mm/rmap.c. Pages go from the lowest frame up, where
 * the kernel goes by its LRU lists.
 */
import { folioOrder, frameFlag, readFrame, type FrameState } from '../../model/frame-state.ts';
import { pmdPages } from '../../model/ids.ts';
import { hasFlag, pteFlag, pteKind, pteLevel, pteWord, withLevel } from '../../model/pte.ts';
import { isFilled, type FilledRun } from '../../store/run.ts';
import type { Tx, Writer } from '../tx.ts';
import { areaAt, type Area } from './areas.ts';
import { isHugetlb } from './hugetlb.ts';
import { isLocked } from './mlock.ts';
import { allFrames, changeFrames, frameAt, isFrame, poolOf } from './frames.ts';
import { blockOf } from './huge.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';
import { rmapOf, type Mapped } from './rmap.ts';
import { charge, chargeSwap, residentKind } from './rss.ts';
import { cacheInSlots, cachedFrames, findSlots, nameSlots, slots, swapArea } from './swap-slots.ts';

/** Frames [start, end) in order, as far as each stretch is alike and mapped alike; how many became free. */
export function shrinkFrames(tx: Tx, start: number, end: number, cause: number | null): number {
  let freed = 0;
  for (let at = start; at < end;) {
    const run = tx.pages('frame', allFrames).occupied(at, end)[0];
    if (run === undefined) return freed;
    const upto = mappedAlike(tx, run);
    if (shrink(tx, run.start, upto, readFrame(run.values), cause)) freed += upto - run.start;
    at = upto;
  }
  return freed;
}

/** Where a stretch of frames ends that the same entries map, and that has slots one after the other or none. */
function mappedAlike(tx: Tx, run: FilledRun): number {
  let upto = run.end;
  for (const place of rmapOf(tx, run.start, run.end)) {
    for (const cut of [place.frame, place.frame + place.pages]) if (cut > run.start) upto = Math.min(upto, cut);
    // An area may map only some of them: others were copied on a write, or are not mapped there yet.
    const mapped = mappingRuns(tx, place).map(({ start, end }) => ({
      start: place.frame + (start - place.page),
      end: place.frame + (end - place.page),
    }));
    const [first] = mapped;
    if (first === undefined) continue;
    let { end } = first;
    for (const next of mapped) if (next.start === end) end = next.end;
    upto = Math.min(upto, first.start > run.start ? first.start : end);
  }
  const [cached] = cachedFrames(tx.world, run.start, upto);
  if (cached === undefined) return upto;
  return cached.frame > run.start ? cached.frame : Math.min(upto, cached.frame + cached.pages);
}

/** Whether reclaim looks at such a page at all. */
const canShrink = (tx: Tx, first: number, frame: FrameState): boolean =>
  poolOf(tx.world, first)?.registration === 'system' &&
  frame.pins === 0 &&
  !isFrame(frame, 'locked') &&
  !isFrame(frame, 'driverHeld') &&
  (isFrame(frame, 'pageCache') ? frame.anonVma !== 0 : frame.maps > 0 || isFrame(frame, 'swapCache')) &&
  rmapOf(tx, first, first + 1).every(
    (place) => mappingRuns(tx, place).length === 0 || isReclaimed(areaAt(tx.world, place.space, place.page)),
  );

/** Locked memory stays where it is mapped, and hugetlb pages are on no list that reclaim looks at. */
const isReclaimed = (area: Area | null): boolean => area === null || !(isLocked(area) || isHugetlb(area));

/** shrink_folio_list for one stretch; true where its frames became free. */
function shrink(tx: Tx, first: number, last: number, frame: FrameState, cause: number | null): boolean {
  if (!canShrink(tx, first, frame)) return false;
  if (isFrame(frame, 'pageCache'))
    return isFrame(frame, 'swapBacked') ? swapShared(tx, first, last, cause) : dropCached(tx, first, last, cause);
  if (isFrame(frame, 'lazyFree')) return dropLazy(tx, first, last, cause);
  let slot = cachedFrames(tx.world, first, last)[0]?.slot ?? null;
  if (slot === null) {
    const spans = findSlots(tx.world, last - first);
    if (spans === null) return trimmed(tx, first, frame, cause);
    const [span] = spans;
    if (span === undefined) return false;
    if (span.end - span.start < last - first) {
      const cut = first + (span.end - span.start);
      const lower = shrink(tx, first, cut, frame, cause);
      return shrink(tx, cut, last, frame, cause) && lower;
    }
    slot = span.start;
    const into = slot;
    tx.emit(
      { kind: 'swapCached', cause, rule: 'reclaim.swap', at: { start: first, pages: last - first }, args: { slot } },
      (w) => cacheInSlots(w, into, first, last - first),
    );
  }
  unmap(tx, first, last, slot, cause);
  return finish(tx, first, last, slot, cause);
}

/** Swap has room for some of the pages only, or for none: nothing happens to the others (activate_locked). */
function trimmed(tx: Tx, first: number, frame: FrameState, cause: number | null): boolean {
  const free = tx.get('swapArea', swapArea)?.free ?? 0;
  if (free > 0 && folioOrder(frame.flags) === 0) shrink(tx, first, first + free, frame, cause);
  return false;
}

/** Entries of a place that map its frames and are present as far as reclaim goes. */
function mappingRuns(tx: Tx, { space, page, frame, pages }: Mapped): readonly FilledRun[] {
  return tx
    .pages('pte', space)
    .occupied(page, page + pages)
    .filter((run) => {
      const kind = pteKind(run.values[0] ?? 0);
      const maps = kind === 'PRESENT' || kind === 'PROTNONE' || kind === 'DEVEXCL';
      return maps && run.values[1] === frame + (run.start - page);
    });
}

/**
 * try_to_unmap: in every address space CLEAR, then the entries go: to swap entries where the pages have slots, to
 * nothing otherwise. What a CPU wrote is noted on the frames.
 */
function unmap(tx: Tx, first: number, last: number, slot: number | null, cause: number | null): void {
  const pages = last - first;
  for (const place of rmapOf(tx, first, last)) {
    if (frameAt(tx.world, first)?.maps === 0) return;
    // An area is told as soon as it is looked at, whether it maps the pages or not.
    const mapped = mappingRuns(tx, place);
    const { space, page } = place;
    const group = mapped.some((run) => pteLevel(run.values[0] ?? 0) > 0) ? null : tx.group(pages);
    const rule = 'reclaim.unmap';
    const range: RangeEvent = { event: 'CLEAR', space, start: page, end: page + pages, cause, group, rule };
    rangeStart(tx, range);
    const kind = slot === null ? 'unmapped' : 'swapEntrySet';
    if (mapped.length > 0)
      tx.emit({ kind, cause, group, rule, at: { space, start: page, pages } }, (w) => {
        // A huge entry is split before its pages are unmapped (TTU_SPLIT_HUGE_PMD).
        for (const run of mapped.filter(({ values }) => pteLevel(values[0] ?? 0) > 0))
          w.rewrite(
            'pte',
            space,
            blockOf(run.start),
            blockOf(run.end - 1) + pmdPages,
            ({ values: [word = 0, frame = 0] }) => ({
              values: [withLevel(word, 0), frame],
            }),
          );
        for (const run of mapped) unmapRun(w, space, run, slot === null ? null : slot + (run.start - page));
      });
    rangeEnd(tx, range);
  }
}

function unmapRun(w: Writer, space: string, run: FilledRun, slot: number | null): void {
  const word = run.values[0] ?? 0;
  const frame = run.values[1] ?? 0;
  const pages = run.end - run.start;
  const counts = [0, pages > 1 ? 1 : 0];
  let offset = 0;
  for (const part of w.world.pages.frame[allFrames]?.occupied(frame, frame + pages) ?? []) {
    const state = readFrame(part.values);
    const length = part.end - part.start;
    const at = run.start + offset;
    charge(w, space, residentKind(state.flags), -length);
    if (slot === null) {
      // Shared memory remembers that writes to the page are watched.
      const watched = hasFlag(word, pteFlag.uffdWp) && isFrame(state, 'pageCache');
      w.fill('pte', space, at, at + length, watched ? [pteWord('MARKER_UFFD_WP'), 0] : null, [0, 0]);
    } else {
      const kept = word & (pteFlag.softDirty | pteFlag.uffdWp);
      const own = isFrame(state, 'anonExclusive') ? pteFlag.exclusive : 0;
      w.fill('pte', space, at, at + length, [pteWord('SWAP', kept | own), slot + offset], counts);
      nameSlots(w, slot + offset, length);
      chargeSwap(w, space, length);
    }
    offset += length;
  }
  const dirty = hasFlag(word, pteFlag.dirty) ? frameFlag.dirty : 0;
  changeFrames(w, frame, frame + pages, (f) => ({ ...f, refs: f.refs - 1, maps: f.maps - 1, flags: f.flags | dirty }));
}

/** Dirty pages are written to their slots; then the frames go, unless somebody still holds or maps them. */
function finish(tx: Tx, first: number, last: number, slot: number, cause: number | null): boolean {
  const now = frameAt(tx.world, first);
  const at = { start: first, pages: last - first };
  if (now === null || now.maps > 0 || now.refs > 1) return false;
  if (isFrame(now, 'dirty'))
    tx.emit({ kind: 'swapWritten', cause, rule: 'reclaim.swap', at, args: { slot } }, (w) => {
      for (const part of w.world.pages.frame[allFrames]?.occupied(first, last) ?? []) {
        const to = slot + (part.start - first);
        const [count = 0] = slots(w.world).get(to) ?? [];
        const counts = part.end - part.start > 1 ? 1 : 0;
        const values = [count, part.start, part.values[6] ?? 0];
        w.fill('swapSlot', swapArea, to, to + (part.end - part.start), values, [0, counts, part.strides[6] ?? 0]);
      }
    });
  tx.emit({ kind: 'frameReclaimed', cause, rule: 'reclaim.free', at }, (w) => {
    w.rewrite('swapSlot', swapArea, slot, slot + (last - first), ({ values: [count = 0, , content = 0], strides }) => ({
      values: [count, 0, content],
      strides: [0, 0, strides[2] ?? 0],
    }));
    changeFrames(w, first, last, (f) => ({ ...f, refs: f.refs - 1 }));
  });
  return true;
}

/** MADV_FREE: nobody wrote since, so the pages are dropped; written pages are ordinary again. */
function dropLazy(tx: Tx, first: number, last: number, cause: number | null): boolean {
  const frames = tx.pages('frame', allFrames).occupied(first, last);
  const written =
    frames.some((run) => isFrame(readFrame(run.values), 'dirty')) ||
    rmapOf(tx, first, last).some((place) =>
      mappingRuns(tx, place).some((run) => hasFlag(run.values[0] ?? 0, pteFlag.dirty)),
    );
  const at = { start: first, pages: last - first };
  if (written) {
    tx.emit({ kind: 'lazyFreeEnds', cause, rule: 'reclaim.lazyFree', at }, (w) =>
      changeFrames(w, first, last, (f) => ({ ...f, flags: f.flags & ~frameFlag.lazyFree })),
    );
    return false;
  }
  unmap(tx, first, last, null, cause);
  return frameAt(tx.world, first) === null;
}

/** A page of a file: unmapped; if the file on disk has it already it leaves the page cache, else it waits to be written. */
function dropCached(tx: Tx, first: number, last: number, cause: number | null): boolean {
  unmap(tx, first, last, null, cause);
  const now = frameAt(tx.world, first);
  if (now === null || isFrame(now, 'dirty') || now.maps > 0 || now.refs > 1) return false;
  leaveCache(tx, first, last, now, null, cause);
  return true;
}

/** A page of shared memory: unmapped; with a slot it leaves the page cache, and its object remembers the slot. */
function swapShared(tx: Tx, first: number, last: number, cause: number | null): boolean {
  unmap(tx, first, last, null, cause);
  const now = frameAt(tx.world, first);
  if (now === null || now.maps > 0 || now.refs > 1) return false;
  const spans = findSlots(tx.world, last - first);
  const [span] = spans ?? [];
  if (span === undefined) return false;
  const cut = first + Math.min(last - first, span.end - span.start);
  leaveCache(tx, first, cut, now, span.start, cause);
  return cut === last || swapShared(tx, cut, last, cause);
}

function leaveCache(
  tx: Tx,
  first: number,
  last: number,
  { anonVma, index }: FrameState,
  slot: number | null,
  cause: number | null,
): void {
  const file = Object.entries(tx.world.records.file).find(([, f]) => f.number === anonVma)?.[0];
  if (file === undefined) return;
  const at = { start: first, pages: last - first };
  if (slot !== null) tx.emit({ kind: 'swapWritten', cause, rule: 'reclaim.shmem', at, args: { slot } });
  tx.emit({ kind: 'frameReclaimed', cause, rule: slot === null ? 'reclaim.file' : 'reclaim.shmem', at }, (w) => {
    for (const part of w.world.pages.frame[allFrames]?.occupied(first, last) ?? []) {
      const from = index + (part.start - first);
      const length = part.end - part.start;
      const content = [part.values[6] ?? 0, part.strides[6] ?? 0] as const;
      if (slot === null) w.fill('fileBlock', file, from, from + length, [content[0]], [content[1]]);
      else {
        const to = slot + (part.start - first);
        w.fill('swapSlot', swapArea, to, to + length, [1, 0, content[0]], [0, 0, content[1]]);
        w.fill('shmemSlot', file, from, from + length, [to], [length > 1 ? 1 : 0]);
      }
    }
    const area = w.get('swapArea', swapArea);
    if (slot !== null && area !== null) w.patch('swapArea', swapArea, { free: area.free - (last - first) });
    w.fill('pageCache', file, index, index + (last - first), null);
    changeFrames(w, first, last, (f) => ({ ...f, refs: f.refs - 1 }));
  });
}

/**
 * Memory is short: frames of system memory are taken back until `pages` are free. A page that was touched since the
 * last look is spared once, and its mark taken off (folio_check_references).
 */
export function reclaim(tx: Tx, pages: number, cause: number): number {
  let freed = 0;
  for (const spare of [true, false]) {
    for (const [, pool] of Object.entries(tx.world.records.pool)) {
      if (pool.registration !== 'system') continue;
      const last = pool.firstFrame + pool.frames;
      for (const run of tx.pages('frame', allFrames).runs(pool.firstFrame, last)) {
        if (freed >= pages) return freed;
        if (!isFilled(run)) continue;
        freed += shrinkUnused(tx, run, pages - freed, spare, cause);
      }
    }
  }
  return freed;
}

/** As many of a run's frames as are wanted; where `spare` is set, those that no CPU touched. */
function shrinkUnused(tx: Tx, run: FilledRun, wanted: number, spare: boolean, cause: number): number {
  let freed = 0;
  for (let at = run.start; at < run.end && freed < wanted;) {
    const part = tx.pages('frame', allFrames).occupied(at, run.end)[0];
    if (part === undefined) return freed;
    const upto = mappedAlike(tx, part);
    const used = spare ? touchedUntil(tx, part.start, upto, cause) : null;
    if (used !== null) at = used;
    else {
      const order = folioOrder(part.values[0] ?? 0);
      const end = order > 0 ? upto : Math.min(upto, part.start + (wanted - freed));
      freed += shrinkFrames(tx, part.start, end, cause);
      at = end;
    }
  }
  return freed;
}

/** Where the touched frames from `first` on end, or null where the first is untouched; their marks are taken off. */
function touchedUntil(tx: Tx, first: number, last: number, cause: number): number | null {
  const touched = rmapOf(tx, first, last).flatMap((place) =>
    mappingRuns(tx, place)
      .filter((run) => run.start === place.page && hasFlag(run.values[0] ?? 0, pteFlag.young))
      .map((run) => ({ space: place.space, start: run.start, end: run.end })),
  );
  if (touched.length === 0) return null;
  const pages = Math.min(...touched.map(({ start, end }) => end - start));
  tx.emit({ kind: 'folioReferenced', cause, rule: 'reclaim.referenced', at: { start: first, pages } }, (w) => {
    for (const { space, start } of touched)
      w.rewrite('pte', space, start, start + pages, ({ values: [word = 0, frame = 0] }) => ({
        values: [word & ~pteFlag.young, frame],
      }));
  });
  return first + pages;
}
