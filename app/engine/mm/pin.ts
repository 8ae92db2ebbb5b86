/**
 * Taking hold of the pages of a range.
 *
 *      A DD..  --pin [0..2)-->                     A PP..                         device-private pages come back first
 *      A CC..  --pin [0..2)-->                     A PP.. pool.acc0.hbm.free 4094   coherent ones stay where they are
 *      A CC..  --pin [0..2) flags=pin+longterm-->  A PP.. pool.acc0.hbm.free 4096   unless the hold is meant to last
 *
 * Models get_user_pages, pin_user_pages and check_and_migrate_movable_pages of mm/gup.c.
 */
import { frameFlag } from '../../model/frame-state.ts';
import { hasFrame } from '../../model/pte.ts';
import type { Hold } from '../../model/world.ts';
import { isFilled, valueAt } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import type { SpaceSpan } from '../place.ts';
import { isOk, ok, type Tx, type Writer } from '../tx.ts';
import { faultIn } from './cpu-fault.ts';
import { allFrames, changeFrames, findFree, frameAt, poolOf, systemPool, take } from './frames.ts';
import { hold, moveEntries, takeOver, tryToMigrate } from './rmap.ts';

export type HoldFlag = 'get' | 'pin' | 'write' | 'longterm';

/** EFAULT where a page cannot be had, EBUSY where a coherent page cannot leave its device. */
export function pin(tx: Tx, { space, start, end }: SpaceSpan, flags: readonly HoldFlag[]): OpResult {
  const at = { space, start, pages: end - start };
  const cause = tx.emit({ kind: 'pinned', rule: 'pin', at, args: { flags: [...flags] } });
  const access = flags.includes('write') ? 'write' : 'read';
  const present = (): OpResult => faultIn(tx, { space, start, end, access }, cause);
  const got = present();
  if ('blocked' in got) return got;
  if (!isOk(got))
    return tx.refuse('errno' in got ? got.errno : 'EFAULT', 'pin.fault', {
      cause,
      at,
      why: 'a page of the range cannot be had',
      fn: 'get_user_pages',
    });
  if (flags.includes('longterm')) {
    for (let page = start; page < end; page++) {
      const frame = tx.pages('pte', space).get(page)?.[1] ?? 0;
      if (poolOf(tx.world, frame)?.registration !== 'coherent') continue;
      if (!bringOut(tx, frame, cause))
        return tx.refuse('EBUSY', 'pin.coherent', {
          cause,
          at: { space, start: page, pages: 1 },
          why: 'the page cannot leave the device',
          fn: 'migrate_device_coherent_folio',
        });
    }
  }
  const pin = flags.includes('pin');
  const pages = framesOf(tx, space, start, end);
  tx.emit({ kind: 'pagesHeld', cause, rule: 'pin.hold', at }, (w) => {
    w.put('hold', String(w.count('nextHold', 1)), { space, pin, pages });
    for (const part of pages) countHolds(w, part, pin, 1);
  });
  return ok;
}

/** Lets go of what was taken last where the range was; EINVAL where nobody holds all of it in this way. */
export function unpin(tx: Tx, { space, start, end }: SpaceSpan, flags: readonly HoldFlag[]): OpResult {
  const at = { space, start, pages: end - start };
  const pin = flags.includes('pin');
  const found = Object.entries(tx.world.records.hold)
    .filter(([, held]) => held.space === space && held.pin === pin && held.locked !== true && covers(held, start, end))
    .sort(([a], [b]) => Number(b) - Number(a))[0];
  if (found === undefined)
    return tx.refuse('EINVAL', 'unpin.none', {
      at,
      why: `nobody ${pin ? 'pinned' : 'took references of'} all these pages`,
      fn: pin ? 'unpin_user_pages' : 'put_page',
    });
  const [key, held] = found;
  tx.emit({ kind: 'unpinned', rule: 'unpin', at }, (w) => {
    const kept: Held[] = [];
    for (const part of held.pages) {
      const first = Math.max(part.start, start);
      const last = Math.min(part.end, end);
      if (first >= last) {
        kept.push(part);
        continue;
      }
      countHolds(w, cut(part, first, last), pin, -1);
      if (part.start < first) kept.push(cut(part, part.start, first));
      if (last < part.end) kept.push(cut(part, last, part.end));
    }
    w.put('hold', key, kept.length === 0 ? null : { ...held, pages: kept });
  });
  return ok;
}

type Held = Hold['pages'][number];

const cut = (part: Held, start: number, end: number): Held => ({
  start,
  end,
  frame: part.frame === null ? null : part.frame + (start - part.start),
});

function countHolds(w: Writer, { start, end, frame }: Held, pin: boolean, by: 1 | -1): void {
  if (frame !== null)
    changeFrames(w, frame, frame + (end - start), (f) => ({
      ...f,
      refs: f.refs + by,
      pins: f.pins + (pin ? by : 0),
    }));
}

const covers = (held: Hold, start: number, end: number): boolean =>
  held.pages.reduce((sum, part) => sum + Math.max(0, Math.min(part.end, end) - Math.max(part.start, start)), 0) ===
  end - start;

/** The frames of a range, as stretches whose frames count up. */
export function framesOf(tx: Tx, space: string, start: number, end: number): Hold['pages'] {
  return tx
    .pages('pte', space)
    .occupied(start, end)
    .flatMap((run): readonly Held[] => {
      if (!hasFrame(run.values[0] ?? 0)) return [{ start: run.start, end: run.end, frame: null }];
      const frame = valueAt(run, run.start, 1);
      if (run.strides[1] === 1) return [{ start: run.start, end: run.end, frame }];
      return Array.from({ length: run.end - run.start }, (_, i) => ({
        start: run.start + i,
        end: run.start + i + 1,
        frame,
      }));
    });
}

/** migrate_device_coherent_folio: one page, out of the device, for somebody who means to keep it. */
function bringOut(tx: Tx, frame: number, cause: number): boolean {
  const state = frameAt(tx.world, frame);
  const pool = systemPool(tx.world);
  const to = pool === null ? undefined : findFree(tx.world, pool, 1)?.[0]?.start;
  if (state === null || pool === null || to === undefined) return false;
  tx.emit(
    { kind: 'migrateVmaCollect', cause, rule: 'pin.coherent', at: { start: frame, pages: 1 }, args: { cpages: 1 } },
    (w) => hold(w, frame, frame + 1),
  );
  tryToMigrate(tx, frame, frame + 1, cause);
  const now = frameAt(tx.world, frame);
  if (now === null || now.maps > 0 || now.refs > 1) {
    moveEntries(tx, frame, frame + 1, frame, cause);
    return false;
  }
  tx.emit({ kind: 'migrateCopy', cause, rule: 'pin.coherent', args: { pool } }, (w) => {
    const run = w.world.pages.frame[allFrames]?.runs(frame, frame + 1)[0];
    const content = run !== undefined && isFilled(run) ? (run.values[6] ?? 0) : 0;
    take(w, pool, [{ start: to, end: to + 1 }], {
      flags: frameFlag.locked,
      refs: 1,
      maps: 0,
      pins: 0,
      anonVma: 0,
      index: 0,
      content,
    });
  });
  tx.emit({ kind: 'migrateDevicePages', cause, rule: 'pin.coherent', args: { npages: 1 } }, (w) =>
    takeOver(w, frame, frame + 1, to),
  );
  const end = tx.emit({ kind: 'migrateDeviceFinalize', cause, rule: 'pin.coherent', args: { npages: 1 } });
  moveEntries(tx, frame, frame + 1, to, end);
  return true;
}
