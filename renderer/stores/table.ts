import { create } from 'zustand';
import type { PageTableView } from '../../app/contract/frame.ts';

interface TableState {
  /** The rows on show, with the spans that changed. */
  readonly view: PageTableView | null;
  /** A page to bring into view; each jump is an object of its own, so that the same page can be asked for twice. */
  readonly jump: { readonly page: number } | null;
  /** A jump to the next change that waits for the rows: the table was hidden when it was asked for. */
  readonly pending: 1 | -1 | null;
}

/** The page table on show. */
export const useTable = create<TableState>(() => ({ view: null, jump: null, pending: null }));
