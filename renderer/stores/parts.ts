import { create } from 'zustand';
import type { PartColumn } from '../../app/contract/machine-views.ts';

interface PartsState {
  readonly filter: string;
  /** null: all kinds. */
  readonly kind: string | null;
  /** Only what differs from the machine that is compared with. */
  readonly differing: boolean;
  /** null: the order of the source. */
  readonly sort: PartColumn | null;
  readonly descending: boolean;
}

/** How the table of parts is filtered and ordered: kept while another view is open. */
export const useParts = create<PartsState>(() => ({
  filter: '',
  kind: null,
  differing: false,
  sort: null,
  descending: false,
}));

/** A column that is chosen again turns its order round, and a third time gives the order of the source back. */
export function sortBy(column: PartColumn): void {
  useParts.setState(({ sort, descending }) =>
    sort !== column
      ? { sort: column, descending: false }
      : descending
        ? { sort: null, descending: false }
        : { sort, descending: true },
  );
}
