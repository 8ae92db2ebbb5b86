/**
 * The objects of a topology as the fabric asks for them: by id, by name, and by what is above them.
 *
 *      gpu0 ── downstream port ── upstream port ── root port ── host bridge ── package:0
 *      bridgeAbove(gpu0) = downstream port      hostBridgeOf(gpu0) = the host bridge's id
 */
import { shortNames, type ShortNames } from '../../model/short-names.ts';
import type { PciBridge, PciFunction, Topology, TopologyObject } from '../../model/topology.ts';

export type Pci = PciFunction | PciBridge;
export const isPci = (object: TopologyObject | undefined): object is Pci =>
  object?.kind === 'pciFunction' || object?.kind === 'pciBridge';

export class TopologyIndex {
  readonly #objects: ReadonlyMap<string, TopologyObject>;
  readonly #names: ShortNames;

  constructor(readonly topology: Topology) {
    this.#objects = new Map(topology.objects.map((object) => [object.id, object]));
    this.#names = shortNames(topology);
  }

  /** What the world calls an object. */
  name(id: string): string {
    return this.#names.devices.get(id) ?? this.#names.pools.get(id) ?? id;
  }

  get(id: string | null): TopologyObject | undefined {
    return id === null ? undefined : this.#objects.get(id);
  }

  /** The nearest object above of some kinds. */
  above(object: TopologyObject, kinds: readonly TopologyObject['kind'][]): TopologyObject | null {
    for (let at = this.get(object.parent); at !== undefined; at = this.get(at.parent))
      if (kinds.includes(at.kind)) return at;
    return null;
  }

  /** The physical function of a virtual one; itself otherwise. A virtual function climbs by it. */
  physical(fn: Pci): Pci {
    const physical = fn.kind === 'pciFunction' ? this.get(fn.physicalFunction) : undefined;
    return isPci(physical) && physical !== fn ? physical : fn;
  }

  /** The bridge that a function is behind; null on a root bus. */
  bridgeAbove(fn: Pci): PciBridge | null {
    const above = this.above(this.physical(fn), ['pciBridge', 'hostBridge']);
    return above?.kind === 'pciBridge' ? above : null;
  }

  /** Id of the host bridge of a function; made of its bus where the description has none. */
  hostBridgeOf(fn: Pci): string {
    return this.above(fn, ['hostBridge'])?.id ?? `hostbridge:${fn.bdf.slice(0, fn.bdf.lastIndexOf(':'))}`;
  }
}
