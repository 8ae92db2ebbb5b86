/**
 * When a migration pays: after so many passes over memory that a device would else reach from afar.
 *
 *      2 MiB of dram0, used by gpu0      PCIe 31.5 GB/s: 66.6 us a pass      own memory 1 TB/s: 2.1 us a pass
 *      moved first                       setup + entry + shootdown + copy + finalize: 73 us, saved again in 2 passes
 *
 * The model of semantics 6.6.
 */
import { pageBytes, pmdPages } from '../../model/ids.ts';
import type { World } from '../../model/world.ts';
import { sumCosts, type Cost } from './cost.ts';
import { shootdown, times } from './event-cost.ts';
import { transferCost } from './transfer.ts';

export interface BreakEven {
  /** Everything that moving the bytes costs, ns. */
  readonly migration: Cost;
  /** One pass of the device over the bytes, from where they are and from where they would be, ns. */
  readonly remoteNs: number;
  readonly localNs: number;
  /** Passes after which the migration has paid; null: it never does. */
  readonly passes: number | null;
}

/** One migration call that moves the bytes in units of 4 KiB, or of 2 MiB as one. */
export function migrationCost(world: World, from: string, to: string, bytes: number, huge: boolean): Cost {
  const units = Math.ceil(bytes / (huge ? pageBytes * pmdPages : pageBytes));
  return sumCosts([
    times(world, 'migrate.setup', 1),
    times(world, 'migrate.page', units),
    shootdown(world),
    times(world, 'migrate.alloc', units),
    transferCost(world, from, to, bytes),
    times(world, 'migrate.finalize', 1),
  ]);
}

/** Whether moving `bytes` from one memory to another pays for a device that passes over them again and again. */
export function breakEven(
  world: World,
  device: string,
  from: string,
  to: string,
  bytes: number,
  huge: boolean,
): BreakEven {
  const migration = migrationCost(world, from, to, bytes, huge);
  const remoteNs = transferCost(world, device, from, bytes, true).ns;
  const localNs = transferCost(world, device, to, bytes, true).ns;
  const saved = remoteNs - localNs;
  return { migration, remoteNs, localNs, passes: saved <= 0 ? null : Math.ceil(migration.ns / saved) };
}
