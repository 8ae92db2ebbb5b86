/**
 * The world: an immutable value made of record tables (tens to hundreds of plain records, by key) and page tables
 * (persistent maps from a page or frame number to a tuple of integers, kept as runs). Everything that an operation can
 * change is in one of the two, so that one generic `apply` suffices and `expect` can name every field.
 */

export type { Run } from '../store/run.ts';

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
