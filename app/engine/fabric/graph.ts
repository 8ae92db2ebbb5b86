/**
 * The fabric as a graph with numbered vertices, made once for each set of links. Never a tree: a vertex may have any
 * number of edges, and the same pair several.
 *
 * Traffic passes through bridges, switches, root complexes and sockets. It does not pass through an endpoint or a
 * memory, but for the endpoint's own memory, which is reached through it.
 */
import { ensure } from '../../base/assert.ts';
import type { FabricLink } from '../../model/fabric.ts';
import type { World } from '../../model/world.ts';

export interface Edge {
  readonly key: string;
  readonly link: FabricLink;
  /** Vertex at the other end. */
  readonly to: number;
}

export interface FabricGraph {
  readonly names: readonly string[];
  readonly numbers: ReadonlyMap<string, number>;
  readonly edges: readonly (readonly Edge[])[];
  /** Whether traffic of others passes. */
  readonly passes: readonly boolean[];
  /** Of a memory: the endpoint that it is reached through, else -1. */
  readonly owner: readonly number[];
}

/** A graph and the records besides the links that it was made from. */
interface Known extends Pick<World['records'], 'pci' | 'pool'> {
  readonly graph: FabricGraph;
}
const graphs = new WeakMap<World['records']['link'], Known>();

/** Pools change with every frame that is taken; the graph cares for whose they are only. */
function samePools(a: World['records']['pool'], b: World['records']['pool']): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name]?.device === b[name]?.device);
}

function build(world: World): FabricGraph {
  const { link, pci, pool } = world.records;
  const numbers = new Map<string, number>();
  const names: string[] = [];
  const edges: Edge[][] = [];
  const number = (name: string): number => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    const next = names.length;
    numbers.set(name, next);
    names.push(name);
    edges.push([]);
    return next;
  };
  for (const [key, each] of Object.entries(link)) {
    const [a, b] = [number(each.a), number(each.b)];
    ensure(edges[a], 'numbered above').push({ key, link: each, to: b });
    ensure(edges[b], 'numbered above').push({ key, link: each, to: a });
  }
  const passes = names.map((name) => {
    const device = pci[name];
    if (device !== undefined) return device.role !== 'endpoint' || device.deviceKind === 'nvSwitch';
    return pool[name] === undefined;
  });
  const owner = names.map((name) => {
    const device = pool[name]?.device ?? null;
    return device === null ? -1 : (numbers.get(device) ?? -1);
  });
  return { names, numbers, edges, passes, owner };
}

/** The graph of a world's links. */
export function graphOf(world: World): FabricGraph {
  const { link, pci, pool } = world.records;
  const known = graphs.get(link);
  if (known !== undefined && known.pci === pci && samePools(known.pool, pool)) return known.graph;
  const graph = build(world);
  graphs.set(link, { pci, pool, graph });
  return graph;
}

/** The nearest edge from a place to a neighbour, or null. */
export function edgeBetween(world: World, from: string, to: string): Edge | null {
  const graph = graphOf(world);
  const end = graph.numbers.get(to);
  let best: Edge | null = null;
  for (const edge of graph.edges[graph.numbers.get(from) ?? -1] ?? [])
    if (edge.to === end && (best === null || edge.link.latencyNs < best.link.latencyNs)) best = edge;
  return best;
}
