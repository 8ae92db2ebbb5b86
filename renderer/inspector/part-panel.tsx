import { ChevronLeft } from 'lucide-react';
import type { PartView } from '../../app/contract/machine-views.ts';
import { client } from '../client.ts';
import { useComparison } from '../stores/comparison.ts';
import { useDocument } from '../stores/document.ts';
import { select } from '../stores/selection.ts';
import { FactValue } from './fact-value.tsx';
import { Contradictions, isPlain, Origins } from './sources.tsx';
import { useAnswer } from './use-answer.ts';

/** Places that are listed. */
const mostOrigins = 8;

/** All that is known of a part, by its id or by that of the node that stands for it; null: there is none. */
export function usePart(id: string | null): PartView | null | 'asking' {
  const document = useDocument((state) => state.head?.source ?? '');
  const compared = useComparison((state) => state.version);
  const answer = useAnswer(id === null ? null : `${document}|${compared}|${id}`, async () => ({
    id,
    part: id === null ? null : await client().request('part', id),
  }));
  return id === null ? null : answer?.id === id ? answer.part : 'asking';
}

/** Facts of a part that the picture does not draw by itself: a core, a port, a BAR, a link. */
export function PartPanel({ part }: { readonly part: PartView }) {
  const { row, facts } = part;
  return (
    <div className="object">
      <button
        type="button"
        className="control plain object-back"
        onClick={() => select(row.drawn === null || row.drawn === row.id ? null : { kind: 'node', id: row.drawn })}
      >
        <ChevronLeft size={14} aria-hidden="true" />
        {row.drawn === null || row.drawn === row.id ? 'All parts' : 'What it is drawn as'}
      </button>
      <h3>{row.name}</h3>
      <p className="muted">{row.where === '' ? row.kind : `${row.kind} · ${row.where}`}</p>
      <dl className="facts">
        {facts.filter(isPlain).map((fact, i) => (
          <div key={`${i} ${fact.label}`}>
            <dt>{fact.label}</dt>
            <dd>
              <FactValue fact={fact} />
              {fact.note !== undefined && <span className="fact-note">{fact.note}</span>}
            </dd>
          </div>
        ))}
      </dl>
      <Contradictions facts={facts} />
      <Changes part={part} />
      <Origins origins={part.read.slice(0, mostOrigins)} />
    </div>
  );
}

/** What differs from the machine that is compared with. */
export function Changes({ part }: { readonly part: PartView | null }) {
  const difference = part?.row.difference ?? null;
  if (part === null || difference === null) return null;
  return (
    <>
      <h4>{difference === 'changed' ? 'Differs' : difference === 'added' ? 'Only here' : 'Only there'}</h4>
      {part.changes.length > 0 && (
        <dl className="facts">
          {part.changes.map(({ field, before, after }) => (
            <div key={field}>
              <dt>{field}</dt>
              <dd>
                <FactValue fact={{ label: field, value: before }} /> →{' '}
                <FactValue fact={{ label: field, value: after }} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}
