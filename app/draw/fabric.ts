/**
 * Links between devices (NVLink, xGMI, CXL and the like) as buses: a lane that all who are joined reach. Two ends are a
 * bus with two members; all of one set with all of another, as GPUs with their NVSwitches, is one bus instead of a
 * hundred wires; so is a mesh of every pair.
 *
 *      gpu0 ──┐                              gpu0 ──╲╱── sw0
 *      gpu1 ──┤ each of 2 GPUs to      for   gpu1 ──╱╲── sw1
 *      sw0  ──┤ each of 2 NVSwitches
 *      sw1  ──┘
 *
 * A bus says that its members are all joined alike. So links of different width are never one bus, and a mesh in which
 * some pairs are joined and others are not is a list: every card names those that it is joined to, and with how much.
 */
import { printRate } from '../base/format.ts';
import { compareNatural } from '../base/order.ts';
import type { GraphNode } from '../contract/frame.ts';
import { kindWord } from './kind-words.ts';
import type { DrawnEdge } from './picture.ts';

export interface Bus {
  readonly id: string;
  readonly kind: DrawnEdge['kind'];
  /** Ids of the nodes that it joins. */
  readonly members: readonly string[];
  readonly edges: readonly DrawnEdge[];
  /** What stands beside it, a line each. */
  readonly label: readonly string[];
  /** True where its members are not all joined alike: their cards name whom they are joined to. */
  readonly listed: boolean;
}

function grouped<T>(all: Iterable<T>, keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const own = groups.get(key);
    if (own === undefined) groups.set(key, [one]);
    else own.push(one);
  }
  return groups;
}

type Named = Pick<GraphNode, 'kind' | 'subkind' | 'title'>;
type Nodes = ReadonlyMap<string, Named>;

/** From this many pairs on, single lanes would only be a tangle. */
const meshFrom = 9;

export function busesOf(edges: readonly DrawnEdge[], nodes: Nodes): readonly Bus[] {
  const between = (edge: DrawnEdge): boolean =>
    nodes.get(edge.source)?.kind === 'device' && nodes.get(edge.target)?.kind === 'device';
  const byKind = grouped(edges.filter(between), (edge) => edge.kind);
  return [
    ...edges.filter((edge) => !between(edge)).map(single),
    ...[...byKind.values()].flatMap((own) => busesOfKind(own, nodes)),
  ];
}

function busesOfKind(edges: readonly DrawnEdge[], nodes: Nodes): readonly Bus[] {
  const alike = [...grouped(edges, (edge) => `${edge.label ?? ''} ${edge.degraded ?? ''}`).values()];
  const found = alike.map((own) => regular(own, nodes));
  const rest = found.flatMap((one) => one.rest);
  const buses = found.flatMap((one) => one.buses);
  for (const part of connected(rest)) {
    if (part.edges.length < meshFrom) buses.push(...part.edges.map(single));
    else {
      const pairs = (part.members.length * (part.members.length - 1)) / 2;
      const kind = part.edges[0]?.kind ?? 'unknown';
      buses.push({
        id: `bus:${part.edges[0]?.id ?? ''}`,
        kind,
        members: part.members,
        edges: part.edges,
        label: [
          kindWord(kind) === '' ? 'links' : kindWord(kind),
          part.edges.length === pairs ? `${pairs} pairs, not alike:` : `${part.edges.length} of ${pairs} pairs:`,
          'see the cards',
        ],
        listed: true,
      });
    }
  }
  return buses;
}

/** What is joined all with all among links of one sort: two sets, or the pairs of one set; and what is left. */
function regular(
  edges: readonly DrawnEdge[],
  nodes: Nodes,
): { readonly buses: Bus[]; readonly rest: readonly DrawnEdge[] } {
  const near = new Map<string, Set<string>>();
  const join = (a: string, b: string): void => void near.set(a, (near.get(a) ?? new Set()).add(b));
  for (const { source, target } of edges) {
    join(source, target);
    join(target, source);
  }
  const taken = new Set<DrawnEdge>();
  const buses: Bus[] = [];
  // All of one set with all of another: nodes that have the same neighbours, and those neighbours.
  for (const [key, side] of grouped(near.keys(), (id) => [...(near.get(id) ?? [])].sort().join(' '))) {
    const other = key.split(' ');
    const back = [...side].sort().join(' ');
    const whole = other.every((id) => [...(near.get(id) ?? [])].sort().join(' ') === back);
    if (side.length * other.length < meshFrom || side.length < 2 || other.length < 2 || !whole) continue;
    const own = edges.filter(
      (edge) =>
        !taken.has(edge) &&
        ((side.includes(edge.source) && other.includes(edge.target)) ||
          (other.includes(edge.source) && side.includes(edge.target))),
    );
    if (own.length === 0) continue;
    for (const edge of own) taken.add(edge);
    buses.push(bus(own, [...side, ...other], [`each of ${many(side, nodes)}`, `to each of ${many(other, nodes)}:`]));
  }
  const rest: DrawnEdge[] = [];
  for (const part of connected(edges.filter((edge) => !taken.has(edge)))) {
    const pairs = (part.members.length * (part.members.length - 1)) / 2;
    if (part.edges.length >= meshFrom && part.edges.length === pairs)
      buses.push(bus(part.edges, part.members, [`every pair of`, `${many(part.members, nodes)}:`]));
    else rest.push(...part.edges);
  }
  return { buses, rest };
}

/** Whom each member of a listed mesh is joined to, as the lines of its card say it: "4 × xGMI: gpu1, gpu2". */
export function peersOf(edges: readonly DrawnEdge[], nodes: Nodes): ReadonlyMap<string, readonly string[]> {
  const peers = new Map<string, Map<string, string[]>>();
  const add = (id: string, sort: string, other: string): void => {
    const own = peers.get(id) ?? new Map<string, string[]>();
    own.set(sort, [...(own.get(sort) ?? []), nodes.get(other)?.title ?? other]);
    peers.set(id, own);
  };
  for (const { listed, edges: own, kind } of busesOf(edges, nodes))
    if (listed)
      for (const { source, target, label } of own) {
        const sort = label ?? kindWord(kind);
        add(source, sort, target);
        add(target, sort, source);
      }
  return new Map(
    [...peers].map(([id, sorts]) => [id, [...sorts].map(([sort, titles]) => `${sort}: ${series(titles)}`)]),
  );
}

/** "gpu1, gpu2, nic0" as "gpu1, 2, nic0": a word that is repeated says nothing new. */
function series(titles: readonly string[]): string {
  let before = '';
  return titles
    .toSorted(compareNatural)
    .map((title) => {
      const [, word = '', number = ''] = /^(.*?)(\d*)$/.exec(title) ?? [];
      const short = word === before && number !== '' ? number : title;
      before = word;
      return short;
    })
    .join(', ');
}

const words: ReadonlyMap<string, readonly [one: string, more: string]> = new Map([
  ['gpu', ['GPU', 'GPUs']],
  ['nvSwitch', ['NVSwitch', 'NVSwitches']],
  ['nic', ['NIC', 'NICs']],
  ['accelerator', ['accelerator', 'accelerators']],
]);

/** "8 GPUs", or "6 devices" where they are of several kinds. */
function many(ids: readonly string[], nodes: Nodes): string {
  const kinds = new Set(ids.map((id) => nodes.get(id)?.subkind ?? ''));
  const [kind = ''] = kinds;
  const [one, more] = (kinds.size === 1 ? words.get(kind) : undefined) ?? ['device', 'devices'];
  return `${ids.length} ${ids.length === 1 ? one : more}`;
}

const single = (edge: DrawnEdge): Bus => ({
  id: edge.id,
  kind: edge.kind,
  members: [edge.source, edge.target],
  edges: [edge],
  label: (edge.label ?? kindWord(edge.kind)).split(' · ').filter((line) => line !== ''),
  listed: false,
});

function bus(edges: readonly DrawnEdge[], members: readonly string[], who: readonly string[]): Bus {
  const [first] = edges;
  const kind = first?.kind ?? 'unknown';
  const rate = first?.bandwidthGBs ?? null;
  const what =
    first?.label ?? [kindWord(kind), rate === null ? '' : printRate(rate)].filter((word) => word !== '').join(' · ');
  return {
    id: `bus:${first?.id ?? ''}`,
    kind,
    members,
    edges,
    label: [...who, what].filter((line) => line !== ''),
    listed: false,
  };
}

function connected(
  edges: readonly DrawnEdge[],
): readonly { readonly members: readonly string[]; readonly edges: readonly DrawnEdge[] }[] {
  const groupOf = new Map<string, { members: string[]; edges: DrawnEdge[] }>();
  for (const edge of edges) {
    const a = groupOf.get(edge.source) ?? { members: [edge.source], edges: [] };
    const b = groupOf.get(edge.target) ?? { members: [edge.target], edges: [] };
    if (a !== b) {
      a.members.push(...b.members);
      a.edges.push(...b.edges);
    }
    a.edges.push(edge);
    for (const id of a.members) groupOf.set(id, a);
  }
  return [...new Set(groupOf.values())];
}
