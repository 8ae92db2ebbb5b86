/**
 * fork: the child gets copies of the areas and shares the frames.
 *
 *      A SS.. gpu0 SS..  --fork B-->  A ss.. B ss.. gpu0 ....   PROTECTION_PAGE on A's mirrors, one event an area
 *      A DD..            --fork B-->  A dd.. B dd..             device-private frames are shared where they are
 *      A P...            --fork B-->  A P... B S...             a pinned page stays A's; B gets a copy now
 *
 * Models dup_mmap and copy_page_range of mm/memory.c. The child has no mirrors, no PASID and no device contexts.
 */
import { frameFlag, readFrame } from '../../model/frame-state.ts';
import {
  countsInMapcount,
  hasFlag,
  isMigration,
  pteFlag,
  pteKind,
  pteWord,
  withFlags,
  withKind,
} from '../../model/pte.ts';
import { isFilled, valueAt, type FilledRun } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx, type Writer } from '../tx.ts';
import { areasIn, isCow, linkAnonVma, newVmaId, type Area } from './areas.ts';
import { allFrames, addMapping, changeFrames, findFree, systemPool, take } from './frames.ts';
import { charge, residentKind } from './rss.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';
import { copyDescriptors } from '../sharing/files.ts';

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
  });
  for (const area of areasIn(tx.world, from, 0, 2 ** 35)) {
    if (!area.flags.includes('DONTCOPY')) copyArea(tx, area, child, forked);
  }
  return ok;
}

function copyArea(tx: Tx, area: Area, child: string, cause: number): void {
  const { id, ...vma } = area;
  const at = { space: area.space, start: area.start, pages: area.end - area.start };
  tx.emit({ kind: 'vmaCopied', cause, rule: 'fork.area', at, args: { child } }, (w) => {
    const copy = newVmaId(w, child);
    const own = vma.anonVmas.length > 0 ? [w.count('nextAnonVma', 1)] : [];
    const chain = [...own, ...vma.anonVmas];
    w.put('vma', copy, { ...vma, space: child, anonVmas: chain });
    for (const number of chain) linkAnonVma(w, number, copy);
  });
  if (area.flags.includes('WIPEONFORK')) return;
  // What faults can rebuild is not copied: shared mappings, and areas where no page was ever made (vma_needs_copy).
  if (!isCow(area) || area.anonVmas.length === 0) return;
  const range: RangeEvent = {
    event: 'PROTECTION_PAGE',
    space: area.space,
    start: area.start,
    end: area.end,
    cause,
    rule: 'fork.protect',
  };
  rangeStart(tx, range);
  tx.emit({ kind: 'entriesCopied', cause, rule: 'fork.copy', at, args: { child } }, (w) => {
    for (const run of w.world.pages.pte[area.space]?.occupied(area.start, area.end) ?? [])
      copyEntries(w, area.space, child, run);
  });
  rangeEnd(tx, range);
}

/** copy_nonpresent_pte, copy_present_ptes, copy_present_page: what each kind of entry becomes on both sides. */
function copyEntries(w: Writer, parent: string, child: string, run: FilledRun): void {
  const word = run.values[0] ?? 0;
  const kind = pteKind(word);
  if (kind === 'PRESENT' || kind === 'DEVEXCL' || kind === 'PROTNONE') return copyPresent(w, parent, child, run);
  let shared = word;
  if (kind === 'DEVPRIV_WRITE') shared = withKind(word, 'DEVPRIV_READ');
  if (kind === 'MIGRATION_WRITE' || kind === 'MIGRATION_READ_EXCL') shared = withKind(word, 'MIGRATION_READ');
  setBoth(w, parent, child, run, shared);
  const pages = run.end - run.start;
  const frame = valueAt(run, run.start, 1);
  if (countsInMapcount(word)) {
    addMapping(w, frame, frame + pages);
    share(w, frame, frame + pages);
  } else if (isMigration(word)) {
    changeFrames(w, frame, frame + pages, (f) => ({
      ...f,
      refs: f.refs + 1,
      flags: f.flags & ~frameFlag.anonExclusive,
    }));
  }
  if (countsInMapcount(word) || isMigration(word)) charge(w, child, 'anon', pages);
}

/** Ordinary pages are shared read only, but what may be pinned stays with the parent and is copied at once. */
function copyPresent(w: Writer, parent: string, child: string, run: FilledRun): void {
  const first = valueAt(run, run.start, 1);
  for (const part of w.world.pages.frame[allFrames]?.runs(first, first + (run.end - run.start)) ?? []) {
    const piece: FilledRun = {
      start: run.start + (part.start - first),
      end: run.start + (part.end - first),
      values: [run.values[0] ?? 0, part.start],
      strides: run.strides,
    };
    const frame = isFilled(part) ? readFrame(part.values) : null;
    if (frame !== null && frame.pins > 0 && (frame.flags & frameFlag.pageCache) === 0)
      copyPinned(w, child, piece, part.start, part.end);
    else {
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
}

function copyPinned(w: Writer, child: string, piece: FilledRun, first: number, last: number): void {
  const pool = systemPool(w.world);
  if (pool === null) return;
  for (let frame = first; frame < last; frame++) {
    const spans = findFree(w.world, pool, 1);
    const to = spans?.[0]?.start;
    const source = w.world.pages.frame[allFrames]?.get(frame);
    if (spans === null || to === undefined || source === null || source === undefined) return;
    const state = readFrame(source);
    take(w, pool, spans, { ...state, flags: frameFlag.anonExclusive | frameFlag.dirty, refs: 1, maps: 1, pins: 0 });
    const page = piece.start + (frame - first);
    w.fill('pte', child, page, page + 1, [piece.values[0] ?? 0, to]);
  }
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
    hasFlag(word, pteFlag.young) ? [withFlags(word, 0, pteFlag.young), values[1] ?? 0] : values,
    strides,
  );
}

const share = (w: Writer, start: number, end: number): void =>
  changeFrames(w, start, end, (f) => ({ ...f, flags: f.flags & ~frameFlag.anonExclusive }));
