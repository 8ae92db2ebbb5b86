/**
 * The fabric of a machine as records: what an operation can change of it (ACS bits, BARs, windows, drivers, links) and
 * what decides who reaches whose memory. Names are those that stories use: "gpu0", "gpu0.vram", "dram0"; what has no
 * such name goes by its id in the topology: "package:0", "hostbridge:0000:15", "pci:0000:17:00.0".
 */
import type { BridgeWindow, CpuVendor, DeviceKind, Engine, HostBridge, LinkKind, PciBridge } from './topology.ts';

/** A CPU package as a place of the fabric. Key: its id. */
export interface CpuSocket {
  readonly vendor: CpuVendor | null;
  readonly family: number | null;
}

/** A PCI function: an endpoint, or a bridge. Key: its name. */
export interface PciDevice {
  /** domain:bus:device.function */
  readonly bdf: string;
  readonly role: 'endpoint' | PciBridge['role'];
  /** What an endpoint is; null for bridges. */
  readonly deviceKind: DeviceKind | null;
  /** Bridge above; null on a root bus. A virtual function has that of its physical function. */
  readonly above: string | null;
  readonly hostBridge: string;
  /** The physical function that a virtual one belongs to. */
  readonly physicalFunction: string | null;
  /** PCI_ACS_CAP and PCI_ACS_CTRL; null: no such capability, or not told. */
  readonly acs: { readonly capability: number; readonly control: number } | null;
  /** False: whether there is an ACS capability is not told, and none is assumed. */
  readonly acsTold: boolean;
  readonly iommuGroup: number | null;
  readonly driver: string | null;
  /** Memory decode of the command register (PCI_COMMAND_MEMORY). */
  readonly decode: boolean;
  /** Virtual functions that are switched on. */
  readonly virtualFunctions: number;
  readonly windows: readonly BridgeWindow[];
  readonly ats: boolean | null;
  readonly pri: boolean | null;
  /** PASIDs that it can use, 0 among them; 0: none; null: not told. */
  readonly maxPasids: number | null;
  readonly atomics: {
    /** Endpoint: can send AtomicOps. */
    readonly requester: boolean | null;
    /** Endpoint: sending them is switched on (PCI_EXP_DEVCTL2_ATOMIC_REQ). */
    readonly enabled: boolean;
    /** Root port: widest AtomicOp that it completes, in bits. */
    readonly completer: PciBridge['completerAtomics'];
    /** Switch port: routes them. */
    readonly routes: boolean | null;
    /** Switch port: does not let them out towards the root. */
    readonly blocks: boolean | null;
  };
  readonly engines: readonly Engine[];
}

/** A root complex as the kernel sees it. Key: its id. */
export interface PciHostBridge {
  /** The first device enumerated on the root bus: the identity by which it is trusted. */
  readonly firstDevice: HostBridge['firstDevice'];
  readonly windows: readonly BridgeWindow[];
  readonly keepsFirmwareSetup: boolean;
}

/** A base address register. Key: "gpu0.bar1". */
export interface PciBar {
  readonly device: string;
  readonly index: number;
  readonly type: 'mem32' | 'mem64' | 'io' | 'rom';
  readonly prefetchable: boolean;
  /** Bytes; 0: not told. */
  readonly bytes: number;
  /** Physical address; null: not assigned. */
  readonly start: number | null;
  /** Sizes that the Resizable BAR capability offers; null: no such capability. */
  readonly resizable: readonly number[] | null;
  /** Memory that is seen through it, and from which byte of it. */
  readonly pool: string | null;
  readonly offset: number;
}

/** Where a figure of a link comes from: the machine's description, or a default of the cost model that may be overridden. */
export type FigureSource = 'told' | 'derived' | 'default' | 'unknown';

/** An undirected edge of the fabric; the same pair may have several. Key: its id, or "A--B" where containment implies it. */
export interface FabricLink {
  /** `internal`: inside one thing (a root complex, a switch); it never limits bandwidth. */
  readonly kind: LinkKind | 'internal';
  readonly a: string;
  readonly b: string;
  /** Edges with the same wire share its bandwidth. */
  readonly wire: string;
  /** GB/s (decimal) in one direction; null: not told, or no limit of its own. */
  readonly gbs: number | null;
  readonly gbsFrom: FigureSource;
  /** ns, one way. */
  readonly latencyNs: number;
  readonly latencyFrom: FigureSource;
  readonly coherent: boolean | null;
  readonly atomics: boolean | null;
  /** `reported`: a driver says that the two reach each other over such a link; `implied`: by what contains what. */
  readonly origin: 'wiring' | 'reported' | 'implied';
}

/**
 * What an initiator sees of a memory, as firmware or the description tells it
 * (/sys/devices/system/node/nodeN/access0 and access1). Key: "dram0<package:0".
 */
export interface MemoryAccess {
  readonly target: string;
  readonly initiator: string;
  /** MiB/s and ns as numaperf has them; null: not told. */
  readonly readBandwidth: number | null;
  readonly writeBandwidth: number | null;
  readonly readLatency: number | null;
  readonly writeLatency: number | null;
}

/** BAR memory that a driver offers to peers (pci_p2pdma). Key: the provider. */
export interface P2pMemory {
  readonly regions: readonly {
    readonly bar: number;
    readonly offset: number;
    readonly bytes: number;
  }[];
  /** Bytes not handed out. */
  readonly free: number;
  readonly bytes: number;
  /** Others may find it (pci_p2pmem_publish). */
  readonly published: boolean;
}

/** A map type as it was last computed; a change of ACS bits does not reach it. Key: "provider>client". */
export interface P2pMapType {
  readonly provider: string;
  readonly client: string;
  readonly mapType: 'NOT_SUPPORTED' | 'BUS_ADDR' | 'THRU_HOST_BRIDGE';
  /** Null: computed by a lookup that has no use for it. */
  readonly distance: number | null;
}

/** Bytes of a provider that a driver took (pci_alloc_p2pmem). Key: its name. */
export interface P2pBuffer {
  readonly provider: string;
  readonly bar: number;
  /** Byte of the BAR that it begins at. */
  readonly offset: number;
  readonly bytes: number;
}

const dmaTargets = ['SYS', 'PEER_BUS', 'PEER_HOST', 'BOUNCE'] as const;

/** What a device may reach by DMA (dma_map_sgtable). Key: its name. */
export interface DmaMapping {
  /** Who does the DMA. */
  readonly client: string;
  /** The pool or the P2P buffer whose memory it is. */
  readonly memory: string;
  readonly bytes: number;
  /** SYS: main memory; PEER_BUS: a peer by its bus address; PEER_HOST: a peer through the host bridge; BOUNCE: a copy in main memory. */
  readonly target: (typeof dmaTargets)[number];
  /** Address that the device puts on the bus: an I/O virtual one where the IOMMU translates. */
  readonly address: number;
  /** Pages that the IOMMU has entries for; 0: none. */
  readonly iommuPages: number;
  /** First frame and frames in main memory that it holds, for BOUNCE. */
  readonly frames: readonly { readonly start: number; readonly end: number }[];
}

/** A name of the operating system for a device or a part of one: "nvme0n1". Key: the name. */
export interface OsNode {
  /** The PCI function that it belongs to; null: none (a platform device). */
  readonly above: string | null;
}

/** The record tables of the fabric: part of those in world.ts. */
export interface FabricTables {
  readonly socket: CpuSocket;
  readonly pci: PciDevice;
  readonly hostBridge: PciHostBridge;
  readonly bar: PciBar;
  readonly link: FabricLink;
  readonly memoryAccess: MemoryAccess;
  readonly p2pMemory: P2pMemory;
  readonly p2pMapType: P2pMapType;
  readonly p2pBuffer: P2pBuffer;
  readonly dmaMapping: DmaMapping;
  readonly osNode: OsNode;
}

export const fabricTableNames: readonly (keyof FabricTables)[] = [
  'socket',
  'pci',
  'hostBridge',
  'bar',
  'link',
  'memoryAccess',
  'p2pMemory',
  'p2pMapType',
  'p2pBuffer',
  'dmaMapping',
  'osNode',
];
