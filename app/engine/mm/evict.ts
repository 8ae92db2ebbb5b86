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
import { frameFlag, readFrame } from '../../model/frame-state.ts';
import { isFilled } from '../../store/run.ts';
import type { Tx } from '../tx.ts';
import { allFrames, findFree, frameAt, isFrame, poolOf, systemPool, take } from './frames.ts';
import { hold, moveEntries, takeOver, tryToMigrate } from './rmap.ts';

interface Moved {
  readonly from: number;
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
    for (const { from, to } of moved) {
      if (to !== null) takeOver(w, from, from + 1, to);
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
  for (const { from, to } of moved) moveEntries(tx, from, from + 1, to ?? from, end);
  return moved.filter(({ to }) => to === null).length;
}

/** migrate_device_unmap: each frame is locked and every mapping of it replaced; frames with extra references are put back. */
function collect(tx: Tx, first: number, last: number, cause: number): readonly number[] {
  const frames: number[] = [];
  for (const run of [...tx.pages('frame', allFrames).occupied(first, last)].reverse()) {
    for (let frame = run.end - 1; frame >= run.start; frame--) {
      const state = frameAt(tx.world, frame);
      // What cannot be read stays: a driver does not copy bad memory.
      if (state === null || isFrame(state, 'locked') || isFrame(state, 'poisoned') || state.pins > 0) continue;
      tx.emit(
        {
          kind: 'migrateVmaCollect',
          cause,
          rule: 'evict.collect',
          at: { start: frame, pages: 1 },
          args: { cpages: 1 },
        },
        (w) => hold(w, frame, frame + 1),
      );
      if (state.maps > 0) tryToMigrate(tx, frame, frame + 1, cause);
      const now = frameAt(tx.world, frame);
      if (now !== null && (now.maps > 0 || now.refs > 1)) moveEntries(tx, frame, frame + 1, frame, cause);
      else frames.push(frame);
    }
  }
  return frames;
}

/** The driver's copies to system memory; without a free frame a page has no destination. */
function copy(tx: Tx, by: string, frames: readonly number[], cause: number): readonly Moved[] {
  const pool = systemPool(tx.world);
  const moved: Moved[] = [];
  if (frames.length === 0) return moved;
  const room = pool === null ? 0 : (tx.get('pool', pool)?.free ?? 0);
  const args = {
    pool: pool ?? 'none',
    from: poolOf(tx.world, frames[0] ?? 0)?.id ?? null,
    pages: Math.min(frames.length, room),
  };
  tx.emit({ kind: 'migrateCopy', by, cause, rule: 'evict.copy', args }, (w) => {
    for (const from of frames) {
      const to = pool === null ? undefined : findFree(w.world, pool, 1)?.[0]?.start;
      const run = w.world.pages.frame[allFrames]?.runs(from, from + 1)[0];
      if (pool === null || to === undefined || run === undefined || !isFilled(run)) {
        moved.push({ from, to: null });
        continue;
      }
      take(w, pool, [{ start: to, end: to + 1 }], {
        flags: frameFlag.locked,
        refs: 1,
        maps: 0,
        pins: 0,
        anonVma: 0,
        index: 0,
        content: readFrame(run.values).content,
      });
      moved.push({ from, to });
    }
  });
  return moved;
}
