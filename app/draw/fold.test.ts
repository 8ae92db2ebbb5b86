import { describe, expect, it } from 'vitest';
import type { GraphEdge, GraphNode } from '../contract/frame.ts';
import { fold, noWishes, type FoldLevel } from './fold.ts';
import type { DrawnPicture } from './picture.ts';

const node = (id: string, kind: GraphNode['kind'], title: string, parent: string | null): GraphNode => ({
  id,
  kind,
  subkind: kind === 'device' ? 'gpu' : null,
  parent,
  title,
  subtitle: null,
  facts: [],
  strips: [],
  count: 1,
  alerts: [],
});
const wire = (source: string, target: string, kind: GraphEdge['kind'] = 'pcie'): GraphEdge => ({
  id: `${source}-${target}`,
  source,
  target,
  kind,
  label: 'x16',
  bandwidthGBs: 25,
  latencyNs: null,
  degraded: null,
});

const gpus = Array.from({ length: 8 }, (_, i) => node(`g${i}`, 'device', `gpu${i}`, 's'));
const one = {
  nodes: [node('h', 'host-bridge', 'Host bridge', null), node('s', 'switch', 'Switch', 'h'), ...gpus],
  edges: [wire('h', 's'), ...gpus.map((gpu) => wire('s', gpu.id))],
};
const open: FoldLevel = { stacks: { devices: 0, bridges: 0, packages: 0 }, closed: [] };
const stacked: FoldLevel = { ...open, stacks: { devices: 5, bridges: 2, packages: 2 } };

const print = ({ nodes }: DrawnPicture): readonly string[] =>
  nodes.map((n) => `${n.id}${n.count > 1 ? ` x${n.count}` : ''}${n.open === false ? ` [${n.holds.join(', ')}]` : ''}`);

describe('folding', () => {
  it('draws everything where nothing is folded', () => {
    expect(print(fold(one, open))).toEqual(['h', 's', ...gpus.map((gpu) => gpu.id)]);
  });

  it('draws eight alike devices below one switch as one, with their count, and their wires as one', () => {
    const folded = fold(one, stacked);
    expect(print(folded)).toEqual(['h', 's', 'g0 x8']);
    expect(folded.edges.map((e) => `${e.source}-${e.target} ${e.label} ${e.stands.length}`)).toEqual([
      'h-s x16 1',
      's-g0 8 × PCIe · 25 GB/s 8',
    ]);
    expect(folded.standIn.get('g5')).toBe('g0');
  });

  it('keeps the device that a story is about by itself', () => {
    expect(print(fold(one, stacked, noWishes, new Set(['g3'])))).toEqual(['h', 's', 'g0 x7', 'g3']);
  });

  it('closes a switch over what hangs on it, and says what that is', () => {
    expect(print(fold(one, { ...open, closed: ['switch'] }))).toEqual(['h', 's [8 × GPU]']);
  });

  it('draws whole alike branches as one', () => {
    const two = {
      nodes: [
        node('h', 'host-bridge', 'Host bridge', null),
        ...['s0', 's1'].flatMap((s) => [
          node(s, 'switch', 'Switch', 'h'),
          node(`${s}.a`, 'device', `gpu${s}`, s),
          node(`${s}.b`, 'device', `gpu${s}`, s),
        ]),
      ],
      edges: [],
    };
    expect(print(fold(two, stacked))).toEqual(['h', 's0 x2', 's0.a', 's0.b']);
  });

  it('puts what a person wishes above the level of detail', () => {
    const wishes = { closed: new Map([['s', true]]), stacked: new Map() };
    expect(print(fold(one, stacked, wishes))).toEqual(['h', 's [8 × GPU]']);
    const spread = { closed: new Map(), stacked: new Map([['g0', false]]) };
    expect(print(fold(one, stacked, spread))).toHaveLength(10);
  });

  it('does not stack devices that differ in their links', () => {
    const odd = { ...one, edges: one.edges.map((e, i) => (i === 3 ? { ...e, label: 'x8' } : e)) };
    expect(print(fold(odd, stacked))).toEqual(['h', 's', 'g0 x7', 'g2']);
  });
});
