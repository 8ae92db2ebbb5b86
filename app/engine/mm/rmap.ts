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
  type PteKind,
} from '../../model/pte.ts';
import type { FilledRun } from '../../store/run.ts';
import type { Tx, Writer } from '../tx.ts';
import { areaAt } from './areas.ts';
import { allFrames, changeFrames, frameAt, isFrame, poolOf } from './frames.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';

export interface Mapped {
  readonly space: string;
  readonly page: number;
}

/** Pages at which the frame can be mapped, by its anon_vma (rmap_walk_anon) or its file, and its index. */
export function rmapOf(tx: Tx, frame: number): readonly Mapped[] {
  const state = frameAt(tx.world, frame);
  if (state === null) return [];
  if (isFrame(state, 'pageCache')) return rmapOfFile(tx, state);
  return (tx.get('anonVma', String(state.anonVma))?.vmas ?? []).flatMap((id) => {
    const vma = tx.get('vma', id);
    if (vma === null) return [];
    const page = vma.start + (state.index - vma.pgoff);
    return page >= vma.start && page < vma.end ? [{ space: vma.space, page }] : [];
  });
}

/** rmap_walk_file: every area that maps the page of the file. */
function rmapOfFile(tx: Tx, state: FrameState): readonly Mapped[] {
  const file = Object.entries(tx.world.records.file).find(([, f]) => f.number === state.anonVma)?.[0];
  return Object.values(tx.world.records.vma).flatMap((vma) => {
    const page = vma.start + (state.index - vma.pgoff);
    return vma.file === file && page >= vma.start && page < vma.end ? [{ space: vma.space, page }] : [];
  });
}

/** How many migration entries stand for mappings of the frame. */
export function migrationEntries(tx: Tx, frame: number): number {
  return rmapOf(tx, frame).filter(({ space, page }) => {
    const entry = tx.pages('pte', space).get(page);
    return entry !== null && entry[1] === frame && isMigration(entry[0] ?? 0);
  }).length;
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

/** Entries of [page, page + pages) that map the frames from `first` on. */
function mappingRuns(tx: Tx, { space, page }: Mapped, first: number, pages: number): readonly FilledRun[] {
  return tx
    .pages('pte', space)
    .occupied(page, page + pages)
    .filter((run) => {
      const word = run.values[0] ?? 0;
      return (pteKind(word) === 'PRESENT' || isDevPrivate(word)) && run.values[1] === first + (run.start - page);
    });
}

/** try_to_migrate: every entry that still maps the frames becomes a migration entry; each mm is told with CLEAR. */
export function tryToMigrate(tx: Tx, first: number, last: number, cause: number): void {
  const pages = last - first;
  for (const place of rmapOf(tx, first)) {
    const mapped = mappingRuns(tx, place, first, pages);
    if (mapped.length === 0) continue;
    const { space, page } = place;
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
    setMigrationEntries(tx, place, mapped, pages, huge, group, cause);
    rangeEnd(tx, range);
  }
}

/** Entries that map frames become migration entries, which keep the references but no longer count as mappings. */
export function setMigrationEntries(
  tx: Tx,
  { space, page }: Mapped,
  mapped: readonly FilledRun[],
  pages: number,
  huge: boolean,
  group: number | null,
  cause: number,
): void {
  const kind = huge ? 'setMigrationPmd' : 'setMigrationPte';
  tx.emit({ kind, cause, group, rule: 'migrate.unmap', at: { space, start: page, pages } }, (w) => {
    for (const run of mapped) {
      const frame = run.values[1] ?? 0;
      w.rewrite('pte', space, run.start, run.end, (entry) => ({
        values: [migrationWord(tx, entry), entry.values[1] ?? 0],
      }));
      changeFrames(w, frame, frame + (run.end - run.start), (f) => ({ ...f, maps: f.maps - 1 }));
    }
  });
}

/**
 * remove_migration_ptes: in every address space, migration entries of frames [first, last) become entries of the
 * frames from `to` on, which may be the same ones; then the frames are unlocked.
 */
export function moveEntries(tx: Tx, first: number, last: number, to: number, cause: number): void {
  const moved = to !== first;
  const pages = last - first;
  const group = tx.group(pages);
  const target = poolOf(tx.world, to)?.registration ?? 'system';
  const rule = moved ? 'migrate.finalize' : 'migrate.restore';
  for (const { space, page } of rmapOf(tx, first)) {
    const waiting = tx
      .pages('pte', space)
      .occupied(page, page + pages)
      .filter((run) => isMigration(run.values[0] ?? 0) && run.values[1] === first + (run.start - page));
    if (waiting.length === 0) continue;
    const kind = waiting.some((run) => pteLevel(run.values[0] ?? 0) > 0) ? 'removeMigrationPmd' : 'removeMigrationPte';
    tx.emit(
      { kind, cause, group, rule, at: { space, start: page, pages }, args: { from: first, to, restored: !moved } },
      (w) => {
        for (const run of waiting) {
          const word = run.values[0] ?? 0;
          const area = areaAt(w.world, space, run.start);
          const write = pteKind(word) === 'MIGRATION_WRITE' && (area?.write ?? false);
          const length = run.end - run.start;
          const next = to + (run.start - page);
          w.fill('pte', space, run.start, run.end, [presentWord(word, target, write), next], [0, length > 1 ? 1 : 0]);
          changeFrames(w, next, next + length, (f) => ({ ...f, maps: f.maps + 1, refs: f.refs + (moved ? 1 : 0) }));
          // The reference of the mapping, which the migration entry stood for, goes with it.
          const old = first + (run.start - page);
          if (moved) changeFrames(w, old, old + length, (f) => ({ ...f, refs: f.refs - 1 }));
        }
      },
    );
  }
  tx.emit({ kind: 'folioUnlocked', cause, group, rule, at: { start: to, pages } }, (w) => {
    const unlock = (f: FrameState): FrameState => ({ ...f, flags: f.flags & ~(frameFlag.locked | frameFlag.isolated) });
    changeFrames(w, first, last, unlock);
    // The driver lets go of the destination that it allocated.
    if (moved) changeFrames(w, to, to + pages, (f) => ({ ...unlock(f), refs: f.refs - 1 }));
  });
}

/** What frames [first, last) belong to passes to the frames from `to` on; content is the driver's to copy. */
export function takeOver(w: Writer, first: number, last: number, to: number): void {
  for (const part of w.world.pages.frame[allFrames]?.occupied(first, last) ?? []) {
    const old = readFrame(part.values);
    const start = to + (part.start - first);
    w.rewrite('frame', allFrames, start, start + (part.end - part.start), (run) => {
      const now = readFrame(run.values);
      const flags = now.flags | (old.flags & (frameFlag.anonExclusive | frameFlag.dirty));
      return {
        values: writeFrame({ ...now, flags, anonVma: old.anonVma, index: old.index + (run.start - start) }),
        strides: run.strides.map((s, c) => (c === frameColumn.index ? (run.end - run.start > 1 ? 1 : 0) : s)),
      };
    });
  }
}
