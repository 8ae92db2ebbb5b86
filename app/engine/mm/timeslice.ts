/**
 * Memory that has just come to a device stays there for a while, so that two sides do not tear at it.
 *
 *      A S...  --migrateToDevice [0]; timeslice; read [0]! waits-->    A D...   drm_pagemap_migrate_to_ram
 *      A S...  --migrateToDevice [0]; timeslice; timeslice on=false; read [0]-->    A S...
 *
 * Models the timeslice of drivers/gpu/drm/drm_pagemap.c: until it is over, a CPU fault on such a page is done again and
 * again. Eviction does not wait for it. Worlds know no clock: an operation says when the time is over.
 */
import type { World } from '../../model/world.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';

export const timesliceRuns = (world: World, device: string | null): boolean =>
  device !== null && world.records.device[device]?.timeslice === true;

/** Some fault waits for it nowhere any more: no device has one running. */
export const anyTimeslice = (world: World): boolean =>
  Object.values(world.records.device).some(({ timeslice }) => timeslice === true);

export function setTimeslice(tx: Tx, device: string, on: boolean): OpResult {
  const at = { device };
  const own = tx.get('device', device);
  if (own?.memory !== 'private')
    return tx.refuse('ENODEV', 'timeslice.device', { at, why: `${device} has no private memory` });
  tx.emit({ kind: 'timesliceSet', rule: 'timeslice', at, args: { on } }, (w) => {
    const { timeslice: _, ...rest } = own;
    w.put('device', device, on ? { ...rest, timeslice: true } : rest);
  });
  return ok;
}
