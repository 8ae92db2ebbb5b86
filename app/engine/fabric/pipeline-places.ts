/**
 * Devices and sockets as the search of pipelines sees them: ways are numbers, worked out once for each part of a way.
 *
 *      device ──climb── host bridge ──middle── host bridge ──climb── device        up and down once for each device
 *      device ──climb── host bridge ──middle── memory                              the middle once for each pair
 *
 * Places below one root port, or joined by links of their own, are near each other: of them, each pair has its way.
 */
import type { FabricLink } from '../../model/fabric.ts';
import type { World } from '../../model/world.ts';
import { edgeBetween, graphOf, type Edge } from './graph.ts';
import { peerDecision } from './peers.ts';
import { reachFrom, routeOf, type Reach, type Route, type RouteLimits } from './route.ts';

/** One way as numbers; gbs Infinity: nothing on it limits. */
export interface Way {
  readonly ns: number;
  readonly gbs: number;
}

/** No function hangs below more bridges: a description that goes in circles ends here. */
const deepest = 256;

export const unlimited = Number.POSITIVE_INFINITY;
const wayOf = (route: Route | null): Way | null =>
  route === null ? null : { ns: route.latencyNs, gbs: route.gbs ?? unlimited };
const wayOver = ({ link }: Edge): Way => ({ ns: link.latencyNs, gbs: link.gbs ?? unlimited });

const joined = (a: Way, b: Way): Way => ({ ns: a.ns + b.ns, gbs: Math.min(a.gbs, b.gbs) });

/** A device or socket as the search sees it. */
export interface Place {
  readonly name: string;
  /** Up to the host bridge; null: a socket, or nothing leads there. */
  readonly climb: Way | null;
  /** Number of the host bridge, or -1. */
  readonly bridge: number;
  /** The bridge on the root bus that it is below, or itself. */
  readonly root: string;
  /** First of the devices that links of their own join with it; null: it has no such links. */
  readonly island: string | null;
  /** The shortest of those links, ns; Infinity: it has none. */
  readonly nearest: number;
  /** Own memory, and the way inside the device. */
  readonly own: readonly { readonly pool: string; readonly way: Way }[];
  /** Cost to each memory that all may use. */
  readonly shared: Float64Array;
  /** Ways to places below the same root port, as far as they were asked for. */
  readonly switchWays: Map<Place, Way | null>;
  /** Places of one shape have the same ways, but for those to places near them. */
  readonly shape: number;
}

/** Whether two places may have a way between them that others of their shapes have not. */
export const isNear = (a: Place, b: Place): boolean =>
  a.root === b.root || (a.island !== null && a.island === b.island);

const middle: RouteLimits = { links: ({ kind }) => kind !== 'pcie' };

/** Links of devices' own, past every root complex and socket. */
const between = ({ records: { pci } }: World): RouteLimits => ({
  links: ({ kind }) => kind !== 'pcie' && kind !== 'internal',
  places: (name) => pci[name] !== undefined,
});

/** The links of a device of its own to other devices. */
function deviceLinks(world: World, device: string): readonly Edge[] {
  const graph = graphOf(world);
  const vertex = graph.numbers.get(device) ?? -1;
  return (graph.edges[vertex] ?? []).filter(
    ({ link, to }) => link.kind !== 'pcie' && link.kind !== 'internal' && graph.owner[to] !== vertex,
  );
}

/** The way between two devices over links of their own; null: there is none. */
export function deviceRoute(world: World, from: string, to: string): Route | null {
  if (deviceLinks(world, from).length === 0 || deviceLinks(world, to).length === 0) return null;
  return routeOf(reachFrom(world, [from], { ...between(world), until: to }), to);
}

export class Places {
  /** Memory that all may use. */
  readonly shared: readonly string[];
  readonly #pools: readonly Reach[];
  readonly #bridges: readonly string[];
  readonly #bridgeNumbers: ReadonlyMap<string, number>;
  readonly #wiresUp = new Map<string, Way | null>();
  readonly #places = new Map<string, Place>();
  readonly #shapes = new Map<string, number>();
  readonly #islands = new Map<string, string>();
  readonly #fromDevice = new Map<string, Reach>();
  readonly #toBridges = new Map<string, Reach>();
  /** Between host bridges, by `a * n + b`; undefined: not asked yet. */
  readonly #between: (Way | null | undefined)[] = [];
  /** Whether functions below host bridges of two identities may reach each other. */
  readonly #trust = new Map<string, boolean>();
  readonly #identities: readonly string[];
  /** From host bridges to memory that all may use, by `bridge * pools + pool`. */
  readonly #toPool: (Way | null | undefined)[] = [];

  constructor(
    readonly world: World,
    readonly bytes: number,
  ) {
    const { pool, hostBridge } = world.records;
    this.shared = Object.keys(pool).filter((name) => pool[name]?.registration !== 'private');
    this.#pools = this.shared.map((name) => reachFrom(world, [name], middle));
    this.#bridges = Object.keys(hostBridge);
    this.#identities = this.#bridges.map((name) => JSON.stringify(hostBridge[name]?.firstDevice ?? null));
    this.#bridgeNumbers = new Map(this.#bridges.map((name, i) => [name, i]));
  }

  /** What passing the bytes over a way costs, ns. */
  cost(ns: number, gbs: number): number {
    return gbs === unlimited ? ns : ns + this.bytes / gbs;
  }

  /** The wire from a function to what it hangs below: a bridge, or its host bridge. */
  #wireUp(name: string): Way | null {
    const known = this.#wiresUp.get(name);
    if (known !== undefined) return known;
    const here = this.world.records.pci[name];
    const above = here?.above ?? here?.hostBridge;
    const edge = above === undefined ? null : edgeBetween(this.world, name, above);
    const wire = edge === null ? null : wayOver(edge);
    this.#wiresUp.set(name, wire);
    return wire;
  }

  /** From a function up to a bridge above it (null: to the host bridge); null where the description breaks off. */
  #climb(name: string, to: string | null): { readonly way: Way; readonly root: string } | null {
    const { pci } = this.world.records;
    let [ns, gbs, root] = [0, unlimited, name];
    for (let at: string | null = name, steps = 0; at !== to; steps++) {
      const wire: Way | null = at === null || steps === deepest ? null : this.#wireUp(at);
      if (wire === null || at === null) return null;
      ns += wire.ns;
      gbs = Math.min(gbs, wire.gbs);
      root = at;
      at = pci[at]?.above ?? null;
    }
    return { way: { ns, gbs }, root };
  }

  /** The nearest function that both are or hang below. */
  #commonAncestor(a: string, b: string): string | null {
    const { pci } = this.world.records;
    for (let up: string | null = a, i = 0; up !== null && i < deepest; up = pci[up]?.above ?? null, i++)
      for (let other: string | null = b, k = 0; other !== null && k < deepest; other = pci[other]?.above ?? null, k++)
        if (other === up) return up;
    return null;
  }

  /** The way between two devices over links of their own; null: there is none. */
  #linkedWay(client: Place, provider: Place): Way | null {
    if (client.island === null || client.island !== provider.island) return null;
    const direct = edgeBetween(this.world, client.name, provider.name);
    // A way over other devices costs at least the first wire of each of the two.
    if (direct !== null && direct.link.latencyNs <= client.nearest + provider.nearest) return wayOver(direct);
    return wayOf(routeOf(this.#reachOfDevice(client.name), provider.name));
  }

  /** The way between two functions below one root port: straight over the bridges they share, or over the root. */
  #switchWay(client: Place, provider: Place): Way | null {
    const known = client.switchWays.get(provider);
    if (known !== undefined) return known;
    const way = this.#askSwitchWay(client, provider);
    client.switchWays.set(provider, way);
    return way;
  }

  #askSwitchWay(client: Place, provider: Place): Way | null {
    const { mapType } = peerDecision(this.world, provider.name, client.name);
    if (mapType === 'NOT_SUPPORTED') return null;
    const to = mapType === 'BUS_ADDR' ? this.#commonAncestor(client.name, provider.name) : null;
    const [up, down] = [this.#climb(client.name, to), this.#climb(provider.name, to)];
    if (up === null || down === null) return null;
    return joined(up.way, down.way);
  }

  /** The first device from which links of devices' own lead here; of all that they join, it is the same. */
  #island(device: string): string | null {
    const known = this.#islands.get(device);
    if (known !== undefined || deviceLinks(this.world, device).length === 0) return known ?? null;
    const { names } = graphOf(this.world);
    const { pci } = this.world.records;
    this.#islands.set(device, device);
    for (const found = [device]; found.length > 0;)
      for (const { to } of deviceLinks(this.world, found.pop() ?? '')) {
        const other = names[to] ?? '';
        if (pci[other] === undefined || this.#islands.has(other)) continue;
        this.#islands.set(other, device);
        found.push(other);
      }
    return device;
  }

  #reachOfDevice(device: string): Reach {
    const reach = this.#fromDevice.get(device) ?? reachFrom(this.world, [device], between(this.world));
    this.#fromDevice.set(device, reach);
    return reach;
  }

  place(name: string): Place {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const { pool, pci } = this.world.records;
    const graph = graphOf(this.world);
    const vertex = graph.numbers.get(name) ?? -1;
    const climb = this.#climb(name, null);
    const bridge = this.#bridgeNumbers.get(pci[name]?.hostBridge ?? '') ?? -1;
    const shared = Float64Array.from(this.#pools, (reach, i) => {
      const direct = routeOf(reach, name);
      if (direct !== null) return this.cost(direct.latencyNs, direct.gbs ?? unlimited);
      const rest = climb === null || bridge === -1 ? null : this.#bridgeToPool(bridge, i);
      if (climb === null || rest === null) return unlimited;
      return this.cost(climb.way.ns + rest.ns, Math.min(climb.way.gbs, rest.gbs));
    });
    const own = (graph.edges[vertex] ?? []).flatMap((edge) => {
      const memory = graph.names[edge.to] ?? '';
      const isOwn = graph.owner[edge.to] === vertex && pool[memory]?.registration === 'private';
      return isOwn ? [{ pool: memory, way: wayOver(edge) }] : [];
    });
    const ways = [...(climb === null ? [] : [climb.way]), ...own.map(({ way }) => way)];
    const key = [bridge, ...shared, ...ways.flatMap(({ ns, gbs }) => [ns, gbs])].join();
    const shape = this.#shapes.get(key) ?? this.#shapes.size;
    this.#shapes.set(key, shape);
    const place: Place = {
      name,
      climb: climb?.way ?? null,
      bridge,
      root: climb?.root ?? name,
      island: this.#island(name),
      nearest: Math.min(unlimited, ...deviceLinks(this.world, name).map(({ link }) => link.latencyNs)),
      own,
      shared,
      shape,
      switchWays: new Map(),
    };
    this.#places.set(name, place);
    return place;
  }

  /** The way from a host bridge to memory that all may use. */
  bridgeRoute(bridge: string, pool: string): Route | null {
    const reach = this.#pools[this.shared.indexOf(pool)];
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
    const way = reach === undefined ? null : wayOf(routeOf(reach, this.#bridges[bridge] ?? ''));
    this.#toPool[key] = way;
    return way;
  }

  #middleWay(a: number, b: number): Way | null {
    const key = a * this.#bridges.length + b;
    const known = this.#between[key];
    if (known !== undefined) return known;
    const { pci } = this.world.records;
    const isAbove = (link: FabricLink): boolean => pci[link.a] === undefined && pci[link.b] === undefined;
    const [from, to] = [this.#bridges[a] ?? '', this.#bridges[b] ?? ''];
    const graph = graphOf(this.world);
    const [wire, other] = (graph.edges[graph.numbers.get(from) ?? -1] ?? []).filter(({ link }) => isAbove(link));
    // What hangs on one wire reaches everything over the place at its other end, which many share.
    const start = wire === undefined || other !== undefined ? from : (graph.names[wire.to] ?? '');
    const reach = this.#toBridges.get(start) ?? reachFrom(this.world, [start], { links: isAbove });
    this.#toBridges.set(start, reach);
    const rest = wayOf(routeOf(reach, to));
    const way = wire === undefined || rest === null ? null : start === from ? rest : joined(wayOver(wire), rest);
    this.#between[key] = way;
    return way;
  }

  /** Whether functions below two root ports may reach each other: their host bridges decide. */
  #trusts(client: Place, provider: Place): boolean {
    const same = client.bridge === provider.bridge;
    const key = same ? `${client.bridge}` : `${this.#identities[client.bridge]}>${this.#identities[provider.bridge]}`;
    const known = this.#trust.get(key);
    if (known !== undefined) return known;
    const trusted = peerDecision(this.world, provider.name, client.name).mapType !== 'NOT_SUPPORTED';
    this.#trust.set(key, trusted);
    return trusted;
  }

  /** What it costs a client to reach one's own memory of a provider; Infinity: it may not. */
  peerCost(client: Place, provider: Place, inside: Way): number {
    if (client.name === provider.name) return this.cost(inside.ns, inside.gbs);
    if (client.climb === null || provider.climb === null) return unlimited;
    if (isNear(client, provider)) {
      const way = this.#linkedWay(client, provider) ?? this.#switchWay(client, provider);
      return way === null ? unlimited : this.cost(way.ns + inside.ns, Math.min(way.gbs, inside.gbs));
    }
    if (!this.#trusts(client, provider)) return unlimited;
    let ns = client.climb.ns + provider.climb.ns + inside.ns;
    let gbs = Math.min(client.climb.gbs, provider.climb.gbs, inside.gbs);
    if (client.bridge !== provider.bridge) {
      const across = this.#middleWay(client.bridge, provider.bridge);
      if (across === null) return unlimited;
      ns += across.ns;
      gbs = Math.min(gbs, across.gbs);
    }
    return this.cost(ns, gbs);
  }
}
