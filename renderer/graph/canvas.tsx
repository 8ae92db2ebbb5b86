import { useEffect, useMemo, useRef, useState } from 'react';
import {
  Background,
  BackgroundVariant,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  type Node,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { type } from '../../app/draw/card.ts';
import { placeProcesses, roomForProcesses } from '../../app/draw/draw.ts';
import { asDrawn } from '../../app/draw/fold.ts';
import type { DrawnNode, Placed, Size } from '../../app/draw/picture.ts';
import { drawRelations, type DrawnRelation } from '../../app/draw/relations.ts';
import { nearest } from '../../app/draw/walk.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { useLayout } from '../stores/layout.ts';
import { select, useSelection } from '../stores/selection.ts';
import { nodeTypes, type CardData } from './cards.tsx';
import { isInside, isSameViewport, type Fitted } from './fit.ts';
import { PathCard, PathLayer } from './path-layer.tsx';
import { usePicture } from './picture-state.ts';
import { RelationLayer } from './relation-layer.tsx';
import { useReveal } from './reveal.ts';
import { forgetUnfolded, useUnfolded } from './unfolded.ts';
import { useDrawing } from './use-drawing.ts';
import { useMarked, WayCard, WayLayer } from './way-layer.tsx';
import { WireLayer } from './wire-layer.tsx';
import './graph.css';

const ways: ReadonlyMap<string, 'left' | 'right' | 'up' | 'down'> = new Map([
  ['ArrowLeft', 'left'],
  ['ArrowRight', 'right'],
  ['ArrowUp', 'up'],
  ['ArrowDown', 'down'],
]);

const margin = 18;
/** Pixels of the smallest text, at a desk and on a stage. */
const readable = { desk: 10, stage: 24 } as const;
const largest = { desk: 1.5, stage: 3 } as const;
/** Below this zoom the labels of wires would only be dust. */
const labelsFrom = 0.5;
const noTables: readonly { readonly id: string; readonly pages: number }[] = [];
/** A room of another size is a reason for another picture from this share of change on. */
const notable = 0.2;

/** The size of an element, as long as it does not change much: the picture keeps its places while panels move a little. */
function useRoom(present: boolean): readonly [(element: HTMLElement | null) => void, Size | null] {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [room, setRoom] = useState<Size | null>(null);
  useEffect(() => {
    if (element === null) return;
    // No panel moves on a stage, and text there must have its size.
    const slack = present ? 0.01 : notable;
    const measure = (): void =>
      setRoom((old) => {
        const width = element.clientWidth - 2 * margin;
        const height = element.clientHeight - 2 * margin;
        if (width < 40 || height < 40) return old;
        const same =
          old !== null && Math.abs(width / old.width - 1) < slack && Math.abs(height / old.height - 1) < slack;
        return same ? old : { width, height };
      });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [element, present]);
  return [setElement, room];
}

function toNode(drawn: DrawnNode, box: Placed, data: CardData): Node {
  return {
    id: drawn.id,
    type: 'card',
    position: { x: box.x, y: box.y },
    width: box.width,
    height: box.height,
    data,
    draggable: false,
    connectable: false,
    selectable: false,
    // The card inside is the button; the wrapper must still let a pointer through to it.
    focusable: false,
    style: { pointerEvents: 'all' },
    zIndex: data.form === 'card' ? 2 : 0,
  };
}

function Graph() {
  const ids = useFrame((state) => state.nodeIds);
  const edges = useFrame((state) => state.edges);
  const relations = useFrame((state) => state.frame?.relations);
  const document = useDocument((state) => state.head?.id ?? '');
  const present = useLayout((state) => state.present);
  const hasSteps = useDocument((state) => (state.head?.steps.length ?? 0) > 0);
  const tables = useDocument((state) => state.head?.tables ?? noTables);
  const wishes = useUnfolded((state) => state.wishes);
  const zoomedIn = useStore((state) => state.transform[2] >= labelsFrom);
  const flow = useReactFlow();
  const [measured, whole] = useRoom(present);

  useEffect(
    () => () => {
      forgetUnfolded();
      usePicture.setState({ goal: null });
    },
    [document],
  );

  const nodes = useMemo(() => ids.flatMap((id) => useFrame.getState().nodes.get(id) ?? []), [ids, edges]);
  const machine = useMemo(() => ({ nodes, edges }), [nodes, edges]);
  const above = useMemo(
    () => (whole === null || !hasSteps ? 0 : roomForProcesses(tables, whole.width)),
    [whole, hasSteps, tables],
  );
  const marked = useMarked();
  const { drawn, picture, failed, shown } = useDrawing(
    nodes,
    edges,
    wishes,
    marked,
    whole,
    above,
    present ? readable.stage : readable.desk,
  );
  const toScale = usePicture((state) => state.toScale);
  useEffect(() => {
    usePicture.setState({ shown: drawn === null || picture === null ? null : { picture: { nodes, edges }, drawn } });
  }, [drawn, picture, nodes, edges]);
  const places = useMemo(
    () => (drawn === null ? null : new Map([...drawn.drawing.nodes, ...placeProcesses(nodes, drawn.drawing)])),
    [drawn, nodes],
  );

  const flowNodes = useMemo(() => {
    if (drawn === null || places === null) return [];
    const up = new Map(
      drawn.picture.edges.filter((edge) => edge.kind === 'pcie').map((edge) => [edge.target, edge.label]),
    );
    const behind = new Map<string, Set<string>>();
    for (const [hidden, shown] of drawn.picture.standIn)
      behind.set(shown, (behind.get(shown) ?? new Set<string>()).add(hidden));
    const processes = nodes.filter((node) => node.kind === 'process').map(asDrawn);
    return [...drawn.picture.nodes.filter((node) => node.kind !== 'process'), ...processes].flatMap((node) => {
      const box = places.get(node.id);
      if (box === undefined) return [];
      const isProcess = node.kind === 'process';
      return [
        toNode(node, box, {
          drawn: node,
          behind: behind.get(node.id) ?? null,
          form: drawn.drawing.forms.get(node.id) ?? 'card',
          style: {
            form: isProcess ? 'full' : drawn.detail.form,
            lines: drawn.detail.lines,
            wrap: drawn.detail.wrap,
            toScale,
            link: drawn.detail.labels === 'card' && drawn.drawing.nodes.has(node.id) ? (up.get(node.id) ?? null) : null,
          },
        }),
      ];
    });
  }, [drawn, places, nodes, toScale]);

  const drawnRelations = useMemo<readonly DrawnRelation[]>(
    () => (places === null || drawn === null ? [] : drawRelations(relations ?? [], { nodes, edges }, drawn, places)),
    [relations, places, drawn, nodes, edges],
  );

  const bounds = useMemo(() => {
    if (places === null || drawn === null) return null;
    const points = drawn.drawing.wires.flatMap((wire) => wire.paths.flat());
    const boxes = [...places.values()];
    const left = Math.min(0, ...points.map((point) => point.x));
    const top = Math.min(0, ...boxes.map((box) => box.y), ...points.map((point) => point.y));
    const right = Math.max(drawn.drawing.width, ...boxes.map((box) => box.x + box.width));
    const bottom = Math.max(drawn.drawing.height, ...boxes.map((box) => box.y + box.height));
    return { x: left, y: top, width: right - left, height: bottom - top };
  }, [places, drawn]);

  // The whole machine fits the window when it opens, when the stage is set, when a process joins it, when the story
  // makes it grow out of the window, and when the result of a query unfolds it.
  const fitKey = `${document}|${present}|${flowNodes.filter((node) => (node.data as CardData).drawn.kind === 'process').length}|${drawn === null}|${whole?.width ?? 0}x${whole?.height ?? 0}|${shown}`;
  const frame = useRef<HTMLElement | null>(null);
  const fitted = useRef<Fitted | null>(null);
  useEffect(() => {
    const element = frame.current;
    if (element === null || bounds === null) return;
    const last = fitted.current;
    if (last?.key === fitKey) {
      // A picture that grows with the story out of the window fits again, but not where the viewer has moved it or has
      // opened a part.
      const isMoved = !isSameViewport(flow.getViewport(), last.viewport);
      if (isMoved || last.wishes !== wishes || isInside(bounds, last.viewport, element)) {
        fitted.current = { ...last, wishes };
        return;
      }
    }
    const [width, height] = [element.clientWidth, element.clientHeight];
    const fitting = Math.min(
      (width - 2 * margin) / bounds.width,
      (height - 2 * margin) / bounds.height,
      present ? largest.stage : largest.desk,
    );
    // A little margin is given up rather than the size of the text.
    const least = readable.stage / type.small.size;
    const zoom = present && fitting < least && fitting > least * 0.93 ? least : fitting;
    const x = (width - bounds.width * zoom) / 2 - bounds.x * zoom;
    const y = Math.max(margin, (height - bounds.height * zoom) / 3) - bounds.y * zoom;
    const handle = requestAnimationFrame(() => {
      fitted.current = { key: fitKey, wishes, viewport: { x, y, zoom } };
      void flow.setViewport({ x, y, zoom });
    });
    return () => cancelAnimationFrame(handle);
  }, [fitKey, bounds, flow]);

  useReveal(flowNodes, frame);

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
    <div
      className="graph"
      data-steps={hasSteps || undefined}
      data-far={!zoomedIn || undefined}
      ref={(element) => {
        frame.current = element;
        measured(element);
      }}
    >
      <ReactFlow
        nodes={flowNodes}
        edges={[]}
        nodeTypes={nodeTypes}
        minZoom={0.05}
        maxZoom={3}
        onlyRenderVisibleElements={flowNodes.length > 120}
        nodesDraggable={false}
        nodesConnectable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        proOptions={{ hideAttribution: true }}
        onPaneClick={() => {
          usePicture.setState({ goal: null });
          select(null);
        }}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
        {drawn !== null && <WireLayer wires={drawn.drawing.wires} />}
        <RelationLayer relations={drawnRelations} />
        {drawn !== null && places !== null && <PathLayer picture={machine} drawn={drawn} places={places} />}
        {drawn !== null && places !== null && <WayLayer picture={machine} drawn={drawn} places={places} />}
      </ReactFlow>
      <PathCard picture={machine} />
      <WayCard />
      {failed !== null && (
        <p className="graph-note">The picture could not be made anew: {failed}. The list of parts is under Object.</p>
      )}
      {drawn === null && failed === null && nodes.length > 0 && <p className="graph-note">Laying out the machine…</p>}
      {nodes.length === 0 && (
        <p className="graph-note">This source tells of no parts that could be drawn: see its tables.</p>
      )}
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
