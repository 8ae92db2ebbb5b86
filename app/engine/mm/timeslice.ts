/**
 * Memory that has just come to a device stays there for a while, so that two sides do not tear at it.
 *
 *      A S...  --migrateToDevice [0]; timeslice; read [0]! waits-->    A D...   drm_pagemap_migrate_to_ram
 *      A S...  --migrateToDevice [0]; timeslice; timeslice on=false; read [0]-->    A S...
 *
 * Models the timeslice of drivers/gpu/drm/drm_pagemap.c: until it is over, a CPU fault on such a page is done again and
 * again. Eviction does not wait for it. Worlds know no clock: an operation says when the time is over.
 */
import { isDevPrivate } from '../../model/pte.ts';
import type { World } from '../../model/world.ts';
import { pageMap } from '../apply.ts';
import type { OpResult } from '../event.ts';
import type { SpaceSpan } from '../place.ts';
import { ok, type Tx } from '../tx.ts';
import { poolOf } from './frames.ts';

export const timesliceRuns = (world: World, device: string | null): boolean =>
  device !== null && world.records.device[device]?.timeslice === true;

export const anyTimeslice = (world: World): boolean =>
  Object.values(world.records.device).some(({ timeslice }) => timeslice === true);

/** Some page of a stretch is in the private memory of a device whose time slice runs: a fault on it is still done again. */
export const keepsPage = (world: World, { space, start, end }: SpaceSpan): boolean =>
  pageMap(world, 'pte', space)
    .occupied(start, end)
    .some(
      ({ values: [word = 0, frame = 0] }) =>
        isDevPrivate(word) && timesliceRuns(world, poolOf(world, frame)?.device ?? null),
    );

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
