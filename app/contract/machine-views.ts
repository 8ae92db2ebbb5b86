/**
 * What the views of a machine show beside its graph: a table of all parts, matrices, the physical address map, and
 * what differs from another machine. An absent property is one that such a thing does not have; null is one that the
 * source does not tell.
 */
import type { Span } from '../base/span.ts';
import type { Fact } from './frame.ts';

export type PartColumn = 'name' | 'kind' | 'where' | 'size' | 'pci' | 'node' | 'source';

/** How a part compares with the other machine: only here, only there, or in both and different. */
export type Difference = 'added' | 'removed' | 'changed';

/** An object of a machine, a BAR of a function, or a link. */
export interface PartRow {
  /** Of the object; `FUNCTION/barN` for a BAR; of the link. */
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /** What contains it, the outermost first. */
  readonly where: string;
  readonly size?: string | null;
  /** PCI address. */
  readonly pci?: string | null;
  /** The nearest NUMA node, as the operating system counts them. */
  readonly node?: string | null;
  /** "machine.xml:12", or a path inside a snapshot. */
  readonly source: string | null;
  /** The node of the graph that stands for it; null: none does. */
  readonly drawn: string | null;
  readonly difference: Difference | null;
}

export interface PartsRequest {
  /** Words that all must occur in a row, in any column. */
  readonly filter: string;
  /** Rows of this kind only. */
  readonly kind: string | null;
  /** Rows that differ from the other machine only. */
  readonly differing: boolean;
  /** null: in the order of the source, what contains before what is contained. */
  readonly sort: PartColumn | null;
  readonly descending: boolean;
  readonly start: number;
  readonly count: number;
  /** A part whose place among the rows is asked for. */
  readonly reveal: string | null;
}

export interface PartsView {
  /** Parts that there are in all, and that the filter lets through. */
  readonly total: number;
  readonly matching: number;
  /** How many there are of each kind, before the filter. */
  readonly kinds: readonly { readonly kind: string; readonly count: number }[];
  readonly start: number;
  readonly rows: readonly PartRow[];
  /** The part that was asked for and its place among the matching ones; null: it is not among them. */
  readonly revealed: { readonly id: string; readonly at: number } | null;
}

/** All that is known of one part. */
export interface PartView {
  readonly row: PartRow;
  readonly facts: readonly Fact[];
  /** Where each statement was read: "machine.xml:12". */
  readonly read: readonly string[];
  /** What differs from the machine that is compared with. */
  readonly changes: readonly AttributeChange[];
}

/** One attribute in two machines; null: not told there. */
export interface AttributeChange {
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface FoundPart {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /** The words that matched, where they are not in the name: an address, a device name, a node. */
  readonly matched: string | null;
  readonly drawn: string | null;
}

/** Parts that have what is typed in their name, address, device name or NUMA node, the best first. */
export interface FindView {
  readonly total: number;
  readonly found: readonly FoundPart[];
}

export interface MatrixHead {
  readonly id: string;
  readonly name: string;
  readonly unit: string | null;
  readonly means: 'latency' | 'bandwidth' | 'hops' | 'weight' | 'path' | 'capability' | 'unknown';
  readonly rows: number;
  readonly columns: number;
  /** What rows and columns are: "from", "to". */
  readonly axes: readonly [row: string, column: string];
  /** Of the known numbers, diagonal apart; null where there are none. */
  readonly least: number | null;
  readonly most: number | null;
  /** Words of a matrix without numbers, the nearest first. */
  readonly words: readonly string[];
  /** Cells that the source does not tell, the diagonal apart. */
  readonly unknown: number;
  readonly note: string | null;
  readonly source: string | null;
  /** Letters of the longest name of a row and of a column. */
  readonly longest: readonly [row: number, column: number];
}

/** A row or a column of a matrix: an object, or a set of CPUs without one. */
export interface MatrixEnd {
  readonly title: string;
  readonly part: string | null;
  readonly drawn: string | null;
}

export interface MatrixRequest {
  readonly id: string;
  readonly rows: Span;
  readonly columns: Span;
  /** A part whose row and column are asked for. */
  readonly reveal: string | null;
}

/** The cells of a stretch of rows and columns. */
export interface MatrixView {
  readonly id: string;
  readonly rowStart: number;
  readonly columnStart: number;
  readonly rows: readonly MatrixEnd[];
  readonly columns: readonly MatrixEnd[];
  /** Row by row; null: not told. */
  readonly values: readonly (number | string | null)[];
  /** Row and column of the part that was asked for; null where it has none. */
  readonly revealed: { readonly row: number | null; readonly column: number | null };
}

export type AddressKind = 'ram' | 'pmem' | 'device' | 'window' | 'cxl' | 'kernel' | 'reserved' | 'other' | 'unknown';

/** How the map is stretched: true to scale, or so that small ranges get room beside large ones. */
export type AddressScale = 'even' | 'true';

export interface AddressRequest {
  readonly scale: AddressScale;
  /** The stretch of the picture that is on screen, as shares of its whole width: 0 to 1. */
  readonly from: number;
  readonly to: number;
  /** How many pixels show it: ranges that would be narrower than one or two are joined. */
  readonly pixels: number;
  /** A part whose range is asked for. */
  readonly reveal: string | null;
}

/** A range of physical addresses as it is drawn, or several neighbours that are too narrow to be drawn apart. */
export interface AddressSegment {
  readonly id: string;
  readonly kind: AddressKind;
  readonly label: string;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** Ranges that contain it. */
  readonly depth: number;
  /** Its place in the whole picture, as shares of its width. */
  readonly x0: number;
  readonly x1: number;
  /** How many ranges it stands for. */
  readonly count: number;
  readonly part: string | null;
  readonly drawn: string | null;
  readonly source: string | null;
}

export interface AddressView {
  /** Where the ranges come from: the kernel's own map, or windows and BARs alone; none: the source tells no address. */
  readonly basis: 'map' | 'windows' | 'none';
  readonly ranges: number;
  /** The deepest nesting that there is, in levels. */
  readonly levels: number;
  readonly start: number;
  readonly end: number;
  readonly segments: readonly AddressSegment[];
  /** The range of the part that was asked for, or of what belongs to it. */
  readonly revealed: { readonly id: string; readonly x0: number; readonly x1: number } | null;
}

/** What two machines have in common and what not. */
/** A node of the graph that differs. */
export interface MarkedNode {
  readonly node: string;
  /** Of itself, or changed where something in it differs; removed: all that differs is that something in it is gone. */
  readonly difference: Difference;
  /** Names of what the other machine has in it and this one has not; what was in those is not named. */
  readonly gone?: readonly string[];
}

export interface ComparisonView {
  /** The machine that the open one is compared with. */
  readonly title: string;
  readonly source: string;
  readonly same: number;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** Differences in matrices, access attributes and the address map. */
  readonly other: number;
  /** Kinds of parts that only one of the sources can tell: neither added nor removed. */
  readonly notTold: readonly string[];
  /** Parts of the graph that differ, or contain what differs, by id of their node. */
  readonly nodes: readonly MarkedNode[];
}
