import { create } from 'zustand';
import type { Cursor, Frame, GraphEdge, GraphNode, GraphView } from '../../app/contract/frame.ts';
import { beginning } from '../session/cursor.ts';

/** What is painted: the last frame, and the machine's graph with that frame merged into it. */
export interface FrameState {
  readonly cursor: Cursor;
  readonly frame: Frame | null;
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** In the order of the graph; the same array as long as the graph has the same nodes. */
  readonly nodeIds: readonly string[];
  readonly edges: readonly GraphEdge[];
  /** Counts the pictures that came whole, not as a difference from the one before. */
  readonly whole: number;
}

export const emptyFrame: FrameState = {
  cursor: beginning,
  frame: null,
  nodes: new Map(),
  nodeIds: [],
  edges: [],
  whole: 0,
};

export const useFrame = create<FrameState>(() => emptyFrame);

const sameIds = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, i) => id === b[i]);

/** A node that says the same keeps its object, so that its view is not drawn again. */
function keepSame(old: GraphNode | undefined, node: GraphNode): GraphNode {
  return old !== undefined && JSON.stringify(old) === JSON.stringify(node) ? old : node;
}

/** The next picture: `graph` whole where the machine's graph is another one, else only the nodes that the frame names. */
export function mergeFrame(before: FrameState, frame: Frame, graph: GraphView | null, isWhole = false): FrameState {
  const nodes = new Map<string, GraphNode>();
  let nodeIds = before.nodeIds;
  if (graph === null) for (const [id, node] of before.nodes) nodes.set(id, node);
  else {
    for (const node of graph.nodes) nodes.set(node.id, keepSame(before.nodes.get(node.id), node));
    const ids = graph.nodes.map((node) => node.id);
    if (!sameIds(ids, nodeIds)) nodeIds = ids;
  }
  for (const node of frame.nodes) if (nodes.has(node.id)) nodes.set(node.id, keepSame(nodes.get(node.id), node));
  const edges = graph === null ? before.edges : graph.edges;
  return { cursor: frame.cursor, frame, nodes, nodeIds, edges, whole: before.whole + (isWhole ? 1 : 0) };
}
