/**
 * What it costs when a CPU and a device take turns on the same bytes, by what the driver does with the page.
 *
 *      migrate      to the device and back, once a turn        then every access is local
 *      migrateHuge  the same, 2 MiB at a time
 *      remote       nothing moves                              every access crosses the links
 *      exclusive    the CPU's entry is lent and taken back     every access crosses the links, but may be atomic
 *
 * The model of semantics 6.6; a turn is that of the device, with a touch of the CPU after it.
 */
import { pageBytes, pmdPages } from '../../model/ids.ts';
import type { World } from '../../model/world.ts';
import { migrationCost } from './break-even.ts';
import { shootdown, times } from './event-cost.ts';
import { transferCost } from './transfer.ts';

const sharingPolicies = ['migrate', 'migrateHuge', 'remote', 'exclusive'] as const;
export type SharingPolicy = (typeof sharingPolicies)[number];

export interface TurnCost {
  readonly policy: SharingPolicy;
  /** What a turn costs before its first access, ns. */
  readonly turnNs: number;
  /** Each access of the device, ns. */
  readonly accessNs: number;
}

/** `home` is the memory that the CPU has the bytes in, `own` that of the device. */
export function turnCosts(world: World, device: string, home: string, own: string, bytes: number): readonly TurnCost[] {
  const local = transferCost(world, device, own, bytes, true).ns;
  const far = transferCost(world, device, home, bytes, true).ns;
  const faults = times(world, 'device.fault', 1).ns + times(world, 'fault.nonPresent', 1).ns;
  const round = (unit: number, huge: boolean): number =>
    faults + migrationCost(world, home, own, unit, huge).ns + migrationCost(world, own, home, unit, huge).ns;
  const lease = faults + 2 * shootdown(world).ns + times(world, 'notifier.callback', 1).ns;
  return [
    { policy: 'migrate', turnNs: round(pageBytes, false), accessNs: local },
    { policy: 'migrateHuge', turnNs: round(pageBytes * pmdPages, true), accessNs: local },
    { policy: 'remote', turnNs: 0, accessNs: far },
    { policy: 'exclusive', turnNs: lease, accessNs: far },
  ];
}

/** Accesses a turn from which on `a` is cheaper than `b`; null: it never is, or it is from the start. */
export function crossover(a: TurnCost, b: TurnCost): number | null {
  const saved = b.accessNs - a.accessNs;
  return saved <= 0 || a.turnNs <= b.turnNs ? null : Math.floor((a.turnNs - b.turnNs) / saved) + 1;
}
