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
import { isFilled, valueAt } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import type { SpaceSpan } from '../place.ts';
import { isOk, ok, type Tx } from '../tx.ts';
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
  const long = flags.includes('pin') ? 1 : 0;
  tx.emit({ kind: 'pagesHeld', cause, rule: 'pin.hold', at }, (w) =>
    eachFrame(tx, space, start, end, (first, last) =>
      changeFrames(w, first, last, (f) => ({ ...f, refs: f.refs + 1, pins: f.pins + long })),
    ),
  );
  return ok;
}

export function unpin(tx: Tx, { space, start, end }: SpaceSpan, flags: readonly HoldFlag[]): OpResult {
  const long = flags.includes('pin') ? 1 : 0;
  tx.emit({ kind: 'unpinned', rule: 'unpin', at: { space, start, pages: end - start } }, (w) =>
    eachFrame(tx, space, start, end, (first, last) =>
      changeFrames(w, first, last, (f) => ({ ...f, refs: f.refs - 1, pins: f.pins - long })),
    ),
  );
  return ok;
}

function eachFrame(
  tx: Tx,
  space: string,
  start: number,
  end: number,
  visit: (first: number, last: number) => void,
): void {
  for (const run of tx.pages('pte', space).occupied(start, end)) {
    const first = valueAt(run, run.start, 1);
    if ((tx.pages('frame', allFrames).get(first) ?? null) !== null)
      visit(first, first + (run.strides[1] === 1 ? run.end - run.start : 1));
  }
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
