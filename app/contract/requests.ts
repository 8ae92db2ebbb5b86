import type { Result, Problem } from '../base/result.ts';
import type {
  AddressRequest,
  AddressView,
  ComparisonView,
  FindView,
  MatrixHead,
  MatrixRequest,
  MatrixView,
  PartsRequest,
  PartsView,
  PartView,
} from './machine-views.ts';
import type {
  DevicesRequest,
  DevicesView,
  FabricOffer,
  PipelineRequest,
  PipelineView,
  PlacesRequest,
  PlacesView,
  RouteRequest,
  RouteView,
} from './fabric-queries.ts';
import type { Cursor, Frame, GraphView, PageTableView, StepHead, TimelineView, WhyView } from './frame.ts';

export interface CatalogEntry {
  readonly id: string;
  readonly title: string;
  readonly line: string;
  /** Seed thread of a scenario ("S0".."S4"), null for topologies. */
  readonly thread: string | null;
  readonly steps: number | null;
}

export interface Catalog {
  readonly scenarios: readonly CatalogEntry[];
  readonly topologies: readonly CatalogEntry[];
}

/** One file, text, built-in thing or machine. */
export type SingleSource =
  | { readonly kind: 'builtin'; readonly id: string }
  /** What was dropped, pasted or typed; the name is for messages only, the format is recognised by content. */
  | { readonly kind: 'text'; readonly name: string; readonly text: string }
  | { readonly kind: 'bytes'; readonly name: string; readonly bytes: Uint8Array }
  /** Only hosts with a file system answer this, and only for paths that the person chose there. */
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'this-machine' };

export type OpenSource =
  | SingleSource
  /**
   * Several descriptions of one machine, shown as one; or a scenario together with the file of its machine. `added`: the
   * machine that is open is one of them.
   */
  | { readonly kind: 'several'; readonly parts: readonly SingleSource[]; readonly added: boolean };

/** What is open: a scenario with steps, or a bare topology (no steps). */
export interface DocumentHead {
  readonly id: string;
  readonly kind: 'scenario' | 'topology';
  readonly title: string;
  readonly thread: string | null;
  readonly machine: string;
  readonly steps: readonly StepHead[];
  readonly totalEvents: number;
  readonly warnings: readonly Problem[];
  /** What the machine was read from, where that is several things; a machine can be added to. */
  readonly parts?: readonly { readonly name: string; readonly format: string; readonly version: string | null }[];
  /** The view that shows what the graph does not: an address map alone has nothing to draw. */
  readonly view?: 'addresses' | 'matrices' | 'parts';
  /** How many fields these sources disagree about. */
  readonly contradictions?: number;
  /** What a link that leads here names, where that is not the id: paths on the host, ids of what is built in. */
  readonly link?: readonly string[];
  /** Where it came from, for the title bar and recent files. */
  readonly source: string;
  /** Page tables that can be shown: id and title, in order. */
  readonly tables: readonly { readonly id: string; readonly title: string; readonly pages: number }[];
}

/** Every request that a view may send. One entry a line; hosts are generic over this map. */
export interface Requests {
  catalog(): Catalog;
  open(source: OpenSource): Result<DocumentHead, readonly Problem[]>;
  /** The open document, or null: a window that was reloaded finds its place again. */
  current(): DocumentHead | null;
  graph(cursor: Cursor): GraphView;
  frame(request: { readonly cursor: Cursor; readonly from: Cursor | null }): Frame;
  /** One byte a cell (legend code): the strip's span divided into `cells` equal stretches, the most notable state of each. */
  strip(request: {
    readonly cursor: Cursor;
    readonly strip: string;
    readonly start: number;
    readonly pages: number;
    readonly cells: number;
  }): Uint8Array;
  pages(request: {
    readonly cursor: Cursor;
    readonly table: string;
    readonly start: number;
    readonly count: number;
  }): PageTableView;
  why(request: { readonly cursor: Cursor; readonly target: WhyTarget }): WhyView;
  timeline(): TimelineView;
  /** The table of everything that the machine has. */
  parts(request: PartsRequest): PartsView;
  /** One part by its id; null: there is none. */
  part(id: string): PartView | null;
  find(request: { readonly text: string; readonly count: number }): FindView;
  matrices(): readonly MatrixHead[];
  matrix(request: MatrixRequest): MatrixView | null;
  addresses(request: AddressRequest): AddressView;
  /** What questions to the fabric can be built of. */
  fabricOffer(cursor: Cursor): FabricOffer;
  fabricPlaces(request: PlacesRequest): PlacesView;
  findRoutes(request: RouteRequest): RouteView;
  findDevices(request: DevicesRequest): DevicesView;
  planPipeline(request: PipelineRequest): PipelineView;
  /** Compares what is open with a machine that was before; null ends the comparison. What is open stays open. */
  compare(source: OpenSource | null): Result<ComparisonView | null, readonly Problem[]>;
}

export type WhyTarget =
  | { readonly kind: 'event'; readonly step: number; readonly event: number }
  | { readonly kind: 'page'; readonly table: string; readonly page: number }
  | { readonly kind: 'mapping'; readonly table: string; readonly column: number; readonly page: number };

export type RequestName = keyof Requests;
export type RequestArgs<N extends RequestName> = Parameters<Requests[N]>;
export type RequestAnswer<N extends RequestName> = ReturnType<Requests[N]>;

/** What a host tells its views unasked. */
export interface Pushes {
  opened: DocumentHead;
  problems: readonly Problem[];
  /** A menu item or accelerator of the desktop shell: the id of a command of the renderer. */
  command: string;
  /** A link to follow: the query part of memscape://open. */
  link: string;
}
export type PushName = keyof Pushes;
