/**
 * fork: the child gets copies of the areas and shares the frames.
 *
 *      A SS.. gpu0 SS..  --fork B-->  A ss.. B ss.. gpu0 ....   PROTECTION_PAGE on A's mirrors, one event an area
 *      A DD..            --fork B-->  A dd.. B dd..             device-private frames are shared where they are
 *      A ww..            --fork B-->  A ww.. B ww..             so are pages in swap: two entries name each slot
 *      A P...            --fork B-->  A P... B S...             a pinned page stays A's; B gets a copy now
 *
 * Models dup_mmap and copy_page_range of mm/memory.c. The child has no mirrors, no PASID and no device contexts.
 */
import { copyTables } from './page-table-pages.ts';
import { folioOrder, frameColumn, frameFlag, readFrame, withOrder } from '../../model/frame-state.ts';
import { pmdPages, pudPages } from '../../model/ids.ts';
import {
  countsInMapcount,
  isMigration,
  pteFlag,
  pteKind,
  pteLevel,
  pteWord,
  withFlags,
  withKind,
} from '../../model/pte.ts';
import { isFilled, valueAt, type FilledRun } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx, type Writer } from '../tx.ts';
import { areasIn, dropUnmapped, isCow, linkAnonVma, newVmaId, removeArea, type Area } from './areas.ts';
import { allFrames, addMapping, changeFrames, findBlock, findFree, systemPool, take } from './frames.ts';
import { blockOf, isHugeAt, splitPmd } from './huge.ts';
import { isHugetlb } from './hugetlb.ts';
import { zapEntries } from './unmap.ts';
import { charge, chargeSwap, residentKind } from './rss.ts';
import { nameSlots } from './swap-slots.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';
import { copyDescriptors } from '../sharing/files.ts';
import { copyRegions } from '../sharing/regions.ts';

export function fork(tx: Tx, parent: string, child: string): OpResult {
  const process = tx.get('process', parent);
  const space = process === null ? null : tx.get('space', process.space);
  if (process === null || space === null || !process.alive)
    return tx.refuse('ESRCH', 'fork.noProcess', { why: `no process ${parent} is running`, fn: 'copy_process' });
  if (tx.get('process', child) !== null)
    return tx.refuse('EEXIST', 'fork.name', { why: `there is a process ${child} already`, fn: 'copy_process' });
  const from = process.space;
  const forked = tx.emit({ kind: 'forked', rule: 'fork', at: { space: from }, args: { child } }, (w) => {
    w.put('process', child, { pid: w.count('nextPid', 4711), parent, space: child, alive: true });
    w.put('space', child, {
      users: 1,
      rss: { anon: 0, file: 0, shmem: 0 },
      swapped: 0,
      mmapReaders: [],
      mmapWriter: null,
      mmapBase: space.mmapBase,
      unstable: false,
    });
    w.put('subscriptions', child, { seq: 2, active: 0, deferred: [] });
    for (const [name, buffer] of Object.entries(w.world.records.buffer)) {
      if (buffer.space === from)
        w.put('buffer', `${child}.${name.slice(name.indexOf('.') + 1)}`, { ...buffer, space: child });
    }
    copyDescriptors(w, parent, child);
    copyRegions(w, parent, child);
  });
  for (const area of areasIn(tx.world, from, 0, 2 ** 35)) {
    if (area.flags.includes('DONTCOPY')) continue;
    if (!copyArea(tx, area, child, forked)) {
      tearDown(tx, child, forked);
      return tx.refuse('ENOMEM', 'fork.noMemory', {
        cause: forked,
        at: { space: from, start: area.start, pages: area.end - area.start },
        why: 'no free frames to copy pinned pages to: there is no child, and what was write-protected stays so',
        fn: 'copy_page_range',
      });
    }
  }
  return ok;
}

/** The child that could not be made goes again (mmput of the half-made mm). */
function tearDown(tx: Tx, child: string, cause: number): void {
  const everything = 2 ** 35;
  zapEntries(tx, child, 0, everything, cause, 'fork.undone');
  tx.emit({ kind: 'vmaRemoved', cause, rule: 'fork.undone', at: { space: child } }, (w) => {
    for (const area of areasIn(w.world, child, 0, everything)) removeArea(w, area);
    for (const [name, buffer] of Object.entries(w.world.records.buffer))
      if (buffer.space === child) w.put('buffer', name, null);
    w.put('subscriptions', child, null);
    w.put('space', child, null);
    w.put('process', child, null);
  });
  dropUnmapped(tx, cause);
}

/** False where memory ran out. */
function copyArea(tx: Tx, area: Area, child: string, cause: number): boolean {
  const { id, ...vma } = area;
  const at = { space: area.space, start: area.start, pages: area.end - area.start };
  tx.emit({ kind: 'vmaCopied', cause, rule: 'fork.area', at, args: { child } }, (w) => {
    const copy = newVmaId(w, child);
    const own = vma.anonVmas.length > 0 ? [w.count('nextAnonVma', 1)] : [];
    const chain = [...own, ...vma.anonVmas];
    // The child has no userfaultfd handler of its own, and what it maps is not locked.
    const flags = vma.flags.filter((flag) => !flag.startsWith('UFFD_') && flag !== 'LOCKED');
    w.put('vma', copy, { ...vma, flags, space: child, anonVmas: chain });
    for (const number of chain) linkAnonVma(w, number, copy);
  });
  if (area.flags.includes('WIPEONFORK')) return true;
  // What faults can rebuild is not copied: shared mappings, and areas where no page was ever made (vma_needs_copy).
  const inserted = area.flags.includes('MIXEDMAP') || area.flags.includes('PFNMAP');
  if (!inserted && (!isCow(area) || area.anonVmas.length === 0)) return true;
  const range: RangeEvent = {
    event: 'PROTECTION_PAGE',
    space: area.space,
    start: area.start,
    end: area.end,
    cause,
    rule: 'fork.protect',
  };
  rangeStart(tx, range);
  splitPinned(tx, area, cause);
  let enough = true;
  tx.emit({ kind: 'entriesCopied', cause, rule: 'fork.copy', at, args: { child } }, (w) => {
    for (const run of w.world.pages.pte[area.space]?.occupied(area.start, area.end) ?? [])
      enough &&= copyEntries(w, area.space, child, run);
    copyTables(w, area.space, child, area.start, area.end);
  });
  rangeEnd(tx, range);
  return enough;
}

/** A huge page of which a part may be pinned cannot be shared as one: it is split first (copy_huge_pmd). */
function splitPinned(tx: Tx, area: Area, cause: number): void {
  if (isHugetlb(area)) return;
  for (let block = blockOf(area.start); block < area.end; block += pmdPages) {
    if (!isHugeAt(tx, area.space, block)) continue;
    const frame = tx.pages('pte', area.space).column(block, 1) ?? 0;
    const frames = tx.pages('frame', allFrames).occupied(frame, frame + pmdPages);
    if (frames.some((run) => readFrame(run.values).pins > 0)) splitPmd(tx, area.space, block, block, cause);
  }
}

/**
 * copy_nonpresent_pte, copy_present_ptes, copy_present_page: what each kind of entry becomes on both sides. False where
 * memory ran out.
 */
function copyEntries(w: Writer, parent: string, child: string, run: FilledRun): boolean {
  const word = run.values[0] ?? 0;
  const kind = pteKind(word);
  // Nobody watches writes of the child.
  if (kind === 'MARKER_UFFD_WP') return true;
  if (kind === 'PRESENT' || kind === 'DEVEXCL' || kind === 'PROTNONE') return copyPresent(w, parent, child, run);
  let shared = word;
  if (kind === 'SWAP') {
    shared = withFlags(word, 0, pteFlag.exclusive);
    nameSlots(w, valueAt(run, run.start, 1), run.end - run.start);
    chargeSwap(w, child, run.end - run.start);
  }
  if (kind === 'DEVPRIV_WRITE') shared = withKind(word, 'DEVPRIV_READ');
  if (kind === 'MIGRATION_WRITE' || kind === 'MIGRATION_READ_EXCL') shared = withKind(word, 'MIGRATION_READ');
  setBoth(w, parent, child, run, shared);
  const pages = run.end - run.start;
  const frame = valueAt(run, run.start, 1);
  if (countsInMapcount(word)) {
    addMapping(w, frame, frame + pages);
    share(w, frame, frame + pages);
  } else if (isMigration(word)) {
    share(w, frame, frame + pages);
  }
  if (countsInMapcount(word) || isMigration(word)) charge(w, child, 'anon', pages);
  return true;
}

/** Ordinary pages are shared read only, but what may be pinned stays with the parent and is copied at once. */
function copyPresent(w: Writer, parent: string, child: string, run: FilledRun): boolean {
  const first = valueAt(run, run.start, 1);
  if (pteLevel(run.values[0] ?? 0) > 0) return copyHuge(w, parent, child, run);
  for (const part of w.world.pages.frame[allFrames]?.runs(first, first + (run.end - run.start)) ?? []) {
    const piece: FilledRun = {
      start: run.start + (part.start - first),
      end: run.start + (part.end - first),
      values: [run.values[0] ?? 0, part.start],
      strides: run.strides,
    };
    const frame = isFilled(part) ? readFrame(part.values) : null;
    if (frame !== null && frame.pins > 0 && (frame.flags & frameFlag.pageCache) === 0) {
      if (!copyPinned(w, child, piece, part.start, part.end)) return false;
    } else {
      // A lent page is restored first (try_restore_exclusive_pte); its device was told by this fork's event.
      const word = piece.values[0] ?? 0;
      setBoth(
        w,
        parent,
        child,
        piece,
        pteKind(word) === 'DEVEXCL' ? pteWord('PRESENT', pteFlag.dirty) : withFlags(word, 0, pteFlag.write),
      );
      addMapping(w, part.start, part.end);
      share(w, part.start, part.end);
    }
    charge(w, child, residentKind(part.values?.[0] ?? 0), part.end - part.start);
  }
  return true;
}

/** Huge pages are shared or, where any part may be pinned, copied as one (copy_hugetlb_page_range). */
function copyHuge(w: Writer, parent: string, child: string, run: FilledRun): boolean {
  const size = pteLevel(run.values[0] ?? 0) === 2 ? pudPages : pmdPages;
  for (let start = run.start; start < run.end; start += size) {
    const first = valueAt(run, start, 1);
    const word = run.values[0] ?? 0;
    const piece: FilledRun = { start, end: start + size, values: [word, first], strides: run.strides };
    const frames = w.world.pages.frame[allFrames]?.occupied(first, first + size) ?? [];
    if (frames.some((part) => readFrame(part.values).pins > 0)) {
      if (!copyPinned(w, child, piece, first, first + size)) return false;
    } else {
      setBoth(w, parent, child, piece, withFlags(word, 0, pteFlag.write));
      addMapping(w, first, first + size);
      share(w, first, first + size);
    }
    charge(w, child, 'anon', size);
  }
  return true;
}

/** The child's own copies; a hugetlb page is copied as one. False where there are too few frames: none is copied then. */
function copyPinned(w: Writer, child: string, piece: FilledRun, first: number, last: number): boolean {
  const pool = systemPool(w.world);
  const level = pteLevel(piece.values[0] ?? 0);
  const pages = last - first;
  const block = pool === null || level === 0 ? null : findBlock(w.world, pool, pages);
  const whole = block === null ? null : [{ start: block, end: block + pages }];
  const spans = pool === null ? null : level === 0 ? findFree(w.world, pool, pages) : whole;
  if (pool === null || spans === null) return false;
  let frame = first;
  for (const span of spans) {
    for (let to = span.start; to < span.end;) {
      const source = w.world.pages.frame[allFrames]?.runs(frame, frame + (span.end - to))[0];
      if (source === undefined || !isFilled(source)) return false;
      const length = source.end - source.start;
      const state = readFrame(source.values);
      const flags = withOrder(frameFlag.anonExclusive | frameFlag.dirty, folioOrder(level === 0 ? 0 : state.flags));
      const copy = { ...state, flags, refs: 1, maps: 1, pins: 0 };
      take(w, pool, [{ start: to, end: to + length }], copy, source.strides[frameColumn.content] === 1);
      const page = piece.start + (frame - first);
      w.fill('pte', child, page, page + length, [piece.values[0] ?? 0, to], [0, length > 1 ? 1 : 0]);
      frame += length;
      to += length;
    }
  }
  return true;
}

function setBoth(w: Writer, parent: string, child: string, run: FilledRun, word: number): void {
  const values = [word, valueAt(run, run.start, 1)];
  const strides = [0, run.end - run.start > 1 ? (run.strides[1] ?? 0) : 0];
  if (word !== run.values[0]) w.fill('pte', parent, run.start, run.end, values, strides);
  w.fill(
    'pte',
    child,
    run.start,
    run.end,
    [withFlags(word, 0, pteFlag.young | pteFlag.uffdWp), values[1] ?? 0],
    strides,
  );
}

const share = (w: Writer, start: number, end: number): void =>
  changeFrames(w, start, end, (f) => ({ ...f, flags: f.flags & ~frameFlag.anonExclusive }));
