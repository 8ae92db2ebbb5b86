/**
 * What makes an object of one machine the same thing as an object of another: a PCI address, a number that the
 * operating system gives, a name, or the place among siblings. Ids are not enough: every format has its own.
 */
import type { Link, Topology, TopologyObject } from '../../model/topology.ts';

/** Gives every object of a machine its identity. `alias` replaces PCI addresses of devices that moved. */
export class Identities {
  readonly #objects: ReadonlyMap<string, TopologyObject>;
  readonly #keys = new Map<string, string>();
  readonly #threads = new Map<string, number>();
  readonly #nodes = new Map<string, number>();

  constructor(
    topology: Topology,
    readonly alias: ReadonlyMap<string, string> = new Map(),
  ) {
    this.#objects = new Map(topology.objects.map((object) => [object.id, object]));
    this.#findLowest(topology);
    const used = new Map<string, number>();
    // Parents come before their children, so that a child can build on its parent's identity.
    for (const object of topology.objects) {
      const base = this.#base(object);
      const before = used.get(base) ?? 0;
      used.set(base, before + 1);
      this.#keys.set(object.id, before === 0 ? base : `${base}#${before}`);
    }
  }

  /** The identity of an object; of what is not an object, its id. */
  of(id: string | null): string {
    return id === null ? '' : (this.#keys.get(id) ?? id);
  }

  ofLink(link: Link): string {
    return `link:${link.kind}:${[this.of(link.a), this.of(link.b)].sort().join('~')}`;
  }

  /** The lowest hardware thread below each object, and the lowest node: they tell alike caches and groups apart. */
  #findLowest(topology: Topology): void {
    const note = (lowest: Map<string, number>, object: TopologyObject, number: number): void => {
      for (let at: TopologyObject | undefined = object; at !== undefined;) {
        if ((lowest.get(at.id) ?? Infinity) <= number) return;
        lowest.set(at.id, number);
        at = at.parent === null ? undefined : this.#objects.get(at.parent);
      }
    };
    for (const object of topology.objects) {
      if (object.kind === 'pu' && object.osIndex !== null) note(this.#threads, object, object.osIndex);
      if (object.kind === 'numaNode' && object.osIndex !== null) note(this.#nodes, object, object.osIndex);
    }
  }

  #base(object: TopologyObject): string {
    const above = this.of(object.parent);
    const thread = this.#threads.get(object.id);
    const node = this.#nodes.get(object.id);
    const place = thread !== undefined ? `cpu${thread}` : node !== undefined ? `node${node}` : above;
    switch (object.kind) {
      case 'machine':
        return 'machine';
      case 'package':
        return `package:${object.osIndex ?? place}`;
      case 'numaNode':
        return `node:${object.osIndex ?? `of ${above}`}`;
      case 'pu':
        return `cpu:${object.osIndex ?? `of ${above}`}`;
      case 'core':
        return `core:${thread !== undefined ? `cpu${thread}` : `${above}/${object.osIndex ?? ''}`}`;
      case 'die':
      case 'group':
        return `${object.kind}:${place}`;
      case 'cache':
        return `L${object.level} ${object.holds}:${place}`;
      case 'memorySideCache':
        return `memory-side cache:${place}`;
      case 'hostBridge':
        return object.rootBus === null
          ? `host bridge:${object.id}`
          : `host bridge:${object.domain ?? 0}:${object.rootBus}`;
      case 'pciBridge':
      case 'pciFunction':
        return this.alias.get(`pci:${object.bdf}`) ?? `pci:${object.bdf}`;
      case 'osDevice':
        return `os:${object.name ?? object.id}`;
      case 'deviceMemory':
        return `memory:${above}`;
      case 'cxlBus':
      case 'cxlPort':
      case 'cxlDecoder':
      case 'cxlRegion':
        return `${object.kind}:${object.name ?? object.id}`;
      case 'misc':
        return /^pci:/.test(object.id) ? object.id : `misc:${above}/${object.name ?? ''}`;
    }
  }
}
