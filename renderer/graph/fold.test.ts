import { describe, expect, it } from 'vitest';
import type { GraphEdge, GraphNode } from '../../app/contract/frame.ts';
import { foldAlike } from './fold.ts';

const node = (id: string, title: string, parent: string | null = 'group'): GraphNode => ({
  id,
  kind: 'device',
  subkind: 'gpu',
  parent,
  title,
  subtitle: null,
  facts: [],
  strips: [],
  count: 1,
  alerts: [],
});
const wire = (id: string): GraphEdge => ({
  id: `${id}--up`,
  source: 'switch',
  target: id,
  kind: 'pcie',
  label: 'x16',
  bandwidthGBs: null,
  latencyNs: null,
  degraded: null,
});

describe('folding alike siblings', () => {
  const eight = Array.from({ length: 8 }, (_, i) => node(`g${i}`, `gpu${i}`));
  const picture = { nodes: eight, edges: eight.map((n) => wire(n.id)) };

  it('draws eight alike devices below one switch as one, with their count', () => {
    const folded = foldAlike(picture, new Set());
    expect(folded.nodes.map((n) => `${n.id} x${n.count}`)).toEqual(['g0 x8']);
    expect(folded.edges.map((e) => e.id)).toEqual(['g0--up']);
  });

  it('keeps the device that a story is about by itself', () => {
    expect(foldAlike(picture, new Set(['g3'])).nodes.map((n) => `${n.id} x${n.count}`)).toEqual(['g0 x7', 'g3 x1']);
  });

  it('does not fold what hangs elsewhere', () => {
    const apart = { nodes: eight, edges: eight.map((n, i) => ({ ...wire(n.id), source: `switch${i}` })) };
    expect(foldAlike(apart, new Set()).nodes).toHaveLength(8);
  });
});
