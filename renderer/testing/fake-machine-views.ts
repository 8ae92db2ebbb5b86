import type { AddressView, MatrixHead, PartRow } from '../../app/contract/machine-views.ts';
import type { RequestAnswer, RequestArgs } from '../../app/contract/requests.ts';
import { machine } from './fixture.ts';

/** Answers about the machine of the fixture, and a long list of hardware threads that no picture draws. */
const threads = 500;

const rows: readonly PartRow[] = [
  ...machine.nodes.map((node): PartRow => ({
    id: node.id,
    name: node.title,
    kind: node.kind,
    where: node.parent ?? '',
    ...(node.kind === 'memory' ? { size: '64 GiB' } : {}),
    ...(node.kind === 'device' ? { pci: node.subtitle, node: null } : {}),
    source: 'machine.yaml:1',
    drawn: node.id,
    difference: null,
  })),
  ...Array.from({ length: threads }, (_, i): PartRow => ({
    id: `pu:${i}`,
    name: `CPU ${i}`,
    kind: 'hardware thread',
    where: 'Package 0',
    node: '0',
    source: `machine.yaml:${i + 2}`,
    drawn: 'cpu0',
    difference: null,
  })),
];

const matrix: MatrixHead = {
  id: 'matrix:0',
  name: 'NUMA distance',
  unit: null,
  means: 'latency',
  rows: 2,
  columns: 2,
  axes: ['from', 'to'],
  least: 21,
  most: 21,
  words: [],
  unknown: 1,
  note: null,
  source: 'machine.yaml:9',
  longest: [6, 6],
};
const ends = ['dram0', 'hbm0'].map((part, i) => ({ title: `node ${i}`, part, drawn: part }));

const segment = { part: null, drawn: null, count: 1, source: 'iomem:1', depth: 0 } as const;
const addresses: AddressView = {
  basis: 'map',
  ranges: 3,
  levels: 2,
  start: 0,
  end: 0x1_0000_0000,
  segments: [
    { ...segment, id: 'ram', kind: 'ram', label: 'System RAM', start: 0, end: 0x8000_0000, x0: 0, x1: 0.4 },
    {
      ...segment,
      id: 'gap',
      kind: 'unknown',
      label: 'not in the map',
      start: 0x8000_0000,
      end: 0xc000_0000,
      x0: 0.4,
      x1: 0.5,
      source: null,
    },
    {
      ...segment,
      id: 'bus',
      kind: 'window',
      label: 'PCI Bus 0000:00',
      start: 0xc000_0000,
      end: 0x1_0000_0000,
      x0: 0.5,
      x1: 1,
    },
    {
      ...segment,
      id: 'bar',
      kind: 'device',
      label: 'gpu0 BAR 1',
      start: 0xd000_0000,
      end: 0xe000_0000,
      x0: 0.6,
      x1: 0.9,
      depth: 1,
      part: 'gpu0',
      drawn: 'gpu0',
    },
  ],
  revealed: null,
};

const matching = (words: string): readonly PartRow[] =>
  rows.filter((row) => `${row.name} ${row.kind} ${row.pci ?? ''}`.toLowerCase().includes(words.toLowerCase()));

type MachineRequests = 'parts' | 'part' | 'find' | 'matrices' | 'matrix' | 'addresses' | 'compare';

export const machineAnswers: { readonly [N in MachineRequests]: (...args: RequestArgs<N>) => RequestAnswer<N> } = {
  parts: ({ filter, kind, sort, descending, start, count, reveal }) => {
    const found = matching(filter).filter((row) => kind === null || row.kind === kind);
    const sorted = sort === null ? found : found.toSorted((a, b) => ((a[sort] ?? '') < (b[sort] ?? '') ? -1 : 1));
    const all = descending ? sorted.toReversed() : sorted;
    const at = all.findIndex(({ id }) => id === reveal);
    return {
      total: rows.length,
      matching: all.length,
      kinds: [{ kind: 'hardware thread', count: threads }],
      start,
      rows: all.slice(start, start + count),
      revealed: at < 0 || reveal === null ? null : { id: reveal, at },
    };
  },
  part: (id) => {
    const row = rows.find((each) => each.id === id);
    return row === undefined
      ? null
      : {
          row,
          facts: [{ label: 'number', value: id.split(':')[1] ?? null }],
          read: row.source === null ? [] : [row.source],
          changes: [],
        };
  },
  find: ({ text, count }) => {
    const found = matching(text);
    return {
      total: found.length,
      found: found
        .slice(0, count)
        .map(({ id, name, kind, drawn, pci }) => ({ id, name, kind, drawn, matched: pci ?? null })),
    };
  },
  matrices: () => [matrix],
  matrix: ({ rows: r, columns: c, reveal }) => {
    const at = ends.findIndex(({ part }) => part === reveal);
    const values = [10, 21, null, 10];
    return {
      id: matrix.id,
      rowStart: r.start,
      columnStart: c.start,
      rows: ends.slice(r.start, r.end),
      columns: ends.slice(c.start, c.end),
      values: values.filter((_, i) => i % 2 >= c.start && i % 2 < c.end && i >> 1 >= r.start && i >> 1 < r.end),
      revealed: { row: at < 0 ? null : at, column: at < 0 ? null : at },
    };
  },
  addresses: ({ reveal }) => ({
    ...addresses,
    revealed: reveal === 'gpu0' ? { id: 'bar', x0: 0.6, x1: 0.9 } : null,
  }),
  compare: (source) => ({
    ok: true,
    value:
      source === null
        ? null
        : {
            title: 'the machine before',
            source: 'before.yaml',
            same: 10,
            added: 1,
            removed: 0,
            changed: 2,
            other: 0,
            notTold: ['BAR'],
            nodes: [
              { node: 'gpu0', difference: 'changed' },
              { node: 'hbm0', difference: 'added' },
            ],
          },
  }),
};
