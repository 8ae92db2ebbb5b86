/**
 * The graph of links of a machine: the wires that its topology tells, and those that follow from what contains what.
 *
 *      told      gpu0 ─nvlink─ gpu1      package:0 ─upi─ package:1      package:0 ─ddr─ dram0
 *      implied   gpu0 ─pcie─ downstream port ─internal─ upstream port ─pcie─ root port ─internal─ host bridge ─ package:0
 *
 * What contains what implies an edge only where no wire between the two is told.
 */
import type { CostOverrides } from '../../model/costs.ts';
import type { FabricLink } from '../../model/fabric.ts';
import {
  linkGBs,
  objectsOf,
  pcieGBs,
  type DeviceMemory,
  type NumaNode,
  type PciBridge,
  type Topology,
} from '../../model/topology.ts';
import { linkLatencyNs, memoryLatencyNs, rootComplexEdgeNs, switchEdgeNs } from './link-figures.ts';
import { hostBridgesOf } from './pci-of.ts';
import { isPci, type Pci, type TopologyIndex } from './topology-index.ts';

/** How a memory hangs on what holds it, where the description has no wire for it. */
const memoryLinks: {
  readonly [K in NumaNode['memoryKind'] | DeviceMemory['memoryKind']]: FabricLink['kind'];
} = {
  dram: 'ddr',
  unknown: 'ddr',
  hbm: 'hbm',
  cxl: 'cxl',
  gpu: 'on-package',
  vram: 'on-package',
  sram: 'on-package',
  pmem: 'ddr',
};

class Links {
  readonly #costs: CostOverrides;
  readonly #links: Record<string, FabricLink> = {};
  /** What the wires of the description join, from both ends. */
  readonly #wired = new Map<string, Set<string>>();
  /** Things that a CXL wire ends at. */
  readonly #cxlEnds: ReadonlySet<string>;

  constructor(readonly index: TopologyIndex) {
    this.#costs = index.topology.costs ?? {};
    this.#cxlEnds = new Set(
      index.topology.links.flatMap(({ kind, origin, a, b }) => (kind === 'cxl' && origin === 'wiring' ? [a, b] : [])),
    );
  }

  all(): Record<string, FabricLink> {
    for (const link of this.index.topology.links) this.#told(link);
    for (const fn of this.index.topology.objects) if (isPci(fn)) this.#pcie(fn);
    for (const id of Object.keys(hostBridgesOf(this.index))) this.#hostBridge(id);
    for (const node of objectsOf(this.index.topology, 'numaNode')) this.#memory(node);
    for (const memory of objectsOf(this.index.topology, 'deviceMemory')) this.#memory(memory);
    this.#sockets();
    return this.#links;
  }

  #told(link: Topology['links'][number]): void {
    if (link.kind === 'network' && link.a === link.b) return;
    const [a, b] = [this.index.name(link.a), this.index.name(link.b)];
    this.#links[link.id] = {
      kind: link.kind,
      a,
      b,
      wire: link.id,
      gbs: link.bandwidthGBs,
      gbsFrom: link.bandwidthGBs === null ? 'unknown' : 'told',
      latencyNs: link.latencyNs ?? linkLatencyNs(this.#costs, link.kind),
      latencyFrom: link.latencyNs === null ? 'default' : 'told',
      coherent: link.coherent,
      atomics: link.atomics,
      origin: link.origin,
    };
    if (link.origin !== 'wiring') return;
    this.#wiredTo(a).add(b);
    this.#wiredTo(b).add(a);
  }

  #imply(a: string, b: string, fields: Partial<FabricLink> & Pick<FabricLink, 'kind' | 'latencyNs'>): void {
    const key = `${a}--${b}`;
    if (a === b || this.#wiredTo(a).has(b)) return;
    this.#links[key] = {
      a,
      b,
      wire: key,
      gbs: null,
      gbsFrom: 'unknown',
      latencyFrom: 'default',
      coherent: fields.kind !== 'pcie',
      atomics: null,
      origin: 'implied',
      ...fields,
    };
  }

  /** The edge from a function to what is above it: a PCIe link, or the inside of a switch or a root complex. */
  #pcie(fn: Pci): void {
    const name = this.index.name(fn.id);
    const bridge = this.index.bridgeAbove(fn);
    const above = bridge === null ? this.index.hostBridgeOf(this.index.physical(fn)) : this.index.name(bridge.id);
    if (bridge === null) {
      this.#imply(name, above, { kind: 'internal', latencyNs: rootComplexEdgeNs(this.#costs) });
      if (fn.kind === 'pciBridge' && this.#cxlEnds.has(fn.id)) this.#cxlPort(fn);
      return;
    }
    if (fn.kind === 'pciBridge' && fn.role === 'downstream') {
      this.#imply(name, above, { kind: 'internal', latencyNs: switchEdgeNs(this.#costs) });
      return;
    }
    const physical = this.index.physical(fn);
    const { link } = physical;
    const gbs = link === null ? null : linkGBs(link);
    const derived = link !== null && pcieGBs(link.currentSpeed, link.currentWidth) !== null;
    this.#imply(name, above, {
      kind: 'pcie',
      // Functions of one device are behind one connector.
      wire: `${above}--${physical.bdf.slice(0, physical.bdf.lastIndexOf('.'))}`,
      gbs,
      gbsFrom: gbs === null ? 'unknown' : derived ? 'derived' : 'told',
      latencyNs:
        fn.kind === 'pciBridge' && fn.role === 'upstream'
          ? switchEdgeNs(this.#costs)
          : linkLatencyNs(this.#costs, 'pcie'),
    });
  }

  /** CXL.mem leaves a root port towards the caches of the package, not through the PCIe side of the root complex. */
  #cxlPort(port: PciBridge): void {
    this.#imply(this.index.name(port.id), this.#placeOf(port.parent, port.numaNode), {
      kind: 'cxl',
      latencyNs: 0,
      gbsFrom: 'unknown',
    });
  }

  /** The package that something of a root complex is in: by containment, or by its nearest memory. */
  #placeOf(parent: string | null, numaNode: string | null): string {
    for (let at = this.index.get(parent); at !== undefined; at = this.index.get(at.parent))
      if (at.kind === 'package') return at.id;
    const node = this.index.get(numaNode);
    const around = node === undefined ? null : this.index.above(node, ['package']);
    return around?.id ?? 'machine';
  }

  #hostBridge(id: string): void {
    const object = this.index.get(id);
    const node = object?.kind === 'hostBridge' ? object.numaNode : null;
    const place = object?.kind === 'hostBridge' ? this.#placeOf(object.parent, node) : 'machine';
    this.#imply(id, place, { kind: 'internal', latencyNs: rootComplexEdgeNs(this.#costs) });
  }

  #memory(memory: NumaNode | DeviceMemory): void {
    const name = this.index.name(memory.id);
    const holder = this.index.above(memory, ['pciFunction', 'package']);
    const place = holder === null ? 'machine' : this.index.name(holder.id);
    if (this.#wiredTo(name).size > 0 && holder?.kind !== 'pciFunction') return;
    const link = memoryLinks[memory.memoryKind];
    const latencyNs = memoryLatencyNs(this.#costs, memory.memoryKind);
    this.#imply(name, place, { kind: holder?.kind === 'pciFunction' ? 'on-package' : link, latencyNs });
  }

  #wiredTo(name: string): Set<string> {
    const known = this.#wired.get(name) ?? new Set<string>();
    this.#wired.set(name, known);
    return known;
  }

  /** Sockets that no wire joins meet in the machine, a socket hop apart. */
  #sockets(): void {
    const sockets = objectsOf(this.index.topology, 'package').map(({ id }) => id);
    const joined = new Set<string>();
    const visit = (id: string): void => {
      if (joined.has(id)) return;
      joined.add(id);
      for (const other of this.#wiredTo(id)) visit(other);
    };
    if (sockets[0] !== undefined) visit(sockets[0]);
    const used = Object.values(this.#links).some(({ a, b }) => a === 'machine' || b === 'machine');
    const apart = sockets.filter((id) => !joined.has(id));
    if (!used && apart.length === 0) return;
    for (const id of used ? sockets : [...sockets.slice(0, 1), ...apart])
      this.#imply(id, 'machine', { kind: 'unknown', latencyNs: linkLatencyNs(this.#costs, 'upi') / 2 });
  }
}

export const linksOf = (index: TopologyIndex): Readonly<Record<string, FabricLink>> => new Links(index).all();
