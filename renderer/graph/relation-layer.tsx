import { ViewportPortal } from '@xyflow/react';
import type { GraphRelation } from '../../app/contract/frame.ts';
import type { DrawnRelation } from '../../app/draw/relations.ts';
import { stateVariable } from '../theme/state-style.ts';

const colourOf = ({ kind, state }: GraphRelation): string =>
  kind === 'refused' || state === 'stale'
    ? 'var(--refusal)'
    : state === null || kind === 'mirror' || kind === 'maps'
      ? 'var(--accent)'
      : stateVariable(state);

/** Mappings, transfers, invalidations and refusals: below the cards their lines, above them what they say. */
export function RelationLayer({ relations }: { readonly relations: readonly DrawnRelation[] }) {
  return (
    <ViewportPortal>
      <svg className="relations">
        {relations.map(({ relation, path, leader }) => (
          <g key={relation.id}>
            <path className="relation" data-kind={relation.kind} d={path} style={{ stroke: colourOf(relation) }} />
            {leader !== null && (
              <path
                className="relation-leader"
                d={`M${leader[0].x},${leader[0].y}L${leader[1].x},${leader[1].y}`}
                style={{ stroke: colourOf(relation) }}
              />
            )}
            {relation.kind === 'transfer' && (
              <path className="relation-pages" d={path} style={{ stroke: colourOf(relation) }} />
            )}
          </g>
        ))}
      </svg>
      {relations.map(({ relation, text, label }) => (
        <div
          key={relation.id}
          className="relation-label"
          data-kind={relation.kind}
          style={{
            transform: `translate(${label.x}px, ${label.y}px)`,
            width: label.width,
            borderColor: colourOf(relation),
          }}
        >
          {text}
        </div>
      ))}
    </ViewportPortal>
  );
}
