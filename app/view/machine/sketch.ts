/** A machine's picture while it is being drawn: nodes and edges so far, and what stands for what. */
import type { Fact, GraphEdge, GraphNode, StripRef } from '../../contract/frame.ts';
import type { ShortNames } from '../../model/short-names.ts';
import type { Topology, TopologyObject } from '../../model/topology.ts';

/** What a machine's picture needs besides the machine: names that stories use, and how much of each pool to show. */
export interface MachineContext {
  readonly names: ShortNames;
  /** Frames of each pool that are drawn, from its first on. */
  readonly shown: ReadonlyMap<string, { readonly start: number; readonly pages: number }>;
}

const blank = { strips: [], count: 1, alerts: [], facts: [], subtitle: null, subkind: null, parent: null } as const;

export const fact = (label: string, value: string | null, note?: string): Fact =>
  note === undefined ? { label, value } : { label, value, note };
export const hex = (n: number | null, digits: number): string | null =>
  n === null ? null : n.toString(16).padStart(digits, '0');

export class Sketch {
  readonly nodes: GraphNode[] = [];
  readonly edges: GraphEdge[] = [];
  readonly #objects: ReadonlyMap<string, TopologyObject>;
  readonly #children = new Map<string, TopologyObject[]>();
  /** Node that stands for an object. */
  readonly #drawn = new Map<string, string>();
  /** The card of the CPU of each place that has one, by the object of the place. */
  readonly #cpus = new Map<string, string>();
  readonly #wired: ReadonlySet<string>;

  constructor(
    readonly topology: Topology,
    readonly context: MachineContext,
  ) {
    this.#objects = new Map(topology.objects.map((object) => [object.id, object]));
    for (const object of topology.objects) {
      const siblings = this.#children.get(object.parent ?? '');
      if (siblings === undefined) this.#children.set(object.parent ?? '', [object]);
      else siblings.push(object);
    }
    this.#wired = new Set(
      topology.links.filter((link) => link.origin === 'wiring').flatMap((link) => [link.a, link.b]),
    );
  }

  object(id: string): TopologyObject | null {
    return this.#objects.get(id) ?? null;
  }

  children(id: string): readonly TopologyObject[] {
    return this.#children.get(id) ?? [];
  }

  /** Nearest object above one that satisfies a condition, itself included. */
  nearest(id: string | null, is: (object: TopologyObject) => boolean): TopologyObject | null {
    for (let at = id; at !== null;) {
      const object = this.#objects.get(at);
      if (object === undefined) return null;
      if (is(object)) return object;
      at = object.parent;
    }
    return null;
  }

  /** The drawn node that an object is in, itself included; null at the machine. */
  holder(id: string | null): string | null {
    const object = this.nearest(id, ({ id: at }) => this.#drawn.has(at));
    return object === null ? null : (this.#drawn.get(object.id) ?? null);
  }

  /** Every object that contains one of these, however deep. */
  above(objects: readonly TopologyObject[]): ReadonlySet<string> {
    const found = new Set<string>();
    for (const object of objects) {
      for (let at = object.parent; at !== null && !found.has(at);) {
        found.add(at);
        at = this.#objects.get(at)?.parent ?? null;
      }
    }
    return found;
  }

  drawnAs(id: string): string | null {
    return this.#drawn.get(id) ?? null;
  }

  add(node: Partial<GraphNode> & Pick<GraphNode, 'id' | 'kind' | 'title'>, of?: string): void {
    this.nodes.push({ ...blank, ...node });
    if (of !== undefined) this.#drawn.set(of, node.id);
  }

  /** The card of a place's CPU: wires to what the place has begin there. */
  addCpu(node: Partial<GraphNode> & Pick<GraphNode, 'id' | 'title'>, place: string): void {
    this.nodes.push({ ...blank, kind: 'cpu', ...node });
    this.#cpus.set(place, node.id);
  }

  edge(
    id: string,
    source: string,
    target: string,
    kind: GraphEdge['kind'],
    label: string | null,
    bandwidthGBs: number | null,
    rest: Partial<GraphEdge> = {},
  ): void {
    this.edges.push({ id, source, target, kind, label, bandwidthGBs, latencyNs: null, degraded: null, ...rest });
  }

  strip(pool: string | undefined): readonly StripRef[] {
    const shown = pool === undefined ? undefined : this.context.shown.get(pool);
    return pool === undefined || shown === undefined || shown.pages === 0
      ? []
      : [{ id: `pool:${pool}`, label: 'frames', ...shown }];
  }

  hasCpu(id: string): boolean {
    return this.#cpus.has(id);
  }

  /** The card of the CPU of the place that an object is in, or null. */
  cpuOf(id: string | null): string | null {
    const place = this.nearest(id, (object) => this.#cpus.has(object.id));
    return place === null ? null : (this.#cpus.get(place.id) ?? null);
  }

  /** A place for memory that the source has outside of it: a node with the CPUs of a package. */
  move(id: string, place: string): void {
    this.#moved.set(id, place);
  }
  readonly #moved = new Map<string, string>();

  placeOf(object: TopologyObject): string | null {
    return this.#moved.get(object.id) ?? object.parent;
  }

  /** True where the machine says by which link a thing is attached. */
  isWired(id: string): boolean {
    return this.#wired.has(id);
  }
}
