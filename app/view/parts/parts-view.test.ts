import { describe, expect, it } from 'vitest';
import type { PartsRequest } from '../../contract/machine-views.ts';
import { openedMachine, openedText } from '../testing/opened.ts';
import { findView } from './find-view.ts';
import { partView } from './part-view.ts';
import { partsView } from './parts-view.ts';

const { machine, index } = openedMachine('dual-socket');
const all: PartsRequest = {
  filter: '',
  kind: null,
  differing: false,
  sort: null,
  descending: false,
  start: 0,
  count: 1000,
  reveal: null,
};
const ask = (request: Partial<PartsRequest>) => partsView(index, { ...all, ...request });

describe('the table of all parts', () => {
  it('has every object, every BAR and every link', () => {
    const bars = machine.objects.flatMap((object) => ('bars' in object ? object.bars : []));
    expect(ask({}).total).toBe(machine.objects.length + bars.length + machine.links.length);
    expect(ask({}).kinds.reduce((sum, { count }) => sum + count, 0)).toBe(ask({}).total);
  });

  it('says what a part is, where it is and where it was read', () => {
    const [gpu] = ask({ filter: '18:00.0 gpu', kind: 'GPU' }).rows;
    expect(gpu).toMatchObject({ kind: 'GPU', pci: '0000:18:00.0', node: '0', difference: null });
    expect(gpu!.name).toMatch(/^gpu0 · /);
    expect(gpu!.where).toBe('Package 0 › PCI 0000:15 › 0000:15:01.0 › 0000:16:00.0 › 0000:17:00.0');
    expect(gpu!.source).toMatch(/^dual-socket\.yaml:\d+$/);
  });

  it('calls links as their makers write them', () => {
    const kinds = ask({}).kinds.map(({ kind }) => kind);
    expect(kinds).toContain('UPI link');
    expect(kinds).toContain('DDR link');
    expect(kinds.filter((kind) => /^(upi|ddr|nvlink|cxl|pcie) link/.test(kind))).toEqual([]);
  });

  it('has no size of a core, and an unknown one where the source could tell it', () => {
    expect('size' in ask({ kind: 'core' }).rows[0]!).toBe(false);
    const bare = openedText('t', '-+-[0000:00]-+-00.0  GPU\n');
    expect(partsView(bare.index, { ...all, filter: '00:00.0' }).rows[0]).toMatchObject({ node: null });
  });

  it('finds all words of a filter in any column, in any order', () => {
    const both = ask({ filter: 'bar 0000:18:00.0' });
    expect(both.matching).toBeGreaterThan(3);
    expect(both.rows.every(({ pci }) => pci === '0000:18:00.0')).toBe(true);
    expect(ask({ filter: '0000:18:00.0 BAR' }).matching).toBe(both.matching);
  });

  it('orders sizes by bytes, names by their numbers, and puts what is not told last both ways', () => {
    const sizes = (descending: boolean) => ask({ sort: 'size', descending, kind: 'BAR' }).rows.map(({ size }) => size);
    expect(sizes(false)).toEqual(sizes(true).toReversed());
    expect(sizes(true)[0]).toBe('256 MiB');
    expect(
      ask({ sort: 'name', kind: 'core' })
        .rows.slice(0, 12)
        .map(({ name }) => name),
    ).toContain('Core 2');
    expect(ask({ sort: 'size', descending: true }).rows.at(-1)!.size).toBeUndefined();
    expect(ask({ sort: 'size', descending: false }).rows.at(-1)!.size).toBeUndefined();
  });

  it('cuts to the rows that are asked for, and says where the revealed part is', () => {
    const at = ask({ reveal: ask({ kind: 'GPU' }).rows[0]!.id }).revealed;
    expect(at).not.toBeNull();
    const page = ask({ start: at!.at, count: 1 });
    expect(page.rows).toHaveLength(1);
    expect(page.rows[0]!.id).toBe(at!.id);
    expect(ask({ kind: 'core', reveal: at!.id }).revealed).toBeNull();
  });

  it('takes a node of the graph for the part that it stands for', () => {
    expect(ask({ reveal: 'package:1/cpu' }).revealed?.id).toBe('package:1');
    expect(partView(machine, index, 'group:hostbridge:0000:15')?.row.kind).toBe('host bridge');
  });

  it('leads from a part that is not drawn to the node that stands for it', () => {
    const thread = ask({ kind: 'hardware thread' }).rows[0]!;
    expect(thread.drawn).toBe('package:0/cpu');
  });
});

describe('one part', () => {
  it('has its facts, what is not told as unknown', () => {
    const { facts, read } = partView(machine, index, 'package:0')!;
    expect(facts.find(({ label }) => label === 'vendor')?.value).toBe('intel');
    expect(read[0]).toMatch(/dual-socket\.yaml:\d+/);
    const { facts: bare } = partView(machine, index, ask({ kind: 'L3 cache' }).rows[0]?.id ?? 'core:0') ?? {
      facts: [],
    };
    expect(bare.length).toBeGreaterThan(0);
    expect(partView(machine, index, 'no such part')).toBeNull();
  });
});

describe('find as you type', () => {
  const first = (text: string) => findView(index, text, 5).found[0];

  it('finds by short name, by address with and without domain, and by node', () => {
    expect(first('gpu0')?.kind).toBe('GPU');
    expect(first('18:00.0')).toMatchObject({ kind: 'GPU', matched: '0000:18:00.0' });
    expect(first('0000:18:00.0')?.kind).toBe('GPU');
    expect(first('node 1')?.name).toMatch(/^NUMA node 1/);
    expect(first('numa 1')?.name).toMatch(/^NUMA node 1/);
  });

  it('lists no more than asked for, counts all, and finds nothing in nothing', () => {
    const many = findView(index, 'core', 3);
    expect(many.found).toHaveLength(3);
    expect(many.total).toBeGreaterThan(60);
    expect(findView(index, '   ', 3)).toEqual({ total: 0, found: [] });
    expect(findView(index, 'zebra', 3).total).toBe(0);
  });
});
