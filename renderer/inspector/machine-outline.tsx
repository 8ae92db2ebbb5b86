import type { GraphNode } from '../../app/contract/frame.ts';
import { DifferenceMark } from '../compare/difference-mark.tsx';
import { useComparison } from '../stores/comparison.ts';
import { useFrame } from '../stores/frame.ts';
import { hover, select } from '../stores/selection.ts';

interface OutlineRow {
  readonly node: GraphNode;
  readonly depth: number;
}

/** Every part below what contains it, in the order of the graph. */
export function outline(ids: readonly string[], nodes: ReadonlyMap<string, GraphNode>): readonly OutlineRow[] {
  const children = new Map<string | null, GraphNode[]>();
  for (const id of ids) {
    const node = nodes.get(id);
    if (node === undefined) continue;
    const parent = node.parent !== null && nodes.has(node.parent) ? node.parent : null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [node]);
    else siblings.push(node);
  }
  const rows: OutlineRow[] = [];
  const visit = (parent: string | null, depth: number): void => {
    for (const node of children.get(parent) ?? []) {
      rows.push({ node, depth });
      visit(node.id, depth + 1);
    }
  };
  visit(null, 0);
  return rows;
}

/** The machine as an indented list: all that the picture shows, for the keyboard and for screen readers. */
export function MachineOutline() {
  const ids = useFrame((state) => state.nodeIds);
  const nodes = useFrame((state) => state.nodes);
  const differences = useComparison((state) => state.nodes);
  const rows = outline(ids, nodes);
  return (
    <div className="object">
      <p className="muted">Select a part of the machine, here or in the picture.</p>
      <ul className="outline" aria-label="Parts of the machine">
        {rows.map(({ node, depth }) => (
          <li key={node.id} style={{ paddingLeft: Math.min(depth, 8) * 14 }}>
            <button
              type="button"
              onClick={() => select({ kind: 'node', id: node.id })}
              onPointerEnter={() => hover({ kind: 'node', id: node.id })}
              onPointerLeave={() => hover(null)}
            >
              <DifferenceMark difference={differences.get(node.id) ?? null} />
              <span>{node.title}</span>
              {node.count > 1 && <span className="muted">× {node.count}</span>}
              {node.subtitle !== null && <span className="muted outline-subtitle">{node.subtitle}</span>}
              {node.alerts.length > 0 && <span className="alert-count">{node.alerts.length}</span>}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
