/**
 * Routes over real links: the nearest by latency, and the widest by its narrowest link. A route costs the sum of its
 * links; ties go to fewer links, then to the order of the description.
 *
 *      gpu0 ─55─ switch ─55─ root port ─125─ root complex ─125─ package:0 ─90─ dram0        450 ns, 31.5 GB/s
 */
import { ensure } from '../../base/assert.ts';
import type { FabricLink } from '../../model/fabric.ts';
import type { World } from '../../model/world.ts';
import { graphOf, type FabricGraph } from './graph.ts';

/** One link of a route, in the direction of travel. */
export interface Hop {
  readonly link: string;
  readonly from: string;
  readonly to: string;
}

export interface Route {
  readonly from: string;
  readonly to: string;
  readonly hops: readonly Hop[];
  /** Sum over the links, ns, one way. */
  readonly latencyNs: number;
  /** GB/s of the narrowest link that tells; null: none tells. */
  readonly gbs: number | null;
  /** The link that sets `gbs`. */
  readonly bottleneck: string | null;
  /** Links whose bandwidth is not told, inner ones aside. */
  readonly untold: readonly string[];
}

export interface RouteLimits {
  /** Which links may be used; all where left out. */
  readonly links?: (link: FabricLink) => boolean;
  /** Which places may be passed through, besides the two ends. */
  readonly places?: (name: string) => boolean;
  /** Nothing farther than this, ns. */
  readonly withinNs?: number;
  /** Nothing farther than this place is asked for. */
  readonly until?: string;
}

/** Distances from one or several places. */
export interface Reach {
  readonly graph: FabricGraph;
  /** ns by state (vertex, or vertex + n for an endpoint entered from its own memory); Infinity: not reached. */
  readonly latencyNs: Float64Array;
  /** The state that a state was reached from, and which of its edges led here; -1: a start. */
  readonly before: Int32Array;
  readonly via: Int32Array;
}

/** A binary heap of states by cost, hops and order of insertion, as columns of numbers. */
class Heap {
  readonly #ns: number[] = [];
  readonly #hops: number[] = [];
  readonly #order: number[] = [];
  readonly #state: number[] = [];
  #next = 0;

  get size(): number {
    return this.#ns.length;
  }

  get ns(): number {
    return this.#ns[0] ?? 0;
  }

  get hops(): number {
    return this.#hops[0] ?? 0;
  }

  get state(): number {
    return this.#state[0] ?? -1;
  }

  /** Whether the row at `at` comes before the row that is being placed. */
  #before(at: number, ns: number, hops: number, order: number): boolean {
    const other = this.#ns[at] ?? 0;
    if (other !== ns) return other < ns;
    const far = this.#hops[at] ?? 0;
    return far !== hops ? far < hops : (this.#order[at] ?? 0) < order;
  }

  #set(at: number, ns: number, hops: number, order: number, state: number): void {
    this.#ns[at] = ns;
    this.#hops[at] = hops;
    this.#order[at] = order;
    this.#state[at] = state;
  }

  #copy(to: number, from: number): void {
    this.#set(to, this.#ns[from] ?? 0, this.#hops[from] ?? 0, this.#order[from] ?? 0, this.#state[from] ?? 0);
  }

  push(ns: number, hops: number, state: number): void {
    const order = this.#next++;
    let at = this.#ns.length;
    for (; at > 0;) {
      const up = (at - 1) >> 1;
      if (this.#before(up, ns, hops, order)) break;
      this.#copy(at, up);
      at = up;
    }
    this.#set(at, ns, hops, order, state);
  }

  /** Drops the first row. */
  drop(): void {
    const ns = this.#ns.pop() ?? 0;
    const hops = this.#hops.pop() ?? 0;
    const order = this.#order.pop() ?? 0;
    const state = this.#state.pop() ?? 0;
    const size = this.#ns.length;
    if (size === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size && this.#before(right, this.#ns[child] ?? 0, this.#hops[child] ?? 0, this.#order[child] ?? 0))
        child = right;
      if (!this.#before(child, ns, hops, order)) break;
      this.#copy(at, child);
      at = child;
    }
    this.#set(at, ns, hops, order, state);
  }
}

/**
 * Distances from `starts` (Dijkstra). An endpoint that is entered from its own memory, where the way starts, has a state
 * of its own (vertex + n): only from there does the way go on.
 */
export function reachFrom(world: World, starts: readonly string[], limits: RouteLimits = {}): Reach {
  const graph = graphOf(world);
  const n = graph.names.length;
  const { links, places, withinNs = Number.POSITIVE_INFINITY } = limits;
  const goal = limits.until === undefined ? -1 : (graph.numbers.get(limits.until) ?? -1);
  const latencyNs = new Float64Array(2 * n).fill(Number.POSITIVE_INFINITY);
  const hops = new Int32Array(2 * n).fill(0x7fffffff);
  const before = new Int32Array(2 * n).fill(-1);
  const via = new Int32Array(2 * n);
  const isStart = new Uint8Array(n);
  const heap = new Heap();
  for (const name of starts) {
    const vertex = graph.numbers.get(name);
    if (vertex === undefined) continue;
    latencyNs[vertex] = 0;
    hops[vertex] = 0;
    isStart[vertex] = 1;
    heap.push(0, 0, vertex);
  }
  while (heap.size > 0) {
    const { ns: here, hops: far, state } = heap;
    heap.drop();
    if (here > (latencyNs[state] ?? 0) || (here === latencyNs[state] && far > (hops[state] ?? 0))) continue;
    const fromOwnMemory = state >= n;
    const vertex = fromOwnMemory ? state - n : state;
    if (vertex === goal) break;
    const start = !fromOwnMemory && isStart[vertex] === 1;
    const goesOn =
      start ||
      fromOwnMemory ||
      (graph.passes[vertex] === true && (places === undefined || places(graph.names[vertex] ?? '')));
    const edges = graph.edges[vertex] ?? [];
    for (let i = 0; i < edges.length; i++) {
      const edge = ensure(edges[i], 'below the length');
      if (!goesOn && graph.owner[edge.to] !== vertex) continue;
      if (links !== undefined && !links(edge.link)) continue;
      const ns = here + edge.link.latencyNs;
      if (ns > withinNs) continue;
      const next = start && graph.owner[vertex] === edge.to ? edge.to + n : edge.to;
      const known = latencyNs[next] ?? 0;
      if (ns > known || (ns === known && far + 1 >= (hops[next] ?? 0))) continue;
      latencyNs[next] = ns;
      hops[next] = far + 1;
      before[next] = state;
      via[next] = i;
      heap.push(ns, far + 1, next);
    }
  }
  return { graph, latencyNs, before, via };
}

/** The state by which a vertex is reached best, or -1. */
function stateOf({ graph, latencyNs }: Reach, vertex: number): number {
  const n = graph.names.length;
  const plain = latencyNs[vertex] ?? Number.POSITIVE_INFINITY;
  const other = latencyNs[vertex + n] ?? Number.POSITIVE_INFINITY;
  return other < plain ? vertex + n : plain === Number.POSITIVE_INFINITY ? -1 : vertex;
}

/** The route to a place that was reached; null where it was not. */
export function routeOf(reach: Reach, to: string): Route | null {
  const { graph } = reach;
  const end = graph.numbers.get(to);
  const last = end === undefined ? -1 : stateOf(reach, end);
  if (last === -1) return null;
  const n = graph.names.length;
  const hops: Hop[] = [];
  const links: FabricLink[] = [];
  const name = (state: number): string => graph.names[state % n] ?? '';
  let state = last;
  for (let from = reach.before[state] ?? -1; from !== -1; from = reach.before[state] ?? -1) {
    const edge = ensure(graph.edges[from % n]?.[reach.via[state] ?? -1], 'an edge led here');
    hops.unshift({ link: edge.key, from: name(from), to: name(state) });
    links.unshift(edge.link);
    state = from;
  }
  return measured(name(state), to, hops, links);
}

/** A route with its cost worked out from its links. */
export function measured(from: string, to: string, hops: readonly Hop[], links: readonly FabricLink[]): Route {
  let bottleneck: number | null = null;
  let narrowest: string | null = null;
  links.forEach(({ gbs }, i) => {
    if (gbs === null || (bottleneck !== null && gbs >= bottleneck)) return;
    bottleneck = gbs;
    narrowest = hops[i]?.link ?? null;
  });
  return {
    from,
    to,
    hops,
    latencyNs: links.reduce((sum, link) => sum + link.latencyNs, 0),
    gbs: bottleneck,
    bottleneck: narrowest,
    untold: hops.flatMap(({ link }, i) => (links[i]?.gbs === null && links[i]?.kind !== 'internal' ? [link] : [])),
  };
}

/** The nearest route by latency; null where no wire leads there. */
export const shortestRoute = (world: World, from: string, to: string, limits: RouteLimits = {}): Route | null =>
  routeOf(reachFrom(world, [from], { ...limits, until: to }), to);

/** What a link lets through when routes are compared: inner edges never limit, an untold rate counts as nothing. */
const capacity = (link: FabricLink): number => (link.kind === 'internal' ? Number.POSITIVE_INFINITY : (link.gbs ?? 0));

/** The route whose narrowest link is widest; of several, the nearest. Null where no wire leads there. */
export function widestRoute(world: World, from: string, to: string, limits: RouteLimits = {}): Route | null {
  const { links = () => true } = limits;
  const allowed = new Set<number>();
  for (const edges of graphOf(world).edges) for (const { link } of edges) if (links(link)) allowed.add(capacity(link));
  const rates = [...allowed].sort((a, b) => b - a);
  const at = (rate: number): Route | null =>
    shortestRoute(world, from, to, { ...limits, links: (link) => links(link) && capacity(link) >= rate });
  let best: Route | null = null;
  // A wider minimum leaves fewer links: the widest that still leads there is found by halving.
  for (let low = 0, high = rates.length - 1; low <= high;) {
    const middle = (low + high) >> 1;
    const found = at(rates[middle] ?? 0);
    if (found === null) low = middle + 1;
    else {
      best = found;
      high = middle - 1;
    }
  }
  return best;
}
