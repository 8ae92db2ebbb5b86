/**
 * The cheapest assignments of a pipeline by sum of costs, exactly, and fast on a thousand devices: ways are numbers.
 *
 *      device ──climb── host bridge ──middle── host bridge ──climb── device        up and down once for each device
 *      device ──climb── host bridge ──middle── memory                              the middle once for each pair
 *
 * Ways below one root port, and over links between devices, are few: they are asked of the routes themselves.
 */
import type { EngineKind } from '../../model/topology.ts';
import type { World } from '../../model/world.ts';
import { edgeBetween, graphOf } from './graph.ts';
import { peerDecision, peerRoute } from './peers.ts';
import { reachFrom, routeOf, type Reach, type Route } from './route.ts';

/** What a stage does: an engine, or a CPU; `on` is a device or socket that is decided already. */
export interface Stage {
  readonly engine: EngineKind | 'cpu';
  readonly on?: string;
}

/** A pipeline up to one stage, by sum of costs. */
export interface Partial {
  readonly ns: number;
  readonly device: string;
  readonly buffer: string | null;
  readonly before: Partial | null;
}

/** Assignments that are kept at each device: those that may be ranked. */
const kept = 12;

/** One way as numbers; gbs Infinity: nothing on it limits. */
interface Way {
  readonly ns: number;
  readonly gbs: number;
}

const unlimited = Number.POSITIVE_INFINITY;
const wayOf = (route: Route): Way => ({ ns: route.latencyNs, gbs: route.gbs ?? unlimited });

/** A device or socket as the search sees it. */
interface Place {
  readonly name: string;
  /** Up to the host bridge; null: a socket, or nothing leads there. */
  readonly climb: Way | null;
  readonly bridge: number;
  /** The bridge on the root bus that it is below, or itself. */
  readonly root: string;
  /** Links of its own to other devices. */
  readonly linked: boolean;
  /** Own memory, and the way inside the device. */
  readonly own: readonly { readonly pool: string; readonly way: Way }[];
  /** Cost to each memory that all may use. */
  readonly shared: Float64Array;
  /** No way to any buffer costs less. */
  readonly least: number;
}

/** ns that the engine of a stage needs for the bytes; 0 where its throughput is not told. */
export function engineNs(world: World, { engine }: Stage, device: string, bytes: number): number {
  const gbs = world.records.pci[device]?.engines.find(({ kind }) => kind === engine)?.throughputGBs ?? null;
  return gbs === null ? 0 : bytes / gbs;
}

const middle = { links: ({ kind }: { readonly kind: string }) => kind !== 'pcie' };

/** Whether a device has links of its own to other devices. */
function hasDeviceLinks(world: World, device: string): boolean {
  const graph = graphOf(world);
  const vertex = graph.numbers.get(device) ?? -1;
  return (graph.edges[vertex] ?? []).some(
    ({ link, to }) => link.kind !== 'pcie' && link.kind !== 'internal' && graph.owner[to] !== vertex,
  );
}

/** The way between two devices over links of their own, past every root complex and socket; null: there is none. */
export function deviceRoute(world: World, from: string, to: string): Route | null {
  const { pci } = world.records;
  if (!hasDeviceLinks(world, from) || !hasDeviceLinks(world, to)) return null;
  return routeOf(
    reachFrom(world, [from], {
      links: ({ kind }) => kind !== 'pcie' && kind !== 'internal',
      places: (name) => pci[name] !== undefined,
      until: to,
    }),
    to,
  );
}

export class Search {
  readonly #shared: readonly string[];
  readonly #pools: readonly Reach[];
  readonly #bridges: readonly string[];
  readonly #bridgeNumbers: ReadonlyMap<string, number>;
  /** Between host bridges, by `a * n + b`; undefined: not asked yet. */
  readonly #between: (Way | null | undefined)[] = [];
  /** Whether functions below two host bridges may reach each other. */
  readonly #trust: (boolean | undefined)[] = [];
  readonly #fromBridge = new Map<number, Reach>();
  readonly #places = new Map<string, Place>();
  readonly #near = new Map<string, Way | null>();
  /** From host bridges to memory that all may use, by `bridge * pools + pool`. */
  readonly #toPool: (Way | null | undefined)[] = [];

  constructor(
    readonly world: World,
    readonly bytes: number,
  ) {
    const { pool, hostBridge } = world.records;
    this.#shared = Object.keys(pool).filter((name) => pool[name]?.registration !== 'private');
    this.#pools = this.#shared.map((name) => reachFrom(world, [name], middle));
    this.#bridges = Object.keys(hostBridge);
    this.#bridgeNumbers = new Map(this.#bridges.map((name, i) => [name, i]));
  }

  #cost(ns: number, gbs: number): number {
    return gbs === unlimited ? ns : ns + this.bytes / gbs;
  }

  #climb(device: string): { readonly way: Way; readonly root: string } | null {
    const { pci } = this.world.records;
    let way: Way = { ns: 0, gbs: unlimited };
    for (let at = device, steps = 0; steps < 256; steps++) {
      const here = pci[at];
      const above: string | undefined = here?.above ?? here?.hostBridge;
      const edge = above === undefined ? null : edgeBetween(this.world, at, above);
      if (edge === null || above === undefined) return null;
      way = { ns: way.ns + edge.link.latencyNs, gbs: Math.min(way.gbs, edge.link.gbs ?? unlimited) };
      if (here?.above == null) return { way, root: at };
      at = above;
    }
    return null;
  }

  #place(name: string): Place {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const { pool, pci } = this.world.records;
    const graph = graphOf(this.world);
    const vertex = graph.numbers.get(name) ?? -1;
    const edges = graph.edges[vertex] ?? [];
    const climb = this.#climb(name);
    const bridge = pci[name]?.hostBridge ?? null;
    const number = bridge === null ? -1 : (this.#bridgeNumbers.get(bridge) ?? -1);
    const shared = Float64Array.from(this.#pools, (reach, i) => {
      const direct = routeOf(reach, name);
      if (direct !== null) return this.#cost(direct.latencyNs, direct.gbs ?? unlimited);
      const rest = climb === null || number === -1 ? null : this.#bridgeToPool(number, i);
      if (climb === null || rest === null) return unlimited;
      return this.#cost(climb.way.ns + rest.ns, Math.min(climb.way.gbs, rest.gbs));
    });
    const links = edges.filter(
      ({ link, to }) => link.kind !== 'pcie' && link.kind !== 'internal' && graph.owner[to] !== vertex,
    );
    const own = edges.flatMap(({ link, to }) => {
      const memory = graph.names[to] ?? '';
      const isOwn = graph.owner[to] === vertex && pool[memory]?.registration === 'private';
      return isOwn ? [{ pool: memory, way: { ns: link.latencyNs, gbs: link.gbs ?? unlimited } }] : [];
    });
    const ways = [
      ...(climb === null ? [] : [climb.way]),
      ...links.map(({ link }) => ({ ns: link.latencyNs, gbs: link.gbs ?? unlimited })),
      ...own.map(({ way }) => way),
    ];
    const place: Place = {
      name,
      climb: climb?.way ?? null,
      bridge: number,
      root: climb?.root ?? name,
      linked: links.length > 0,
      own,
      least: Math.min(...shared, ...ways.map(({ ns, gbs }) => this.#cost(ns, gbs))),
      shared,
    };
    this.#places.set(name, place);
    return place;
  }

  /** The way from a host bridge to memory that all may use. */
  bridgeRoute(bridge: string, pool: string): Route | null {
    const reach = this.#pools[this.#shared.indexOf(pool)];
    const back = reach === undefined ? null : routeOf(reach, bridge);
    if (back === null) return null;
    const hops = back.hops.map(({ link, from, to }) => ({ link, from: to, to: from })).reverse();
    return { ...back, from: bridge, to: pool, hops };
  }

  #bridgeToPool(bridge: number, pool: number): Way | null {
    const key = bridge * this.#pools.length + pool;
    const known = this.#toPool[key];
    if (known !== undefined) return known;
    const reach = this.#pools[pool];
    const route = reach === undefined ? null : routeOf(reach, this.#bridges[bridge] ?? '');
    const way = route === null ? null : wayOf(route);
    this.#toPool[key] = way;
    return way;
  }

  #middleWay(a: number, b: number): Way | null {
    const key = a * this.#bridges.length + b;
    const known = this.#between[key];
    if (known !== undefined) return known;
    const reach = this.#fromBridge.get(a) ?? reachFrom(this.world, [this.#bridges[a] ?? ''], middle);
    this.#fromBridge.set(a, reach);
    const route = routeOf(reach, this.#bridges[b] ?? '');
    const way = route === null ? null : wayOf(route);
    this.#between[key] = way;
    return way;
  }

  /** The way of a client to a provider that is near it: below one root port, or over links of their own. */
  #nearWay(client: Place, provider: Place): Way | null {
    const key = `${client.name}>${provider.name}`;
    const known = this.#near.get(key);
    if (known !== undefined) return known;
    const direct = client.linked && provider.linked ? deviceRoute(this.world, client.name, provider.name) : null;
    const route = direct ?? peerRoute(this.world, provider.name, client.name);
    const way = route === null ? null : wayOf(route);
    this.#near.set(key, way);
    return way;
  }

  /** What it costs a client to reach one's own memory of a provider; Infinity: it may not. */
  #peerCost(client: Place, provider: Place, inside: Way): number {
    if (client.name === provider.name) return this.#cost(inside.ns, inside.gbs);
    if (client.climb === null || provider.climb === null) return unlimited;
    if (client.root === provider.root || (client.linked && provider.linked)) {
      const way = this.#nearWay(client, provider);
      return way === null ? unlimited : this.#cost(way.ns + inside.ns, Math.min(way.gbs, inside.gbs));
    }
    const key = client.bridge * this.#bridges.length + provider.bridge;
    const trusted = (this.#trust[key] ??=
      peerDecision(this.world, provider.name, client.name).mapType !== 'NOT_SUPPORTED');
    if (!trusted) return unlimited;
    let ns = client.climb.ns + provider.climb.ns + inside.ns;
    let gbs = Math.min(client.climb.gbs, provider.climb.gbs, inside.gbs);
    if (client.bridge !== provider.bridge) {
      const between = this.#middleWay(client.bridge, provider.bridge);
      if (between === null) return unlimited;
      ns += between.ns;
      gbs = Math.min(gbs, between.gbs);
    }
    return this.#cost(ns, gbs);
  }

  /** The cheapest buffer between two stages, or null. */
  #step(from: Place, to: Place): { readonly ns: number; readonly buffer: string } | null {
    let least = unlimited;
    let buffer: string | null = null;
    for (let i = 0; i < this.#shared.length; i++) {
      const ns = (from.shared[i] ?? unlimited) + (to.shared[i] ?? unlimited);
      if (ns >= least) continue;
      least = ns;
      buffer = this.#shared[i] ?? null;
    }
    for (const { pool, way } of from.own) {
      const ns = this.#cost(way.ns, way.gbs) + this.#peerCost(to, from, way);
      if (ns >= least) continue;
      least = ns;
      buffer = pool;
    }
    if (from.name !== to.name)
      for (const { pool, way } of to.own) {
        const ns = this.#cost(way.ns, way.gbs) + this.#peerCost(from, to, way);
        if (ns >= least) continue;
        least = ns;
        buffer = pool;
      }
    return buffer === null ? null : { ns: least, buffer };
  }

  #candidates({ engine, on }: Stage): readonly string[] {
    const { pci, socket } = this.world.records;
    if (on !== undefined) return pci[on] === undefined && socket[on] === undefined ? [] : [on];
    if (engine === 'cpu') return Object.keys(socket);
    return Object.keys(pci).filter((name) => pci[name]?.engines.some(({ kind }) => kind === engine));
  }

  /**
   * The cheapest pipelines, one buffer each step, the cheapest first; or the stage that nothing can do or reach.
   * The best of a device come from the devices before it whose own best are best, so no more of those are looked at.
   */
  run(stages: readonly Stage[]): readonly Partial[] | number {
    let front: readonly Arrival[] = [];
    for (const [index, stage] of stages.entries()) {
      const next: Arrival[] = [];
      for (const device of this.#candidates(stage)) {
        const own = engineNs(this.world, stage, device, this.bytes);
        const place = this.#place(device);
        const best = index === 0 ? [{ ns: own, device, buffer: null, before: null }] : this.#arrive(front, place, own);
        const [first] = best;
        if (first !== undefined) next.push({ place, best, floor: first.ns + place.least });
      }
      if (next.length === 0) return index;
      front = next.sort((a, b) => a.floor - b.floor);
    }
    return leastOf(front.flatMap(({ best }) => best));
  }

  #arrive(front: readonly Arrival[], to: Place, own: number): readonly Partial[] {
    const firsts: {
      readonly ns: number;
      readonly step: number;
      readonly buffer: string;
      readonly from: readonly Partial[];
    }[] = [];
    let bound = unlimited;
    for (const { place, best, floor } of front) {
      if (floor + to.least >= bound) break;
      const before = best[0]?.ns ?? unlimited;
      const step = this.#step(place, to);
      if (step === null || before + step.ns >= bound) continue;
      firsts.push({ ns: before + step.ns, step: step.ns, buffer: step.buffer, from: best });
      if (firsts.length < 2 * kept) continue;
      firsts.sort((a, b) => a.ns - b.ns);
      firsts.length = kept;
      bound = firsts[kept - 1]?.ns ?? unlimited;
    }
    firsts.sort((a, b) => a.ns - b.ns);
    if (firsts.length > kept) firsts.length = kept;
    // As many as are kept cost no more than the last of the firsts: nothing dearer can be among them.
    const least = firsts[0]?.ns ?? unlimited;
    const most = firsts.length === kept ? (firsts[kept - 1]?.ns ?? unlimited) : unlimited;
    const found: Partial[] = [];
    let equal = 0;
    for (const { step, buffer, from } of firsts)
      for (const before of from) {
        const ns = before.ns + step;
        if (ns > most || equal === kept) break;
        if (ns === least) equal += 1;
        found.push({ ns: ns + own, device: to.name, buffer, before });
      }
    return leastOf(found);
  }
}

/** A device of a stage, its best pipelines so far, and what no way on costs less than. */
interface Arrival {
  readonly place: Place;
  readonly best: readonly Partial[];
  readonly floor: number;
}

const leastOf = (list: readonly Partial[]): readonly Partial[] => list.toSorted((a, b) => a.ns - b.ns).slice(0, kept);
