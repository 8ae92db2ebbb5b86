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
  const text = edge.degraded === null ? edge.label : `${edge.label ?? ''} (${edge.degraded})`;
  const fits = text !== null && text !== '' && (place.horizontal ? place.length > text.length * letter * 0.55 : place.length > 24);
  return (
    <>
      <path className="wire" data-kind={edge.kind} data-degraded={edge.degraded !== null || undefined} d={roundedPath(points)}>
        <title>{`${edge.kind} ${text ?? ''}`}</title>
      </path>
      {near && fits && (
        <EdgeLabelRenderer>
          <div className="wire-label" data-degraded={edge.degraded !== null || undefined} style={{ transform: `translate(-50%, -50%) translate(${place.x}px, ${place.y - (place.horizontal ? 9 : 0)}px)` }}>
            {text}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

const Relation = memo(({ data }: EdgeProps) => {
  const { relation, path, label } = data as unknown as { readonly relation: GraphRelation; readonly path: string; readonly label: Point };
  const colour = relation.kind === 'refused' || relation.state === 'stale' ? 'var(--refusal)' : relation.state === null || relation.kind === 'mirror' || relation.kind === 'maps' ? 'var(--accent)' : stateVariable(relation.state);
  return (
    <>
      <path className="relation" data-kind={relation.kind} d={path} style={{ stroke: colour }} />
      {relation.kind === 'transfer' && <path className="relation-pages" d={path} style={{ stroke: colour }} />}
      <EdgeLabelRenderer>
        <div className="relation-label" data-kind={relation.kind} style={{ transform: `translate(-50%, -50%) translate(${label.x}px, ${label.y}px)`, borderColor: colour }}>
          {relation.kind === 'refused' ? `✕ ${relation.label}` : relation.label}
        </div>
      </EdgeLabelRenderer>
    </>
  );
});

export const edgeTypes = { wire: Wire, relation: Relation } as const;
