import ELK, { type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { GraphNode } from '../../app/contract/frame.ts';
import type { Picture } from './fold.ts';
import { arrange, routeAcross } from './arrange.ts';
import { nodeSize, type Size } from './sizes.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Placed extends Point, Size {}

/** Where everything is, in the picture's own pixels. */
export interface Layout {
  readonly nodes: ReadonlyMap<string, Placed>;
  readonly edges: ReadonlyMap<string, readonly Point[]>;
}

const options = {
  'elk.algorithm': 'layered',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.spacing.nodeNodeBetweenLayers': '68',
  'elk.spacing.nodeNode': '22',
  'elk.spacing.edgeNode': '14',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.padding': '[top=42,left=16,bottom=16,right=16]',
};

const groupPadding = { 'elk.padding': '[top=42,left=16,bottom=16,right=16]' };
const processGap = 44;

/** Longest that a layout may take before the last good one stays, in milliseconds. */
const patience = 15_000;

/** Nodes that are drawn within others: the memory and the BARs of a device. */
export const isInside = (node: GraphNode): boolean => node.kind === 'device-memory' || node.kind === 'bar';

export const insideOf = (nodes: readonly GraphNode[], id: string): readonly GraphNode[] =>
  nodes.filter((node) => isInside(node) && node.parent === id);

interface Block {
  readonly node: GraphNode;
  readonly elk: ElkNode;
}

/** The machine as blocks: each package, host bridge or other top node with all that it contains. */
function toBlocks({ nodes, edges }: Picture): readonly Block[] {
  const drawn = nodes.filter((node) => node.kind !== 'process' && !isInside(node));
  const ids = new Set(drawn.map((node) => node.id));
  const parts = new Map<string, GraphNode[]>();
  for (const node of nodes)
    if (isInside(node) && node.parent !== null) parts.set(node.parent, [...(parts.get(node.parent) ?? []), node]);
  const children = new Map<string | null, GraphNode[]>();
  for (const node of drawn) {
    const parent = node.parent !== null && ids.has(node.parent) ? node.parent : null;
    children.set(parent, [...(children.get(parent) ?? []), node]);
  }
  const build = (node: GraphNode): ElkNode => {
    const inner = children.get(node.id) ?? [];
    return inner.length > 0
      ? { id: node.id, layoutOptions: groupPadding, children: inner.map(build) }
      : { id: node.id, ...nodeSize(node, parts.get(node.id) ?? []) };
  };
  const below = (node: ElkNode): readonly string[] => [node.id, ...(node.children ?? []).flatMap(below)];
  return (children.get(null) ?? []).map((node) => {
    const elk = build(node);
    if (elk.children === undefined) return { node, elk };
    const own = new Set(below(elk));
    const wires: ElkExtendedEdge[] = edges
      .filter((edge) => own.has(edge.source) && own.has(edge.target))
      .map((edge) => ({ id: edge.id, sources: [edge.source], targets: [edge.target] }));
    // A package is a column: its CPU above its memory. What hangs on PCIe spreads to the right.
    const shape =
      node.kind === 'package'
        ? { 'elk.direction': 'DOWN', 'elk.layered.spacing.nodeNodeBetweenLayers': '44' }
        : { 'elk.direction': 'RIGHT' };
    return { node, elk: { ...elk, layoutOptions: { ...options, ...shape }, edges: wires } };
  });
}

/** Takes what ELK placed of one block into the whole picture, moved to where the block stands. */
function collect(block: ElkNode, at: Point, nodes: Map<string, Placed>, edges: Map<string, readonly Point[]>): void {
  const moved = (point: Point): Point => ({ x: point.x + at.x, y: point.y + at.y });
  const visit = (node: ElkNode, isBlock: boolean): void => {
    const place = isBlock ? at : moved({ x: node.x ?? 0, y: node.y ?? 0 });
    nodes.set(node.id, { ...place, width: node.width ?? 0, height: node.height ?? 0 });
    for (const edge of node.edges ?? []) {
      const [section] = edge.sections ?? [];
      if (section !== undefined)
        edges.set(edge.id, [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].map(moved));
    }
    for (const child of node.children ?? []) visit(child, false);
  };
  visit(block, true);
}

const elk = new ELK({ workerFactory: () => new Worker(workerUrl) });

/** Places the machine: each block by ELK in a worker, then the blocks. Rejects where it takes too long. */
export async function layoutMachine(picture: Picture): Promise<Layout> {
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error('the layout takes too long')), patience),
  );
  const blocks = toBlocks(picture);
  const placed = await Promise.race([
    Promise.all(
      blocks.map(({ elk: block }) => (block.children === undefined ? Promise.resolve(block) : elk.layout(block))),
    ),
    late,
  ]);
  const blockOf = new Map<string, string>();
  const mark = (node: ElkNode, id: string): void => {
    blockOf.set(node.id, id);
    for (const child of node.children ?? []) mark(child, id);
  };
  placed.forEach((block) => mark(block, block.id));
  const across = picture.edges.filter(
    (edge) =>
      blockOf.has(edge.source) && blockOf.has(edge.target) && blockOf.get(edge.source) !== blockOf.get(edge.target),
  );
  const positions = arrange(
    placed.map((block, i) => ({
      id: block.id,
      width: block.width ?? 0,
      height: block.height ?? 0,
      leads: blocks[i]?.node.kind === 'package',
    })),
    across.map((edge) => [blockOf.get(edge.source) ?? '', blockOf.get(edge.target) ?? ''] as const),
  );
  const nodes = new Map<string, Placed>();
  const edges = new Map<string, readonly Point[]>();
  for (const block of placed) collect(block, positions.get(block.id) ?? { x: 0, y: 0 }, nodes, edges);
  across.forEach((edge, i) => {
    const [a, b] = [nodes.get(edge.source), nodes.get(edge.target)];
    if (a !== undefined && b !== undefined) edges.set(edge.id, routeAcross(a, b, i));
  });
  return { nodes, edges };
}

/** What the machine's layout depends on: processes come and go without moving it. */
export const layoutKey = ({ nodes, edges }: Picture): string =>
  JSON.stringify([
    nodes
      .filter((node) => node.kind !== 'process')
      .map((node) => [node.id, node.parent, node.strips.map((strip) => strip.pages)]),
    edges.map((edge) => edge.id),
  ]);

/** Processes stand in a row above the machine, each where it stays. */
export function placeProcesses(nodes: readonly GraphNode[], machine: Layout): ReadonlyMap<string, Placed> {
  const placed = new Map(machine.nodes);
  const top = Math.min(0, ...[...machine.nodes.values()].map(({ y }) => y));
  let x = Math.min(...[...machine.nodes.values()].map((box) => box.x), Number.MAX_SAFE_INTEGER);
  if (x === Number.MAX_SAFE_INTEGER) x = 0;
  for (const node of nodes) {
    if (node.kind !== 'process') continue;
    const size = nodeSize(node, []);
    placed.set(node.id, { x, y: top - processGap - size.height, ...size });
    x += size.width + processGap;
  }
  return placed;
}
