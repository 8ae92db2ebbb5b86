/**
 * Finds devices by what they must be able to do, and says of each that fell out what dropped it, and by how much.
 *
 *      { engine: crypto, pasids: 8, peer: nic0 }      accel1        fits
 *                                                     accel0        pasids: needs 8, has 3
 *                                                     accel2        peer: needs P2P with nic0, has NOT_SUPPORTED
 *
 * A name under /dev cannot express this: it is constraint satisfaction over a graph.
 */
import { printBytes } from '../../base/format.ts';
import { pageBytes } from '../../model/ids.ts';
import type { DeviceKind, EngineKind } from '../../model/topology.ts';
import type { World } from '../../model/world.ts';
import { firstPasid } from '../../model/sva.ts';
import { usedPasids } from '../sharing/sva.ts';
import { atomicsRefusal, type AtomicWidth } from './atomics.ts';
import { graphOf } from './graph.ts';
import { peerDecision } from './peers.ts';
import { reachFrom, routeOf, type Reach, type Route } from './route.ts';

export interface DeviceQuery {
  readonly kind?: DeviceKind;
  readonly engine?: EngineKind;
  /** Free PASIDs at least. */
  readonly pasids?: number;
  /** Peer-to-peer with this function is allowed. */
  readonly peer?: string;
  /** Memory of that many free bytes is reached, within a latency where one is given. */
  readonly memory?: { readonly bytes: number; readonly withinNs?: number };
  /** AtomicOps of these widths reach main memory. */
  readonly atomics?: readonly AtomicWidth[];
  readonly ats?: boolean;
  readonly pri?: boolean;
  /** It is alone in its IOMMU group. */
  readonly isolated?: boolean;
  /** It is below the same host bridge as this function. */
  readonly sameHostBridge?: string;
}

export const constraintNames = [
  'kind',
  'engine',
  'pasids',
  'peer',
  'memory',
  'latency',
  'atomics',
  'ats',
  'pri',
  'isolated',
  'sameHostBridge',
] as const;
export type ConstraintName = (typeof constraintNames)[number];

/** What a device lacks. */
export interface Shortfall {
  readonly constraint: ConstraintName;
  readonly needs: string;
  readonly has: string;
  /** By how much, in the unit of the constraint (PASIDs, bytes, ns); null where it is yes or no, or not told. */
  readonly missing: number | null;
  /** Where to read on. */
  readonly read: string;
}

export interface FoundDevice {
  readonly device: string;
  /** Nearest memory that fits, where memory was asked for. */
  readonly memory: { readonly pool: string; readonly latencyNs: number; readonly gbs: number | null } | null;
  /** Distance to the peer, where one was asked for. */
  readonly peer: { readonly mapType: string; readonly distance: number | null } | null;
  readonly freePasids: number | null;
}

export interface DroppedDevice {
  readonly device: string;
  /** All that it lacks, in the order of the constraints; the first one dropped it. */
  readonly shortfalls: readonly Shortfall[];
}

export interface FindAnswer {
  readonly found: readonly FoundDevice[];
  readonly dropped: readonly DroppedDevice[];
  /** Constraints that alone keep devices out: without it, so many more fit. */
  readonly binding: readonly { readonly constraint: ConstraintName; readonly devices: number }[];
}

/** PASIDs that nobody has, of those that a device can use; 0 is not handed out. Null: not told. */
export function freePasids(world: World, name: string, used: ReadonlySet<number> = usedPasids(world)): number | null {
  const most = world.records.pci[name]?.maxPasids ?? null;
  if (most === null) return null;
  let free = Math.max(0, most - firstPasid);
  for (const value of used) if (value >= firstPasid && value < most) free -= 1;
  return Math.max(0, free);
}

/** What all candidates are measured against, worked out once. */
interface Ground {
  readonly world: World;
  readonly query: DeviceQuery;
  /** Distances from every memory that is large enough and not some device's alone. */
  readonly memories: Reach | null;
  /** Memory that all may use, the one with most free bytes first; where memory is asked for. */
  readonly largest: readonly { readonly pool: string; readonly free: number; reach: Reach | null }[];
  readonly groups: ReadonlyMap<number, readonly string[]>;
  readonly pasids: ReadonlySet<number>;
}

const freeBytes = (world: World, pool: string): number => (world.records.pool[pool]?.free ?? 0) * pageBytes;
const fits = (world: World, pool: string, bytes: number): boolean => freeBytes(world, pool) >= bytes;

function groundOf(world: World, query: DeviceQuery): Ground {
  const { memory } = query;
  const all = Object.entries(world.records.pool).filter(
    ([, pool]) => pool.registration !== 'private' && memory !== undefined,
  );
  const shared = all.map(([name]) => name).filter((name) => memory !== undefined && fits(world, name, memory.bytes));
  const largest = all
    .map(([pool]) => ({ pool, free: freeBytes(world, pool), reach: null }))
    .sort((a, b) => b.free - a.free);
  const groups = new Map<number, string[]>();
  for (const [name, { iommuGroup, role }] of Object.entries(world.records.pci)) {
    if (iommuGroup === null || role !== 'endpoint') continue;
    const members = groups.get(iommuGroup);
    if (members === undefined) groups.set(iommuGroup, [name]);
    else members.push(name);
  }
  return {
    world,
    query,
    memories: memory === undefined ? null : reachFrom(world, shared),
    largest,
    groups,
    pasids: usedPasids(world),
  };
}

/** The nearest memory for a device: its own, or one that all may use. */
function nearestMemory(ground: Ground, device: string): FoundDevice['memory'] {
  const { world, query, memories } = ground;
  if (memories === null || query.memory === undefined) return null;
  const shared: Route | null = routeOf(memories, device);
  let best = shared === null ? null : { pool: shared.from, latencyNs: shared.latencyNs, gbs: shared.gbs };
  const graph = graphOf(world);
  const vertex = graph.numbers.get(device) ?? -1;
  for (const { link, to } of graph.edges[vertex] ?? []) {
    const pool = graph.names[to] ?? '';
    if (graph.owner[to] !== vertex || !fits(world, pool, query.memory.bytes)) continue;
    if (best === null || link.latencyNs < best.latencyNs) best = { pool, latencyNs: link.latencyNs, gbs: link.gbs };
  }
  return best;
}

/** The memory with most free bytes that a device reaches: its own, or one that all may use; null: it reaches none. */
function largestMemory(ground: Ground, device: string): { readonly pool: string; readonly free: number } | null {
  const { world } = ground;
  const graph = graphOf(world);
  const vertex = graph.numbers.get(device) ?? -1;
  let best: { readonly pool: string; readonly free: number } | null = null;
  for (const { to } of graph.edges[vertex] ?? []) {
    const pool = graph.names[to] ?? '';
    const free = freeBytes(world, pool);
    if (graph.owner[to] === vertex && (best === null || free > best.free)) best = { pool, free };
  }
  for (const each of ground.largest) {
    if (best !== null && best.free >= each.free) break;
    each.reach ??= reachFrom(world, [each.pool]);
    if (routeOf(each.reach, device) !== null) best = each;
  }
  return best;
}

const yes = (value: boolean | null): string => (value === null ? 'not told' : value ? 'yes' : 'no');

function* shortfalls(ground: Ground, device: string, found: FoundDevice): Generator<Shortfall> {
  const { world, query } = ground;
  const pci = world.records.pci[device];
  if (pci === undefined) return;
  if (query.kind !== undefined && pci.deviceKind !== query.kind)
    yield lacks('kind', query.kind, pci.deviceKind ?? 'not told', null, 'class code');
  const { engine } = query;
  if (engine !== undefined && !pci.engines.some(({ kind }) => kind === engine))
    yield lacks(
      'engine',
      engine,
      pci.engines.map(({ kind }) => kind).join(', ') || 'none told',
      null,
      'uacce_device.algs',
    );
  if (query.pasids !== undefined && (found.freePasids ?? 0) < query.pasids)
    yield lacks(
      'pasids',
      `${query.pasids} free PASIDs`,
      found.freePasids === null ? 'not told' : String(found.freePasids),
      found.freePasids === null ? null : query.pasids - found.freePasids,
      'iommu_alloc_mm_data',
    );
  if (query.peer !== undefined && (found.peer === null || found.peer.mapType === 'NOT_SUPPORTED'))
    yield lacks(
      'peer',
      `P2P with ${query.peer}`,
      found.peer?.mapType ?? 'no such function',
      null,
      'calc_map_type_and_dist',
    );
  if (query.memory !== undefined) yield* memoryShortfall(ground, query.memory, found);
  if (query.atomics !== undefined) {
    const refusal = atomicsRefusal(world, device, query.atomics);
    if (refusal !== null)
      yield lacks(
        'atomics',
        `AtomicOps of ${query.atomics.join(', ')} bits`,
        refusal.why,
        null,
        'pci_enable_atomic_ops_to_root',
      );
  }
  if (query.ats !== undefined && pci.ats !== query.ats)
    yield lacks('ats', yes(query.ats), yes(pci.ats), null, 'pci_enable_ats');
  if (query.pri !== undefined && pci.pri !== query.pri)
    yield lacks('pri', yes(query.pri), yes(pci.pri), null, 'pci_enable_pri');
  if (query.isolated === true) {
    const mates =
      pci.iommuGroup === null ? null : (ground.groups.get(pci.iommuGroup) ?? []).filter((name) => name !== device);
    if (mates === null) yield lacks('isolated', 'an IOMMU group of its own', 'no group told', null, 'iommu_group_get');
    else if (mates.length > 0)
      yield lacks(
        'isolated',
        'an IOMMU group of its own',
        `group ${pci.iommuGroup ?? ''} with ${mates.join(', ')}`,
        mates.length,
        'pci_device_group',
      );
  }
  const { sameHostBridge } = query;
  const bridge = sameHostBridge === undefined ? undefined : world.records.pci[sameHostBridge]?.hostBridge;
  if (sameHostBridge !== undefined && pci.hostBridge !== bridge)
    yield lacks(
      'sameHostBridge',
      `below ${bridge ?? `the host bridge of ${sameHostBridge}`}`,
      `below ${pci.hostBridge}`,
      null,
      'pci_find_host_bridge',
    );
}

function* memoryShortfall(
  ground: Ground,
  { bytes, withinNs }: NonNullable<DeviceQuery['memory']>,
  { device, memory }: FoundDevice,
): Generator<Shortfall> {
  const read = 'Documentation/admin-guide/mm/numaperf.rst';
  const largest = memory === null ? largestMemory(ground, device) : null;
  if (memory === null)
    yield lacks(
      'memory',
      `${printBytes(bytes)} in reach`,
      largest === null ? 'none in reach' : `${printBytes(largest.free)} free in ${largest.pool}`,
      largest === null ? null : bytes - largest.free,
      read,
    );
  else if (withinNs !== undefined && memory.latencyNs > withinNs)
    yield lacks(
      'latency',
      `${withinNs} ns`,
      `${memory.latencyNs} ns to ${memory.pool}`,
      memory.latencyNs - withinNs,
      read,
    );
}

const lacks = (
  constraint: ConstraintName,
  needs: string,
  has: string,
  missing: number | null,
  read: string,
): Shortfall => ({ constraint, needs, has, missing, read });

/** Every endpoint of the machine, those that fit first by latency of their memory and by distance to the peer. */
export function findDevices(world: World, query: DeviceQuery): FindAnswer {
  const ground = groundOf(world, query);
  const found: FoundDevice[] = [];
  const dropped: DroppedDevice[] = [];
  const alone = new Map<ConstraintName, number>();
  for (const [device, { role }] of Object.entries(world.records.pci)) {
    if (role !== 'endpoint' || device === query.peer) continue;
    const decision =
      query.peer === undefined || world.records.pci[query.peer] === undefined
        ? null
        : peerDecision(world, device, query.peer);
    const facts: FoundDevice = {
      device,
      memory: nearestMemory(ground, device),
      peer: decision === null ? null : { mapType: decision.mapType, distance: decision.distance },
      freePasids: freePasids(world, device, ground.pasids),
    };
    const missing = [...shortfalls(ground, device, facts)];
    const [first] = missing;
    if (first === undefined) found.push(facts);
    else {
      dropped.push({ device, shortfalls: missing });
      if (missing.length === 1) alone.set(first.constraint, (alone.get(first.constraint) ?? 0) + 1);
    }
  }
  const far = Number.POSITIVE_INFINITY;
  found.sort(
    (a, b) =>
      (a.memory?.latencyNs ?? far) - (b.memory?.latencyNs ?? far) ||
      (a.peer?.distance ?? far) - (b.peer?.distance ?? far) ||
      0,
  );
  return {
    found,
    dropped,
    binding: [...alone.entries()]
      .map(([constraint, devices]) => ({ constraint, devices }))
      .sort((a, b) => b.devices - a.devices),
  };
}
