/**
 * Links between devices (NVLink, xGMI, CXL and the like) as buses: a lane that all who are joined reach. Two ends are a
 * bus with two members; all of one set with all of another, as GPUs with their NVSwitches, is one bus instead of a
 * hundred wires; so is a mesh of many pairs.
 *
 *      gpu0 ──┐                      gpu0 ──╲╱── sw0
 *      gpu1 ──┤ 4 × NVLink   for     gpu1 ──╱╲── sw1
 *      sw0  ──┤
 *      sw1  ──┘
 */
import { printRate } from '../base/format.ts';
import { kindWord } from './fold.ts';
import type { DrawnEdge } from './picture.ts';

export interface Bus {
  readonly id: string;
  readonly kind: DrawnEdge['kind'];
  /** Ids of the nodes that it joins. */
  readonly members: readonly string[];
  readonly edges: readonly DrawnEdge[];
  /** What stands beside it, a line each. */
  readonly label: readonly string[];
}

/** From this many pairs on, a mesh is a bus: single lanes would only be a tangle. */
const meshFrom = 9;

export function busesOf(edges: readonly DrawnEdge[]): readonly Bus[] {
  const byKind = new Map<string, DrawnEdge[]>();
  for (const edge of edges) {
    const own = byKind.get(edge.kind);
    if (own === undefined) byKind.set(edge.kind, [edge]);
    else own.push(edge);
  }
  return [...byKind.values()].flatMap(busesOfKind);
}

function busesOfKind(edges: readonly DrawnEdge[]): readonly Bus[] {
  const near = new Map<string, Set<string>>();
  const join = (a: string, b: string): void => void near.set(a, (near.get(a) ?? new Set()).add(b));
  for (const { source, target } of edges) {
    join(source, target);
    join(target, source);
  }
  const taken = new Set<DrawnEdge>();
  const buses: Bus[] = [];
  // All of one set with all of another: nodes that have the same neighbours, and those neighbours.
  const alike = new Map<string, string[]>();
  for (const [id, others] of near) {
    if (others.size < 2) continue;
    const key = [...others].sort().join(' ');
    alike.set(key, [...(alike.get(key) ?? []), id]);
  }
  for (const [key, side] of alike) {
    const other = key.split(' ');
    const back = [...side].sort().join(' ');
    const whole = other.every((id) => [...(near.get(id) ?? [])].sort().join(' ') === back);
    if (side.length < 2 || !whole || side.some((id) => other.includes(id))) continue;
    const own = edges.filter(
      (edge) =>
        !taken.has(edge) &&
        side.includes(edge.source) !== side.includes(edge.target) &&
        (side.includes(edge.source) ? other.includes(edge.target) : other.includes(edge.source)),
    );
    if (own.length === 0) continue;
    for (const edge of own) taken.add(edge);
    buses.push(bus(own, [...side, ...other], []));
  }
  const rest = edges.filter((edge) => !taken.has(edge));
  for (const part of connected(rest)) {
    if (part.edges.length < meshFrom || part.members.length < 3) {
      buses.push(...part.edges.map((edge) => bus([edge], [edge.source, edge.target], [])));
      continue;
    }
    const pairs = (part.members.length * (part.members.length - 1)) / 2;
    buses.push(
      bus(part.edges, part.members, [
        part.edges.length === pairs ? 'every pair' : `${part.edges.length} of ${pairs} pairs`,
      ]),
    );
  }
  return buses;
}

function bus(edges: readonly DrawnEdge[], members: readonly string[], more: readonly string[]): Bus {
  const [first] = edges;
  const kind = first?.kind ?? 'unknown';
  const rates = new Set(edges.map(({ bandwidthGBs }) => bandwidthGBs));
  const [rate = null] = rates;
  const label =
    edges.length === 1
      ? (first?.label ?? kindWord(kind)).split(' · ')
      : [
          more.length > 0 ? kindWord(kind) : `${edges.length} × ${kindWord(kind)}`,
          ...more,
          ...(rates.size === 1 && rate !== null ? [`${printRate(rate)} each`] : []),
        ];
  return {
    id: edges.length === 1 ? (first?.id ?? '') : `bus:${first?.id ?? ''}`,
    kind,
    members,
    edges,
    label: label.filter((line) => line !== ''),
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
