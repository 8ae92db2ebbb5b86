/**
 * A CPU touches a page that is in device-private memory: the driver brings it back before the instruction goes on.
 *
 *      A DDDD gpu0 DDDD  --read [2]-->  A DDSD gpu0 DD.D   migrate_to_ram, with MIGRATE around it
 *
 * Models do_swap_page's device-private branch and the driver's migrate_to_ram of mm/memory.c. The first try runs under
 * the per-VMA lock and gives up; the second holds the mmap lock.
 */
import { frameFlag } from '../../model/frame-state.ts';
import { pmdPages } from '../../model/ids.ts';
import { valueAt } from '../../store/run.ts';
import type { Tx } from '../tx.ts';
import { again, type FaultOutcome, type FaultSpan } from './cpu-fault.ts';
import { changeFrames, frameAt, isFrame, poolOf, systemPool } from './frames.ts';
import { callKey, migrateCopy, migrateFinalize, migratePages, migrateSetup } from './migrate-vma.ts';
import { blockOf } from './huge.ts';
import { contextsOf, eraseDeviceEntries } from './mirror.ts';

/** The driver brings back [start, end), whose first frame is `frame`; false where it could not. */
function bringBack(tx: Tx, space: string, start: number, frame: number, pages: number, cause: number): boolean {
  const device = poolOf(tx.world, frame)?.device ?? '';
  const owner = tx.get('device', device)?.owner;
  const system = systemPool(tx.world);
  if (owner === undefined || system === null) return false;
  const end = start + pages;
  const ram = tx.emit({
    kind: 'migrateToRam',
    by: `driver:${device}`,
    cause,
    rule: 'fault.cpu.devicePrivate',
    at: { space, start, pages: 1 },
    args: { frame },
  });
  const context = `${device}:${space}`;
  const key = callKey(tx, context);
  const select = pages > 1 ? (['private', 'compound'] as const) : (['private'] as const);
  const setup = migrateSetup(tx, { context, key, space, start, end, owner, select, faultFrame: frame, cause: ram });
  if (!('ok' in setup)) return false;
  migrateCopy(tx, key, system, ram);
  migratePages(tx, key, ram);
  for (const id of contextsOf(tx, context, space))
    eraseDeviceEntries(tx, id, start, end, ram, 'fault.cpu.devicePrivate');
  migrateFinalize(tx, key, ram);
  return true;
}

/** The fault takes the frames, lets the driver work, and lets go; SIGBUS where a page is still on the device. */
function whileHeld(
  tx: Tx,
  space: string,
  start: number,
  frame: number,
  pages: number,
  kind: 'doSwapPage' | 'doHugePmdDevicePrivate',
  fault: FaultSpan,
): FaultOutcome {
  const at = { space, start, pages: 1 };
  const { cause, vmaLock } = fault;
  // The fault needs the folio lock, and waits for whoever has it.
  const state = frameAt(tx.world, frame);
  if (state !== null && isFrame(state, 'locked')) return { blocked: 'folioLock' };
  if (vmaLock) tx.emit({ kind, cause, rule: 'fault.cpu.devicePrivate.vmaLock', at, args: { retry: true } });
  const held = tx.emit({ kind, cause, rule: 'fault.cpu.devicePrivate', at, args: { retry: false } }, (w) => {
    changeFrames(w, frame, frame + pages, (f) => ({ ...f, refs: f.refs + 1, flags: f.flags | frameFlag.locked }));
  });
  const done = bringBack(tx, space, start, frame, pages, held);
  tx.emit({ kind: 'faultDone', cause: held, rule: 'fault.cpu.devicePrivate', at, fn: 'do_swap_page' }, (w) => {
    changeFrames(w, frame, frame + pages, (f) => ({ ...f, refs: f.refs - 1, flags: f.flags & ~frameFlag.locked }));
  });
  const now = tx.pages('pte', space).get(start)?.[1] ?? -1;
  return done && poolOf(tx.world, now)?.registration !== 'private' ? again : { signal: 'SIGBUS' };
}

export function migrateToRam(tx: Tx, fault: FaultSpan): FaultOutcome {
  const { area, run } = fault;
  if (run === null) throw new Error('a device-private fault needs an entry');
  for (let page = fault.start; page < fault.end; page++) {
    const outcome = whileHeld(tx, area.space, page, valueAt(run, page, 1), 1, 'doSwapPage', fault);
    if (!('again' in outcome)) return outcome;
  }
  return again;
}

/** do_huge_pmd_device_private: all of the 2 MiB comes back. */
export function hugeMigrateToRam(tx: Tx, fault: FaultSpan): FaultOutcome {
  const { area, run } = fault;
  if (run === null) throw new Error('a device-private fault needs an entry');
  const block = blockOf(fault.start);
  return whileHeld(tx, area.space, block, valueAt(run, block, 1), pmdPages, 'doHugePmdDevicePrivate', fault);
}
