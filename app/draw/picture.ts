import type { GraphEdge, GraphNode } from '../contract/frame.ts';

/** A machine as the session tells it: everything, nothing folded. */
export interface Picture {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Placed extends Point, Size {}

/** A node that is drawn: by itself, as the first of a stack of alike siblings, or closed over what is below it. */
export interface DrawnNode extends GraphNode {
  /** Whether what is below it is shown; null: nothing is below. */
  readonly open: boolean | null;
  /** What a closed node holds: "8 × GPU". */
  readonly holds: readonly string[];
  /** Alike siblings in this place, this one included, where they are more than one: in one stack, or spread out. */
  readonly alike: { readonly stacked: boolean; readonly count: number } | null;
  /** Every node that it stands for, itself first. */
  readonly stands: readonly string[];
  /** Whom it is joined to, where the picture cannot draw that truthfully: "2 × NVLink: gpu3, 6". */
  readonly peers: readonly string[];
}

/** A wire that is drawn; several of one kind between the same two are one. */
export interface DrawnEdge extends GraphEdge {
  /** Every edge that it stands for. */
  readonly stands: readonly string[];
}

export interface DrawnPicture {
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
  /** The drawn node that stands for each node that is not drawn itself. */
  readonly standIn: ReadonlyMap<string, string>;
}

/** Nodes that are drawn within others: the memory and the BARs of a device. */
export const isInside = (node: Pick<GraphNode, 'kind'>): boolean =>
  node.kind === 'device-memory' || node.kind === 'bar';

/** Every node by the one that holds it, in the order of the picture. */
export function byParent<N extends GraphNode>(nodes: readonly N[]): ReadonlyMap<string | null, readonly N[]> {
  const ids = new Set(nodes.map((node) => node.id));
  const children = new Map<string | null, N[]>();
  for (const node of nodes) {
    const parent = node.parent !== null && ids.has(node.parent) ? node.parent : null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [node]);
    else siblings.push(node);
  }
  return children;
}
