/** The places of a machine's fabric as people name and find them, and where its ways are drawn in the graph. */
import { compareNatural } from '../../base/order.ts';
import type { DrawnWay, FabricPlace, PlacesRequest, PlacesView } from '../../contract/fabric-queries.ts';
import type { GraphEdge, GraphView } from '../../contract/frame.ts';
import { graphOf } from '../../engine/fabric/graph.ts';
import type { Route } from '../../engine/fabric/route.ts';
import type { ShortNames } from '../../model/short-names.ts';
import type { Topology, TopologyObject } from '../../model/topology.ts';
import type { World } from '../../model/world.ts';
import { kindWord } from '../parts/part-words.ts';

const memoryWords: Readonly<Record<World['records']['pool'][string]['kind'], string>> = {
  dram: 'DRAM',
  hbm: 'HBM',
  cxl: 'CXL memory',
  vram: 'VRAM',
  'device-sram': 'device SRAM',
  pmem: 'persistent memory',
};

/** What a person most likely means comes first: devices, memory, packages, and then all that is between them. */
function rankOf(world: World, name: string): number {
  const { pci, pool, socket } = world.records;
  const device = pci[name];
  if (device !== undefined) return device.role !== 'endpoint' ? 4 : device.deviceKind === 'other' ? 3 : 0;
  return pool[name] !== undefined ? 1 : socket[name] !== undefined ? 2 : 4;
}

/** Who can do a stage of a pipeline. */
export function candidatesFor(world: World, engine: string): readonly string[] {
  const { pci, socket } = world.records;
  if (engine === 'cpu') return Object.keys(socket);
  return Object.keys(pci).filter((name) => pci[name]?.engines.some(({ kind }) => kind === engine));
}

export const functionsOf = (world: World): readonly string[] =>
  Object.keys(world.records.pci).filter((name) => world.records.pci[name]?.role === 'endpoint');

/** Made once for a machine that is open. */
export class FabricPlaces {
  readonly #objects: ReadonlyMap<string, TopologyObject>;
  readonly #ids = new Map<string, string>();
  readonly #nodes: ReadonlyMap<string, string | null>;
  /** Edges of the graph by both ends. */
  readonly #edges = new Map<string, GraphEdge[]>();

  constructor(machine: Topology, names: ShortNames, graph: GraphView) {
    this.#objects = new Map(machine.objects.map((object) => [object.id, object]));
    for (const [id, name] of [...names.devices, ...names.pools]) if (!this.#ids.has(name)) this.#ids.set(name, id);
    this.#nodes = new Map(graph.nodes.map(({ id, parent }) => [id, parent]));
    for (const edge of graph.edges)
      for (const key of [`${edge.source} ${edge.target}`, `${edge.target} ${edge.source}`]) {
        const known = this.#edges.get(key);
        if (known === undefined) this.#edges.set(key, [edge]);
        else known.push(edge);
      }
  }

  #object(name: string): TopologyObject | undefined {
    return this.#objects.get(this.#ids.get(name) ?? name);
  }

  /** The node that stands for a place: its own, that of its CPU, or that of what holds it; null: nothing is drawn of it. */
  node(name: string): string | null {
    let id: string | null = this.#ids.get(name) ?? name;
    for (let steps = 0; id !== null && steps < 256; steps++) {
      if (this.#nodes.has(`${id}/cpu`)) return `${id}/cpu`;
      if (this.#nodes.has(id)) return id;
      id = this.#objects.get(id)?.parent ?? null;
    }
    return null;
  }

  kind(world: World, name: string): string {
    const pool = world.records.pool[name];
    if (pool !== undefined) return memoryWords[pool.kind];
    const object = this.#object(name);
    return object === undefined ? 'place' : kindWord(object);
  }

  place(world: World, name: string): FabricPlace {
    const object = this.#object(name);
    const bdf = world.records.pci[name]?.bdf ?? null;
    const model = object === undefined || object.kind === 'machine' ? null : object.name;
    const more = [bdf, model].filter((part) => part !== null && part !== name);
    return {
      name,
      kind: this.kind(world, name),
      more: more.length === 0 ? null : more.join(' · ').slice(0, 160),
      drawn: this.node(name),
    };
  }

  /** The lines of a way in the graph; what is not drawn is passed over. */
  way(world: World, route: Pick<Route, 'from' | 'hops'>): DrawnWay['lines'] {
    const lines: { from: string; wires: string[] }[] = [];
    let at = this.node(route.from);
    let open: { from: string; wires: string[] } | null = null;
    for (const { link, to } of route.hops) {
      const next = this.node(to);
      if (next === null || next === at) continue;
      const edge = at === null ? null : this.#edge(world, link, at, next);
      if (edge === null || at === null) open = null;
      else {
        if (open === null) lines.push((open = { from: at, wires: [] }));
        open.wires.push(edge);
      }
      at = next;
    }
    return lines;
  }

  /** The wire of the graph that stands for a link of a route; null: it is inside of one node. */
  wire(world: World, hop: Route['hops'][number]): string | null {
    const [from, to] = [this.node(hop.from), this.node(hop.to)];
    return from === null || to === null || from === to ? null : this.#edge(world, hop.link, from, to);
  }

  #edge(world: World, link: string, from: string, to: string): string | null {
    const edges = this.#edges.get(`${from} ${to}`) ?? [];
    const kind = world.records.link[link]?.kind;
    const found = edges.find(({ id }) => id === link) ?? edges.find((edge) => edge.kind === kind) ?? edges[0];
    return found?.id ?? null;
  }

  /** Names that have all the words that are typed, in the name, the kind, the address or the model; the best first. */
  find(world: World, { text, of, count }: Pick<PlacesRequest, 'text' | 'of' | 'count'>): PlacesView {
    const names =
      of === 'place' ? graphOf(world).names : of === 'function' ? functionsOf(world) : candidatesFor(world, of);
    const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const whole = words.join(' ');
    const hits = names.flatMap((name) => {
      const place = this.place(world, name);
      const said = `${name} ${place.kind} ${place.more ?? ''}`.toLowerCase();
      if (!words.every((word) => said.includes(word))) return [];
      const low = name.toLowerCase();
      const points = whole === '' ? 0 : low === whole ? 3 : low.startsWith(whole) ? 2 : low.includes(whole) ? 1 : 0;
      return [{ place, points, rank: rankOf(world, name) }];
    });
    hits.sort((a, b) => b.points - a.points || a.rank - b.rank || compareNatural(a.place.name, b.place.name));
    return { total: hits.length, found: hits.slice(0, count).map(({ place }) => place) };
  }
}
