import type { GraphEdge, GraphNode } from '../../app/contract/frame.ts';

export interface Picture {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** Identical siblings from this many on are drawn as one with a count. */
const foldFrom = 5;

/** What makes siblings alike: all that is drawn of them but their addresses. */
const likeness = (node: GraphNode, edges: readonly GraphEdge[]): string =>
  JSON.stringify([
    node.parent,
    node.kind,
    node.subkind,
    node.title.replace(/\d+$/, ''),
    edges.map((edge) => [edge.kind, edge.label, edge.source === node.id ? edge.target : edge.source]).sort(),
  ]);

/**
 * Folds identical siblings into one node with a count, so that a machine with hundreds of alike devices is readable at
 * first sight. `keep` are nodes that a story is about: they stay by themselves.
 */
export function foldAlike({ nodes, edges }: Picture, keep: ReadonlySet<string>): Picture {
  const touching = new Map<string, GraphEdge[]>();
  for (const edge of edges)
    for (const id of [edge.source, edge.target]) touching.set(id, [...(touching.get(id) ?? []), edge]);
  const parents = new Set(nodes.map((node) => node.parent));
  const groups = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    if (node.kind !== 'device' || parents.has(node.id) || keep.has(node.id) || node.alerts.length > 0) continue;
    const key = likeness(node, touching.get(node.id) ?? []);
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  const gone = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const group of groups.values()) {
    const [first, ...rest] = group;
    if (first === undefined || group.length < foldFrom) continue;
    counts.set(first.id, group.length);
    for (const node of rest) gone.set(node.id, first.id);
  }
  return {
    nodes: nodes
      .filter((node) => !gone.has(node.id))
      .map((node) => (counts.has(node.id) ? { ...node, count: counts.get(node.id) ?? 1 } : node)),
    edges: edges.filter((edge) => !gone.has(edge.source) && !gone.has(edge.target)),
  };
}
