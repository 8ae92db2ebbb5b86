/**
 * All parts of a machine as rows of a table: its objects, the BARs of its functions, and its links. Made once for a
 * machine, in one pass over it.
 */
import { printRate } from '../../base/format.ts';
import { compareNatural } from '../../base/order.ts';
import type { PartRow } from '../../contract/machine-views.ts';
import { firstPlace } from '../../model/provenance.ts';
import type { ShortNames } from '../../model/short-names.ts';
import type { Bar, Link, NumaNode, Topology, TopologyObject } from '../../model/topology.ts';
import { fullName, kindWord, linkWord, printSize, shortLabel } from './part-words.ts';

/** A row with what a search and an order by size need. */
export interface IndexedPart {
  readonly row: PartRow;
  /** All that is printed of it and the id, in lower case. */
  readonly text: string;
  readonly bytes: number | null;
  readonly what:
    | { readonly kind: 'object'; readonly object: TopologyObject }
    | { readonly kind: 'bar'; readonly object: TopologyObject; readonly bar: Bar }
    | { readonly kind: 'link'; readonly link: Link };
}

export interface PartIndex {
  readonly parts: readonly IndexedPart[];
  readonly byId: ReadonlyMap<string, IndexedPart>;
  readonly objects: ReadonlyMap<string, TopologyObject>;
  readonly kinds: readonly { readonly kind: string; readonly count: number }[];
}

/** The part that an id means: of a part, or of a node of the graph that stands for one. */
export const partOf = (index: PartIndex, id: string): IndexedPart | undefined =>
  index.byId.get(id) ?? index.byId.get(id.replace(/\/cpu$/, '').replace(/^group:/, ''));

const lower = (...parts: readonly (string | null | undefined)[]): string =>
  parts
    .filter((part) => part !== null && part !== undefined)
    .join('\n')
    .toLowerCase();

class Indexer {
  readonly #objects: ReadonlyMap<string, TopologyObject>;
  readonly #paths = new Map<string, readonly string[]>();
  readonly #nodes: readonly NumaNode[];
  readonly #parts: IndexedPart[] = [];

  constructor(
    readonly topology: Topology,
    readonly names: ShortNames,
    readonly drawn: ReadonlySet<string>,
  ) {
    this.#objects = new Map(topology.objects.map((object) => [object.id, object]));
    this.#nodes = topology.objects.filter((object) => object.kind === 'numaNode');
  }

  build(): PartIndex {
    for (const object of this.topology.objects) {
      this.#object(object);
      if (object.kind === 'pciFunction' || object.kind === 'pciBridge')
        for (const bar of object.bars) this.#bar(object, bar);
    }
    for (const link of this.topology.links) this.#link(link);
    const counts = new Map<string, number>();
    for (const { row } of this.#parts) counts.set(row.kind, (counts.get(row.kind) ?? 0) + 1);
    return {
      parts: this.#parts,
      byId: new Map(this.#parts.map((part) => [part.row.id, part])),
      objects: this.#objects,
      kinds: [...counts].map(([kind, count]) => ({ kind, count })).sort((a, b) => compareNatural(a.kind, b.kind)),
    };
  }

  /** Short labels of what contains an object, the outermost first, the machine left out. */
  #path(id: string | null): readonly string[] {
    const object = id === null ? undefined : this.#objects.get(id);
    if (object === undefined || object.kind === 'machine') return [];
    const known = this.#paths.get(object.id);
    if (known !== undefined) return known;
    const path = [...this.#path(object.parent), shortLabel(object)];
    this.#paths.set(object.id, path);
    return path;
  }

  /** The node of the graph that stands for an object: its own, else that of what contains it. */
  #drawn(id: string): string | null {
    for (let at: TopologyObject | undefined = this.#objects.get(id); at !== undefined;) {
      if (at.kind === 'package' && at.id !== id && this.drawn.has(`${at.id}/cpu`)) return `${at.id}/cpu`;
      if (this.drawn.has(at.id)) return at.id;
      at = at.parent === null ? undefined : this.#objects.get(at.parent);
    }
    return null;
  }

  /** The NUMA node of a part; absent where such a part is near several or none by its nature. */
  #node(object: TopologyObject): { readonly node?: string | null } {
    const named = (id: string | null): string | null => {
      const node = id === null ? undefined : this.#objects.get(id);
      return node?.kind === 'numaNode' && node.osIndex !== null ? String(node.osIndex) : null;
    };
    switch (object.kind) {
      case 'numaNode':
        return { node: object.osIndex === null ? null : String(object.osIndex) };
      case 'hostBridge':
      case 'pciBridge':
      case 'pciFunction':
        return { node: named(object.numaNode) };
      case 'pu': {
        const at = object.osIndex;
        const home =
          at === null
            ? undefined
            : this.#nodes.find((node) => (node.cpus ?? []).some(({ start, end }) => at >= start && at < end));
        return { node: home?.osIndex == null ? null : String(home.osIndex) };
      }
      case 'osDevice': {
        const above = object.parent === null ? undefined : this.#objects.get(object.parent);
        return above?.kind === 'pciFunction' ? { node: named(above.numaNode) } : {};
      }
      default:
        return {};
    }
  }

  #object(object: TopologyObject): void {
    const name = fullName(object, this.names);
    const kind = kindWord(object);
    const where = this.#path(object.parent).join(' › ');
    const bytes = 'bytes' in object ? object.bytes : null;
    const pci = 'bdf' in object ? { pci: object.bdf } : {};
    const node = this.#node(object);
    const source = firstPlace(this.topology, object.from);
    this.#parts.push({
      row: {
        id: object.id,
        name,
        kind,
        where,
        ...('bytes' in object ? { size: printSize(bytes) } : {}),
        ...pci,
        ...node,
        source,
        drawn: this.#drawn(object.id),
        difference: null,
      },
      text: lower(
        name,
        kind,
        where,
        object.id,
        printSize(bytes),
        pci.pci,
        node.node == null ? null : `node ${node.node}`,
        source,
        ...Object.values(object.facts),
      ),
      bytes,
      what: { kind: 'object', object },
    });
  }

  #bar(fn: Extract<TopologyObject, { kind: 'pciFunction' | 'pciBridge' }>, bar: Bar): void {
    const id = `${fn.id}/bar${bar.index}`;
    const name =
      bar.type === 'rom' || bar.index === 6
        ? 'Expansion ROM'
        : bar.index > 6
          ? `VF BAR ${bar.index - 7}`
          : `BAR ${bar.index}`;
    const kind = bar.type === 'io' ? 'BAR, I/O ports' : 'BAR';
    const where = this.#path(fn.id).join(' › ');
    const node = this.#node(fn);
    const source = firstPlace(this.topology, fn.from);
    const drawn = this.drawn.has(id) ? id : this.#drawn(fn.id);
    this.#parts.push({
      row: { id, name, kind, where, size: printSize(bar.bytes), pci: fn.bdf, ...node, source, drawn, difference: null },
      text: lower(
        name,
        kind,
        where,
        id,
        printSize(bar.bytes),
        bar.start === null ? null : `0x${bar.start.toString(16)}`,
        source,
      ),
      bytes: bar.bytes,
      what: { kind: 'bar', object: fn, bar },
    });
  }

  #link(link: Link): void {
    const end = (id: string): string => {
      const object = this.#objects.get(id);
      return object === undefined ? id : (this.names.devices.get(id) ?? shortLabel(object));
    };
    const rate = link.bandwidthGBs === null ? null : printRate(link.bandwidthGBs);
    const name = `${end(link.a)} – ${end(link.b)}${rate === null ? '' : ` · ${rate}`}`;
    const kind = link.origin === 'reported' ? `${linkWord(link)}, as reported` : linkWord(link);
    const source = firstPlace(this.topology, link.from);
    this.#parts.push({
      row: { id: link.id, name, kind, where: '', source, drawn: this.#drawn(link.a), difference: null },
      text: lower(name, kind, link.id, link.note, source),
      bytes: null,
      what: { kind: 'link', link },
    });
  }
}

/** `drawn`: ids of the nodes of the machine's graph. */
export const indexParts = (topology: Topology, names: ShortNames, drawn: ReadonlySet<string>): PartIndex =>
  new Indexer(topology, names, drawn).build();
