import { describe, expect, it } from 'vitest';
import type { Frame, GraphNode } from '../../app/contract/frame.ts';
import { emptyFrame, mergeFrame } from './frame.ts';

const node = (id: string, subtitle = ''): GraphNode => ({
  id,
  kind: 'device',
  subkind: null,
  parent: null,
  title: id,
  subtitle,
  facts: [],
  strips: [],
  count: 1,
  alerts: [],
});
const frame = (nodes: readonly GraphNode[], graphVersion = 1): Frame => ({
  cursor: { step: 0, event: null },
  graphVersion,
  nodes,
  relations: [],
  story: null,
  events: [],
  alerts: [],
  dirty: [],
  totalEvents: 0,
  counters: [],
});
const first = mergeFrame(emptyFrame, frame([]), { nodes: [node('a'), node('b')], edges: [] });

describe('merging a frame', () => {
  it('keeps the object of every node that it does not name', () => {
    const next = mergeFrame(first, frame([node('b', 'changed')]), null);
    expect(next.nodes.get('a')).toBe(first.nodes.get('a'));
    expect(next.nodes.get('b')!.subtitle).toBe('changed');
    expect(next.nodeIds).toBe(first.nodeIds);
  });

  it('keeps the object of a node that is named but says the same', () => {
    expect(mergeFrame(first, frame([node('a')]), null).nodes.get('a')).toBe(first.nodes.get('a'));
  });

  it('takes another graph whole', () => {
    const next = mergeFrame(first, frame([], 2), { nodes: [node('a'), node('c')], edges: [] });
    expect(next.nodeIds).toEqual(['a', 'c']);
    expect(next.nodes.has('b')).toBe(false);
    expect(next.nodes.get('a')).toBe(first.nodes.get('a'));
  });
});
