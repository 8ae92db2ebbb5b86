/**
 * The world: an immutable value made of record tables (tens to hundreds of plain records, by key) and page tables
 * (persistent maps from a page or frame number to a tuple of integers, kept as runs). Everything that an operation can
 * change is in one of the two, so that one generic `apply` suffices and `expect` can name every field.
 */

/** A stretch of pages with equal or consecutive column values: page `start + i` has `values[c] + i * strides[c]`. */
export interface Run {
  readonly start: number;
  readonly end: number;
  /** Column values of the first page; null: nothing there. */
  readonly values: readonly number[] | null;
  /** 0 or 1 for each column. */
  readonly strides: readonly number[] | null;
}

/** A process of the modelled machine. */
export interface Process {
  readonly pid: number;
  readonly name: string;
  readonly parent: string | null;
  readonly space: string;
  readonly alive: boolean;
}

/** Name -> type of each record table. A mechanism adds its nouns here. */
export interface RecordTables {
  readonly process: Process;
}

/** Page-indexed maps: CPU entries by virtual page (key: space), device entries (key: context), frames (key: "all"). */
export type PageTableName = 'pte' | 'devicePte' | 'frame';
