/**
 * A CPU touches a page that is in device-private memory: the driver brings it back before the instruction goes on.
 *
 *      dddd   read [2]   ddsd
 *
 * Models do_swap_page's device-private branch and the driver's migrate_to_ram of mm/memory.c. The first try runs under
 * the per-VMA lock and gives up; the second holds the mmap lock.
 */
import { frameFlag } from '../../model/frame-state.ts';
import type { Tx } from '../tx.ts';
import { again, type FaultOutcome, type FaultSpan } from './cpu-fault.ts';
import { changeFrames, poolOf, systemPool } from './frames.ts';
import { migrateCopy, migrateFinalize, migratePages, migrateSetup } from './migrate-vma.ts';
import { eraseDeviceEntries } from './mirror.ts';

export function migrateToRam(tx: Tx, fault: FaultSpan): FaultOutcome {
  const { area, run, cause } = fault;
  if (run === null) throw new Error('a device-private fault needs an entry');
  const space = area.space;
  for (let page = fault.start; page < fault.end; page++) {
    const frame = (run.values[1] ?? 0) + (page - run.start);
    const pool = poolOf(tx.world, frame);
    const deviceId = pool?.device ?? null;
    const device = deviceId === null ? null : tx.get('device', deviceId);
    const system = systemPool(tx.world);
    const at = { space, start: page, pages: 1 };
    if (deviceId === null || device === null || system === null) return { signal: 'SIGBUS' };
    if (fault.vmaLock)
      tx.emit({ kind: 'doSwapPage', cause, rule: 'fault.cpu.devicePrivate.vmaLock', at, args: { retry: true } });
    const swap = tx.emit(
      { kind: 'doSwapPage', cause, rule: 'fault.cpu.devicePrivate', at, args: { retry: false } },
      (w) => {
        changeFrames(w, frame, frame + 1, (f) => ({ ...f, refs: f.refs + 1, flags: f.flags | frameFlag.locked }));
      },
    );
    const ram = tx.emit({
      kind: 'migrateToRam',
      by: `driver:${deviceId}`,
      cause: swap,
      rule: 'fault.cpu.devicePrivate',
      at,
      args: { frame },
    });
    const key = `${deviceId}:${space}`;
    const start = page;
    const end = page + 1;
    const setup = migrateSetup(tx, {
      key,
      space,
      start,
      end,
      owner: device.owner,
      select: ['private'],
      faultFrame: frame,
      cause: ram,
    });
    if (!('ok' in setup)) return { signal: 'SIGBUS' };
    migrateCopy(tx, key, system, ram);
    migratePages(tx, key, ram);
    eraseDeviceEntries(tx, key, start, end, ram, 'fault.cpu.devicePrivate');
    migrateFinalize(tx, key, ram);
    tx.emit({ kind: 'faultDone', cause: swap, rule: 'fault.cpu.devicePrivate', at, fn: 'do_swap_page' }, (w) => {
      changeFrames(w, frame, frame + 1, (f) => ({ ...f, refs: f.refs - 1, flags: f.flags & ~frameFlag.locked }));
    });
    if (poolOf(tx.world, tx.pages('pte', space).get(page)?.[1] ?? -1)?.registration === 'private')
      return { signal: 'SIGBUS' };
  }
  return again;
}
