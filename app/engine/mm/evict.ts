/**
 * Eviction by physical range: a driver brings frames of its memory back without knowing who maps them.
 *
 *      A DDD. pool.gpu0.vram.free 4093  --evict-->  A SSS. pool.gpu0.vram.free 4096   migrate_device_range
 *
 *      given: write; migrateToDevice; fork B
 *      A dddd B dddd  --evict-->  A ssss B ssss   every mapping of the frames is replaced, in every address space: CLEAR
 *
 * Models migrate_device_range, migrate_device_pages and migrate_device_finalize of mm/migrate_device.c, with the copy
 * that a driver does in between (dmirror_device_evict_chunk). It takes no mmap lock. Frames are visited from the last
 * to the first: drivers hand them out in the other order.
 */
import { folioOrder, frameColumn, frameFlag, readFrame, withOrder, type FrameState } from '../../model/frame-state.ts';
import { pmdPages } from '../../model/ids.ts';
import type { Tx, Writer } from '../tx.ts';
import { allFrames, findBlock, findFree, isFrame, poolOf, systemPool, take } from './frames.ts';
import { blockOf } from './huge.ts';
import { hold, moveEntries, takeOver, tryToMigrate } from './rmap.ts';

/** Frames that go as one: a page, or a huge page. */
interface Unit {
  readonly from: number;
  readonly pages: number;
}
interface Moved extends Unit {
  readonly to: number | null;
}

/**
 * Brings back what is in use of frames [first, last); what cannot go stays where it is. Returns how many pages found no
 * frame in system memory.
 */
export function evictFrames(tx: Tx, device: string, first: number, last: number, cause: number | null): number {
  const by = `driver:${device}`;
  const at = { device, start: first, pages: last - first };
  const npages = last - first;
  const range = tx.emit({ kind: 'migrateDeviceRange', by, cause, rule: 'evict.range', at, args: { npages } });
  const collected = collect(tx, first, last, range);
  const moved = copy(tx, by, collected, range);
  const pages = tx.emit({ kind: 'migrateDevicePages', by, cause, rule: 'evict.pages', at, args: { npages } }, (w) => {
    for (const { from, pages: length, to } of moved) {
      if (to !== null) takeOver(w, from, from + length, to);
    }
  });
  const end = tx.emit({
    kind: 'migrateDeviceFinalize',
    by,
    cause: pages,
    rule: 'evict.finalize',
    at,
    args: { npages },
  });
  for (const { from, pages: length, to } of moved) moveEntries(tx, from, from + length, to ?? from, end);
  return moved.reduce((sum, { pages: length, to }) => sum + (to === null ? length : 0), 0);
}

/**
 * migrate_device_unmap: each folio is locked and every mapping of it replaced; folios with extra references are put
 * back. A huge page that the range cuts goes wholly.
 */
function collect(tx: Tx, first: number, last: number, cause: number): readonly Unit[] {
  const units: Unit[] = [];
  for (const run of [...tx.pages('frame', allFrames).occupied(first, last)].reverse()) {
    for (let frame = run.end - 1; frame >= run.start;) {
      const unit = unitOf(tx, frame);
      frame = unit.from - 1;
      const { from, pages } = unit;
      const states = (): readonly FrameState[] =>
        tx
          .pages('frame', allFrames)
          .occupied(from, from + pages)
          .map((part) => readFrame(part.values));
      // What cannot be read stays: a driver does not copy bad memory.
      const stays = (state: FrameState): boolean =>
        isFrame(state, 'locked') || isFrame(state, 'poisoned') || state.pins > 0;
      if (states().some(stays)) continue;
      const at = { start: from, pages };
      tx.emit({ kind: 'migrateVmaCollect', cause, rule: 'evict.collect', at, args: { cpages: 1 } }, (w) =>
        hold(w, from, from + pages),
      );
      if (states().some((state) => state.maps > 0)) tryToMigrate(tx, from, from + pages, cause);
      if (states().some((state) => state.maps > 0 || state.refs > 1)) moveEntries(tx, from, from + pages, from, cause);
      else units.push(unit);
    }
  }
  return units;
}

/** The folio of a frame, or the frame alone where only a part of the folio is still in use. */
function unitOf(tx: Tx, frame: number): Unit {
  const head = blockOf(frame);
  const whole = tx.pages('frame', allFrames).occupied(head, head + pmdPages);
  const used = whole.reduce((sum, run) => sum + (run.end - run.start), 0);
  return used === pmdPages && whole.every((run) => folioOrder(run.values[0] ?? 0) > 0)
    ? { from: head, pages: pmdPages }
    : { from: frame, pages: 1 };
}

/** The driver's copies to system memory; without free frames, whole ones for a huge page, it has no destination. */
function copy(tx: Tx, by: string, units: readonly Unit[], cause: number): readonly Moved[] {
  const pool = systemPool(tx.world);
  const moved: Moved[] = [];
  const [last] = units;
  if (last === undefined) return moved;
  const room = pool === null ? 0 : (tx.get('pool', pool)?.free ?? 0);
  const wanted = units.reduce((sum, unit) => sum + unit.pages, 0);
  const from = poolOf(tx.world, last.from)?.id ?? null;
  const args = { pool: pool ?? 'none', from, pages: Math.min(wanted, room) };
  tx.emit({ kind: 'migrateCopy', by, cause, rule: 'evict.copy', args }, (w) => {
    for (const unit of units) {
      const to = pool === null ? null : destination(w, pool, unit.pages);
      moved.push({ ...unit, to });
      if (pool === null || to === null) continue;
      for (const part of w.world.pages.frame[allFrames]?.occupied(unit.from, unit.from + unit.pages) ?? []) {
        const start = to + (part.start - unit.from);
        const { flags, content } = readFrame(part.values);
        const held = { refs: 1, maps: 0, pins: 0, anonVma: 0, index: 0, content };
        take(
          w,
          pool,
          [{ start, end: start + (part.end - part.start) }],
          { ...held, flags: withOrder(frameFlag.locked, unit.pages > 1 ? folioOrder(flags) : 0) },
          part.strides[frameColumn.content] === 1,
        );
      }
    }
  });
  return moved;
}

const destination = (w: Writer, pool: string, pages: number): number | null =>
  pages > 1 ? findBlock(w.world, pool, pages) : (findFree(w.world, pool, 1)?.[0]?.start ?? null);
