import { describe, expect, it } from 'vitest';
import type { GraphNode } from '../contract/frame.ts';
import { busesOf, peersOf } from './fabric.ts';
import type { DrawnEdge } from './picture.ts';

const node = (subkind: string, title: string) => ({ kind: 'device' as const, subkind, title });
const gpus = Array.from({ length: 8 }, (_, i) => `gpu${i}`);
const switches = Array.from({ length: 6 }, (_, i) => `nvswitch${i}`);
const nodes = new Map<string, Pick<GraphNode, 'kind' | 'subkind' | 'title'>>([
  ...gpus.map((id) => [id, node('gpu', id)] as const),
  ...switches.map((id) => [id, node('nvSwitch', id)] as const),
  ['cpu', { kind: 'cpu' as const, subkind: null, title: 'CPU 0' }] as const,
]);

const link = (source: string, target: string, label = 'NVLink · 25 GB/s'): DrawnEdge => ({
  id: `${source}-${target}`,
  source,
  target,
  kind: 'nvlink',
  label,
  bandwidthGBs: 25,
  latencyNs: null,
  degraded: null,
  stands: [`${source}-${target}`],
});
const pairs = (ids: readonly string[]) => ids.flatMap((a, i) => ids.slice(i + 1).map((b) => [a, b] as const));

describe('the links between devices', () => {
  it('of every GPU with every switch are one bus that says who is joined to whom', () => {
    const [bus, ...more] = busesOf(
      gpus.flatMap((gpu) => switches.map((other) => link(gpu, other))),
      nodes,
    );
    expect(more).toEqual([]);
    expect(bus).toMatchObject({
      label: ['each of 8 GPUs', 'to each of 6 NVSwitches:', 'NVLink · 25 GB/s'],
      listed: false,
    });
  });

  it('of every pair alike are one bus', () => {
    const [bus, ...more] = busesOf(
      pairs(gpus).map(([a, b]) => link(a, b)),
      nodes,
    );
    expect([more.length, bus?.label, bus?.listed]).toEqual([
      0,
      ['every pair of', '8 GPUs:', 'NVLink · 25 GB/s'],
      false,
    ]);
  });

  it('that few enough are drawn are single lanes: a ring stays a ring', () => {
    const ring = [0, 1, 2, 3].map((i) => link(`gpu${i}`, `gpu${(i + 1) % 4}`));
    expect(busesOf(ring, nodes).map(({ members }) => members.length)).toEqual([2, 2, 2, 2]);
  });

  it('of unequal width are never one bus: each card names whom it is joined to, and with how much', () => {
    const wide = new Set(['gpu0-gpu3', 'gpu1-gpu2']);
    const edges = pairs(gpus.slice(0, 6)).map(([a, b]) =>
      link(a, b, wide.has(`${a}-${b}`) ? '2 × NVLink · 50 GB/s' : 'NVLink · 25 GB/s'),
    );
    const [bus, ...more] = busesOf(edges, nodes).filter(({ members }) => members.length > 2);
    expect(more).toEqual([]);
    expect(bus?.listed).toBe(true);
    expect(peersOf(edges, nodes).get('gpu0')).toEqual([
      'NVLink · 25 GB/s: gpu1, 2, 4, 5',
      '2 × NVLink · 50 GB/s: gpu3',
    ]);
  });

  it('of some pairs only are listed with what they are of', () => {
    const edges = pairs(gpus)
      .filter(([a, b]) => !(a === 'gpu0' && b === 'gpu7'))
      .map(([a, b]) => link(a, b));
    const [bus] = busesOf(edges, nodes);
    expect(bus?.label).toEqual(['NVLink', '27 of 28 pairs:', 'see the cards']);
    expect(peersOf(edges, nodes).get('gpu7')).toEqual(['NVLink · 25 GB/s: gpu1, 2, 3, 4, 5, 6']);
  });

  it('to a CPU are lanes of their own', () => {
    expect(busesOf([link('cpu', 'gpu0'), link('cpu', 'gpu1')], nodes)).toHaveLength(2);
  });
});
