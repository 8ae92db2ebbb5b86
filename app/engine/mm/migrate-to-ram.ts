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
import type { Span } from '../../base/span.ts';
import type { Device } from '../../model/world.ts';
import type { SpaceSpan } from '../place.ts';
import type { Tx } from '../tx.ts';
import { areaAt } from './areas.ts';
import { driverRange } from './driver-range.ts';
import { again, type FaultOutcome, type FaultSpan } from './cpu-fault.ts';
import { changeFrames, frameAt, isFrame, poolOf, systemPool } from './frames.ts';
import { poolFor } from './mempolicy.ts';
import { callKey, migrateCopy, migrateFinalize, migratePages, migrateSetup } from './migrate-vma.ts';
import { blockOf } from './huge.ts';
import { contextsOf, eraseDeviceEntries } from './mirror.ts';
import { timesliceRuns } from './timeslice.ts';

/** The driver brings back [start, end), whose first frame is `frame`; false where it could not. */
function bringBack(tx: Tx, space: string, start: number, frame: number, pages: number, cause: number): boolean {
  const device = poolOf(tx.world, frame)?.device ?? '';
  const owner = tx.get('device', device)?.owner;
  const area = areaAt(tx.world, space, start);
  const system = area === null ? systemPool(tx.world) : poolFor(tx.world, area);
  if (owner === undefined || system === null) return false;
  const span = broughtBack(tx, device, space, start, pages);
  if (span === null) return false;
  const { end } = span;
  const ram = tx.emit({
    kind: 'migrateToRam',
    by: `driver:${device}`,
    cause,
    rule: 'fault.cpu.devicePrivate',
    at: { space, start, pages: 1 },
    args: { frame },
  });
  const context = `${device}:${span.space}`;
  const key = callKey(tx, context);
  const select = end - span.start > 1 ? (['private', 'compound'] as const) : (['private'] as const);
  const setup = migrateSetup(tx, { context, key, ...span, owner, select, faultFrame: frame, cause: ram });
  if (!('ok' in setup)) return false;
  migrateCopy(tx, key, system, ram);
  migratePages(tx, key, ram);
  for (const id of contextsOf(tx, context, span.space))
    eraseDeviceEntries(tx, id, span.start, end, ram, 'fault.cpu.devicePrivate');
  migrateFinalize(tx, key, ram);
  return true;
}

/** What the driver brings back for a fault on `pages` pages from `start` on; null where whoever put them there is gone. */
function broughtBack(tx: Tx, id: string, space: string, start: number, pages: number): SpaceSpan | null {
  const device = tx.get('device', id);
  const alone = { space, start, end: start + pages };
  if (device === null) return alone;
  const owner = device.bringBack === 'ownersRange' ? ownerSpace(tx, id, space) : space;
  if (owner === null) return null;
  const range =
    device.bringBack === 'folio' ? aligned(tx, device, owner, start) : driverRange(tx, device, owner, start);
  if (range === null) return { ...alone, space: owner };
  return { space: owner, start: Math.min(start, range.start), end: Math.max(start + pages, range.end) };
}

/** The aligned stretch that a device brings back at least, within the area of the page. */
function aligned(tx: Tx, device: Device, space: string, page: number): Span | null {
  const area = areaAt(tx.world, space, page);
  if (area === null || device.bringBackPages === 1) return null;
  const start = Math.floor(page / device.bringBackPages) * device.bringBackPages;
  return { start: Math.max(start, area.start), end: Math.min(start + device.bringBackPages, area.end) };
}

/** KFD keeps with a page which process's range it belongs to: the faulting process itself, or the one it inherited it from. */
function ownerSpace(tx: Tx, device: string, space: string): string | null {
  for (let at: string | null = space; at !== null;) {
    const name: string = at;
    const mirrors = Object.values(tx.world.records.context).some((c) => c.device === device && c.space === name);
    if (mirrors) return (tx.get('space', at)?.users ?? 0) > 0 ? at : null;
    at = Object.values(tx.world.records.process).find((process) => process.space === name)?.parent ?? null;
  }
  return space;
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
  if (timesliceRuns(tx.world, poolOf(tx.world, frame)?.device ?? null)) return { blocked: 'timeslice' };
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
