import ELK, { type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { GraphNode } from '../../app/contract/frame.ts';
import type { Picture } from './fold.ts';
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
  'elk.direction': 'RIGHT',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.spacing.nodeNodeBetweenLayers': '64',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.componentComponent': '40',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
};

const groupPadding = { 'elk.padding': '[top=40,left=16,bottom=16,right=16]' };
const processGap = 36;

/** Longest that a layout may take before the last good one stays, in milliseconds. */
const patience = 15_000;

/** Nodes that are drawn within others: the memory and the BARs of a device. */
export const isInside = (node: GraphNode): boolean => node.kind === 'device-memory' || node.kind === 'bar';

export const insideOf = (nodes: readonly GraphNode[], id: string): readonly GraphNode[] => nodes.filter((node) => isInside(node) && node.parent === id);

function toElk({ nodes, edges }: Picture): ElkNode {
  const drawn = nodes.filter((node) => node.kind !== 'process' && !isInside(node));
  const ids = new Set(drawn.map((node) => node.id));
  const parts = new Map<string, GraphNode[]>();
  for (const node of nodes) if (isInside(node) && node.parent !== null) parts.set(node.parent, [...(parts.get(node.parent) ?? []), node]);
  const children = new Map<string | null, GraphNode[]>();
  for (const node of drawn) {
    const parent = node.parent !== null && ids.has(node.parent) ? node.parent : null;
    children.set(parent, [...(children.get(parent) ?? []), node]);
  }
  const build = (node: GraphNode): ElkNode => {
    const inner = children.get(node.id) ?? [];
    return inner.length > 0 ? { id: node.id, layoutOptions: groupPadding, children: inner.map(build) } : { id: node.id, ...nodeSize(node, parts.get(node.id) ?? []) };
  };
  const wires: ElkExtendedEdge[] = edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)).map((edge) => ({ id: edge.id, sources: [edge.source], targets: [edge.target] }));
  return { id: 'root', layoutOptions: options, children: (children.get(null) ?? []).map(build), edges: wires };
}

function collect(root: ElkNode): Layout {
  const nodes = new Map<string, Placed>();
  const edges = new Map<string, readonly Point[]>();
  const visit = (node: ElkNode): void => {
    if (node.id !== 'root') nodes.set(node.id, { x: node.x ?? 0, y: node.y ?? 0, width: node.width ?? 0, height: node.height ?? 0 });
    for (const edge of node.edges ?? []) {
      const [section] = edge.sections ?? [];
      if (section !== undefined) edges.set(edge.id, [section.startPoint, ...(section.bendPoints ?? []), section.endPoint]);
    }
    for (const child of node.children ?? []) visit(child);
  };
  visit(root);
  return { nodes, edges };
}

const elk = new ELK({ workerFactory: () => new Worker(workerUrl) });

/** Places the machine. Runs in a worker; rejects where it takes too long. */
export function layoutMachine(picture: Picture): Promise<Layout> {
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('the layout takes too long')), patience));
  return Promise.race([elk.layout(toElk(picture)).then(collect), late]);
}

/** What the machine's layout depends on: processes come and go without moving it. */
export const layoutKey = ({ nodes, edges }: Picture): string =>
  JSON.stringify([nodes.filter((node) => node.kind !== 'process').map((node) => [node.id, node.parent, node.strips.map((strip) => strip.pages)]), edges.map((edge) => edge.id)]);

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
