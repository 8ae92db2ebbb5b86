/**
 * What an initiator sees of each memory, who is nearest to a memory, and the tiers that the kernel puts memory in.
 *
 *      package:0   dram0 90 ns   hbm0 130 ns   mem0.cxl 250 ns          hbm between two sockets: both are nearest
 *
 * Reported attributes (/sys/devices/system/node/nodeN/access0/initiators) come first; a route says the rest.
 * Tiers: mt_perf_to_adistance of mm/memory-tiers.c.
 */
import type { World } from '../../model/world.ts';
import { reachFrom, routeOf, type Route } from './route.ts';

export interface Access {
  readonly target: string;
  readonly initiator: string;
  /** ns for a read. */
  readonly latencyNs: number;
  /** GB/s (decimal) of reads; null: not told. */
  readonly gbs: number | null;
  readonly from: 'reported' | 'route';
}

const mibPerGb = 1e9 / 2 ** 20;

function accessOf(world: World, initiator: string, target: string, route: Route | null): readonly Access[] {
  const told = world.records.memoryAccess[`${target}<${initiator}`];
  const latency = told?.readLatency ?? null;
  const bandwidth = told?.readBandwidth ?? null;
  const latencyNs = latency ?? route?.latencyNs ?? null;
  if (latencyNs === null) return [];
  const gbs = bandwidth === null ? (route?.gbs ?? null) : bandwidth / mibPerGb;
  return [{ target, initiator, latencyNs, gbs, from: latency === null ? 'route' : 'reported' }];
}

/**
 * The initiators that are nearest to a memory, all of them where several are equally near.
 * Class 0 asks sockets and devices, class 1 sockets only (Documentation/admin-guide/mm/numaperf.rst).
 */
export function nearestInitiators(world: World, pool: string, accessClass: 0 | 1 = 0): readonly Access[] {
  const reach = reachFrom(world, [pool]);
  const devices = Object.entries(world.records.pci)
    .filter(([, { role }]) => role === 'endpoint')
    .map(([name]) => name);
  const initiators = [...Object.keys(world.records.socket), ...(accessClass === 0 ? devices : [])];
  const all = initiators.flatMap((initiator) => accessOf(world, initiator, pool, routeOf(reach, initiator)));
  const least = Math.min(...all.map(({ latencyNs }) => latencyNs));
  return all.filter(({ latencyNs }) => latencyNs === least);
}

/** MEMTIER_ADISTANCE_DRAM: four and a half chunks of 128. */
const dramDistance = 576;
const chunkBits = 7;

export interface Tier {
  /** memory_tierN: the lower, the faster. */
  readonly tier: number;
  readonly pools: readonly { readonly pool: string; readonly distance: number }[];
}

/** The memory tiers of the nodes, by what their nearest socket sees; what tells too little stands with DRAM. */
export function memoryTiers(world: World): readonly Tier[] {
  const nodes = Object.entries(world.records.pool).filter(([, { registration }]) => registration !== 'private');
  const best = new Map(nodes.map(([name]) => [name, nearestInitiators(world, name, 1)[0] ?? null] as const));
  const dram = nodes
    .map(([name, { kind }]) => (kind === 'dram' ? (best.get(name) ?? null) : null))
    .find((a) => a !== null);
  const tiers = new Map<number, { readonly pool: string; readonly distance: number }[]>();
  for (const [name] of nodes) {
    const access = best.get(name) ?? null;
    const known = access !== null && dram != null && access.gbs !== null && dram.gbs !== null;
    const distance = known
      ? Math.floor(((dramDistance * access.latencyNs) / dram.latencyNs) * ((dram.gbs ?? 1) / (access.gbs ?? 1)))
      : dramDistance;
    const tier = distance >> chunkBits;
    tiers.set(tier, [...(tiers.get(tier) ?? []), { pool: name, distance }]);
  }
  return [...tiers.entries()].sort(([a], [b]) => a - b).map(([tier, pools]) => ({ tier, pools }));
}
