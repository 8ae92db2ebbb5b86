/**
 * Bytes on their way over the fabric: which wires, how long, and how much over each.
 *
 *      gpu0.vram -> dram0      on-package, PCIe, root complex, DDR: as long as the narrowest takes
 *      gpu0 -> gpu1            a link of their own, or peer to peer through PCIe, or by way of main memory
 */
import type { World } from '../../model/world.ts';
import { graphOf, type FabricGraph } from '../fabric/graph.ts';
import { peerDecision, peerRoute, routeAlong } from '../fabric/peers.ts';
import { shortestRoute, type Hop, type Route } from '../fabric/route.ts';
import { noCost, timeOf, type Cost } from './cost.ts';
import { figure, linkRate } from './figures.ts';
import { finishTimes, wholeNs, type Flow } from './flows.ts';

const routes = new WeakMap<FabricGraph, Map<string, Route | null>>();

/** The route by latency, kept with the graph that it is of. */
export function knownRoute(world: World, from: string, to: string): Route | null {
  const graph = graphOf(world);
  const known = routes.get(graph) ?? new Map<string, Route | null>();
  routes.set(graph, known);
  const key = `${from} ${to}`;
  let route = known.get(key);
  if (route === undefined) {
    route = from === to ? null : shortestRoute(world, from, to);
    known.set(key, route);
  }
  return route;
}

/** A wire in the direction of travel, and what it lets through. */
function wireOf(world: World, hop: Hop): { readonly wire: string; readonly rate: number } | null {
  const link = world.records.link[hop.link];
  if (link === undefined) return null;
  const rate = linkRate(world, link);
  return Number.isFinite(rate) ? { wire: `${link.wire}${hop.from === link.a ? '>' : '<'}`, rate } : null;
}

/** Bytes over each link of a route. */
function bytesAlong(hops: readonly Hop[], bytes: number): Cost['bytes'] {
  const along: Record<string, number> = {};
  for (const { link } of hops) along[link] = (along[link] ?? 0) + bytes;
  return along;
}

/** What one transfer that has the wires for itself takes, latency aside. Without a route: at the rate of an untold link. */
function wireTime(world: World, route: Route | null, bytes: number): number {
  if (bytes === 0) return 0;
  const rates = (route?.hops ?? []).flatMap((hop) => wireOf(world, hop)?.rate ?? []);
  const rate = route === null ? figure(world, 'link.unknown') : Math.min(...rates);
  return Number.isFinite(rate) ? wholeNs(bytes / rate) : 0;
}

/** A copy between two memories, or an access of a device to one: bytes over the route at the pace of its narrowest link. */
export function transferCost(world: World, from: string, to: string, bytes: number, withLatency = false): Cost {
  if (from === to || bytes === 0) return noCost;
  const route = knownRoute(world, from, to);
  const wire = wireTime(world, route, bytes);
  const latency = withLatency ? wholeNs(route?.latencyNs ?? 0) : 0;
  const time = timeOf('wire', bytes, wire);
  return {
    ns: wire + latency,
    parts: latency === 0 ? time.parts : [...time.parts, { what: 'latency', count: 1, ns: latency }],
    bytes: bytesAlong(route?.hops ?? [], bytes),
  };
}

/** How bytes get from one device to another. */
export interface PeerWay {
  readonly kind: 'same' | 'link' | 'BUS_ADDR' | 'THRU_HOST_BRIDGE' | 'bounce' | 'none';
  /** One route; two where it goes by way of main memory, one after the other. */
  readonly legs: readonly Route[];
}

const ownLinks: ReadonlySet<string> = new Set(['nvlink', 'xgmi', 'c2c', 'on-package', 'internal', 'hbm']);

/** Main memory that a copy by way of it uses: the first node of the system. */
const mainMemory = (world: World): string | null =>
  Object.entries(world.records.pool).find(([, pool]) => pool.registration === 'system' && pool.device === null)?.[0] ??
  null;

/** The way between two devices: links of their own, then peer to peer, then main memory. */
export function peerWay(world: World, from: string, to: string): PeerWay {
  if (from === to) return { kind: 'same', legs: [] };
  const own = shortestRoute(world, from, to, { links: (link) => ownLinks.has(link.kind) && link.origin === 'wiring' });
  if (own !== null) return { kind: 'link', legs: [own] };
  const decision = peerDecision(world, to, from);
  const peer = decision.mapType === 'NOT_SUPPORTED' ? null : peerRoute(world, to, from, decision);
  if (peer !== null && (decision.mapType === 'BUS_ADDR' || decision.mapType === 'THRU_HOST_BRIDGE'))
    return { kind: decision.mapType, legs: [routeAlong(world, from, to, peer.hops)] };
  const memory = mainMemory(world);
  const up = memory === null ? null : knownRoute(world, from, memory);
  const down = memory === null ? null : knownRoute(world, memory, to);
  return up === null || down === null ? { kind: 'none', legs: [] } : { kind: 'bounce', legs: [up, down] };
}

/** Bytes of one of several transfers that start together. */
export interface Shipment {
  readonly legs: readonly Route[];
  readonly bytes: number;
}

/**
 * Transfers that start together and share wires. A transfer of two legs stores all of it in between; the next legs
 * start when the first ones of all are done. Lasts as long as the slowest, its latency included.
 */
export function concurrentCost(world: World, shipments: readonly Shipment[]): Cost {
  const most = Math.max(0, ...shipments.map(({ legs }) => legs.length));
  let wire = 0;
  let latency = 0;
  const bytes: Record<string, number> = {};
  for (let leg = 0; leg < most; leg++) {
    const capacity = new Map<string, number>();
    const flows: Flow[] = [];
    const latencies: number[] = [];
    for (const shipment of shipments) {
      const route = shipment.legs[leg];
      if (route === undefined) continue;
      const wires = route.hops.flatMap((hop) => {
        const found = wireOf(world, hop);
        if (found === null) return [];
        capacity.set(found.wire, found.rate);
        return [found.wire];
      });
      flows.push({ bytes: shipment.bytes, wires });
      latencies.push(wholeNs(route.latencyNs));
      for (const [link, moved] of Object.entries(bytesAlong(route.hops, shipment.bytes)))
        bytes[link] = (bytes[link] ?? 0) + moved;
    }
    const ends = finishTimes(flows, capacity);
    const last = ends.reduce((at, end, i) => {
      const best = (ends[at] ?? 0) + (latencies[at] ?? 0);
      return end + (latencies[i] ?? 0) > best ? i : at;
    }, 0);
    wire += ends[last] ?? 0;
    latency += latencies[last] ?? 0;
  }
  const moved = shipments.reduce((sum, shipment) => sum + shipment.bytes * shipment.legs.length, 0);
  if (wire + latency === 0) return noCost;
  return {
    ns: wire + latency,
    parts: [
      ...(wire === 0 ? [] : [{ what: 'wire' as const, count: moved, ns: wire }]),
      ...(latency === 0 ? [] : [{ what: 'latency' as const, count: most, ns: latency }]),
    ],
    bytes,
  };
}
