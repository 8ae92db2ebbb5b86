/**
 * How much of a machine is drawn: containers open or closed, alike siblings stacked. What a person opened or closed
 * counts more than what the level of detail says.
 *
 *      Switch ─ gpu0, gpu1, gpu2, gpu3, nic0      stacked: Switch ─ [gpu0 × 4], nic0      closed: [Switch: 4 × GPU, NIC]
 */
import { plural, printRate } from '../base/format.ts';
import type { GraphEdge, GraphNode } from '../contract/frame.ts';
import { peersOf } from './fabric.ts';
import { kindWord } from './kind-words.ts';
import { byParent, isInside, type DrawnEdge, type DrawnNode, type DrawnPicture, type Picture } from './picture.ts';

/** What a person asked for, by the id of the node: true is closed, or stacked. */
export interface Wishes {
  readonly closed: ReadonlyMap<string, boolean>;
  readonly stacked: ReadonlyMap<string, boolean>;
}

export const noWishes: Wishes = { closed: new Map(), stacked: new Map() };

/** Fewest alike siblings that are drawn as one, by what they are; 0: never. */
export interface Stacks {
  readonly devices: number;
  readonly bridges: number;
  readonly packages: number;
}

export interface FoldLevel {
  readonly stacks: Stacks;
  /** Kinds of nodes that are drawn closed. */
  readonly closed: readonly GraphNode['kind'][];
}

const words: ReadonlyMap<string, string> = new Map([
  ['gpu', 'GPU'],
  ['nic', 'NIC'],
  ['storage', 'storage'],
  ['accelerator', 'accelerator'],
  ['nvSwitch', 'NVSwitch'],
  ['cxlMemdev', 'CXL memory'],
  ['other', 'device'],
]);

const opens = (node: GraphNode): boolean =>
  node.kind === 'package' || node.kind === 'group' || node.kind === 'host-bridge' || node.kind === 'switch';

/** What makes siblings alike: all that is drawn of them but their numbers and addresses. */
const plain = (text: string): string =>
  text
    .replace(/\b[0-9a-f]{4,}:[0-9a-f]{2}(:[0-9a-f]{2}\.[0-9a-f])?\b/g, '#')
    .replace(/node \d+/g, 'node #')
    .replace(/\d+$/, '#');

export function fold(
  picture: Picture,
  level: FoldLevel,
  wishes: Wishes = noWishes,
  keep: ReadonlySet<string> = new Set(),
): DrawnPicture {
  const { children, likeness } = prepared(picture);
  const kept = keptNodes(picture.nodes, keep);

  const nodes: DrawnNode[] = [];
  const standIn = new Map<string, string>();
  const hide = (id: string, behind: string): void => {
    standIn.set(id, behind);
    for (const child of children.get(id) ?? []) hide(child.id, behind);
  };
  const isClosed = (node: GraphNode): boolean =>
    wishes.closed.get(node.id) ?? (level.closed.includes(node.kind) && !kept.has(node.id));

  const visit = (parent: string | null): void => {
    const siblings = (children.get(parent) ?? []).filter((node) => node.kind !== 'process');
    const sets = new Map<string, GraphNode[]>();
    for (const node of siblings) {
      if (isInside(node) || kept.has(node.id) || node.alerts.length > 0 || !stackable(node)) continue;
      const key = likeness.get(node.id) ?? node.id;
      const own = sets.get(key);
      if (own === undefined) sets.set(key, [node]);
      else own.push(node);
    }
    for (const node of siblings) {
      if (standIn.has(node.id)) continue;
      const set = sets.get(likeness.get(node.id) ?? node.id);
      const isFirst = set?.[0] === node && set.length > 1;
      const least = leastOf(node, level.stacks);
      const stacked = isFirst && (wishes.stacked.get(node.id) ?? (least > 0 && set.length >= Math.max(2, least)));
      if (stacked) for (const other of set.slice(1)) hide(other.id, node.id);
      const below = (children.get(node.id) ?? []).filter((child) => !isInside(child));
      const open = opens(node) && below.length > 0 ? !isClosed(node) : null;
      nodes.push({
        ...node,
        count: stacked ? set.length : node.count,
        open,
        holds: open === false ? holdsOf(node.id, children) : [],
        alike: isFirst ? { stacked, count: set.length } : null,
        stands: stacked ? set.map(({ id }) => id) : [node.id],
        peers: [],
      });
      if (open === false) for (const child of children.get(node.id) ?? []) hide(child.id, node.id);
      else visit(node.id);
    }
  };
  visit(null);
  for (const node of picture.nodes) if (node.kind === 'process') nodes.push(asDrawn(node));
  const edges = joinEdges(picture.edges, standIn);
  const peers = peersOf(edges, new Map(nodes.map((node) => [node.id, node])));
  return {
    nodes: peers.size === 0 ? nodes : nodes.map((node) => ({ ...node, peers: peers.get(node.id) ?? node.peers })),
    edges,
    standIn,
  };
}

/** A node that stands for itself alone. */
export const asDrawn = (node: GraphNode): DrawnNode => ({
  ...node,
  open: null,
  holds: [],
  alike: null,
  stands: [node.id],
  peers: [],
});

interface Prepared {
  readonly children: ReadonlyMap<string | null, readonly GraphNode[]>;
  readonly likeness: ReadonlyMap<string, string>;
}
const preparations = new WeakMap<Picture, Prepared>();

/** What folding needs to know of a picture, whatever the level. */
function prepared(picture: Picture): Prepared {
  const known = preparations.get(picture);
  if (known !== undefined) return known;
  const children = byParent(picture.nodes);
  const touching = new Map<string, GraphEdge[]>();
  for (const edge of picture.edges)
    for (const id of [edge.source, edge.target]) {
      const own = touching.get(id);
      if (own === undefined) touching.set(id, [edge]);
      else own.push(edge);
    }
  const made = { children, likeness: likenessOf(picture.nodes, children, touching) };
  preparations.set(picture, made);
  return made;
}

const stackable = (node: GraphNode): boolean => node.kind !== 'cpu' && node.kind !== 'memory';

function leastOf(node: GraphNode, stacks: Stacks): number {
  if (node.kind === 'device') return stacks.devices;
  return node.kind === 'switch' || node.kind === 'host-bridge' ? stacks.bridges : stacks.packages;
}

/** Nodes that stay by themselves, and all that contains them. */
function keptNodes(nodes: readonly GraphNode[], keep: ReadonlySet<string>): ReadonlySet<string> {
  const parents = new Map(nodes.map((node) => [node.id, node.parent]));
  const kept = new Set<string>();
  for (const id of keep)
    for (let at: string | null = id; at !== null && !kept.has(at); at = parents.get(at) ?? null) kept.add(at);
  return kept;
}

/** Every node as a short key that alike nodes share, whatever is below them included. */
function likenessOf(
  nodes: readonly GraphNode[],
  children: ReadonlyMap<string | null, readonly GraphNode[]>,
  touching: ReadonlyMap<string, readonly GraphEdge[]>,
): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  const numbers = new Map<string, string>();
  const parents = new Map(nodes.map((node) => [node.id, node.parent]));
  const visit = (node: GraphNode): string => {
    const below = (children.get(node.id) ?? []).map(visit).sort();
    const wires = (touching.get(node.id) ?? [])
      .map((edge) => {
        const other = edge.source === node.id ? edge.target : edge.source;
        return `${edge.kind} ${edge.label ?? ''} ${edge.degraded ?? ''} ${parents.get(other) ?? ''}`;
      })
      .sort();
    const size = node.kind === 'memory' || isInside(node) ? (node.subtitle ?? '') : '';
    const text = JSON.stringify([node.kind, node.subkind, plain(node.title), plain(size), below, wires]);
    const known = numbers.get(text) ?? String(numbers.size);
    numbers.set(text, known);
    keys.set(node.id, known);
    return known;
  };
  for (const node of children.get(null) ?? []) visit(node);
  return keys;
}

/** "8 × GPU", "2 × NIC": what is below a node, its cores and its memory first. */
function holdsOf(id: string, children: ReadonlyMap<string | null, readonly GraphNode[]>): readonly string[] {
  const counts = new Map<string, number>();
  const memory = new Map<string, number>();
  let cores = 0;
  let packages = 0;
  const visit = (at: string): void => {
    for (const node of children.get(at) ?? []) {
      if (node.kind === 'device') {
        const word = words.get(node.subkind ?? '') ?? 'device';
        counts.set(word, (counts.get(word) ?? 0) + node.count);
      } else if (node.kind === 'package') packages += 1;
      else if (node.kind === 'cpu') cores += Number(/^(\d+) core/.exec(node.subtitle ?? '')?.[1] ?? 0);
      else if (node.kind === 'memory') {
        const size = (node.subtitle ?? '').replace(/^node \S+ · /, '');
        memory.set(`${node.title} ${size}`, (memory.get(`${node.title} ${size}`) ?? 0) + 1);
      }
      visit(node.id);
    }
  };
  visit(id);
  const many = ([word, n]: readonly [string, number]): string => (n === 1 ? word : `${n} × ${word}`);
  return [
    ...(cores > 0 ? [plural(cores, 'core')] : packages > 0 ? [plural(packages, 'package')] : []),
    ...[...memory].map(([word, n]) => many([memory.size === 1 ? word.replace(/^DRAM /, '') : word, n])),
    ...[...counts].map(many),
  ];
}

/** Wires between what is drawn; those of one kind between the same two as one, with their number. */
function joinEdges(edges: readonly GraphEdge[], standIn: ReadonlyMap<string, string>): readonly DrawnEdge[] {
  const joined = new Map<string, { first: GraphEdge; readonly all: GraphEdge[] }>();
  const drawn: { key: string; edge: GraphEdge }[] = [];
  for (const edge of edges) {
    const source = standIn.get(edge.source) ?? edge.source;
    const target = standIn.get(edge.target) ?? edge.target;
    if (source === target) continue;
    const key = `${edge.kind} ${source < target ? `${source}|${target}` : `${target}|${source}`}`;
    const known = joined.get(key);
    if (known !== undefined) known.all.push(edge);
    else {
      const first = { ...edge, source, target };
      joined.set(key, { first, all: [edge] });
      drawn.push({ key, edge: first });
    }
  }
  return drawn.map(({ key, edge }): DrawnEdge => {
    const all = joined.get(key)?.all ?? [edge];
    const stands = all.map(({ id }) => id);
    if (all.length === 1) return { ...edge, stands };
    const rates = all.map(({ bandwidthGBs }) => bandwidthGBs);
    const [rate = null] = rates;
    const same = rate !== null && rates.every((other) => other === rate);
    return {
      ...edge,
      label: `${all.length} × ${same ? `${kindWord(edge.kind)} · ${printRate(rate)}` : kindWord(edge.kind)}`.trim(),
      bandwidthGBs: same ? rate * all.length : null,
      degraded: all.find((other) => other.degraded !== null)?.degraded ?? null,
      stands,
    };
  });
}
