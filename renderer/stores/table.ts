import { create } from 'zustand';
import type { Cursor, PageTableView } from '../../app/contract/frame.ts';

/** Rows of a page table. */
export interface RowSpan {
  readonly table: string;
  readonly start: number;
  readonly count: number;
}

interface TableState {
  /** The rows on show, with the spans that changed. */
  readonly view: PageTableView | null;
  /** The rows that the panel wants, or null where it is hidden: they are asked for together with the next picture. */
  readonly wanted: RowSpan | null;
  /** What came with the last picture. */
  readonly ready: { readonly cursor: Cursor; readonly span: RowSpan; readonly view: PageTableView } | null;
  /** A page to bring into view; each jump is an object of its own, so that the same page can be asked for twice. */
  readonly jump: { readonly page: number } | null;
  /** A jump to the next change that waits for the rows: the table was hidden when it was asked for. */
  readonly pending: 1 | -1 | null;
}

/** The page table on show. */
export const useTable = create<TableState>(() => ({
  view: null,
  wanted: null,
  ready: null,
  jump: null,
  pending: null,
}));
