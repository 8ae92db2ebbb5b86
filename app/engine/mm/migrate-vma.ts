/**
 * Migration of a range between system memory and a device's, page by page and best effort.
 *
 *      setup       ssss  ->  mmmm      entries replaced by migration entries, MIGRATE event around it
 *      copy                            the driver allocates destinations and copies
 *      pages                           metadata moves to the new frames; holes are inserted
 *      finalize    mmmm  ->  dddd      entries point at the new frames; what did not move is restored
 *
 * Models migrate_vma_setup, migrate_vma_pages and migrate_vma_finalize of mm/migrate_device.c.
 */
import { frameColumn, frameFlag, readFrame, writeFrame, type FrameState } from '../../model/frame-state.ts';
import {
  hasFlag,
  isDevPrivate,
  isMigration,
  pteFlag,
  pteKind,
  pteWord,
  withKind,
  type PteKind,
} from '../../model/pte.ts';
import type { Migration } from '../../model/world.ts';
import { isFilled, valueAt, type FilledRun, type Run } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx, type Writer } from '../tx.ts';
import { areaAt, isSpecial, ownAnonVma, type Area } from './areas.ts';
import { allFrames, changeFrames, findFree, frameAt, isFrame, poolOf, take } from './frames.ts';
import { charge } from './rss.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';

/** Bits of a source word. */
export const source = { migrate: 1, write: 2, frame: 4, exclusive: 8, moved: 16 } as const;
const whole = (m: Migration) => ({ space: m.space, start: m.start, pages: m.end - m.start });

export interface SetupRequest {
  /** Key of the call: the context that migrates. */
  readonly key: string;
  readonly space: string;
  readonly start: number;
  readonly end: number;
  readonly owner: string;
  readonly select: Migration['select'];
  readonly faultFrame: number | null;
  readonly cause: number | null;
}

/** migrate_vma_setup: EINVAL without an area, for hugetlb and special areas; otherwise 0, even if nothing was collected. */
export function migrateSetup(tx: Tx, request: SetupRequest): OpResult {
  const { key, space, start, end, owner, select, faultFrame } = request;
  const at = { space, start, pages: end - start, context: key };
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
  const cause = tx.emit(
    { kind: 'migrateVmaSetup', cause: request.cause, rule: 'migrate.setup', at, args: { select: [...select], owner } },
    (w) => {
      w.put('migration', key, { space, start, end, owner, select, cpages: 0, phase: 'collected', faultFrame });
    },
  );
  const range: RangeEvent = { event: 'MIGRATE', space, start, end, owner, cause, rule: 'migrate.setup' };
  rangeStart(tx, range);
  collect(tx, request, area, cause);
  rangeEnd(tx, range);
  unmapEverywhere(tx, key, cause);
  tx.emit({ kind: 'migrateVmaSetupRet', cause, rule: 'migrate.setup', at: { context: key }, args: { ret: 'ok' } });
  return ok;
}

/** migrate_vma_collect: what may go gets a migration entry; the frame is locked and held by the migration. */
function collect(
  tx: Tx,
  { key, space, start, end, select, owner, faultFrame }: SetupRequest,
  area: Area,
  cause: number,
): void {
  const pieces: Run[] = [];
  for (const run of tx.pages('pte', space).runs(start, end))
    pieces.push(...classify(tx, area, run, select, owner, faultFrame));
  const collected = pieces.filter(isFilled);
  const cpages = collected.reduce((sum, run) => sum + run.end - run.start, 0);
  tx.emit(
    {
      kind: 'migrateVmaCollect',
      cause,
      rule: 'migrate.collect',
      at: { space, start, pages: end - start, context: key },
      args: { cpages },
    },
    (w) => {
      w.setRuns('migrateSrc', key, start, end, pieces);
      w.patch('migration', key, { cpages });
      for (const run of collected) {
        if (!hasFlag(run.values[0] ?? 0, source.frame)) continue;
        const frame = run.values[1] ?? 0;
        // The mapping's reference passes to the migration, which also takes one of its own for the lock and the LRU.
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

/** WRITE if writable, READ_EXCL if read only and exclusive, else READ; the other flags are carried. */
function migrationWord(tx: Tx, entry: FilledRun): number {
  const word = entry.values[0] ?? 0;
  const writable = pteKind(word) === 'DEVPRIV_WRITE' || hasFlag(word, pteFlag.write);
  const frame = frameAt(tx.world, entry.values[1] ?? 0);
  const kind: PteKind = writable
    ? 'MIGRATION_WRITE'
    : frame !== null && isFrame(frame, 'anonExclusive')
      ? 'MIGRATION_READ_EXCL'
      : 'MIGRATION_READ';
  return withKind(word, kind);
}

/** Cuts a stretch of entries into what is eligible (a source word) and what is not (nothing). */
function classify(
  tx: Tx,
  area: Area,
  run: Run,
  select: Migration['select'],
  owner: string,
  faultFrame: number | null,
): readonly Run[] {
  const skip: Run = { start: run.start, end: run.end, values: null, strides: null };
  const word = run.values?.[0] ?? 0;
  const kind = run.values === null ? 'NONE' : pteKind(word);
  if (kind === 'NONE' || kind === 'PRESENT_ZERO') {
    // A hole of an anonymous area is eligible where system pages are selected; a file's hole is not.
    const eligible = area.backing === 'anon' && select.includes('system');
    return [
      eligible ? { start: run.start, end: run.end, values: [source.migrate, 0, word], strides: [0, 0, 0] } : skip,
    ];
  }
  if (run.values === null || !(kind === 'PRESENT' || isDevPrivate(word))) return [skip];
  const first = run.values[1] ?? 0;
  const pages = run.end - run.start;
  return tx
    .pages('frame', allFrames)
    .runs(first, first + pages)
    .map((part): Run => {
      const start = run.start + (part.start - first);
      const end = run.start + (part.end - first);
      const frame = isFilled(part) ? readFrame(part.values) : null;
      const pool = poolOf(tx.world, part.start);
      const type = pool?.registration ?? 'system';
      const own =
        type === 'system' ||
        (pool?.device !== null && pool?.device !== undefined && tx.get('device', pool.device)?.owner === owner);
      const locked = frame !== null && isFrame(frame, 'locked') && faultFrame !== part.start;
      const eligible = frame !== null && select.includes(type) && own && !locked && frame.pins === 0;
      if (!eligible) return { start, end, values: null, strides: null };
      const writable = kind === 'DEVPRIV_WRITE' || hasFlag(word, pteFlag.write);
      const flags =
        source.migrate |
        source.frame |
        (writable ? source.write : 0) |
        (isFrame(frame, 'anonExclusive') ? source.exclusive : 0);
      return { start, end, values: [flags, part.start, word], strides: [0, end - start > 1 ? 1 : 0, 0] };
    });
}

/** migrate_device_unmap: other mappings of the frames get migration entries too; what has extra references is restored. */
function unmapEverywhere(tx: Tx, key: string, cause: number): void {
  const call = tx.get('migration', key);
  if (call === null) return;
  for (const run of tx.pages('migrateSrc', key).occupied(call.start, call.end)) {
    if (!hasFlag(run.values[0] ?? 0, source.frame)) continue;
    const first = run.values[1] ?? 0;
    for (const part of tx.pages('frame', allFrames).occupied(first, first + (run.end - run.start))) {
      const frame = readFrame(part.values);
      const start = run.start + (part.start - first);
      const end = start + (part.end - part.start);
      if (frame.maps > 0) tryToMigrate(tx, part.start, part.end, cause);
      const now = frameAt(tx.world, part.start);
      // Each migration entry stands for the reference of the mapping it replaced.
      const expected =
        migrationEntries(tx, part.start) +
        (call.faultFrame === part.start ? 1 : 0) +
        (isFrame(frame, 'pageCache') ? 1 : 0);
      if (now !== null && now.refs > expected) restore(tx, key, start, end, part.start, cause);
    }
  }
}

/** Areas in which the frame can be mapped, by its anon_vma and index (rmap_walk_anon). */
export function rmapOf(tx: Tx, frame: number): readonly { readonly space: string; readonly page: number }[] {
  const state = frameAt(tx.world, frame);
  if (state !== null && isFrame(state, 'pageCache')) return rmapOfFile(tx, state);
  const linked = state === null ? null : tx.get('anonVma', String(state.anonVma));
  return (linked?.vmas ?? []).flatMap((id) => {
    const vma = tx.get('vma', id);
    if (vma === null || state === null) return [];
    const page = vma.start + (state.index - vma.pgoff);
    return page >= vma.start && page < vma.end ? [{ space: vma.space, page }] : [];
  });
}

/** rmap_walk_file: every area that maps the page of the file. */
function rmapOfFile(tx: Tx, state: FrameState): readonly { readonly space: string; readonly page: number }[] {
  const file = Object.entries(tx.world.records.file).find(([, f]) => f.number === state.anonVma)?.[0];
  return Object.values(tx.world.records.vma).flatMap((vma) => {
    const page = vma.start + (state.index - vma.pgoff);
    return vma.file === file && page >= vma.start && page < vma.end ? [{ space: vma.space, page }] : [];
  });
}

export function migrationEntries(tx: Tx, frame: number): number {
  return rmapOf(tx, frame).filter(({ space, page }) => {
    const entry = tx.pages('pte', space).get(page);
    return entry !== null && entry[1] === frame && isMigration(entry[0] ?? 0);
  }).length;
}

/** try_to_migrate: every entry that still maps the frames becomes a migration entry; each mm is told with CLEAR. */
export function tryToMigrate(tx: Tx, first: number, last: number, cause: number): void {
  const pages = last - first;
  for (const { space, page } of rmapOf(tx, first)) {
    const mapped = tx
      .pages('pte', space)
      .occupied(page, page + pages)
      .filter((run) => {
        const word = run.values[0] ?? 0;
        return (pteKind(word) === 'PRESENT' || isDevPrivate(word)) && run.values[1] === first + (run.start - page);
      });
    if (mapped.length === 0) continue;
    const group = tx.group(pages);
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
    tx.emit(
      { kind: 'setMigrationPte', cause, group, rule: 'migrate.unmap', at: { space, start: page, pages } },
      (w) => {
        for (const run of mapped) {
          const frame = run.values[1] ?? 0;
          w.rewrite('pte', space, run.start, run.end, (entry) => ({
            values: [migrationWord(tx, entry), entry.values[1] ?? 0],
          }));
          changeFrames(w, frame, frame + (run.end - run.start), (f) => ({ ...f, maps: f.maps - 1 }));
        }
      },
    );
    rangeEnd(tx, range);
  }
}

/** A page that cannot go after all: its entries come back as they were (remove_migration_ptes(src, src)). */
function restore(tx: Tx, key: string, start: number, end: number, frame: number, cause: number): void {
  moveEntries(tx, frame, frame + (end - start), frame, cause);
  tx.emit(
    { kind: 'migrateDone', cause, rule: 'migrate.restore', at: { context: key, start, pages: end - start } },
    (w) => w.fill('migrateSrc', key, start, end, null),
  );
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
    tx.emit(
      {
        kind: 'removeMigrationPte',
        cause,
        group,
        rule,
        at: { space, start: page, pages },
        args: { from: first, to, restored: !moved },
      },
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
          if (moved)
            changeFrames(w, first + (run.start - page), first + (run.start - page) + length, (f) => ({
              ...f,
              refs: f.refs - 1,
            }));
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

/** The entry for a frame of a pool: ordinary memory and coherent memory are present, private memory is not. */
function presentWord(former: number, target: 'system' | 'private' | 'coherent', write: boolean): number {
  const kept = former & (pteFlag.young | pteFlag.dirty | pteFlag.softDirty | pteFlag.uffdWp);
  if (target === 'private') return pteWord(write ? 'DEVPRIV_WRITE' : 'DEVPRIV_READ', kept);
  return pteWord('PRESENT', kept | (write ? pteFlag.write : 0));
}

/**
 * The driver's part between setup and pages: destinations from a pool, and the copies. Pages for which the pool has no
 * frame get none, and will be restored.
 */
export function migrateCopy(tx: Tx, key: string, pool: string, cause: number | null): OpResult {
  const call = tx.get('migration', key);
  if (call === null)
    return tx.refuse('EINVAL', 'migrate.copy.none', { cause, why: 'no migration is under way', at: { context: key } });
  const collected = tx.pages('migrateSrc', key).occupied(call.start, call.end);
  const first = collected.find((run) => hasFlag(run.values[0] ?? 0, source.frame));
  const from = first === undefined ? null : (poolOf(tx.world, first.values[1] ?? 0)?.id ?? null);
  tx.emit(
    {
      kind: 'migrateCopy',
      cause,
      by: `driver:${tx.get('context', key)?.device ?? key}`,
      rule: 'migrate.copy',
      at: { ...whole(call), context: key },
      args: { pool, from },
    },
    (w) => {
      for (const run of collected) {
        for (let at = run.start; at < run.end;) {
          const free = w.get('pool', pool)?.free ?? 0;
          const spans = findFree(w.world, pool, Math.min(run.end - at, free));
          if (spans === null || spans.length === 0) return;
          for (const span of spans) {
            fillDestination(w, pool, key, run, at, span.start, span.end);
            at += span.end - span.start;
          }
        }
      }
      w.patch('migration', key, { phase: 'copied' });
    },
  );
  return ok;
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
): void {
  const pages = last - to;
  const from = hasFlag(run.values[0] ?? 0, source.frame) ? valueAt(run, at, 1) : null;
  const held = { flags: frameFlag.locked, refs: 1, maps: 0, pins: 0, anonVma: 0, index: 0, content: 0 };
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
  w.fill('migrateDst', key, at, at + pages, [1, to], [0, pages > 1 ? 1 : 0]);
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
  const cause = tx.emit(
    {
      kind: 'migrateVmaPages',
      cause: request,
      rule: 'migrate.pages',
      at: { ...whole(call), context: key },
      args: { cpages: call.cpages },
    },
    (w) => {
      w.patch('migration', key, { phase: 'committed' });
    },
  );
  let opened: RangeEvent | null = null;
  for (const dst of tx.pages('migrateDst', key).occupied(call.start, call.end)) {
    for (const src of tx.pages('migrateSrc', key).occupied(dst.start, dst.end)) {
      const to = valueAt(dst, src.start, 1);
      const pages = src.end - src.start;
      if (hasFlag(src.values[0] ?? 0, source.frame)) {
        // Only anonymous memory can live on a device.
        const state = frameAt(tx.world, src.values[1] ?? 0);
        if (state !== null && isFrame(state, 'pageCache') && poolOf(tx.world, to)?.registration !== 'system') continue;
        moveMetadata(tx, call, key, src, to, cause);
      } else {
        if (opened === null) {
          opened = {
            event: 'MIGRATE',
            space: call.space,
            start: src.start,
            end: call.end,
            owner: call.owner,
            cause,
            rule: 'migrate.insert',
          };
          rangeStart(tx, opened);
        }
        insertHole(tx, call, key, src.start, pages, to, cause);
      }
    }
  }
  if (opened !== null) rangeEnd(tx, opened);
  return ok;
}

/** folio_migrate_mapping: what the frame belongs to moves to the destination; the source keeps only the migration's hold. */
function moveMetadata(tx: Tx, call: Migration, key: string, src: FilledRun, to: number, cause: number): void {
  const from = src.values[1] ?? 0;
  const pages = src.end - src.start;
  tx.emit(
    {
      kind: 'migrateFolioMove',
      cause,
      group: null,
      rule: 'migrate.move',
      at: { space: call.space, start: src.start, pages, context: key },
      args: { from, to },
    },
    (w) => {
      takeOver(w, from, from + pages, to);
      w.rewrite('migrateSrc', key, src.start, src.end, (run) => ({
        values: [(run.values[0] ?? 0) | source.moved, run.values[1] ?? 0, run.values[2] ?? 0],
      }));
    },
  );
}

/** What frames [first, last) belong to passes to the frames from `to` on; content is the driver's to copy. */
export function takeOver(w: Writer, first: number, last: number, to: number): void {
  for (const part of w.world.pages.frame[allFrames]?.occupied(first, last) ?? []) {
    const old = readFrame(part.values);
    const start = to + (part.start - first);
    w.rewrite('frame', allFrames, start, start + (part.end - part.start), (run) => {
      const now = readFrame(run.values);
      const kept = old.flags & (frameFlag.anonExclusive | frameFlag.dirty);
      return {
        values: writeFrame({
          ...now,
          flags: now.flags | kept,
          anonVma: old.anonVma,
          index: old.index + (run.start - start),
        }),
        strides: run.strides.map((s, c) => (c === frameColumn.index ? (run.end - run.start > 1 ? 1 : 0) : s)),
      };
    });
  }
}

/** migrate_vma_insert_page: a fresh device frame where there was nothing, writable iff the area is. */
function insertHole(
  tx: Tx,
  call: Migration,
  key: string,
  start: number,
  pages: number,
  to: number,
  cause: number,
): void {
  const area = areaAt(tx.world, call.space, start);
  const zero = pteKind(tx.pages('pte', call.space).get(start)?.[0] ?? 0) === 'PRESENT_ZERO';
  tx.emit(
    {
      kind: 'migrateInsertPage',
      cause,
      rule: 'migrate.insert',
      at: { space: call.space, start, pages, context: key },
      args: { to, zero },
    },
    (w) => {
      if (area === null) return;
      const anonVma = ownAnonVma(w, area.id);
      const index = area.pgoff + (start - area.start);
      w.fill(
        'frame',
        allFrames,
        to,
        to + pages,
        writeFrame({ flags: frameFlag.anonExclusive, refs: 1, maps: 1, pins: 0, anonVma, index, content: 0 }),
        [0, 0, 0, 0, 0, pages > 1 ? 1 : 0, 0],
      );
      const target = poolOf(w.world, to)?.registration ?? 'system';
      w.fill('pte', call.space, start, start + pages, [presentWord(0, target, area.write), to], [0, pages > 1 ? 1 : 0]);
      charge(w, call.space, 'anon', pages);
    },
  );
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
  const cause = tx.emit({
    kind: 'migrateVmaFinalize',
    cause: request,
    rule: 'migrate.finalize',
    at: { ...whole(call), context: key },
    args: { cpages: call.cpages },
  });
  const dst = tx.pages('migrateDst', key);
  for (const piece of finalPieces(tx, key, call)) {
    const { pages, from, to } = piece;
    moveEntries(tx, from, from + pages, to, cause);
  }
  tx.emit({ kind: 'migrateDone', cause, rule: 'migrate.finalize', at: { ...whole(call), context: key } }, (w) => {
    // Destinations that no page took go back to the driver.
    for (const run of dst.occupied(call.start, call.end)) {
      const frame = run.values[1] ?? 0;
      changeFrames(w, frame, frame + (run.end - run.start), (f) => (f.maps === 0 ? { ...f, refs: 0 } : f));
    }
    w.fill('migrateSrc', key, call.start, call.end, null);
    w.fill('migrateDst', key, call.start, call.end, null);
    w.put('migration', key, null);
  });
  return ok;
}

interface FinalPiece {
  readonly start: number;
  readonly pages: number;
  readonly from: number;
  readonly to: number;
}

/** Collected pages cut so that source frames, destination frames and the source's reverse map each run on evenly. */
function finalPieces(tx: Tx, key: string, call: Migration): readonly FinalPiece[] {
  const pieces: FinalPiece[] = [];
  for (const src of tx.pages('migrateSrc', key).occupied(call.start, call.end)) {
    if (!hasFlag(src.values[0] ?? 0, source.frame)) continue;
    const parts = hasFlag(src.values[0] ?? 0, source.moved)
      ? tx.pages('migrateDst', key).occupied(src.start, src.end)
      : [src];
    for (const part of parts) {
      const from = valueAt(src, part.start, 1);
      for (const frames of tx.pages('frame', allFrames).occupied(from, from + (part.end - part.start))) {
        const offset = frames.start - from;
        pieces.push({
          start: part.start + offset,
          pages: frames.end - frames.start,
          from: frames.start,
          to: valueAt(part, part.start + offset, 1),
        });
      }
    }
  }
  return pieces;
}
