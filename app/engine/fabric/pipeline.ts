/**
 * The best assignments of devices and buffers to a pipeline of stages.
 *
 *      nic ──write── buffer ──read── crypto ──write── buffer ──read── cpu ──write── buffer ──read── ai
 *
 * Between two stages the bytes lie in one buffer: main memory (or memory that all may use), the producer's own memory,
 * or the consumer's. What is another device's own memory is reached by peer-to-peer, where that is allowed. A step costs
 * the latency of its ways and bytes over their narrowest link; the best by that sum are worked out exactly, stage by
 * stage. Those are ranked by how long the whole takes when every wire carries all of its legs at once.
 */
import type { World } from '../../model/world.ts';
import { ensure } from '../../base/assert.ts';
import type { MapType } from './p2pdma.ts';
import { edgeBetween } from './graph.ts';
import { climbRoute, peerDecision, peerRoute, routeAlong } from './peers.ts';
import { deviceRoute } from './pipeline-places.ts';
import { engineNs, Search, type Partial, type Stage } from './pipeline-search.ts';
import { shortestRoute, type Route } from './route.ts';

export type { Stage };

export interface Leg {
  readonly kind: 'write' | 'read';
  readonly device: string;
  readonly buffer: string;
  /** NONE: no peer is involved. */
  readonly mapType: MapType;
  readonly route: Route;
}

export interface Assignment {
  /** A device or socket for each stage. */
  readonly devices: readonly string[];
  /** A pool for each step between two stages. */
  readonly buffers: readonly string[];
  readonly legs: readonly Leg[];
  /** Latencies of all ways one after the other, ns. */
  readonly latencyNs: number;
  /** The narrowest point when everything runs at once: bytes over its rate, ns. */
  readonly busyNs: number;
  /** The wire or engine that sets `busyNs`; null: nothing tells a rate. */
  readonly bottleneck: string | null;
  /** latencyNs + busyNs: the first byte to the last. */
  readonly totalNs: number;
}

/** Assignments that are answered, of those that are ranked with contention. */
const answered = 5;

/** The way of a device or socket to memory that all may use, over its root complex where it has one. */
function sharedRoute(search: Search, from: string, pool: string): Route | null {
  const climb = climbRoute(search.world, from);
  const rest = climb === null ? null : search.places.bridgeRoute(climb.to, pool);
  return climb === null || rest === null
    ? shortestRoute(search.world, from, pool)
    : routeAlong(search.world, from, pool, [...climb.hops, ...rest.hops]);
}

/** The one way, worked out link by link, that the search knows as numbers. */
function legOf(search: Search, kind: Leg['kind'], from: string, pool: string): Leg {
  const { world } = search;
  const { device, registration } = world.records.pool[pool] ?? { device: null, registration: 'system' };
  const leg = (route: Route | null, mapType: MapType): Leg => ({
    kind,
    device: from,
    buffer: pool,
    mapType,
    route: ensure(route, 'the search found this way'),
  });
  if (registration !== 'private' || device === null) return leg(sharedRoute(search, from, pool), 'NONE');
  const edge = ensure(edgeBetween(world, device, pool), 'memory hangs on its device');
  const inside = { link: edge.key, from: device, to: pool };
  if (device === from) return leg(routeAlong(world, from, pool, [inside]), 'NONE');
  const linked = deviceRoute(world, from, device);
  const decision = linked === null ? peerDecision(world, device, from) : null;
  const route = decision === null ? linked : peerRoute(world, device, from, decision);
  return leg(
    route === null ? null : routeAlong(world, from, pool, [...route.hops, inside]),
    decision?.mapType ?? 'NONE',
  );
}

function assignmentOf(search: Search, stages: readonly Stage[], end: Partial, bytes: number): Assignment {
  const devices: string[] = [];
  const buffers: string[] = [];
  for (let at: Partial | null = end; at !== null; at = at.before) {
    devices.unshift(at.device);
    if (at.buffer !== null) buffers.unshift(at.buffer);
  }
  const legs = buffers.flatMap((buffer, i) => [
    legOf(search, 'write', devices[i] ?? '', buffer),
    legOf(search, 'read', devices[i + 1] ?? '', buffer),
  ]);
  const load = new Map<string, number>();
  const add = (key: string, ns: number): void => void load.set(key, (load.get(key) ?? 0) + ns);
  for (const { kind, route } of legs)
    for (const { link, from } of route.hops) {
      const wire = search.world.records.link[link];
      if (wire === undefined || wire.gbs === null) continue;
      // A link carries both directions at once; what is read comes back along the way.
      const up = (from === wire.a) === (kind === 'write');
      add(`${wire.wire} ${up ? '>' : '<'}`, bytes / wire.gbs);
    }
  stages.forEach((stage, i) => {
    const ns = engineNs(search.world, stage, devices[i] ?? '', bytes);
    if (ns > 0) add(devices[i] ?? '', ns);
  });
  let busyNs = 0;
  let bottleneck: string | null = null;
  for (const [wire, ns] of load) {
    if (ns <= busyNs) continue;
    busyNs = ns;
    bottleneck = wire.replace(/ [<>]$/, '');
  }
  const latencyNs = legs.reduce((sum, { route }) => sum + route.latencyNs, 0);
  return { devices, buffers, legs, latencyNs, busyNs, bottleneck, totalNs: latencyNs + busyNs };
}

export type PipelineAnswer =
  | { readonly kind: 'ranked'; readonly assignments: readonly Assignment[] }
  /** No device can do this stage, or none that the stages before reach. */
  | { readonly kind: 'none'; readonly stage: number };

/** The best assignments for a pipeline that passes `bytes` from stage to stage, ranked. */
export function planPipeline(world: World, stages: readonly Stage[], bytes: number): PipelineAnswer {
  const search = new Search(world, bytes);
  const ends = search.run(stages);
  if (typeof ends === 'number') return { kind: 'none', stage: ends };
  const assignments = ends
    .map((end) => assignmentOf(search, stages, end, bytes))
    .sort((a, b) => a.totalNs - b.totalNs)
    .slice(0, answered);
  return { kind: 'ranked', assignments };
}
