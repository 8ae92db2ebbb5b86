import { useEffect, useMemo, useRef, useState } from 'react';
import {
  Background,
  BackgroundVariant,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type Edge,
  type Node,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import type { GraphNode } from '../../app/contract/frame.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { useLayout } from '../stores/layout.ts';
import { select, useSelection } from '../stores/selection.ts';
import { nodeTypes } from './cards.tsx';
import { foldAlike, type Picture } from './fold.ts';
import { isInside, layoutKey, layoutMachine, placeProcesses, type Layout, type Placed } from './layout.ts';
import { edgeTypes } from './lines.tsx';
import { nearest } from './walk.ts';
import { curveBetween, joinWires, roundedPath, routeLabel } from './wires.ts';
import './graph.css';

const shapeOf = (node: GraphNode): keyof typeof nodeTypes =>
  node.kind === 'process'
    ? 'process'
    : node.kind === 'package' || node.kind === 'group' || node.kind === 'machine'
      ? 'area'
      : 'plain';

const ways: ReadonlyMap<string, 'left' | 'right' | 'up' | 'down'> = new Map([
  ['ArrowLeft', 'left'],
  ['ArrowRight', 'right'],
  ['ArrowUp', 'up'],
  ['ArrowDown', 'down'],
]);

/** Layouts that were made, by what they depend on: going back to a document is instant. */
const made = new Map<string, Layout>();

/** The machine's layout; while a new one is being made, or where it cannot be, the last good one stays. */
function useMachineLayout(picture: Picture): { readonly layout: Layout | null; readonly failed: string | null } {
  const key = layoutKey(picture);
  const [state, setState] = useState<{
    readonly key: string;
    readonly layout: Layout | null;
    readonly failed: string | null;
  }>({ key: '', layout: null, failed: null });
  const wanted = useRef(key);
  useEffect(() => {
    wanted.current = key;
    const known = made.get(key);
    if (known !== undefined) {
      setState({ key, layout: known, failed: null });
      return;
    }
    if (picture.nodes.length === 0) return;
    layoutMachine(picture).then(
      (layout) => {
        made.set(key, layout);
        if (wanted.current === key) setState({ key, layout, failed: null });
      },
      (error: unknown) => {
        if (wanted.current === key)
          setState((old) => ({ ...old, failed: error instanceof Error ? error.message : 'no reason given' }));
      },
    );
    // The key says all that the layout depends on.
  }, [key]);
  return state;
}

function toNode(node: GraphNode, box: Placed): Node {
  const shape = shapeOf(node);
  return {
    id: node.id,
    type: shape,
    position: { x: box.x, y: box.y },
    width: box.width,
    height: box.height,
    data: { count: node.count },
    draggable: false,
    connectable: false,
    selectable: false,
    // The card inside is the button; the wrapper must still let a pointer through to it.
    focusable: false,
    style: { pointerEvents: 'all' },
    zIndex: shape === 'area' ? 0 : 2,
  };
}

function Graph() {
  const ids = useFrame((state) => state.nodeIds);
  const edges = useFrame((state) => state.edges);
  const relations = useFrame((state) => state.frame?.relations);
  const document = useDocument((state) => state.head?.id ?? '');
  const present = useLayout((state) => state.present);
  const hasSteps = useDocument((state) => (state.head?.steps.length ?? 0) > 0);
  const flow = useReactFlow();

  const picture = useMemo(() => {
    const nodes = ids.flatMap((id) => useFrame.getState().nodes.get(id) ?? []);
    return foldAlike({ nodes, edges }, new Set(nodes.filter((node) => node.strips.length > 0).map((node) => node.id)));
  }, [ids, edges]);
  const { layout, failed } = useMachineLayout(picture);
  const places = useMemo(() => (layout === null ? null : placeProcesses(picture.nodes, layout)), [layout, picture]);

  const flowNodes = useMemo(() => {
    if (places === null) return [];
    return picture.nodes.flatMap((node) => {
      const box = places.get(node.id);
      return box === undefined || isInside(node) ? [] : [toNode(node, box)];
    });
  }, [places, picture]);

  const wires = useMemo<Edge[]>(() => {
    if (layout === null) return [];
    return picture.edges.flatMap((edge) => {
      const points = layout.edges.get(edge.id);
      return points === undefined
        ? []
        : [
            {
              id: edge.id,
              source: edge.source,
              target: edge.target,
              type: 'wire',
              data: { edge, points },
              focusable: false,
              selectable: false,
              zIndex: 1,
            },
          ];
    });
  }, [layout, picture]);

  const drawnRelations = useMemo<Edge[]>(() => {
    if (places === null || layout === null) return [];
    const owner = new Map(picture.nodes.filter(isInside).map((node) => [node.id, node.parent ?? node.id]));
    return (relations ?? []).flatMap((relation) => {
      const source = owner.get(relation.source) ?? relation.source;
      const target = owner.get(relation.target) ?? relation.target;
      const a = places.get(source);
      const b = places.get(target);
      if (a === undefined || b === undefined) return [];
      const along = joinWires(relation.route, layout.edges, a);
      const line =
        along.length > 1
          ? {
              path: roundedPath(along),
              label: routeLabel(relation.route, layout.edges, relation.kind === 'transfer' ? -34 : 26),
            }
          : curveBetween(a, b);
      return [
        {
          id: relation.id,
          source,
          target,
          type: 'relation',
          data: { relation, ...line },
          focusable: false,
          selectable: false,
          zIndex: 1,
        },
      ];
    });
  }, [relations, places, layout, picture]);

  // The whole machine fits the window when it opens, when the stage is set, and when a process joins it.
  const fitKey = `${document}|${present}|${flowNodes.length}|${layout === null}`;
  useEffect(() => {
    if (flowNodes.length === 0) return;
    const frame = requestAnimationFrame(() => void flow.fitView({ padding: 0.06, maxZoom: 1.6, duration: 0 }));
    return () => cancelAnimationFrame(frame);
  }, [fitKey, flow, flowNodes.length]);

  useEffect(() => {
    /** Alt and an arrow: from the selected part to the next one that way, with the keyboard in the picture or nowhere. */
    const walk = (event: KeyboardEvent): void => {
      const way = ways.get(event.key);
      const { selected } = useSelection.getState();
      const from = selected?.kind === 'node' ? selected.id : null;
      const here = event.target instanceof Element && event.target.closest('.graph') !== null;
      if (
        way === undefined ||
        !event.altKey ||
        places === null ||
        !(here || (event.target === globalThis.document.body && from !== null))
      )
        return;
      const next = nearest(places, from, way);
      if (next === null) return;
      event.preventDefault();
      select({ kind: 'node', id: next });
    };
    window.addEventListener('keydown', walk);
    return () => window.removeEventListener('keydown', walk);
  }, [places]);

  return (
    <div className="graph" data-steps={hasSteps || undefined}>
      <ReactFlow
        nodes={flowNodes}
        edges={[...wires, ...drawnRelations]}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        minZoom={0.05}
        maxZoom={3}
        onlyRenderVisibleElements={flowNodes.length > 120}
        nodesDraggable={false}
        nodesConnectable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        proOptions={{ hideAttribution: true }}
        onPaneClick={() => select(null)}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
      </ReactFlow>
      {failed !== null && (
        <p className="graph-note">
          The picture could not be laid out anew: {failed}. The list of parts is under Object.
        </p>
      )}
      {layout === null && failed === null && <p className="graph-note">Laying out the machine…</p>}
    </div>
  );
}

/** The machine as a picture: what hangs where, what is in which memory, and what this step does between them. */
export function GraphCanvas() {
  return (
    <ReactFlowProvider>
      <Graph />
    </ReactFlowProvider>
  );
}
