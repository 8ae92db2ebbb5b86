import type { PartColumn, PartRow } from '../../app/contract/machine-views.ts';

export interface Column {
  readonly id: PartColumn;
  readonly title: string;
  /** Set in figures and addresses: these stand in the mono face. */
  readonly mono: boolean;
}

export const columns: readonly Column[] = [
  { id: 'name', title: 'Name', mono: false },
  { id: 'kind', title: 'Kind', mono: false },
  { id: 'where', title: 'Where', mono: false },
  { id: 'size', title: 'Size', mono: false },
  { id: 'pci', title: 'PCI address', mono: true },
  { id: 'node', title: 'Node', mono: false },
  { id: 'source', title: 'Read from', mono: true },
];

/** Text of a cell; undefined: such a part has none; null: the source does not tell it. */
export const textOf = (row: PartRow, column: PartColumn): string | null | undefined => row[column];
