/**
 * Migration of a range between system memory and a device's, page by page and best effort.
 *
 *      A SSS.  --migrateSetup-->                               A MMM.   entries become migration entries, MIGRATE around it
 *      A MMM.  --migrateCopy-->                                A MMM.   the driver allocates destinations and copies
 *      A MMM.  --migratePages; migrateFinalize-->              A SSS.   what got no destination is restored
 *
 *      given: write [0..3); migrateSetup
 *      A MMM.  --migrateCopy; migratePages-->                  A MMMD   metadata moves; migrate_vma_insert_page fills holes
 *      A MMM.  --migrateCopy; migratePages; migrateFinalize--> A DDDD   entries point at the new frames
 *
 *      given: mmap heap pages=512 align=512; madvise HUGEPAGE; migrateSetup [3]; read
 *      A [0*512]  --migrateCopy; migratePages; migrateFinalize--> A 000D0*508   __split_huge_pmd: the huge zero page came in between
 *
 * Models migrate_vma_setup, migrate_vma_pages and migrate_vma_finalize of mm/migrate_device.c.
 */
import type { Span } from '../../base/span.ts';
import { frameFlag, withOrder, writeFrame } from '../../model/frame-state.ts';
import { pmdPages } from '../../model/ids.ts';
import { hasFlag, pteKind, pteLevel, withLevel } from '../../model/pte.ts';
import type { Migration } from '../../model/world.ts';
import { isFilled, valueAt, type FilledRun, type Run } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx, type Writer } from '../tx.ts';
import { areaAt, isSpecial, ownAnonVma } from './areas.ts';
import { allFrames, findBlock, findFree, frameAt, isFrame, poolOf, take } from './frames.ts';
import { blockOf, isHugeAt, orderFolio, splitPmd } from './huge.ts';
import { collect, source, unitsOf, unmapEverywhere } from './migrate-collect.ts';
import { contextsOf } from './mirror.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';
import { letGo, moveEntries, presentWord, rmapOf, takeOver } from './rmap.ts';
import { charge } from './rss.ts';
import { cachedFrames, freeSwapCache } from './swap-slots.ts';

const whole = (m: Migration) => ({ space: m.space, start: m.start, pages: m.end - m.start, context: m.context });
/** Flags of a destination word. */
const destination = { frame: 1, compound: 2 } as const;
const hugeOrder = 9;

export interface SetupRequest {
  /** The context that migrates. */
  readonly context: string;
  /** Key of the call: the context where the driver goes step by step, else what `callKey` gives. */
  readonly key: string;
  readonly space: string;
  readonly start: number;
  readonly end: number;
  readonly owner: string;
  readonly select: Migration['select'];
  /** Frame that a CPU fault holds locked and referenced: the first of its folio; or null. */
  readonly faultFrame: number | null;
  readonly cause: number | null;
}

/**
 * Key of a call that one operation carries out from setup to finalize: the context, unless a call of the same context
 * is open already. The mmap lock is held for reading only, so that both may be under way.
 */
export const callKey = (tx: Tx, context: string): string =>
  tx.get('migration', context) === null ? context : `${context}+`;

/** migrate_vma_setup: EINVAL without an area, for hugetlb and special areas; otherwise 0, even if nothing was collected. */
export function migrateSetup(tx: Tx, request: SetupRequest): OpResult {
  const { context, key, space, start, end, owner, select, faultFrame } = request;
  const at = { space, start, pages: end - start, context };
  const area = areaAt(tx.world, space, start);
  if (area === null || end > area.end || area.backing.startsWith('hugetlb') || isSpecial(area)) {
    const why =
      area === null
        ? 'no mapping here'
        : end > area.end
          ? 'the range leaves the mapping'
          : 'this kind of mapping cannot migrate';
    return tx.refuse('EINVAL', 'migrate.setup.area', { cause: request.cause, at, why, fn: 'migrate_vma_setup' });
  }
  const args = { select: [...select], owner };
  const cause = tx.emit({ kind: 'migrateVmaSetup', cause: request.cause, rule: 'migrate.setup', at, args }, (w) => {
    w.put('migration', key, { context, space, start, end, owner, select, cpages: 0, phase: 'collected', faultFrame });
  });
  const range: RangeEvent = { event: 'MIGRATE', space, start, end, owner, cause, rule: 'migrate.setup' };
  rangeStart(tx, range);
  collect(tx, request, area, cause);
  rangeEnd(tx, range);
  unmapEverywhere(tx, key, cause);
  tx.emit({ kind: 'migrateVmaSetupRet', cause, rule: 'migrate.setup', at: { context }, args: { ret: 'ok' } });
  return ok;
}

/**
 * The driver's part between setup and pages: destinations from a pool, and the copies. Pages for which the pool has no
 * frame get none, and will be restored. A huge page gets a huge destination where one can be had, small ones otherwise.
 */
export function migrateCopy(tx: Tx, key: string, pool: string, cause: number | null): OpResult {
  const call = tx.get('migration', key);
  if (call === null)
    return tx.refuse('EINVAL', 'migrate.copy.none', { cause, why: 'no migration is under way', at: { context: key } });
  if (call.phase !== 'collected')
    return tx.refuse('EINVAL', 'migrate.copy.again', {
      cause,
      why: 'the destinations of this migration are there already',
      at: { context: call.context },
    });
  const device = tx.get('context', call.context)?.device ?? call.context.slice(0, call.context.indexOf(':'));
  const collected = tx.pages('migrateSrc', key).occupied(call.start, call.end);
  const first = collected.find((run) => hasFlag(run.values[0] ?? 0, source.frame));
  const from = first === undefined ? null : (poolOf(tx.world, first.values[1] ?? 0)?.id ?? null);
  const head = {
    kind: 'migrateCopy',
    cause,
    by: `driver:${device}`,
    rule: 'migrate.copy',
    at: whole(call),
    args: { pool, from },
  } as const;
  const toSystem = tx.get('pool', pool)?.registration === 'system';
  tx.emit(head, (w) => {
    for (const unit of collected.flatMap(unitsOf).flatMap((each) => readableParts(w, each))) {
      // A driver that brings pages home has nothing to bring for a hole.
      if (toSystem && !hasFlag(unit.values[0] ?? 0, source.frame)) continue;
      const block = hasFlag(unit.values[0] ?? 0, source.compound) ? hugeDestination(w, device, pool) : null;
      if (block !== null) fillDestination(w, pool, key, unit, unit.start, block, block + pmdPages, true);
      else if (!smallDestinations(w, key, pool, unit)) break;
    }
    w.patch('migration', key, { phase: 'copied' });
    // What is being copied, no device of this driver may write: it ignored the event, and forgets the pages itself.
    for (const run of w.world.pages.migrateDst[key]?.occupied(call.start, call.end) ?? [])
      for (const context of contextsOf(tx, call.context, call.space))
        w.rewrite('devicePte', context, run.start, run.end, () => null);
  });
  return ok;
}

/** The parts of a unit whose frames can be read: bad memory is not copied. A huge page goes as a whole or not at all. */
function readableParts(w: Writer, unit: FilledRun): readonly FilledRun[] {
  const word = unit.values[0] ?? 0;
  if (!hasFlag(word, source.frame)) return [unit];
  const first = unit.values[1] ?? 0;
  const frames = (w.world.pages.frame[allFrames]?.runs(first, first + (unit.end - unit.start)) ?? []).filter(isFilled);
  const isBad = (run: FilledRun): boolean => hasFlag(run.values[0] ?? 0, frameFlag.poisoned);
  if (!frames.some(isBad)) return [unit];
  if (hasFlag(word, source.compound)) return [];
  return frames.flatMap((run) =>
    isBad(run)
      ? []
      : [
          {
            start: unit.start + (run.start - first),
            end: unit.start + (run.end - first),
            values: unit.values.map((_, c) => valueAt(unit, unit.start + (run.start - first), c)),
            strides: unit.strides,
          },
        ],
  );
}

/** A block for a huge page, or null; an allocation that is made to fail fails once. */
function hugeDestination(w: Writer, device: string, pool: string): number | null {
  const owner = w.get('pool', pool)?.device ?? null;
  if (owner !== null && w.get('device', owner)?.hugePages === false) return null;
  if (w.get('device', device)?.failAlloc === true) {
    w.patch('device', device, { failAlloc: false });
    return null;
  }
  return findBlock(w.world, pool, pmdPages);
}

/** False where the pool is empty. */
function smallDestinations(w: Writer, key: string, pool: string, unit: FilledRun): boolean {
  for (let at = unit.start; at < unit.end;) {
    const free = w.get('pool', pool)?.free ?? 0;
    const spans = findFree(w.world, pool, Math.min(unit.end - at, free));
    if (spans === null || spans.length === 0) return false;
    for (const span of spans) {
      fillDestination(w, pool, key, unit, at, span.start, span.end, false);
      at += span.end - span.start;
    }
  }
  return true;
}

/** Destinations [to, last) for the pages from `at` on, with the source's content; the driver holds them locked. */
function fillDestination(
  w: Writer,
  pool: string,
  key: string,
  run: FilledRun,
  at: number,
  to: number,
  last: number,
  huge: boolean,
): void {
  const pages = last - to;
  const from = hasFlag(run.values[0] ?? 0, source.frame) ? valueAt(run, at, 1) : null;
  const flags = withOrder(frameFlag.locked, huge ? hugeOrder : 0);
  const held = { flags, refs: 1, maps: 0, pins: 0, anonVma: 0, index: 0, content: 0 };
  take(w, pool, [{ start: to, end: last }], held);
  if (from !== null) {
    const content = (w.world.pages.frame[allFrames]?.runs(from, from + pages) ?? []).filter(isFilled).map((part) => ({
      start: to + (part.start - from),
      end: to + (part.end - from),
      values: writeFrame({ ...held, content: part.values[6] ?? 0 }),
      strides: [0, 0, 0, 0, 0, 0, part.strides[6] ?? 0],
    }));
    w.setRuns('frame', allFrames, to, last, content);
  }
  const word = destination.frame | (huge ? destination.compound : 0);
  w.fill('migrateDst', key, at, at + pages, [word, to], [0, pages > 1 ? 1 : 0]);
}

/**
 * migrate_vma_pages: the mapping moves to the destination frames. Holes are inserted, with a MIGRATE event from the
 * first of them to the end of the call.
 */
export function migratePages(tx: Tx, key: string, request: number | null): OpResult {
  const call = tx.get('migration', key);
  if (call === null)
    return tx.refuse('EINVAL', 'migrate.pages.none', {
      cause: request,
      why: 'no migration is under way',
      at: { context: key },
    });
  if (call.phase === 'committed')
    return tx.refuse('EINVAL', 'migrate.pages.again', {
      cause: request,
      why: 'this migration is committed already: only finalize is left',
      at: { context: call.context },
    });
  const head = {
    kind: 'migrateVmaPages',
    cause: request,
    rule: 'migrate.pages',
    at: whole(call),
    args: { cpages: call.cpages },
  } as const;
  const cause = tx.emit(head, (w) => w.patch('migration', key, { phase: 'committed' }));
  let opened: RangeEvent | null = null;
  for (const unit of tx.pages('migrateSrc', key).occupied(call.start, call.end).flatMap(unitsOf)) {
    const split =
      hasFlag(unit.values[0] ?? 0, source.compound) &&
      !hasFlag(tx.pages('migrateDst', key).get(unit.start)?.[0] ?? 0, destination.compound);
    const isHole = !hasFlag(unit.values[0] ?? 0, source.frame);
    const served = tx.pages('migrateDst', key).occupied(unit.start, unit.end);
    if (served.length > 0 && isHole && opened === null) {
      opened = {
        event: 'MIGRATE',
        space: call.space,
        start: unit.start,
        end: call.end,
        owner: call.owner,
        cause,
        rule: 'migrate.insert',
      };
      rangeStart(tx, opened);
    }
    if (served.length > 0 && split) splitUnit(tx, call, key, unit, cause);
    for (const dst of served) {
      for (const src of tx.pages('migrateSrc', key).occupied(dst.start, dst.end))
        moveOne(tx, call, key, src, valueAt(dst, src.start, 1), isHole, cause);
    }
  }
  if (opened !== null) rangeEnd(tx, opened);
  return ok;
}

function moveOne(
  tx: Tx,
  call: Migration,
  key: string,
  src: FilledRun,
  to: number,
  isHole: boolean,
  cause: number,
): void {
  if (isHole) return insertHoles(tx, call, key, src, to, cause);
  for (const part of alikeCached(tx, src)) {
    const target = to + (part.start - src.start);
    const state = frameAt(tx.world, part.values[1] ?? 0);
    if (state !== null && poolOf(tx.world, to)?.registration !== 'system') {
      // Only anonymous memory can live on a device, and only what swap does not hold too.
      if (isFrame(state, 'pageCache')) continue;
      if (isFrame(state, 'swapCache')) {
        moveFromSwapCache(tx, call, key, part, target, cause);
        continue;
      }
    }
    moveMetadata(tx, call, key, part, target, cause);
  }
}

/** Parts of a stretch whose frames are all in the page cache, all in the swap cache, or all in neither. */
function alikeCached(tx: Tx, src: FilledRun): readonly FilledRun[] {
  const first = src.values[1] ?? 0;
  const cacheFlags = frameFlag.pageCache | frameFlag.swapCache;
  const frames = tx.pages('frame', allFrames).occupied(first, first + (src.end - src.start));
  const starts = frames.filter(
    (run, i) => i === 0 || (((run.values[0] ?? 0) ^ (frames[i - 1]?.values[0] ?? 0)) & cacheFlags) !== 0,
  );
  return starts.map((run, i) => {
    const start = src.start + (run.start - first);
    const end = src.start + ((starts[i + 1]?.start ?? first + (src.end - src.start)) - first);
    return { ...src, start, end, values: src.values.map((_, c) => valueAt(src, start, c)) };
  });
}

/** A page in the swap cache leaves it before it moves; where an entry still names its slot it stays (folio_free_swap). */
function moveFromSwapCache(tx: Tx, call: Migration, key: string, src: FilledRun, to: number, cause: number): void {
  const first = src.values[1] ?? 0;
  for (const { frame, pages, count } of cachedFrames(tx.world, first, first + (src.end - src.start))) {
    if (count > 0) continue;
    tx.emit({ kind: 'swapFreed', cause, rule: 'migrate.swapCache', at: { start: frame, pages } }, (w) =>
      freeSwapCache(w, frame, frame + pages),
    );
    const start = src.start + (frame - first);
    for (const part of tx.pages('migrateSrc', key).occupied(start, start + pages))
      moveMetadata(tx, call, key, part, to + (part.start - src.start), cause);
  }
}

/** A huge source whose destinations are small is split while it is unmapped (migrate_vma_split_unmapped_folio). */
function splitUnit(tx: Tx, call: Migration, key: string, unit: FilledRun, cause: number): void {
  if (isHugeAt(tx, call.space, unit.start)) splitPmd(tx, call.space, unit.start, unit.start, cause);
  const frame = unit.values[1] ?? 0;
  if (hasFlag(unit.values[0] ?? 0, source.frame)) {
    // Whoever else mapped the huge page has a huge migration entry, which must name 512 pages too.
    for (const { space, page } of rmapOf(tx, frame, frame + pmdPages))
      if (isHugeAt(tx, space, page)) splitPmd(tx, space, page, page, cause);
    const pool = poolOf(tx.world, frame);
    orderFolio(tx, frame, pool?.registration === 'private' ? pool.device : null, pmdPages, cause);
  }
  tx.emit(
    {
      kind: 'migrateFolioMove',
      cause,
      rule: 'migrate.split',
      at: { space: call.space, start: unit.start, pages: pmdPages, context: call.context },
    },
    (w) => {
      w.rewrite('migrateSrc', key, unit.start, unit.end, (run) => ({
        values: [(run.values[0] ?? 0) & ~source.compound, run.values[1] ?? 0, withLevel(run.values[2] ?? 0, 0)],
      }));
    },
  );
}

/** folio_migrate_mapping: what the frame belongs to moves to the destination; the source keeps only the migration's hold. */
function moveMetadata(tx: Tx, call: Migration, key: string, src: FilledRun, to: number, cause: number): void {
  const from = src.values[1] ?? 0;
  const pages = src.end - src.start;
  const at = { space: call.space, start: src.start, pages, context: call.context };
  tx.emit({ kind: 'migrateFolioMove', cause, rule: 'migrate.move', at, args: { from, to } }, (w) => {
    takeOver(w, from, from + pages, to);
    w.rewrite('migrateSrc', key, src.start, src.end, (run) => ({
      values: [(run.values[0] ?? 0) | source.moved, run.values[1] ?? 0, run.values[2] ?? 0],
    }));
  });
}

/** Holes of one word: each gets its page where it is still a hole; a huge one goes as one or not at all. */
function insertHoles(tx: Tx, call: Migration, key: string, src: FilledRun, to: number, cause: number): void {
  const now = tx.pages('pte', call.space).runs(src.start, src.end);
  // A hole that a userfaultfd handler is to fill is left alone.
  const armed = areaAt(tx.world, call.space, src.start)?.flags.includes('UFFD_MISSING') === true;
  const isHole = (run: Run): boolean => !armed && (!isFilled(run) || pteKind(run.values[0] ?? 0) === 'PRESENT_ZERO');
  const whole = hasFlag(src.values[0] ?? 0, source.compound);
  if (whole) {
    const hole = now.length === 1 && now.every(isHole);
    if (hole) insertHole(tx, call, key, src, to, true, now.some(isFilled), cause);
    else notMigrated(tx, call, key, src.start, src.end, cause);
    return;
  }
  for (const run of now.flatMap(byBlock)) {
    // The huge zero page may have come since it was collected: one page of it cannot be replaced alone.
    if (isFilled(run) && pteKind(run.values[0] ?? 0) === 'PRESENT_ZERO' && isHugeAt(tx, call.space, run.start))
      splitPmd(tx, call.space, blockOf(run.start), run.start, cause);
    if (isHole(run)) insertHole(tx, call, key, run, to + (run.start - src.start), false, isFilled(run), cause);
    else notMigrated(tx, call, key, run.start, run.end, cause);
  }
}

/** A run of huge entries as one part for each block; any other as it is. */
const byBlock = (run: Run): readonly Run[] =>
  !isFilled(run) || pteLevel(run.values[0] ?? 0) === 0
    ? [run]
    : Array.from({ length: Math.ceil(run.end / pmdPages) - Math.floor(run.start / pmdPages) }, (_, i) => {
        const block = blockOf(run.start) + i * pmdPages;
        const start = Math.max(run.start, block);
        const values = run.values.map((_value, c) => valueAt(run, start, c));
        return { ...run, start, end: Math.min(run.end, block + pmdPages), values };
      });

/** Somebody touched the page since it was collected: it does not migrate. */
function notMigrated(tx: Tx, call: Migration, key: string, start: number, end: number, cause: number): void {
  const at = { space: call.space, start, pages: end - start, context: call.context };
  tx.emit({ kind: 'migrateSkipped', cause, rule: 'migrate.insert.touched', at }, (w) =>
    w.rewrite('migrateSrc', key, start, end, (run) => ({
      values: [(run.values[0] ?? 0) & ~source.migrate, run.values[1] ?? 0, run.values[2] ?? 0],
    })),
  );
}

/** migrate_vma_insert_page: a fresh frame where there is nothing or the zero page, writable iff the area is. */
function insertHole(
  tx: Tx,
  call: Migration,
  key: string,
  { start, end }: Span,
  to: number,
  huge: boolean,
  zero: boolean,
  cause: number,
): void {
  const pages = end - start;
  const area = areaAt(tx.world, call.space, start);
  const at = { space: call.space, start, pages, context: call.context };
  tx.emit({ kind: 'migrateInsertPage', cause, rule: 'migrate.insert', at, args: { to, zero } }, (w) => {
    if (area === null) return;
    const index = area.pgoff + (start - area.start);
    // The driver keeps its lock and its reference until finalize.
    const flags = withOrder(frameFlag.anonExclusive | frameFlag.locked, huge ? hugeOrder : 0);
    const state = { flags, refs: 2, maps: 1, pins: 0, anonVma: ownAnonVma(w, area.id), index, content: 0 };
    w.fill('frame', allFrames, to, to + pages, writeFrame(state), [0, 0, 0, 0, 0, pages > 1 ? 1 : 0, 0]);
    const target = poolOf(w.world, to)?.registration ?? 'system';
    const word = withLevel(presentWord(0, target, area.write), huge ? 1 : 0);
    w.fill('pte', call.space, start, start + pages, [word, to], [0, pages > 1 ? 1 : 0]);
    charge(w, call.space, 'anon', pages);
    w.rewrite('migrateSrc', key, start, end, (run) => ({
      values: [(run.values[0] ?? 0) | source.moved, run.values[1] ?? 0, run.values[2] ?? 0],
    }));
  });
}

/** migrate_vma_finalize: migration entries become entries of the destination, or of the source where it did not move. */
export function migrateFinalize(tx: Tx, key: string, request: number | null): OpResult {
  const call = tx.get('migration', key);
  if (call === null)
    return tx.refuse('EINVAL', 'migrate.finalize.none', {
      cause: request,
      why: 'no migration is under way',
      at: { context: key },
    });
  const at = whole(call);
  const cause = tx.emit({
    kind: 'migrateVmaFinalize',
    cause: request,
    rule: 'migrate.finalize',
    at,
    args: { cpages: call.cpages },
  });
  const dst = tx.pages('migrateDst', key);
  for (const { pages, from, to } of finalPieces(tx, key, call)) moveEntries(tx, from, from + pages, to, cause);
  tx.emit({ kind: 'migrateDone', cause, rule: 'migrate.finalize', at }, (w) => {
    // The driver lets go of destinations of holes, and of those that no page took: these are free again.
    for (const src of w.world.pages.migrateSrc[key]?.occupied(call.start, call.end) ?? []) {
      const word = src.values[0] ?? 0;
      if (hasFlag(word, source.frame) && hasFlag(word, source.moved)) continue;
      for (const run of dst.occupied(src.start, src.end)) {
        const frame = run.values[1] ?? 0;
        letGo(w, frame, frame + (run.end - run.start));
      }
    }
    w.fill('migrateSrc', key, call.start, call.end, null);
    w.fill('migrateDst', key, call.start, call.end, null);
    w.put('migration', key, null);
  });
  return ok;
}

interface FinalPiece {
  readonly pages: number;
  readonly from: number;
  readonly to: number;
}

/** Collected pages cut so that source frames, destination frames and the source's reverse map each run on evenly. */
function finalPieces(tx: Tx, key: string, call: Migration): readonly FinalPiece[] {
  const pieces: FinalPiece[] = [];
  for (const src of tx.pages('migrateSrc', key).occupied(call.start, call.end).flatMap(unitsOf)) {
    if (!hasFlag(src.values[0] ?? 0, source.frame)) continue;
    const moved = hasFlag(src.values[0] ?? 0, source.moved);
    for (const part of moved ? tx.pages('migrateDst', key).occupied(src.start, src.end) : [src]) {
      const from = valueAt(src, part.start, 1);
      if (hasFlag(src.values[0] ?? 0, source.compound)) {
        pieces.push({ pages: pmdPages, from, to: valueAt(part, part.start, 1) });
        continue;
      }
      for (const frames of tx.pages('frame', allFrames).occupied(from, from + (part.end - part.start))) {
        pieces.push({
          pages: frames.end - frames.start,
          from: frames.start,
          to: valueAt(part, part.start + (frames.start - from), 1),
        });
      }
    }
  }
  return pieces;
}
