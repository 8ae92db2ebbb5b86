import type { Json } from '../base/json.ts';
import type { Span } from '../base/span.ts';
import type { CostOverrides } from './costs.ts';

/**
 * A machine as a graph: things, what contains what (`parent`), and what is wired to what (`links`).
 * Plain JSON and immutable. What a source cannot tell is null, never 0; what was worked out instead of read says so.
 *
 *      machine ─ package:0 ─ numa:0            links: numa:0 ─ddr─ package:0, gpu0 ─nvlink─ gpu1, package:0 ─upi─ package:1
 *              │           └ cache, core, pu   matrices: NUMALatency, reported reachability
 *              └ hostbridge:0000:00 ─ pci:0000:00:01.0 ─ pci:0000:01:00.0 ─ vram
 */
export interface Topology {
  /** Host name, model, or file name: what a person would call the machine. */
  readonly title: string | null;
  readonly sources: readonly TopologySource[];
  /** Parents come before their children. */
  readonly objects: readonly TopologyObject[];
  readonly links: readonly Link[];
  readonly matrices: readonly Matrix[];
  readonly memoryAttributes: readonly MemoryAttribute[];
  /** The physical address map in order of address; empty where no source has one. */
  readonly addressRanges: readonly AddressRange[];
  readonly policy: MachinePolicy;
  /** Figures of the cost model that hold for this machine in place of the defaults (costs.ts). */
  readonly costs?: CostOverrides;
  /** Counts that the sources can tell; all others are unknown. */
  readonly tells: readonly CountName[];
  readonly warnings: readonly TopologyWarning[];
  readonly conflicts: readonly Conflict[];
}

export const topologyFormats = [
  'hwloc-xml',
  'nccl-xml',
  'linux-snapshot',
  'this-machine',
  'nvidia-smi-topo',
  'rocm-smi-topo',
  'lspci',
  'iomem',
  'numactl',
  'cxl-list',
  'daxctl-list',
  'memscape',
] as const;
export type TopologyFormat = (typeof topologyFormats)[number];

export interface TopologySource {
  /** File name as the person gave it; for messages. */
  readonly name: string;
  readonly format: TopologyFormat;
  readonly version: string | null;
}

/** Where a statement comes from. */
export interface Provenance {
  /** Index into `sources`. */
  readonly source: number;
  /** Line in a text source, from 1. */
  readonly line: number | null;
  /** File inside a snapshot or machine ("sys/devices/..."). */
  readonly path: string | null;
}

export interface TopologyWarning {
  readonly source: number;
  readonly line: number | null;
  readonly message: string;
}

/** Two sources say different things about one field; the object holds the first value. */
export interface Conflict {
  readonly object: string;
  readonly field: string;
  readonly values: readonly { readonly source: number; readonly value: Json }[];
}

interface ObjectBase {
  /** Stable, from the source: "package:0", "numa:3", "pci:0000:3b:00.0", "os:nvme0n1". */
  readonly id: string;
  /** The object that contains it; null only for the machine. */
  readonly parent: string | null;
  readonly name: string | null;
  /** Remaining facts of the source, in its own words. */
  readonly facts: Readonly<Record<string, string>>;
  readonly from: readonly Provenance[];
}

export interface Machine extends ObjectBase {
  readonly kind: 'machine';
  readonly architecture: string | null;
}

export type CpuVendor = 'intel' | 'amd' | 'arm' | 'ibm' | 'nvidia' | 'other';

export interface CpuPackage extends ObjectBase {
  readonly kind: 'package';
  readonly osIndex: number | null;
  readonly vendor: CpuVendor | null;
  readonly family: number | null;
  readonly model: number | null;
}

export interface Die extends ObjectBase {
  readonly kind: 'die';
  readonly osIndex: number | null;
}

/** Things that belong together by a source's judgement: a sub-NUMA cluster, a cluster of cores, a hive. */
export interface Group extends ObjectBase {
  readonly kind: 'group';
  readonly osIndex: number | null;
  readonly subkind: string | null;
}

export interface Cache extends ObjectBase {
  readonly kind: 'cache';
  readonly level: number;
  readonly holds: 'unified' | 'data' | 'instruction';
  readonly bytes: number | null;
  readonly lineBytes: number | null;
}

/** A cache in front of a memory node: HBM or DRAM that caches slower memory. Contains the node. */
export interface MemorySideCache extends ObjectBase {
  readonly kind: 'memorySideCache';
  readonly level: number | null;
  readonly bytes: number | null;
  readonly lineBytes: number | null;
}

export interface Core extends ObjectBase {
  readonly kind: 'core';
  readonly osIndex: number | null;
}

/** One hardware thread. */
export interface Pu extends ObjectBase {
  readonly kind: 'pu';
  readonly osIndex: number | null;
}

export const memoryKinds = ['dram', 'hbm', 'cxl', 'gpu', 'pmem', 'unknown'] as const;
export type MemoryKind = (typeof memoryKinds)[number];

export interface NumaNode extends ObjectBase {
  readonly kind: 'numaNode';
  readonly osIndex: number | null;
  readonly memoryKind: MemoryKind;
  /** Why the kind was concluded; null where the source says it. */
  readonly memoryKindInferred: string | null;
  readonly bytes: number | null;
  /** CPUs that are on the node, by PU number; null: not told. Memory-only nodes have none. */
  readonly cpus: readonly Span[] | null;
  /** CPUs that are nearest to the node, where the source tells them apart from `cpus`. */
  readonly nearCpus: readonly Span[] | null;
  readonly registration: MemoryRegistration | null;
}

/** How the kernel knows the memory: ordinary node, or one of the MEMORY_DEVICE_* types (include/linux/memremap.h). */
export type MemoryRegistration = 'system' | 'private' | 'coherent' | 'fsdax' | 'generic' | 'p2pdma';

/** Memory on a device that is no NUMA node (yet): VRAM, SRAM, a controller memory buffer. */
export interface DeviceMemory extends ObjectBase {
  readonly kind: 'deviceMemory';
  readonly memoryKind: 'vram' | 'hbm' | 'sram' | 'cxl' | 'pmem' | 'unknown';
  readonly bytes: number | null;
  readonly registration: MemoryRegistration | null;
}

/** One root complex as the kernel sees it: a PCI domain and its root bus. */
export interface HostBridge extends ObjectBase {
  readonly kind: 'hostBridge';
  readonly domain: number | null;
  readonly rootBus: number | null;
  /** Last bus below; null: not told. */
  readonly lastBus: number | null;
  /** Id of the nearest NUMA node. */
  readonly numaNode: string | null;
  /** The first device enumerated on the root bus: the identity by which peer-to-peer trusts the bridge. */
  readonly firstDevice: {
    readonly devfn: number;
    readonly vendor: number;
    readonly device: number;
    readonly isRootPort: boolean;
  } | null;
  /** Addresses that the root complex forwards to its buses; none: not told. */
  readonly windows: readonly BridgeWindow[];
  /** Firmware demands that its assignment of addresses stays (pci_host_bridge.preserve_config); null: not told. */
  readonly keepsFirmwareSetup: boolean | null;
}

/** Access Control Services of a port or function: bits as PCI_ACS_CAP and PCI_ACS_CTRL. */
export type Acs =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'present'; readonly capability: number; readonly control: number };

/** Link towards the bridge above. Speeds in GT/s per lane, widths in lanes. */
export interface PciLink {
  readonly currentSpeed: number | null;
  readonly currentWidth: number | null;
  readonly maxSpeed: number | null;
  readonly maxWidth: number | null;
  /** GB/s in one direction as the source states it, where it does not tell lanes. */
  readonly statedGBs: number | null;
}

export interface Bar {
  /** 0-5 for BARs, 6 for the expansion ROM, 7 and up for those of virtual functions. */
  readonly index: number;
  readonly type: 'mem32' | 'mem64' | 'mem' | 'io' | 'rom';
  readonly prefetchable: boolean | null;
  readonly bytes: number | null;
  /** Physical address; null: unassigned or not told. */
  readonly start: number | null;
  readonly assigned: boolean | null;
  /** Sizes the Resizable BAR capability offers; null: no such capability, or not told. */
  readonly resizableBytes: readonly number[] | null;
  /** Memory that is seen through the window, and from which byte of it. */
  readonly backing: { readonly object: string; readonly offset: number } | null;
}

export interface BridgeWindow {
  readonly type: 'io' | 'mem' | 'prefetch';
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface P2pMemory {
  readonly bytes: number | null;
  readonly availableBytes: number | null;
  readonly published: boolean | null;
}

interface PciBase extends ObjectBase {
  /** domain:bus:device.function, lower-case hex, the domain with at least four digits. */
  readonly bdf: string;
  /** 16-bit class code (base << 8 | sub): 0x0302. */
  readonly class: number | null;
  readonly progIf: number | null;
  readonly vendor: number | null;
  readonly device: number | null;
  readonly subsystemVendor: number | null;
  readonly subsystemDevice: number | null;
  readonly revision: number | null;
  readonly bars: readonly Bar[];
  readonly link: PciLink | null;
  readonly acs: Acs;
  readonly iommuGroup: number | null;
  /** Id of the nearest NUMA node. */
  readonly numaNode: string | null;
  readonly driver: string | null;
}

export interface PciBridge extends PciBase {
  readonly kind: 'pciBridge';
  readonly role: 'rootPort' | 'upstream' | 'downstream' | 'bridge';
  readonly secondaryBus: number | null;
  readonly subordinateBus: number | null;
  readonly windows: readonly BridgeWindow[];
  /** Widest AtomicOp (bits) that a root port completes; 0: none; null: not told. */
  readonly completerAtomics: 0 | 32 | 64 | 128 | null;
  /** Switch ports: routes AtomicOps (PCI_EXP_DEVCAP2_ATOMIC_ROUTE); null: not told. */
  readonly routesAtomics: boolean | null;
  /** AtomicOps are not let out towards the root (PCI_EXP_DEVCTL2_ATOMIC_EGRESS_BLOCK); null: not told. */
  readonly blocksAtomics: boolean | null;
}

export const deviceKinds = ['gpu', 'nic', 'storage', 'accelerator', 'nvSwitch', 'cxlMemdev', 'other'] as const;
export type DeviceKind = (typeof deviceKinds)[number];

export const engineKinds = ['copy', 'compute', 'crypto', 'compress', 'ai', 'nic', 'rsa'] as const;
export type EngineKind = (typeof engineKinds)[number];

/** A unit of a device that works on memory. */
export interface Engine {
  readonly kind: EngineKind;
  /** Input that it takes, in GB/s; null: not told. */
  readonly throughputGBs: number | null;
}

export interface PciFunction extends PciBase {
  readonly kind: 'pciFunction';
  readonly deviceKind: DeviceKind;
  readonly p2pMemory: P2pMemory | null;
  /** Id of the physical function that a virtual function belongs to. */
  readonly physicalFunction: string | null;
  readonly atomicsRequester: boolean | null;
  readonly ats: boolean | null;
  readonly pri: boolean | null;
  /** Bits of PASID that the function supports, 0: none. */
  readonly pasidWidth: number | null;
  /** PASIDs that its driver can use, where that is less than the width gives; null: not told. */
  readonly maxPasids: number | null;
  /** What it computes with; null: not told. */
  readonly engines: readonly Engine[] | null;
}

/** What an operating system calls a device: eth0, nvme0n1, cuda0, mem0, dax0.0. */
export interface OsDevice extends ObjectBase {
  readonly kind: 'osDevice';
  readonly classes: readonly (
    'storage' | 'memory' | 'gpu' | 'coprocessor' | 'network' | 'openfabrics' | 'dma' | 'dax' | 'cxlMemdev' | 'other'
  )[];
  readonly subtype: string | null;
}

/** A part of the CXL address decoding: bus, port, decoder or region. */
export interface CxlObject extends ObjectBase {
  readonly kind: 'cxlBus' | 'cxlPort' | 'cxlDecoder' | 'cxlRegion';
  readonly start: number | null;
  readonly bytes: number | null;
  readonly interleaveWays: number | null;
  readonly interleaveGranularity: number | null;
  /** Ids of memdevs, in the order of interleave, where told. */
  readonly targets: readonly string[];
  readonly mode: string | null;
}

export interface Misc extends ObjectBase {
  readonly kind: 'misc';
  readonly subtype: string | null;
}

export type TopologyObject =
  | Machine
  | CpuPackage
  | Die
  | Group
  | Cache
  | MemorySideCache
  | Core
  | Pu
  | NumaNode
  | DeviceMemory
  | HostBridge
  | PciBridge
  | PciFunction
  | OsDevice
  | CxlObject
  | Misc;

export const linkKinds = [
  'ddr',
  'hbm',
  'pcie',
  'cxl',
  'nvlink',
  'xgmi',
  'c2c',
  'upi',
  'on-package',
  'network',
  'unknown',
] as const;
export type LinkKind = (typeof linkKinds)[number];

/** An undirected edge. */
export interface Link {
  readonly id: string;
  readonly kind: LinkKind;
  readonly a: string;
  readonly b: string;
  /** `reported`: a driver says that a reaches b over this kind of link; whether a wire joins them is not told. Not drawn as a wire. */
  readonly origin: 'wiring' | 'reported';
  /** GB/s (decimal) in one direction, of all `count` links together. */
  readonly bandwidthGBs: number | null;
  /** ns, one way. */
  readonly latencyNs: number | null;
  /** How many physical links the edge stands for. */
  readonly count: number | null;
  readonly coherent: boolean | null;
  readonly atomics: boolean | null;
  readonly note: string | null;
  readonly from: readonly Provenance[];
}

/** Values between objects as a source reports them: SLIT distances, bandwidths, hops, path classes. */
export interface Matrix {
  readonly name: string;
  readonly unit: string | null;
  readonly means: 'latency' | 'bandwidth' | 'hops' | 'weight' | 'path' | 'capability' | 'unknown';
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Row by row; null: not told, or the diagonal of a bandwidth matrix. */
  readonly values: readonly (number | string | null)[];
  readonly from: readonly Provenance[];
}

export interface MemoryAttribute {
  readonly name: string;
  readonly unit: string | null;
  readonly target: string;
  /** An object, a set of CPUs, or null where the attribute has no initiator. */
  readonly initiator:
    | { readonly kind: 'object'; readonly object: string }
    | { readonly kind: 'cpus'; readonly cpus: readonly Span[] }
    | null;
  readonly value: number;
  readonly from: readonly Provenance[];
}

/** A row of /proc/iomem; `end` is exclusive. */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
  readonly label: string;
  readonly depth: number;
  /** Object that owns the range, where it can be told. */
  readonly object: string | null;
  readonly from: readonly Provenance[];
}

export interface MachinePolicy {
  /** Every root port forwards peer traffic (AMD family 0x17 and later). Null: not told. */
  readonly cpuForwardsPeers: boolean | null;
  readonly iommu: boolean | null;
}

/** The counts of `inspect`, by their path in its JSON. */
export const countNames = [
  'packages',
  'cores',
  'pus',
  'numaNodes',
  'hostBridges',
  'pciBridges',
  'pciFunctions',
  'gpus',
  'nics',
  'storage',
  'accelerators',
  'nvSwitches',
  'cxlMemdevs',
  'bars',
  'links.nvlink',
  'links.xgmi',
  'links.c2c',
  'links.cxl',
] as const;
export type CountName = (typeof countNames)[number];

export type KindOf<K extends TopologyObject['kind']> = Extract<TopologyObject, { readonly kind: K }>;

/** All objects of one kind, in order. */
export function objectsOf<K extends TopologyObject['kind']>(
  topology: Pick<Topology, 'objects'>,
  kind: K,
): readonly KindOf<K>[] {
  return topology.objects.filter((object): object is KindOf<K> => object.kind === kind);
}

/** Usable GB/s of a PCIe link in one direction: lanes x rate x line coding, before packet overhead. Null where not told. */
export function pcieGBs(speedGTs: number | null, width: number | null): number | null {
  if (speedGTs === null || width === null) return null;
  const coding = speedGTs <= 5 ? 8 / 10 : speedGTs <= 32 ? 128 / 130 : 242 / 256;
  return (speedGTs * coding * width) / 8;
}

/** GB/s of a device's link as it runs now, from its lanes or as the source states it. */
export const linkGBs = (link: PciLink): number | null =>
  pcieGBs(link.currentSpeed, link.currentWidth) ?? link.statedGBs;

/** True where a link is known to run slower or narrower than both its ends can. */
export function isDegraded(link: PciLink): boolean {
  const below = (current: number | null, max: number | null): boolean =>
    current !== null && max !== null && current < max;
  return below(link.currentSpeed, link.maxSpeed) || below(link.currentWidth, link.maxWidth);
}
