/**
 * What crosses from the session to a view: projections of one world at one cursor, never the world itself.
 * All of it survives structured clone; page data is bytes, sized by the viewport.
 */

/** A place in a history: after `event` events of step `step` (event null: the whole step). Step -1 is the beginning. */
export interface Cursor {
  readonly step: number;
  readonly event: number | null;
}

export type GraphNodeKind =
  | 'machine'
  | 'package'
  | 'cpu'
  | 'memory'
  | 'host-bridge'
  | 'root-port'
  | 'switch'
  | 'device'
  | 'device-memory'
  | 'bar'
  | 'process'
  | 'group';

/** A label and its value; `value` null is "the source cannot tell" and is drawn as unknown, never as 0. */
/** One of several values that sources give for the same thing, and where: "lspci.txt:12". */
export interface FactClaim {
  readonly value: string;
  readonly from: string;
}

export interface Fact {
  readonly label: string;
  readonly value: string | null;
  /** Set where the value was inferred, overridden, or is an engineering default: the note says which. */
  readonly note?: string;
  /** Set where sources contradict each other: all values, the one that stands first. */
  readonly claims?: readonly FactClaim[];
}

/** A row of pages drawn as pixels: which map, from where, how many. The bytes come with a `strip` request. */
export interface StripRef {
  /** Stable id: "space:A:heap", "pool:dram0", "context:gpu0:A". */
  readonly id: string;
  readonly label: string;
  readonly start: number;
  readonly pages: number;
}

export interface GraphNode {
  readonly id: string;
  readonly kind: GraphNodeKind;
  /** Subkind that decides the icon and the badge: dram, hbm, cxl, vram; gpu, nic, storage, accelerator, nvswitch. */
  readonly subkind: string | null;
  readonly parent: string | null;
  readonly title: string;
  readonly subtitle: string | null;
  /** Further lines of its card, the most telling first: drawn where there is room. */
  readonly lines?: readonly string[];
  /** A BAR: which bytes of which memory are seen through it. */
  readonly window?: {
    readonly of: string;
    readonly offset: number;
    readonly bytes: number;
    readonly ofBytes: number;
  };
  readonly facts: readonly Fact[];
  readonly strips: readonly StripRef[];
  /** How many identical siblings this node stands for; 1 is just itself. */
  readonly count: number;
  /** What an invariant caught here: painted as a refusal. */
  readonly alerts: readonly string[];
  /** Where the object was read: "topology.xml:12", "capture.tar.gz: sys/devices/...". */
  readonly origins?: readonly string[];
}

export type GraphEdgeKind =
  | 'ddr'
  | 'hbm'
  | 'pcie'
  | 'cxl'
  | 'nvlink'
  | 'xgmi'
  | 'c2c'
  | 'upi'
  | 'on-package'
  | 'network'
  | 'contains'
  | 'unknown';

export interface GraphEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly kind: GraphEdgeKind;
  /** "x16 gen5 · 63 GB/s" */
  readonly label: string | null;
  readonly bandwidthGBs: number | null;
  readonly latencyNs: number | null;
  /** How many physical links it stands for, where told. */
  readonly links?: number | null;
  /** Running below its capability: "x8 of x16". */
  readonly degraded: string | null;
}

/** A thing that is true between two nodes at this cursor and is not wiring: a mapping, a refusal, a transfer, an invalidation. */
export interface GraphRelation {
  readonly id: string;
  readonly kind: 'maps' | 'transfer' | 'invalidate' | 'refused' | 'mirror';
  readonly source: string;
  readonly target: string;
  readonly label: string;
  /** Wires it travels along, in order; empty where it is drawn directly. */
  readonly route: readonly string[];
  /** Page state that colours it (legend id), or null. */
  readonly state: string | null;
}

export interface GraphView {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface StepHead {
  readonly index: number;
  readonly title: string;
  readonly events: number;
  /** How the step's last operation ended: null is ok. */
  readonly refusal: string | null;
  readonly failedExpectations: number;
}

export interface StepStory {
  readonly index: number;
  readonly title: string;
  /** Paragraphs of plain text; `code` in backquotes. */
  readonly say: string;
  readonly lesson: string | null;
  readonly read: readonly { readonly label: string; readonly where: string | null }[];
  readonly ops: readonly string[];
  /** Simulated time of the whole step, why, and bytes over each link; absent: none passes. */
  readonly cost?: { readonly time: string; readonly parts: readonly Fact[]; readonly links: readonly Fact[] };
  readonly expectations: readonly {
    readonly text: string;
    readonly ok: boolean;
    readonly actual: string | null;
    readonly line: number;
  }[];
}

export interface EventRow {
  readonly index: number;
  readonly kind: string;
  /** The word for the kind, from the vocabulary. */
  readonly title: string;
  readonly by: string;
  readonly cause: number | null;
  readonly fn: string | null;
  readonly rule: string;
  /** "A.heap[84..112)" */
  readonly where: string | null;
  readonly detail: string;
  /** Legend id that colours its mark, or "refusal", or "neutral". */
  readonly state: string;
  readonly changes: number;
  /** Simulated time that it takes ("66.6 µs"); absent: none. */
  readonly time?: string;
}

/** One row of the page-table panel. */
export interface PageRow {
  readonly page: number;
  readonly address: string;
  readonly state: string;
  /** "DEVPRIV w": kind and permission in words. */
  readonly entry: string;
  /** "VRAM 0x5201a" or null. */
  readonly frame: string | null;
  readonly value: string | null;
  /** refcount, mapcount, pins and flags of the frame, in words. */
  readonly frameNote: string | null;
  /** One cell for each device column of the table, in the order of `columns`. */
  readonly devices: readonly {
    readonly text: string;
    readonly state: string;
    readonly changed: boolean;
    readonly alert: string | null;
  }[];
  readonly changed: boolean;
  readonly alert: string | null;
}

export interface PageTableView {
  readonly id: string;
  readonly title: string;
  readonly totalPages: number;
  readonly changedPages: number;
  /** Rows that this step changed, as spans, so that a view can jump between them. At most 256. */
  readonly changedSpans: readonly { readonly start: number; readonly end: number }[];
  readonly columns: readonly string[];
  readonly start: number;
  readonly rows: readonly PageRow[];
}

export interface WhyLine {
  readonly step: number;
  readonly event: number;
  readonly text: string;
  readonly fn: string | null;
  readonly rule: string;
}

export interface WhyView {
  readonly question: string;
  readonly lines: readonly WhyLine[];
  /** Kernel documents and functions to read, from the vocabulary. */
  readonly read: readonly string[];
}

/** Marks of the timeline: one lane an actor, one mark an event; parallel arrays, in order of time. */
export interface TimelineView {
  readonly lanes: readonly string[];
  /** Index of the first event of each step, and one more entry: the total. */
  readonly stepStarts: readonly number[];
  readonly lane: Uint8Array;
  /** Index into `states`. */
  readonly state: Uint8Array;
  readonly states: readonly string[];
}

/** All that a window needs at one cursor, but pages: those are asked for by viewport. */
export interface Frame {
  readonly cursor: Cursor;
  /** Bumped when the machine's graph differs from the one before; the graph itself comes with `graph`. */
  readonly graphVersion: number;
  /** Nodes that this cursor draws differently from `from`, whole; empty where nothing changed. */
  readonly nodes: readonly GraphNode[];
  readonly relations: readonly GraphRelation[];
  readonly story: StepStory | null;
  /** Events of the step: all where they are few, else those around the cursor. `index` counts from the step's first. */
  readonly events: readonly EventRow[];
  /** How many events the step has. */
  readonly totalEvents: number;
  readonly alerts: readonly {
    readonly invariant: string;
    readonly text: string;
    readonly node: string | null;
    readonly strip: string | null;
    readonly page: number | null;
  }[];
  /** Strips whose content differs between `from` and here, by id: which spans, in pages. */
  readonly dirty: readonly { readonly strip: string; readonly start: number; readonly end: number }[];
  /** Facts of the clock and of counters: simulated time, RSS, faults, bytes moved. */
  readonly counters: readonly Fact[];
}
