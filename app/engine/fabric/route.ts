/**
 * Routes over real links: the nearest by latency, and the widest by its narrowest link. A route costs the sum of its
 * links; ties go to fewer links, then to the order of the description.
 *
 *      gpu0 ─55─ switch ─55─ root port ─125─ root complex ─125─ package:0 ─90─ dram0        450 ns, 31.5 GB/s
 */
import type { FabricLink } from '../../model/fabric.ts';
import type { World } from '../../model/world.ts';
import { graphOf, type Edge, type FabricGraph } from './graph.ts';

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
}

/** Distances from one or several places; what was not reached is left out. */
export interface Reach {
  readonly graph: FabricGraph;
  /** ns by vertex; Infinity: not reached. */
  readonly latencyNs: Float64Array;
  /** Edge that led to a state, and the state it came from; -1: a start. */
  readonly via: readonly (Edge | null)[];
  readonly before: Int32Array;
  /** State by which a vertex is reached best, -1: none. */
  readonly stateOf: (vertex: number) => number;
}

/** A binary heap of states by cost, hops and order of insertion. */
class Heap {
  readonly #items: { readonly ns: number; readonly hops: number; readonly order: number; readonly state: number }[] =
    [];
  #order = 0;

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  #less(a: number, b: number): boolean {
    const [x, y] = [this.#items[a], this.#items[b]];
    if (x === undefined || y === undefined) return false;
    if (x.ns !== y.ns) return x.ns < y.ns;
    return x.hops !== y.hops ? x.hops < y.hops : x.order < y.order;
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#items[a], this.#items[b]];
    if (x === undefined || y === undefined) return;
    this.#items[a] = y;
    this.#items[b] = x;
  }

  push(ns: number, hops: number, state: number): void {
    this.#items.push({ ns, hops, order: this.#order++, state });
    for (let at = this.#items.length - 1; at > 0;) {
      const up = (at - 1) >> 1;
      if (!this.#less(at, up)) break;
      this.#swap(at, up);
      at = up;
    }
  }

  pop(): { readonly ns: number; readonly hops: number; readonly state: number } | null {
    const top = this.#items[0];
    const last = this.#items.pop();
    if (top === undefined || last === undefined) return null;
    if (this.#items.length > 0) this.#items[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      let least = at;
      if (this.#less(left, least)) least = left;
      if (this.#less(left + 1, least)) least = left + 1;
      if (least === at) break;
      this.#swap(at, least);
      at = least;
    }
    return top;
  }
}

/**
 * Distances from `starts` (Dijkstra). An endpoint that is entered from its own memory, where the way starts, has a state
 * of its own (vertex + n): only from there does the way go on.
 */
export function reachFrom(world: World, starts: readonly string[], limits: RouteLimits = {}): Reach {
  const graph = graphOf(world);
  const n = graph.names.length;
  const { links = () => true, places = () => true, withinNs = Number.POSITIVE_INFINITY } = limits;
  const latencyNs = new Float64Array(2 * n).fill(Number.POSITIVE_INFINITY);
  const hops = new Int32Array(2 * n).fill(0x7fffffff);
  const via: (Edge | null)[] = new Array<Edge | null>(2 * n).fill(null);
  const before = new Int32Array(2 * n).fill(-1);
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
  for (let top = heap.pop(); top !== null; top = heap.pop()) {
    const { state } = top;
    if (top.ns > (latencyNs[state] ?? 0) || (top.ns === latencyNs[state] && top.hops > (hops[state] ?? 0))) continue;
    const fromOwnMemory = state >= n;
    const vertex = fromOwnMemory ? state - n : state;
    const start = !fromOwnMemory && isStart[vertex] === 1;
    const goesOn = start || fromOwnMemory || (graph.passes[vertex] === true && places(graph.names[vertex] ?? ''));
    for (const edge of graph.edges[vertex] ?? []) {
      if (!links(edge.link)) continue;
      if (!goesOn && graph.owner[edge.to] !== vertex) continue;
      const ns = top.ns + edge.link.latencyNs;
      if (ns > withinNs) continue;
      const next = start && graph.owner[vertex] === edge.to ? edge.to + n : edge.to;
      const known = latencyNs[next] ?? 0;
      if (ns > known || (ns === known && top.hops + 1 >= (hops[next] ?? 0))) continue;
      latencyNs[next] = ns;
      hops[next] = top.hops + 1;
      via[next] = edge;
      before[next] = state;
      heap.push(ns, top.hops + 1, next);
    }
  }
  const best = new Float64Array(n);
  const states = new Int32Array(n);
  for (let v = 0; v < n; v++) {
    const other = latencyNs[v + n] ?? Number.POSITIVE_INFINITY;
    const plain = latencyNs[v] ?? Number.POSITIVE_INFINITY;
    states[v] = other < plain ? v + n : plain === Number.POSITIVE_INFINITY ? -1 : v;
    best[v] = Math.min(plain, other);
  }
  return { graph, latencyNs: best, via, before, stateOf: (vertex) => states[vertex] ?? -1 };
}

/** The route to a place that was reached; null where it was not. */
export function routeOf(reach: Reach, to: string): Route | null {
  const { graph } = reach;
  const end = graph.numbers.get(to);
  const last = end === undefined ? -1 : reach.stateOf(end);
  if (last === -1) return null;
  const n = graph.names.length;
  const hops: Hop[] = [];
  const links: FabricLink[] = [];
  const name = (state: number): string => graph.names[state % n] ?? '';
  let state = last;
  for (let edge = reach.via[state] ?? null; edge !== null; edge = reach.via[state] ?? null) {
    const from = reach.before[state] ?? -1;
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
  routeOf(reachFrom(world, [from], limits), to);

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
