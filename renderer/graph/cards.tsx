import { memo, useMemo } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { Handle, Position, type NodeProps } from '@xyflow/react';
import type { GraphNode } from '../../app/contract/frame.ts';
import { cardOf, frameMarks, frameRoom, type CardStyle } from '../../app/draw/card.ts';
import { isInside, type DrawnNode } from '../../app/draw/picture.ts';
import { cardDifference } from '../compare/card-difference.ts';
import { useComparison } from '../stores/comparison.ts';
import { useFrame } from '../stores/frame.ts';
import { sameSelection, select, useSelection } from '../stores/selection.ts';
import { Marks } from './marks.tsx';
import { usePicture } from './picture-state.ts';
import { useIsMarked } from './way-layer.tsx';
import { setClosed, setStacked, useUnfolded } from './unfolded.ts';

/** What a card needs beside its node, which it takes from the frame itself. */
export interface CardData extends Record<string, unknown> {
  /** Nodes that are not drawn because this one is closed or stands for them. */
  readonly behind: ReadonlySet<string> | null;
  readonly drawn: DrawnNode;
  readonly style: CardStyle;
  readonly form: 'card' | 'bridge' | 'package';
}

const noParts: readonly GraphNode[] = [];

/** Memory and BARs of a device: they are drawn in its card. */
function useParts(id: string, isDevice: boolean): readonly GraphNode[] {
  const nodes = useFrame((state) => state.nodes);
  return useMemo(
    () => (isDevice ? [...nodes.values()].filter((node) => node.parent === id && isInside(node)) : noParts),
    [nodes, id, isDevice],
  );
}

/** Opens, closes, stacks or spreads; a button of its own beside the card's. */
function Toggles({ node }: { readonly node: DrawnNode }) {
  const spread = useUnfolded((state) => state.wishes.stacked.get(node.id) === false);
  return (
    <>
      {node.open !== null && (
        <button
          type="button"
          className="card-toggle nodrag"
          aria-expanded={node.open}
          aria-label={`${node.open ? 'Close' : 'Open'} ${node.title}`}
          onClick={(event) => {
            event.stopPropagation();
            setClosed(node.id, node.open === true);
          }}
        />
      )}
      {node.alike !== null && (node.alike.stacked || spread) && (
        <button
          type="button"
          className="card-stack nodrag"
          aria-label={
            node.alike.stacked ? `Show all ${node.alike.count} like ${node.title}` : `Draw ${node.alike.count} as one`
          }
          title={node.alike.stacked ? `Show all ${node.alike.count}` : 'Draw alike ones as one'}
          onClick={(event) => {
            event.stopPropagation();
            setStacked(node.id, node.alike?.stacked !== true);
          }}
        >
          {node.alike.stacked ? '⊞' : '⊟'}
        </button>
      )}
    </>
  );
}

/** Selects a part; with Shift it is the other end of the way from the one that is selected. */
function choose(id: string, isGoal: boolean): void {
  const { selected } = useSelection.getState();
  if (isGoal && selected?.kind === 'node' && selected.id !== id) usePicture.setState({ goal: id });
  else {
    usePicture.setState({ goal: null });
    select({ kind: 'node', id });
  }
}

/** Nodes subscribe to their own slice of the frame: a step draws only those that changed. */
const Card = memo(({ id, data, width = 0, height = 0 }: NodeProps) => {
  const { drawn, behind, style, form } = data as CardData;
  const own = useFrame((state) => state.nodes.get(id));
  const parts = useParts(id, drawn.kind === 'device');
  const chosen = useSelection(({ selected, standIn }) => {
    const id = selected?.kind === 'node' ? (standIn ?? selected.id) : null;
    return id !== null && (drawn.stands.includes(id) || behind?.has(id) === true);
  });
  const difference = useComparison(
    useShallow(({ marks }) =>
      cardDifference(
        marks,
        id,
        parts.map((part) => part.id),
        [...drawn.stands, ...(behind ?? [])],
      ),
    ),
  );
  const isGoal = usePicture((state) => state.goal !== null && drawn.stands.includes(state.goal));
  const isMarked = useIsMarked(drawn.stands, behind);
  const pointed = useSelection((state) => sameSelection(state.hovered, { kind: 'node', id }));
  const node = useMemo<DrawnNode | null>(
    () =>
      own === undefined
        ? null
        : {
            ...own,
            count: drawn.count,
            open: drawn.open,
            holds: drawn.holds,
            alike: drawn.alike,
            stands: drawn.stands,
            peers: drawn.peers,
          },
    [own, drawn],
  );
  const marks = useMemo(
    () =>
      node === null
        ? []
        : form === 'card'
          ? cardOf(node, parts, style).marks(width)
          : frameMarks(node, style.form, width),
    [node, parts, style, form, width],
  );
  if (node === null) return null;
  return (
    <div
      className="card"
      data-kind={node.kind}
      data-form={form}
      data-tight={form !== 'card' && frameRoom(style.form).pad < 10 ? true : undefined}
      data-subkind={node.subkind ?? undefined}
      data-chosen={chosen || undefined}
      data-goal={isGoal || isMarked || undefined}
      data-pointed={pointed || undefined}
      data-alert={node.alerts.length > 0 || undefined}
      data-stacked={node.count > 1 || undefined}
      data-difference={difference?.difference}
      onClick={(event) => choose(id, event.shiftKey)}
    >
      <button
        type="button"
        className="card-choose"
        aria-pressed={chosen}
        aria-label={[
          node.title,
          node.count > 1 ? `times ${node.count}` : '',
          node.subtitle ?? '',
          ...node.holds,
          ...node.peers,
          difference?.text ?? '',
          ...node.alerts,
        ]
          .filter((part) => part !== '')
          .join(', ')}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          choose(id, event.shiftKey);
        }}
      />
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Marks marks={marks} width={width} height={form === 'card' ? height : frameRoom(style.form).head} />
      <Toggles node={node} />
      {difference !== null && (
        <span className="card-difference" aria-hidden="true">
          {difference.text}
        </span>
      )}
      {node.alerts[0] !== undefined && <p className="card-alert">{node.alerts[0]}</p>}
    </div>
  );
});

/** One view for all nodes; a module constant, as React Flow wants it. */
export const nodeTypes = { card: Card } as const;
