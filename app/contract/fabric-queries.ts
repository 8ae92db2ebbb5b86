/**
 * Questions to a machine as a graph, and their answers: which devices meet constraints, the ways between two places, and
 * where a pipeline of stages runs best. Each is asked of the world at a cursor. Places go by the names that stories and
 * the command line use: "gpu0", "dram0", "package:0".
 */
import type { ConstraintName } from '../engine/fabric/find-device.ts';
import type { FigureSource } from '../model/fabric.ts';
import type { DeviceKind, EngineKind } from '../model/topology.ts';
import type { Cursor } from './frame.ts';

export type { ConstraintName, DeviceKind, EngineKind };

/** What a stage of a pipeline needs: an engine of a device, or a CPU. */
export type StageEngine = EngineKind | 'cpu';

/** A place of the fabric as lists show it. */
export interface FabricPlace {
  readonly name: string;
  /** "GPU", "switch port, upstream", "DRAM". */
  readonly kind: string;
  /** PCI address and model, as far as told. */
  readonly more: string | null;
  /** The node of the graph that stands for it; null: none does. */
  readonly drawn: string | null;
}

/** Constraints of a device that is looked for; null and false: not asked for. */
export interface DeviceWish {
  readonly kind: DeviceKind | null;
  readonly engine: EngineKind | null;
  /** Free PASIDs at least. */
  readonly pasids: number | null;
  /** Peer-to-peer with this function is allowed. */
  readonly peer: string | null;
  /** Free bytes at least of one memory in reach. */
  readonly memoryBytes: number | null;
  /** That memory is no farther, ns. */
  readonly withinNs: number | null;
  /** AtomicOps of these widths, in bits, reach main memory; empty: not asked for. */
  readonly atomics: readonly (32 | 64 | 128)[];
  readonly ats: boolean;
  readonly pri: boolean;
  /** It is alone in its IOMMU group. */
  readonly isolated: boolean;
  /** Below the same host bridge as this function. */
  readonly sameHostBridge: string | null;
}

export interface StageWish {
  readonly engine: StageEngine;
  /** A device or package that is decided already. */
  readonly on: string | null;
}

/** What forms are built of: what the machine has, and a question of each kind that it can answer. */
export interface FabricOffer {
  readonly functions: number;
  readonly places: number;
  readonly kinds: readonly { readonly kind: DeviceKind; readonly title: string; readonly devices: number }[];
  /** Engines that something has, a CPU last; `devices` counts who has them. */
  readonly engines: readonly { readonly engine: StageEngine; readonly devices: number }[];
  readonly examples: {
    readonly devices: readonly { readonly said: string; readonly wish: DeviceWish }[];
    readonly routes: readonly { readonly said: string; readonly from: string; readonly to: string }[];
    readonly pipelines: readonly { readonly said: string; readonly stages: readonly StageWish[] }[];
  };
}

/** Names as one types. `of`: any place, PCI functions only, or who can do a stage. */
export interface PlacesRequest {
  readonly cursor: Cursor;
  readonly text: string;
  readonly of: 'place' | 'function' | StageEngine;
  readonly count: number;
}

export interface PlacesView {
  readonly total: number;
  readonly found: readonly FabricPlace[];
}

/** How an answer is drawn in the graph: places that stand out, and ways along wires. */
export interface DrawnWay {
  /** Nodes of the graph, in the order of the answer. */
  readonly marked: readonly string[];
  /** Wires of the graph one after the other, from a node on. */
  readonly lines: readonly { readonly from: string; readonly wires: readonly string[] }[];
  /** The wire that limits; null: none is known to, or it is not drawn. */
  readonly narrowest: string | null;
}

export interface RouteRequest {
  readonly cursor: Cursor;
  readonly from: string;
  readonly to: string;
}

/** One link of a way, in the direction of travel. */
export interface WayHop {
  readonly from: string;
  readonly to: string;
  /** What `to` is: "GPU", "root port". */
  readonly toKind: string;
  /** "PCIe", "NVLink"; "internal": inside one thing; empty: unknown. */
  readonly link: string;
  readonly latencyNs: number;
  readonly latencyFrom: FigureSource;
  /** GB/s (decimal) in one direction; null: not told, or no limit of its own. */
  readonly gbs: number | null;
  readonly gbsFrom: FigureSource;
  readonly narrowest: boolean;
}

/** A way; its latency is the sum of its links, its rate that of the narrowest one that tells. */
export interface WayView {
  readonly hops: readonly WayHop[];
  readonly latencyNs: number;
  readonly gbs: number | null;
  /** "package:0 – package:1 (UPI)" */
  readonly bottleneck: string | null;
  /** Links whose rate nobody tells, inner ones aside. */
  readonly untold: number;
  readonly drawn: DrawnWay;
}

export interface PeerView {
  readonly mapType: string;
  /** Hops up from both sides; null: none was computed. */
  readonly distance: number | null;
  /** What decided, as the engine names it: "host.whitelist". */
  readonly rule: string;
  /** The same as a sentence. */
  readonly said: string;
  /** The way that the bytes take; null: they may not go. */
  readonly way: WayView | null;
}

export interface RouteView {
  /** Why there is no answer: a name that the machine does not have; null: there is one. */
  readonly problem: string | null;
  /** Null where no wire leads there. */
  readonly nearest: WayView | null;
  readonly widest: WayView | null;
  /** The widest way is the nearest one. */
  readonly same: boolean;
  /** DMA of `from` to the memory behind BARs of `to`; null where they are not two PCI functions. */
  readonly peer: PeerView | null;
}

export interface DevicesRequest {
  readonly cursor: Cursor;
  readonly wish: DeviceWish;
}

export interface FoundRow {
  readonly device: FabricPlace;
  /** The nearest memory that fits, where memory was asked for. */
  readonly memory: { readonly pool: string; readonly latencyNs: number; readonly gbs: number | null } | null;
  readonly peer: { readonly mapType: string; readonly distance: number | null } | null;
  /** null: not told. */
  readonly freePasids: number | null;
  readonly drawn: DrawnWay;
}

/** What a device lacks: "needs 8 free PASIDs, has 3, 5 too few". */
export interface Lack {
  readonly constraint: ConstraintName;
  readonly title: string;
  readonly needs: string;
  readonly has: string;
  /** By how much; null where it is yes or no, or not told. */
  readonly missing: string | null;
  /** Why, where the rule is not the figure itself: what the kernel does not trust. */
  readonly why: string | null;
  /** The kernel function or document that decides it. */
  readonly read: string;
}

export interface DroppedRow {
  readonly device: FabricPlace;
  /** All that it lacks; the first one dropped it. */
  readonly lacks: readonly Lack[];
  readonly drawn: DrawnWay;
}

export interface DevicesView {
  /** Why there is no answer; null: there is one. */
  readonly problem: string | null;
  readonly foundTotal: number;
  /** The best first; at most 200. */
  readonly found: readonly FoundRow[];
  readonly droppedTotal: number;
  /** Devices by the constraint that dropped them, in the order of the constraints; at most 200 rows each. */
  readonly dropped: readonly {
    readonly constraint: ConstraintName;
    readonly title: string;
    readonly devices: number;
    readonly rows: readonly DroppedRow[];
  }[];
  /** Constraints that alone keep devices out: without it, so many more fit. */
  readonly binding: readonly {
    readonly constraint: ConstraintName;
    readonly title: string;
    readonly devices: number;
  }[];
}

export interface PipelineRequest {
  readonly cursor: Cursor;
  readonly stages: readonly StageWish[];
  /** What passes from stage to stage. */
  readonly bytes: number;
}

/** One transfer of a pipeline: a stage writes into a buffer, the next one reads from it. */
export interface LegView {
  readonly kind: 'write' | 'read';
  readonly device: string;
  readonly buffer: string;
  /** How a peer's memory is reached; "NONE": no peer is involved. */
  readonly mapType: string;
  /** Places on the way, both ends among them. */
  readonly path: readonly string[];
  readonly latencyNs: number;
  readonly gbs: number | null;
  readonly bottleneck: string | null;
}

/** Devices for the stages and buffers between them. */
export interface PlanView {
  readonly devices: readonly string[];
  readonly buffers: readonly string[];
  /** All ways one after the other, ns. */
  readonly latencyNs: number;
  /** How long the narrowest point is busy when all legs run at once, ns. */
  readonly busyNs: number;
  readonly totalNs: number;
  /** The wire or engine that is busy so long; null: nothing tells a rate. */
  readonly bottleneck: string | null;
  readonly legs: readonly LegView[];
  readonly drawn: DrawnWay;
}

export interface PipelineView {
  readonly problem: string | null;
  /** The stage (counted from 0) that nothing can do or reach, and why. */
  readonly stuck: { readonly stage: number; readonly said: string } | null;
  /** The best first; at most five. */
  readonly plans: readonly PlanView[];
}
