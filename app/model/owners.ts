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

/** Record tables of device files, owners, error reports and costs: part of RecordTables. */
export interface OwnerTables {
  /** Key: "accel", "drm", or the name that a story gives it. */
  readonly minorTable: Container;
  readonly drmDevice: DrmDevice;
  readonly deviceNode: DeviceNode;
  readonly nodeFile: NodeFile;
  readonly rasNode: RasNode;
  readonly rasCounter: RasCounter;
  readonly rasFormats: RasFormats;
  /** Figures of the cost model that the machine's description sets. */
  readonly costFigure: CostOverride;
}

export const ownerTableNames = [
  'minorTable',
  'drmDevice',
  'deviceNode',
  'nodeFile',
  'rasNode',
  'rasCounter',
  'rasFormats',
  'costFigure',
] as const satisfies readonly (keyof OwnerTables)[];
