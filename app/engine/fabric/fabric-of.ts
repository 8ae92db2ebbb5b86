/**
 * The fabric of a machine from its topology: PCI functions, BARs and host bridges as records, and one graph of links.
 *
 *      told      gpu0 ─nvlink─ gpu1      package:0 ─upi─ package:1      package:0 ─ddr─ dram0
 *      implied   gpu0 ─pcie─ downstream port ─internal─ upstream port ─pcie─ root port ─internal─ host bridge ─ package:0
 *
 * What contains what implies an edge only where no wire between the two is told.
 */
import { shortNames, type ShortNames } from '../../model/short-names.ts';
import {
  linkGBs,
  objectsOf,
  pcieGBs,
  type Bar,
  type DeviceMemory,
  type NumaNode,
  type PciBridge,
  type PciFunction,
  type Topology,
  type TopologyObject,
} from '../../model/topology.ts';
import type {
  CpuSocket,
  FabricLink,
  MemoryAccess,
  OsNode,
  P2pMemory,
  PciBar,
  PciDevice,
  PciHostBridge,
} from '../../model/fabric.ts';
import type { CostOverrides } from '../../model/costs.ts';
import { linkLatencyNs, memoryLatencyNs, rootComplexEdgeNs, switchEdgeNs } from './link-figures.ts';

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

/** The records that a machine's fabric starts with. */
export interface Fabric {
  readonly socket: Readonly<Record<string, CpuSocket>>;
  readonly pci: Readonly<Record<string, PciDevice>>;
  readonly hostBridge: Readonly<Record<string, PciHostBridge>>;
  readonly bar: Readonly<Record<string, PciBar>>;
  readonly link: Readonly<Record<string, FabricLink>>;
  readonly memoryAccess: Readonly<Record<string, MemoryAccess>>;
  readonly p2pMemory: Readonly<Record<string, P2pMemory>>;
  readonly osNode: Readonly<Record<string, OsNode>>;
  readonly cpuForwardsPeers: boolean;
  readonly iommu: boolean;
}

export const noFabric: Fabric = {
  socket: {},
  pci: {},
  hostBridge: {},
  bar: {},
  link: {},
  memoryAccess: {},
  p2pMemory: {},
  osNode: {},
  cpuForwardsPeers: false,
  iommu: false,
};

const amdZenFamily = 0x17;

type Pci = PciFunction | PciBridge;
const isPci = (object: TopologyObject | undefined): object is Pci =>
  object?.kind === 'pciFunction' || object?.kind === 'pciBridge';

export const barName = (device: string, index: number): string => `${device}.bar${index}`;

class Builder {
  readonly #objects: ReadonlyMap<string, TopologyObject>;
  readonly #names: ShortNames;
  readonly #costs: CostOverrides;
  readonly #links: Record<string, FabricLink> = {};
  /** What the wires of the description join, from both ends. */
  readonly #wired = new Map<string, Set<string>>();
  /** Things that a CXL wire ends at. */
  readonly #cxlEnds: ReadonlySet<string>;

  constructor(readonly topology: Topology) {
    this.#objects = new Map(topology.objects.map((object) => [object.id, object]));
    this.#names = shortNames(topology);
    this.#costs = topology.costs ?? {};
    this.#cxlEnds = new Set(
      topology.links.flatMap(({ kind, origin, a, b }) => (kind === 'cxl' && origin === 'wiring' ? [a, b] : [])),
    );
  }

  name(id: string): string {
    return this.#names.devices.get(id) ?? this.#names.pools.get(id) ?? id;
  }

  #get(id: string | null): TopologyObject | undefined {
    return id === null ? undefined : this.#objects.get(id);
  }

  /** The nearest object above of some kinds. */
  #above(object: TopologyObject, kinds: readonly TopologyObject['kind'][]): TopologyObject | null {
    for (let at = this.#get(object.parent); at !== undefined; at = this.#get(at.parent))
      if (kinds.includes(at.kind)) return at;
    return null;
  }

  /** The physical function of a virtual one; itself otherwise. A virtual function climbs by it. */
  #physical(fn: Pci): Pci {
    const physical = fn.kind === 'pciFunction' ? this.#get(fn.physicalFunction) : undefined;
    return isPci(physical) && physical !== fn ? physical : fn;
  }

  #bridgeAbove(fn: Pci): PciBridge | null {
    const above = this.#above(this.#physical(fn), ['pciBridge', 'hostBridge']);
    return above?.kind === 'pciBridge' ? above : null;
  }

  #hostBridgeOf(fn: Pci): string {
    return this.#above(fn, ['hostBridge'])?.id ?? `hostbridge:${fn.bdf.slice(0, fn.bdf.lastIndexOf(':'))}`;
  }

  pci(): Record<string, PciDevice> {
    const all = this.topology.objects.filter(isPci);
    const virtual = new Map<string, number>();
    for (const fn of all)
      if (fn.kind === 'pciFunction' && fn.physicalFunction !== null)
        virtual.set(fn.physicalFunction, (virtual.get(fn.physicalFunction) ?? 0) + 1);
    return Object.fromEntries(all.map((fn) => [this.name(fn.id), this.#pciDevice(fn, virtual.get(fn.id) ?? 0)]));
  }

  #pciDevice(fn: Pci, virtualFunctions: number): PciDevice {
    const above = this.#bridgeAbove(fn);
    const endpoint = fn.kind === 'pciFunction' ? fn : null;
    const bridge = fn.kind === 'pciBridge' ? fn : null;
    const width = endpoint?.pasidWidth ?? null;
    const most = width === null ? null : width === 0 ? 0 : 2 ** width;
    const limit = endpoint?.maxPasids ?? null;
    const physical = this.#get(endpoint?.physicalFunction ?? null);
    return {
      bdf: fn.bdf,
      role: bridge?.role ?? 'endpoint',
      deviceKind: endpoint?.deviceKind ?? null,
      above: above === null ? null : this.name(above.id),
      hostBridge: this.#hostBridgeOf(this.#physical(fn)),
      physicalFunction: physical === undefined ? null : this.name(physical.id),
      acs: fn.acs.kind === 'present' ? { capability: fn.acs.capability, control: fn.acs.control } : null,
      acsTold: fn.acs.kind !== 'unknown',
      iommuGroup: fn.iommuGroup,
      driver: fn.driver,
      decode: fn.bars.some((bar) => bar.start !== null),
      virtualFunctions,
      windows: bridge?.windows ?? [],
      ats: endpoint?.ats ?? null,
      pri: endpoint?.pri ?? null,
      maxPasids: limit === null ? most : most === null ? limit : Math.min(limit, most),
      atomics: {
        requester: endpoint?.atomicsRequester ?? null,
        enabled: false,
        completer: bridge?.completerAtomics ?? null,
        routes: bridge?.routesAtomics ?? null,
        blocks: bridge?.blocksAtomics ?? null,
      },
      engines: endpoint?.engines ?? enginesByKind(endpoint),
    };
  }

  hostBridges(): Record<string, PciHostBridge> {
    const told = objectsOf(this.topology, 'hostBridge').map((bridge): [string, PciHostBridge] => [
      bridge.id,
      {
        firstDevice: bridge.firstDevice,
        windows: bridge.windows,
        keepsFirmwareSetup: bridge.keepsFirmwareSetup ?? false,
      },
    ]);
    const missing = this.topology.objects
      .filter(isPci)
      .map((fn): [string, PciHostBridge] => [
        this.#hostBridgeOf(fn),
        { firstDevice: null, windows: [], keepsFirmwareSetup: false },
      ]);
    return Object.fromEntries([...missing, ...told]);
  }

  bars(): Record<string, PciBar> {
    return Object.fromEntries(
      this.topology.objects.filter(isPci).flatMap((fn) =>
        fn.bars.map((bar): [string, PciBar] => {
          const device = this.name(fn.id);
          return [barName(device, bar.index), this.#bar(device, bar)];
        }),
      ),
    );
  }

  #bar(device: string, bar: Bar): PciBar {
    return {
      device,
      index: bar.index,
      type: bar.type === 'mem' ? 'mem64' : bar.type,
      prefetchable: bar.prefetchable ?? false,
      bytes: bar.bytes ?? 0,
      start: bar.assigned === false ? null : bar.start,
      resizable: bar.resizableBytes,
      pool: bar.backing === null ? null : this.name(bar.backing.object),
      offset: bar.backing?.offset ?? 0,
    };
  }

  /** Memory that the kernel of the described machine offers to peers already. */
  p2pMemory(): Record<string, P2pMemory> {
    return Object.fromEntries(
      objectsOf(this.topology, 'pciFunction').flatMap((fn) => {
        const { p2pMemory: offered } = fn;
        if (offered === null || offered.bytes === null) return [];
        const bar = fn.bars.find((b) => b.type !== 'io' && b.type !== 'rom' && (b.bytes ?? 0) >= (offered.bytes ?? 0));
        const memory: P2pMemory = {
          regions: [{ bar: bar?.index ?? 0, offset: 0, bytes: offered.bytes }],
          bytes: offered.bytes,
          free: offered.availableBytes ?? offered.bytes,
          published: offered.published ?? false,
        };
        return [[this.name(fn.id), memory] as const];
      }),
    );
  }

  osNodes(): Record<string, OsNode> {
    return Object.fromEntries(
      objectsOf(this.topology, 'osDevice').map((node) => {
        const above = this.#above(node, ['pciFunction']);
        return [node.name ?? node.id, { above: above === null ? null : this.name(above.id) }];
      }),
    );
  }

  links(): Record<string, FabricLink> {
    for (const link of this.topology.links) this.#told(link);
    for (const fn of this.topology.objects) if (isPci(fn)) this.#pcie(fn);
    for (const id of Object.keys(this.hostBridges())) this.#hostBridge(id);
    for (const node of objectsOf(this.topology, 'numaNode')) this.#memory(node);
    for (const memory of objectsOf(this.topology, 'deviceMemory')) this.#memory(memory);
    this.#sockets();
    return this.#links;
  }

  #told(link: Topology['links'][number]): void {
    if (link.kind === 'network' && link.a === link.b) return;
    const [a, b] = [this.name(link.a), this.name(link.b)];
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
    const name = this.name(fn.id);
    const bridge = this.#bridgeAbove(fn);
    const above = bridge === null ? this.#hostBridgeOf(this.#physical(fn)) : this.name(bridge.id);
    if (bridge === null) {
      this.#imply(name, above, { kind: 'internal', latencyNs: rootComplexEdgeNs(this.#costs) });
      if (fn.kind === 'pciBridge' && this.#cxlEnds.has(fn.id)) this.#cxlPort(fn);
      return;
    }
    if (fn.kind === 'pciBridge' && fn.role === 'downstream') {
      this.#imply(name, above, { kind: 'internal', latencyNs: switchEdgeNs(this.#costs) });
      return;
    }
    const physical = this.#physical(fn);
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
    this.#imply(this.name(port.id), this.#placeOf(port.parent, port.numaNode), {
      kind: 'cxl',
      latencyNs: 0,
      gbsFrom: 'unknown',
    });
  }

  /** The package that something of a root complex is in: by containment, or by its nearest memory. */
  #placeOf(parent: string | null, numaNode: string | null): string {
    for (let at = this.#get(parent); at !== undefined; at = this.#get(at.parent))
      if (at.kind === 'package') return at.id;
    const node = this.#get(numaNode);
    const around = node === undefined ? null : this.#above(node, ['package']);
    return around?.id ?? 'machine';
  }

  #hostBridge(id: string): void {
    const object = this.#get(id);
    const node = object?.kind === 'hostBridge' ? object.numaNode : null;
    const place = object?.kind === 'hostBridge' ? this.#placeOf(object.parent, node) : 'machine';
    this.#imply(id, place, { kind: 'internal', latencyNs: rootComplexEdgeNs(this.#costs) });
  }

  #memory(memory: NumaNode | DeviceMemory): void {
    const name = this.name(memory.id);
    const holder = this.#above(memory, ['pciFunction', 'package']);
    const place = holder === null ? 'machine' : this.name(holder.id);
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
    const sockets = objectsOf(this.topology, 'package').map(({ id }) => id);
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

  memoryAccess(): Record<string, MemoryAccess> {
    const rows: Record<string, MemoryAccess> = {};
    for (const attribute of this.topology.memoryAttributes) {
      const from = attribute.initiator;
      const initiators =
        from === null ? [] : from.kind === 'object' ? [this.name(from.object)] : this.#socketsOf(from.cpus);
      const target = this.name(attribute.target);
      for (const initiator of initiators) {
        const key = `${target}<${initiator}`;
        const row = rows[key] ?? {
          target,
          initiator,
          readBandwidth: null,
          writeBandwidth: null,
          readLatency: null,
          writeLatency: null,
        };
        rows[key] = { ...row, ...accessFields(attribute.name, attribute.value) };
      }
    }
    return rows;
  }

  /** Packages that have one of the CPUs. */
  #socketsOf(cpus: readonly { readonly start: number; readonly end: number }[]): readonly string[] {
    this.#knownCpus ??= this.#cpus();
    const found = new Set<string>();
    for (const { start, end } of cpus) {
      // From the first CPU of the span on, until each socket has been seen: a machine has few.
      let [low, high] = [0, this.#knownCpus.list.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((this.#knownCpus.list[middle]?.index ?? 0) < start) low = middle + 1;
        else high = middle;
      }
      for (let at = low; found.size < this.#knownCpus.sockets; at++) {
        const cpu = this.#knownCpus.list[at];
        if (cpu === undefined || cpu.index >= end) break;
        found.add(cpu.socket);
      }
    }
    return [...found];
  }

  /** CPUs in order of their numbers, each with its socket. */
  #cpus(): Cpus {
    const list = objectsOf(this.topology, 'pu')
      .flatMap((pu) => {
        const socket = this.#above(pu, ['package']);
        return pu.osIndex === null || socket === null ? [] : [{ index: pu.osIndex, socket: socket.id }];
      })
      .sort((a, b) => a.index - b.index);
    return { list, sockets: new Set(list.map(({ socket }) => socket)).size };
  }

  #knownCpus: Cpus | null = null;
}

interface Cpus {
  readonly list: readonly { readonly index: number; readonly socket: string }[];
  readonly sockets: number;
}

function enginesByKind(fn: PciFunction | null): PciDevice['engines'] {
  if (fn?.deviceKind === 'gpu')
    return [
      { kind: 'compute', throughputGBs: null },
      { kind: 'copy', throughputGBs: null },
    ];
  return fn?.deviceKind === 'nic' ? [{ kind: 'nic', throughputGBs: null }] : [];
}

function accessFields(name: string, value: number): Partial<MemoryAccess> {
  switch (name) {
    case 'Bandwidth':
      return { readBandwidth: value, writeBandwidth: value };
    case 'ReadBandwidth':
      return { readBandwidth: value };
    case 'WriteBandwidth':
      return { writeBandwidth: value };
    case 'Latency':
      return { readLatency: value, writeLatency: value };
    case 'ReadLatency':
      return { readLatency: value };
    case 'WriteLatency':
      return { writeLatency: value };
    default:
      return {};
  }
}

/** The fabric that a machine boots with. */
export function fabricOf(topology: Topology): Fabric {
  const builder = new Builder(topology);
  const sockets = objectsOf(topology, 'package');
  return {
    socket: Object.fromEntries(sockets.map(({ id, vendor, family }) => [id, { vendor, family }])),
    pci: builder.pci(),
    hostBridge: builder.hostBridges(),
    bar: builder.bars(),
    link: builder.links(),
    memoryAccess: builder.memoryAccess(),
    p2pMemory: builder.p2pMemory(),
    osNode: builder.osNodes(),
    cpuForwardsPeers:
      topology.policy.cpuForwardsPeers ??
      sockets.some(({ vendor, family }) => vendor === 'amd' && family !== null && family >= amdZenFamily),
    iommu: topology.policy.iommu ?? false,
  };
}
