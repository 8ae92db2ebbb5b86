/**
 * The reverse map: from a frame to every entry that maps it, and replacing those entries.
 *
 *      given: write; fork B
 *      A ssss B ssss  --migrateSetup-->                                A mmmm B mmmm   each address space is told with CLEAR
 *
 *      given: write; fork B; migrateSetup
 *      A mmmm B mmmm  --migrateCopy; migratePages; migrateFinalize-->  A dddd B dddd   remove_migration_pte
 *
 * Models rmap_walk and try_to_migrate of mm/rmap.c, and remove_migration_ptes of mm/migrate.c.
 */
import { frameColumn, frameFlag, readFrame, writeFrame, type FrameState } from '../../model/frame-state.ts';
import {
  hasFlag,
  isDevPrivate,
  isMigration,
  pteFlag,
  pteKind,
  pteLevel,
  pteWord,
  withKind,
  withLevel,
  type PteKind,
} from '../../model/pte.ts';
import type { Vma } from '../../model/world.ts';
import type { FilledRun } from '../../store/run.ts';
import type { Tx, Writer } from '../tx.ts';
import { areaAt } from './areas.ts';
import { addMapping, allFrames, changeFrames, dropMapping, frameAt, isFrame, poolOf } from './frames.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';
import { charge } from './rss.ts';
import { replaceInCache } from './swap-slots.ts';

/** A stretch of an address space that can map frames from `frame` on. */
export interface Mapped {
  readonly space: string;
  readonly page: number;
  readonly frame: number;
  readonly pages: number;
}

/**
 * Stretches at which frames [first, last) can be mapped, one for each area, by their anon_vma (rmap_walk_anon) or their
 * file (rmap_walk_file) and their index. The frames belong together: their index counts up.
 */
export function rmapOf(tx: Tx, first: number, last: number): readonly Mapped[] {
  const state = frameAt(tx.world, first);
  if (state === null) return [];
  const upto = state.index + (last - first);
  return areasOf(tx, state).flatMap((vma) => {
    const index = Math.max(state.index, vma.pgoff);
    const pages = Math.min(upto, vma.pgoff + (vma.end - vma.start)) - index;
    return pages <= 0
      ? []
      : [{ space: vma.space, page: vma.start + (index - vma.pgoff), frame: first + (index - state.index), pages }];
  });
}

/** Areas that the reverse map looks into for a frame. */
function areasOf(tx: Tx, state: FrameState): readonly Vma[] {
  if (isFrame(state, 'pageCache')) {
    const file = Object.entries(tx.world.records.file).find(([, f]) => f.number === state.anonVma)?.[0];
    return file === undefined ? [] : Object.values(tx.world.records.vma).filter((vma) => vma.file === file);
  }
  return (tx.get('anonVma', String(state.anonVma))?.vmas ?? []).flatMap((id) => tx.get('vma', id) ?? []);
}

/** The migration entry for an entry: WRITE if writable, READ_EXCL if read only and exclusive, else READ; flags are carried. */
export function migrationWord(tx: Tx, entry: FilledRun): number {
  const word = entry.values[0] ?? 0;
  const writable = pteKind(word) === 'DEVPRIV_WRITE' || hasFlag(word, pteFlag.write);
  const frame = frameAt(tx.world, entry.values[1] ?? 0);
  const exclusive = frame !== null && isFrame(frame, 'anonExclusive');
  const kind: PteKind = writable ? 'MIGRATION_WRITE' : exclusive ? 'MIGRATION_READ_EXCL' : 'MIGRATION_READ';
  return withKind(word, kind);
}

/** The entry for a frame of a pool: ordinary memory and coherent memory are present, private memory is not. */
export function presentWord(former: number, target: 'system' | 'private' | 'coherent', write: boolean): number {
  const kept = former & (pteFlag.young | pteFlag.dirty | pteFlag.softDirty | pteFlag.uffdWp);
  if (target === 'private') return pteWord(write ? 'DEVPRIV_WRITE' : 'DEVPRIV_READ', kept, pteLevel(former));
  return pteWord('PRESENT', kept | (write ? pteFlag.write : 0), pteLevel(former));
}

/** Entries of a stretch that map its frames. */
function mappingRuns(tx: Tx, { space, page, frame, pages }: Mapped): readonly FilledRun[] {
  return tx
    .pages('pte', space)
    .occupied(page, page + pages)
    .filter((run) => {
      const word = run.values[0] ?? 0;
      return (pteKind(word) === 'PRESENT' || isDevPrivate(word)) && run.values[1] === frame + (run.start - page);
    });
}

/** Takes frames for a migration: locked, off the LRU, and referenced by it. */
export const hold = (w: Writer, first: number, last: number): void =>
  changeFrames(w, first, last, (f) => ({
    ...f,
    refs: f.refs + 1,
    flags: f.flags | frameFlag.locked | frameFlag.isolated,
  }));

/** try_to_migrate: every entry that still maps the frames becomes a migration entry; each mm is told with CLEAR. */
export function tryToMigrate(tx: Tx, first: number, last: number, cause: number): void {
  for (const place of rmapOf(tx, first, last)) {
    const mapped = mappingRuns(tx, place);
    if (mapped.length === 0) continue;
    const { space, page, pages } = place;
    // A huge entry is replaced as one; small ones each in a bracket of their own.
    const huge = mapped.some((run) => pteLevel(run.values[0] ?? 0) > 0);
    const group = huge ? null : tx.group(pages);
    const range: RangeEvent = {
      event: 'CLEAR',
      space,
      start: page,
      end: page + pages,
      cause,
      group,
      rule: 'migrate.unmap',
    };
    rangeStart(tx, range);
    setMigrationEntries(tx, place, mapped, huge, group, cause);
    rangeEnd(tx, range);
  }
}

/** Entries that map frames become migration entries, which are no mappings and hold no reference. */
export function setMigrationEntries(
  tx: Tx,
  { space, page, pages }: Mapped,
  mapped: readonly FilledRun[],
  huge: boolean,
  group: number | null,
  cause: number,
): void {
  const kind = huge ? 'setMigrationPmd' : 'setMigrationPte';
  tx.emit({ kind, cause, group, rule: 'migrate.unmap', at: { space, start: page, pages } }, (w) => {
    for (const run of mapped) {
      const frame = run.values[1] ?? 0;
      w.rewrite('pte', space, run.start, run.end, (entry) => ({
        values: [huge ? migrationWord(tx, entry) : withLevel(migrationWord(tx, entry), 0), entry.values[1] ?? 0],
      }));
      dropMapping(w, frame, frame + (run.end - run.start));
    }
  });
}

/**
 * remove_migration_ptes: in every address space, migration entries of frames [first, last) become entries of the
 * frames from `to` on, which may be the same ones; then the frames are unlocked and the migration lets go of them.
 */
export function moveEntries(tx: Tx, first: number, last: number, to: number, cause: number): void {
  const moved = to !== first;
  const pages = last - first;
  const group = tx.group(pages);
  const target = poolOf(tx.world, to)?.registration ?? 'system';
  const rule = moved ? 'migrate.finalize' : 'migrate.restore';
  for (const { space, page, frame, pages: mapped } of rmapOf(tx, first, last)) {
    const waiting = tx
      .pages('pte', space)
      .occupied(page, page + mapped)
      .filter((run) => isMigration(run.values[0] ?? 0) && run.values[1] === frame + (run.start - page));
    if (waiting.length === 0) continue;
    const kind = waiting.some((run) => pteLevel(run.values[0] ?? 0) > 0) ? 'removeMigrationPmd' : 'removeMigrationPte';
    const args = { from: frame, to: to + (frame - first), restored: !moved };
    tx.emit({ kind, cause, group, rule, at: { space, start: page, pages: mapped }, args }, (w) => {
      for (const run of waiting) {
        const word = run.values[0] ?? 0;
        const area = areaAt(w.world, space, run.start);
        const write = pteKind(word) === 'MIGRATION_WRITE' && (area?.write ?? false);
        const length = run.end - run.start;
        const next = to + ((run.values[1] ?? 0) - first);
        w.fill('pte', space, run.start, run.end, [presentWord(word, target, write), next], [0, length > 1 ? 1 : 0]);
        addMapping(w, next, next + length);
      }
    });
  }
  tx.emit({ kind: 'folioUnlocked', cause, group, rule, at: { start: to, pages } }, (w) => {
    letGo(w, first, last);
    // The driver lets go of the destination that it allocated.
    if (moved) letGo(w, to, to + pages);
  });
}

/** Frames are unlocked, and one who held them does no longer. */
export const letGo = (w: Writer, first: number, last: number): void =>
  changeFrames(w, first, last, (f) => ({
    ...f,
    refs: f.refs - 1,
    flags: f.flags & ~(frameFlag.locked | frameFlag.isolated),
  }));

/**
 * What frames [first, last) belong to passes to the frames from `to` on; content is the driver's to copy. A page of a
 * file takes its place in the page cache along, one in the swap cache its place there, and the cache's reference
 * (folio_migrate_mapping).
 */
export function takeOver(w: Writer, first: number, last: number, to: number): void {
  const carried = frameFlag.anonExclusive | frameFlag.dirty | frameFlag.pageCache | frameFlag.swapBacked;
  for (const part of w.world.pages.frame[allFrames]?.occupied(first, last) ?? []) {
    const old = readFrame(part.values);
    const pages = part.end - part.start;
    const start = to + (part.start - first);
    w.rewrite('frame', allFrames, start, start + pages, (run) => {
      const now = readFrame(run.values);
      const flags = now.flags | (old.flags & carried);
      return {
        values: writeFrame({ ...now, flags, anonVma: old.anonVma, index: old.index + (run.start - start) }),
        strides: run.strides.map((s, c) => (c === frameColumn.index ? (run.end - run.start > 1 ? 1 : 0) : s)),
      };
    });
    if (isFrame(old, 'swapCache')) replaceInCache(w, part.start, part.end, start);
    const file = isFrame(old, 'pageCache')
      ? Object.entries(w.world.records.file).find(([, f]) => f.number === old.anonVma)?.[0]
      : undefined;
    if (file === undefined) continue;
    w.fill('pageCache', file, old.index, old.index + pages, [start], [pages > 1 ? 1 : 0]);
    changeFrames(w, start, start + pages, (f) => ({ ...f, refs: f.refs + 1 }));
    changeFrames(w, part.start, part.end, (f) => ({ ...f, refs: f.refs - 1 }));
  }
}

/**
 * try_to_map_unused_to_zeropage: of frames [first, last), which are unmapped, those that hold nothing but zeroes are
 * given up; who mapped them reads the zero page from now on. They are free when the split lets go of them.
 */
export function unusedToZeroPage(tx: Tx, first: number, last: number, cause: number): void {
  for (const run of tx.pages('frame', allFrames).occupied(first, last)) {
    // Nobody reads bad memory to see whether it is zero.
    if (((run.values[0] ?? 0) & frameFlag.poisoned) !== 0) continue;
    const content = run.values[frameColumn.content] ?? 0;
    const counts = run.strides[frameColumn.content] === 1;
    const start = counts ? run.start - content : run.start;
    const end = counts ? start + 1 : run.end;
    if (start < run.start || end > run.end || (!counts && content !== 0)) continue;
    for (const { space, page, frame, pages } of rmapOf(tx, start, end)) {
      const waiting = tx
        .pages('pte', space)
        .occupied(page, page + pages)
        .filter((entry) => isMigration(entry.values[0] ?? 0) && entry.values[1] === frame + (entry.start - page));
      for (const entry of waiting) giveBack(tx, space, entry, cause);
    }
  }
}

function giveBack(tx: Tx, space: string, { start, end, values }: FilledRun, cause: number): void {
  const frame = values[1] ?? 0;
  const at = { space, start, pages: end - start };
  tx.emit({ kind: 'zeroPageMapped', cause, rule: 'huge.splitFolio.unused', at, args: { from: frame } }, (w) => {
    w.fill('pte', space, start, end, [pteWord('PRESENT_ZERO', pteFlag.young | pteFlag.special), 0]);
    charge(w, space, 'anon', start - end);
  });
}
