import { memo } from 'react';
import { EdgeLabelRenderer, useStore, type EdgeProps } from '@xyflow/react';
import type { GraphEdge, GraphRelation } from '../../app/contract/frame.ts';
import { stateVariable } from '../theme/state-style.ts';
import type { Point } from './layout.ts';
import { labelPlace, roundedPath } from './wires.ts';

/** Below this zoom the labels of wires would only be dust. */
const labelsFrom = 0.55;
/** Roughly how wide a letter of a wire's label is. */
const letter = 6.2;

const Wire = memo(({ data }: EdgeProps) => {
  const { edge, points } = data as unknown as { readonly edge: GraphEdge; readonly points: readonly Point[] };
  const near = useStore((state) => state.transform[2] >= labelsFrom);
  const place = labelPlace(points);
  const parts = [...(edge.label ?? '').split(' · '), edge.degraded ?? ''].filter((part) => part !== '');
  const text = parts.join('\n');
  const widest = Math.max(0, ...parts.map((part) => part.length)) * letter;
  const fits = text !== '' && (place.horizontal ? place.length > widest : place.length > 15 * parts.length + 6);
  return (
    <>
      <path
        className="wire"
        data-kind={edge.kind}
        data-degraded={edge.degraded !== null || undefined}
        d={roundedPath(points)}
      >
        <title>{`${edge.kind} ${parts.join(', ')}`}</title>
      </path>
      {near && fits && (
        <EdgeLabelRenderer>
          <div
            className="wire-label"
            data-degraded={edge.degraded !== null || undefined}
            style={{ transform: `translate(-50%, -50%) translate(${place.x}px, ${place.y}px)` }}
          >
            {text}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

const Relation = memo(({ data }: EdgeProps) => {
  const { relation, path, label } = data as unknown as {
    readonly relation: GraphRelation;
    readonly path: string;
    readonly label: Point;
  };
  const colour =
    relation.kind === 'refused' || relation.state === 'stale'
      ? 'var(--refusal)'
      : relation.state === null || relation.kind === 'mirror' || relation.kind === 'maps'
        ? 'var(--accent)'
        : stateVariable(relation.state);
  return (
    <>
      <path className="relation" data-kind={relation.kind} d={path} style={{ stroke: colour }} />
      {relation.kind === 'transfer' && <path className="relation-pages" d={path} style={{ stroke: colour }} />}
      <EdgeLabelRenderer>
        <div
          className="relation-label"
          data-kind={relation.kind}
          style={{ transform: `translate(-50%, -50%) translate(${label.x}px, ${label.y}px)`, borderColor: colour }}
        >
          {relation.kind === 'refused' ? `✕ ${relation.label}` : relation.label}
        </div>
      </EdgeLabelRenderer>
    </>
  );
});

export const edgeTypes = { wire: Wire, relation: Relation } as const;
