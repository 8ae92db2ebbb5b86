/**
 * First part of a migration: which pages can go, and taking them out of every page table.
 *
 *      A SS0.     --migrateSetup-->                         A MM0.      holes and zero pages need no entry
 *      A P.S.     --migrateSetup-->                         A P.M.      a page that may be pinned is passed over
 *      A [S*512]  --migrateSetup select=system+compound-->  A [M*512]   a huge entry goes as one where the call holds all of it
 *
 * Models migrate_vma_collect_pmd, migrate_vma_collect_huge_pmd and migrate_device_unmap of mm/migrate_device.c.
 */
import { frameFlag, readFrame, type FrameState } from '../../model/frame-state.ts';
import { pmdPages } from '../../model/ids.ts';
import { hasFlag, isDevPrivate, pteFlag, pteKind, pteLevel } from '../../model/pte.ts';
import type { Migration } from '../../model/world.ts';
import { isFilled, valueAt, type FilledRun, type Run } from '../../store/run.ts';
import type { Tx } from '../tx.ts';
import type { Area } from './areas.ts';
import { allFrames, changeFrames, frameAt, isFrame, poolOf } from './frames.ts';
import { blockOf, isPmdNone, isHugeAt, isLarge, splitFolio, splitPmd } from './huge.ts';
import { migrationWord, moveEntries, tryToMigrate } from './rmap.ts';

/** Bits of a source word. */
export const source = { migrate: 1, write: 2, frame: 4, exclusive: 8, moved: 16, compound: 32 } as const;

export interface CollectRequest {
  readonly context: string;
  readonly key: string;
  readonly space: string;
  readonly start: number;
  readonly end: number;
  readonly owner: string;
  readonly select: Migration['select'];
  readonly faultFrame: number | null;
}

/** A stretch that moves as one: a block of 512 pages for a compound word, the whole run otherwise. */
export function unitsOf(run: FilledRun): readonly FilledRun[] {
  if (!hasFlag(run.values[0] ?? 0, source.compound)) return [run];
  const units: FilledRun[] = [];
  for (let start = run.start; start < run.end; start += pmdPages) {
    units.push({
      start,
      end: start + pmdPages,
      values: run.values.map((_, c) => valueAt(run, start, c)),
      strides: run.strides,
    });
  }
  return units;
}

/** migrate_vma_collect: what may go gets a migration entry; the frame is locked and held by the migration. */
export function collect(tx: Tx, request: CollectRequest, area: Area, cause: number): void {
  const { context, key, space, start, end, select } = request;
  const compound = select.includes('compound');
  for (let block = blockOf(start); block < end; block += pmdPages) {
    const whole = block >= start && block + pmdPages <= end;
    const page = Math.max(block, start);
    if (isHugeAt(tx, space, page) && !(whole && compound)) splitHuge(tx, request, page, cause);
  }
  splitLargeFolios(tx, request, cause);
  const pieces: Run[] = [];
  for (const run of tx.pages('pte', space).runs(start, end)) pieces.push(...classify(tx, request, area, run, compound));
  const collected = pieces.filter(isFilled);
  const cpages = collected.reduce(
    (sum, run) => sum + (run.end - run.start) / (hasFlag(run.values[0] ?? 0, source.compound) ? pmdPages : 1),
    0,
  );
  tx.emit(
    {
      kind: 'migrateVmaCollect',
      cause,
      rule: 'migrate.collect',
      at: { space, start, pages: end - start, context },
      args: { cpages },
    },
    (w) => {
      w.setRuns('migrateSrc', key, start, end, pieces);
      w.patch('migration', key, { cpages });
      for (const run of collected) {
        if (!hasFlag(run.values[0] ?? 0, source.frame)) continue;
        const frame = run.values[1] ?? 0;
        // The mapping's reference goes, the migration's comes; the frame is locked and off the LRU.
        changeFrames(w, frame, frame + (run.end - run.start), (f) => ({
          ...f,
          maps: f.maps - 1,
          flags: f.flags | frameFlag.locked | frameFlag.isolated,
        }));
        w.rewrite('pte', space, run.start, run.end, (entry) => ({
          values: [migrationWord(tx, entry), entry.values[1] ?? 0],
        }));
      }
    },
  );
}

/** A huge entry of which the call takes a part: the zero page's is split, a folio with it (migrate_vma_collect_huge_pmd). */
function splitHuge(tx: Tx, request: CollectRequest, page: number, cause: number): void {
  const { space, owner, select, faultFrame } = request;
  const run = tx.pages('pte', space).occupied(page, page + 1)[0];
  if (run === undefined) return;
  const frame = valueAt(run, page, 1);
  if (pteKind(run.values[0] ?? 0) === 'PRESENT_ZERO') splitPmd(tx, space, blockOf(page), page, cause);
  else if (mayGo(tx, run, page, owner, select)) {
    const pool = poolOf(tx.world, frame);
    splitFolio(tx, frame, pool?.registration === 'private' ? pool.device : null, pmdPages, faultFrame, cause);
  }
}

/** A page of a large folio that is mapped alone can only go alone: the folio is split first (migrate_vma_split_folio). */
function splitLargeFolios(
  tx: Tx,
  { space, start, end, owner, select, faultFrame }: CollectRequest,
  cause: number,
): void {
  for (let page = start; page < end;) {
    const run = tx.pages('pte', space).occupied(page, end)[0];
    if (run === undefined) return;
    const word = run.values[0] ?? 0;
    if (pteLevel(word) === 0 && mayGo(tx, run, run.start, owner, select) && isLarge(tx, run.values[1] ?? 0)) {
      const frame = run.values[1] ?? 0;
      const pool = poolOf(tx.world, frame);
      splitFolio(tx, frame, pool?.registration === 'private' ? pool.device : null, pmdPages, faultFrame, cause);
    }
    page = largeEnd(tx, run, end);
  }
}

/** Past the frames of a run that belong to its first folio. */
function largeEnd(tx: Tx, run: FilledRun, end: number): number {
  const frame = run.values[1] ?? 0;
  return Math.min(
    end,
    run.end,
    isLarge(tx, frame) || run.strides[1] === 1 ? run.start + (blockOf(frame) + pmdPages - frame) : run.end,
  );
}

/** The entry is of a kind and a place that the call selects. */
function mayGo(tx: Tx, run: FilledRun, page: number, owner: string, select: Migration['select']): boolean {
  const word = run.values[0] ?? 0;
  if (!(pteKind(word) === 'PRESENT' || isDevPrivate(word))) return false;
  const pool = poolOf(tx.world, valueAt(run, page, 1));
  const type = pool?.registration ?? 'system';
  const device = pool?.device ?? null;
  return select.includes(type) && (type === 'system' || (device !== null && tx.get('device', device)?.owner === owner));
}

/** Cuts a stretch of entries into what is eligible (a source word) and what is not (nothing). */
function classify(tx: Tx, request: CollectRequest, area: Area, run: Run, compound: boolean): readonly Run[] {
  const { select, owner, faultFrame } = request;
  const skip: Run = { start: run.start, end: run.end, values: null, strides: null };
  const word = run.values?.[0] ?? 0;
  const kind = run.values === null ? 'NONE' : pteKind(word);
  if (kind === 'NONE' || kind === 'PRESENT_ZERO') {
    // A hole of an anonymous area is eligible whatever is selected, the zero page where system pages are; a file's is not.
    const eligible = area.backing === 'anon' && (kind === 'NONE' || select.includes('system'));
    return eligible ? holes(tx, area, run, word, compound) : [skip];
  }
  if (!isFilled(run) || !mayGo(tx, run, run.start, owner, select)) return [skip];
  const first = run.values[1] ?? 0;
  // A huge page that the range cuts was to be split; it still is one where somebody holds it, and stays.
  if (pteLevel(word) === 1)
    return run.start === blockOf(run.start) && run.end === blockOf(run.end) ? hugePages(tx, run, faultFrame) : [skip];
  return tx
    .pages('frame', allFrames)
    .runs(first, first + (run.end - run.start))
    .map((part): Run => {
      const start = run.start + (part.start - first);
      const end = run.start + (part.end - first);
      const frame = isFilled(part) ? readFrame(part.values) : null;
      if (frame === null || isBusy(frame, faultFrame === part.start))
        return { start, end, values: null, strides: null };
      const flags = source.migrate | source.frame | sourceFlags(word, frame);
      return { start, end, values: [flags, part.start, word], strides: [0, end - start > 1 ? 1 : 0, 0] };
    });
}

/** Somebody works on the page, or it may be pinned: then it is put back at once, before anybody looks at its references. */
const isBusy = (frame: FrameState, isOurs: boolean): boolean => frame.pins > 0 || (isFrame(frame, 'locked') && !isOurs);

const sourceFlags = (word: number, frame: FrameState): number =>
  (pteKind(word) === 'DEVPRIV_WRITE' || hasFlag(word, pteFlag.write) ? source.write : 0) |
  (isFrame(frame, 'anonExclusive') ? source.exclusive : 0);

/** Huge entries, each as one: it goes wholly or not at all. */
function hugePages(tx: Tx, run: FilledRun, faultFrame: number | null): readonly Run[] {
  const pieces: Run[] = [];
  for (let start = run.start; start < run.end; start += pmdPages) {
    const end = start + pmdPages;
    const first = valueAt(run, start, 1);
    const word = run.values[0] ?? 0;
    const frames = tx
      .pages('frame', allFrames)
      .occupied(first, first + pmdPages)
      .map((part) => readFrame(part.values));
    const [head] = frames;
    if (head === undefined || frames.some((frame) => isBusy(frame, faultFrame === first)))
      pieces.push({ start, end, values: null, strides: null });
    else {
      const flags = source.migrate | source.frame | source.compound | sourceFlags(word, head);
      pieces.push({ start, end, values: [flags, first, word], strides: [0, 1, 0] });
    }
  }
  return pieces;
}

/** Pages that were never there, or are the zero page: huge ones go as one (migrate_vma_collect_hole). */
function holes(tx: Tx, area: Area, run: Run, word: number, compound: boolean): readonly Run[] {
  const pieces: Run[] = [];
  for (let at = run.start; at < run.end;) {
    const block = blockOf(at);
    const upto = Math.min(run.end, block + pmdPages);
    const whole = at === block && upto === block + pmdPages;
    const huge =
      compound && whole && (pteLevel(word) === 1 || (run.values === null && isPmdNone(tx, area.space, block)));
    pieces.push({
      start: at,
      end: upto,
      values: [source.migrate | (huge ? source.compound : 0), 0, word],
      strides: [0, 0, 0],
    });
    at = upto;
  }
  return pieces;
}

/** migrate_device_unmap: other mappings of the frames get migration entries too; what has extra references is restored. */
export function unmapEverywhere(tx: Tx, key: string, cause: number): void {
  const call = tx.get('migration', key);
  if (call === null) return;
  for (const run of tx.pages('migrateSrc', key).occupied(call.start, call.end).flatMap(unitsOf)) {
    if (!hasFlag(run.values[0] ?? 0, source.frame)) continue;
    const first = run.values[1] ?? 0;
    if (hasFlag(run.values[0] ?? 0, source.compound)) {
      unmapHuge(tx, key, run, call.faultFrame, cause);
      continue;
    }
    for (const part of tx.pages('frame', allFrames).occupied(first, first + (run.end - run.start))) {
      const frame = readFrame(part.values);
      const start = run.start + (part.start - first);
      const end = start + (part.end - part.start);
      if (frame.maps > 0) tryToMigrate(tx, part.start, part.end, cause);
      const now = frameAt(tx.world, part.start);
      // What is left is the migration's own reference, that of the page or swap cache, and that of a fault that waits.
      const faulting = call.faultFrame === part.start ? 1 : 0;
      const cached = isFrame(frame, 'pageCache') || isFrame(frame, 'swapCache') ? 1 : 0;
      const expected = 1 + cached + faulting;
      if (now !== null && (now.maps > 0 || now.refs > expected)) restore(tx, key, start, end, part.start, cause);
    }
  }
}

/** A huge page: all of it is unmapped, and all of it restored where anybody holds a part. */
function unmapHuge(tx: Tx, key: string, run: FilledRun, faultFrame: number | null, cause: number): void {
  const first = run.values[1] ?? 0;
  const states = (): readonly FrameState[] =>
    tx
      .pages('frame', allFrames)
      .occupied(first, first + pmdPages)
      .map((part) => readFrame(part.values));
  if (states().some((frame) => frame.maps > 0)) tryToMigrate(tx, first, first + pmdPages, cause);
  const isHeld = (frame: FrameState): boolean =>
    frame.maps > 0 || frame.refs > 1 + (isFrame(frame, 'swapCache') ? 1 : 0) + (faultFrame === first ? 1 : 0);
  if (states().some(isHeld)) restore(tx, key, run.start, run.end, first, cause);
}

/** A page that cannot go after all: its entries come back as they were (remove_migration_ptes(src, src)). */
function restore(tx: Tx, key: string, start: number, end: number, frame: number, cause: number): void {
  moveEntries(tx, frame, frame + (end - start), frame, cause);
  tx.emit(
    {
      kind: 'migrateDone',
      cause,
      rule: 'migrate.restore',
      at: { context: tx.get('migration', key)?.context ?? key, start, pages: end - start },
    },
    (w) => w.fill('migrateSrc', key, start, end, null),
  );
}
