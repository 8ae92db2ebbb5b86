/** The nouns of device files: who may open a device, who has it open, and whose it is (semantics 1.7, 1.12). */
import type { CostOverride } from './costs.ts';
import type { Container } from './minors.ts';

export type DrmFeature = 'GEM' | 'COMPUTE_ACCEL' | 'RENDER' | 'MODESET';

/** What a driver has made of a device for its users (struct drm_device). Key: the device. */
export interface DrmDevice {
  readonly features: readonly DrmFeature[];
  /** drm_dev_register has published its nodes. */
  readonly registered: boolean;
  /** The hardware is gone: what is open stays open, and every ioctl is refused. */
  readonly unplugged: boolean;
  /** The driver's own reference, until it puts it. */
  readonly held: boolean;
  /** References: the driver's own, and one for each open file. */
  readonly refs: number;
  /** The master that may set modes (drm_device.master), or null. */
  readonly master: string | null;
}

/** A device file in /dev and the number behind it. Key: its name ("accel0", "card0", "renderD128"). */
export interface DeviceNode {
  readonly device: string;
  /** The table that its number comes from. */
  readonly table: string;
  readonly major: number;
  readonly minor: number;
  /** reserved: the number is taken and opens find nothing yet, or nothing any more. */
  readonly state: 'reserved' | 'live';
}

/** An open device file (struct file with its drm_file). Key: node and opener ("accel0:A"). */
export interface NodeFile {
  readonly device: string;
  readonly node: string;
  /** The process that opened it (drm_file.pid). */
  readonly opener: string;
  /** Processes that have it open: a fork shares the file. */
  readonly holders: readonly string[];
  /** The master that it belongs to, or null on nodes without one. */
  readonly master: string | null;
  readonly isMaster: boolean;
  /** It was the current master at some time. */
  readonly wasMaster: boolean;
  readonly authenticated: boolean;
}

/** Who is in charge of the display of a device (struct drm_master). Key: device and number ("gpu0#1"). */
export interface DrmMaster {
  readonly device: string;
  /** Files that belong to it. */
  readonly refs: number;
  /** The master that leased it a part of the device, or null. */
  readonly lessor: string | null;
}

export const ownerPolicies = ['shared', 'exclusive', 'singleUser'] as const;
/**
 * shared: anybody who may open it. exclusive: one owner, and nobody after it while something of it cannot be taken
 * back (proposed in 2021). singleUser: one context, and a hard reset where it leaves something behind (habanalabs).
 */
export type OwnerPolicy = (typeof ownerPolicies)[number];

/** Whose a device is. Key: the device. */
export interface Ownership {
  readonly policy: OwnerPolicy;
  readonly state: 'ok' | 'inReset' | 'needsScrub' | 'malfunction' | 'disabled';
  /** singleUser: the one context. */
  readonly context: 'none' | 'active' | 'releasing';
  /** exclusive: the file of the owner, or null. */
  readonly owner: string | null;
  /** exclusive: exports of former owners that could not be taken back; each keeps the owner token. */
  readonly token: readonly string[];
  /** Commands under way on the device, by name. */
  readonly commands: readonly string[];
  readonly resets: number;
}

/** A kernel module, as far as linking goes. Key: its name. */
export interface KernelModule {
  readonly exports: readonly string[];
  readonly needs: readonly string[];
  readonly loaded: boolean;
}

/** A device that gives its queues to processes (struct uacce_device). Key: the device. */
export interface UacceDevice {
  readonly node: string;
  /** Queues use the address space of the process that opens them. */
  readonly sva: boolean;
  /** Pages of each region: 0 is MMIO, 1 is memory that queue and process share (DUS). */
  readonly regionPages: readonly number[];
  /** The parent device is gone; somebody may have found the number just before. */
  readonly gone: boolean;
  /** Errors a minute from which on the device is isolated; 0: never. */
  readonly isolateStrategy: number;
}

/** A queue of a device in the hands of a process (struct uacce_queue). Key: node and opener ("zip-0:A"). */
export interface UacceQueue {
  readonly device: string;
  readonly node: string;
  readonly opener: string;
  /** Processes that have it open. */
  readonly holders: readonly string[];
  readonly state: 'INIT' | 'STARTED' | 'ZOMBIE';
  readonly pasid: number | null;
  /** The bond with the address space, or null. */
  readonly bond: string | null;
}

/** Jobs that a process has sent through a character device. Key: device and process ("accel0:A"). */
export interface CharJobs {
  readonly device: string;
  readonly jobs: number;
  /** Pages copied between the process and the kernel. */
  readonly copiedPages: number;
}

/** Memory that a process has mapped for a device at an I/O address (VFIO). Key: device and I/O page ("accel0:256"). */
export interface IovaMapping {
  readonly device: string;
  readonly holder: string;
  readonly pages: number;
  /** Frames that it holds pinned, in order. */
  readonly frames: readonly { readonly first: number; readonly pages: number }[];
}

/** A part of a device that reports errors (struct drm_ras_node). Key: its id, as text. */
export interface RasNode {
  readonly device: string;
  readonly name: string;
  /** The only type that was merged. */
  readonly type: 'error-counter';
  /** Ids that the driver may be asked for; both ends belong to it. Not every one needs to have a counter. */
  readonly first: number;
  readonly last: number;
}

/** An error counter of a node. Key: node and id ("0.2"). */
export interface RasCounter {
  readonly name: string;
  readonly value: number;
}

/** What a device answers to the capability query that was proposed in 2022. Key: the device. */
export interface RasFormats {
  /** Bits of the proposal (app/model/ras-formats.ts). */
  readonly mask: number;
}

/** Errors that a context was told of. Key: the context. */
export interface ContextError {
  readonly count: number;
}

/** A driver whose pages have a memory_failure callback. Key: the device. */
export interface PoisonHandler {
  readonly callback: true;
}

/** Record tables of device files, owners, error reports and costs: part of RecordTables. */
export interface OwnerTables {
  /** Key: "accel", "drm", or the name that a story gives it. */
  readonly minorTable: Container;
  readonly drmDevice: DrmDevice;
  readonly deviceNode: DeviceNode;
  readonly nodeFile: NodeFile;
  readonly drmMaster: DrmMaster;
  readonly ownership: Ownership;
  readonly module: KernelModule;
  readonly uacceDevice: UacceDevice;
  readonly queue: UacceQueue;
  readonly charJobs: CharJobs;
  readonly iovaMapping: IovaMapping;
  readonly rasNode: RasNode;
  readonly rasCounter: RasCounter;
  readonly rasFormats: RasFormats;
  readonly contextError: ContextError;
  readonly poisonHandler: PoisonHandler;
  /** Figures of the cost model that the machine's description sets. */
  readonly costFigure: CostOverride;
}

export const ownerTableNames = [
  'minorTable',
  'drmDevice',
  'deviceNode',
  'nodeFile',
  'drmMaster',
  'ownership',
  'module',
  'uacceDevice',
  'queue',
  'charJobs',
  'iovaMapping',
  'rasNode',
  'rasCounter',
  'rasFormats',
  'contextError',
  'poisonHandler',
  'costFigure',
] as const satisfies readonly (keyof OwnerTables)[];
