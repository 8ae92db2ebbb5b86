/**
 * The memory of a device goes: its pages must be gone first.
 *
 *      A D..   remove   waits      a frame is in use
 *      A S..            done       the pool is gone, and with it the frame numbers
 *
 * Models memunmap_pages of mm/memremap.c, which waits for the last reference to the pages.
 */
import type { World } from '../../model/world.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';

const poolOfDevice = (world: World, device: string) => world.records.pool[world.records.device[device]?.pool ?? ''];

/** Whether some frame of the device is still in use. */
export function pagemapBusy(world: World, device: string): boolean {
  const pool = poolOfDevice(world, device);
  return pool !== undefined && pool.free < pool.frames;
}

/** Takes the device's pages away; sleeps while one is in use. */
export function removePagemap(tx: Tx, device: string): OpResult {
  const own = tx.get('device', device);
  const at = { device };
  if (own === null || own.pool === null || poolOfDevice(tx.world, device) === undefined)
    return tx.refuse('ENODEV', 'pagemap.remove', {
      at,
      why: `${device} has no memory of its own`,
      fn: 'memunmap_pages',
    });
  if (pagemapBusy(tx.world, device)) return { blocked: 'pagemap' };
  const { pool } = own;
  tx.emit({ kind: 'pagemapRemoved', rule: 'pagemap.remove', at, args: { pool } }, (w) => {
    w.put('pool', pool, null);
    w.patch('device', device, { memory: 'none', pool: null });
  });
  return ok;
}
