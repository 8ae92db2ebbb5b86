import { useDeferredValue, useMemo } from 'react';
import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import type { FabricOffer } from '../../app/contract/fabric-queries.ts';
import { client } from '../client.ts';
import { addStage, changeStage, moveStage, removeStage, useQueries, type StageText } from '../stores/queries.ts';
import { Choice } from '../topbar/choice.tsx';
import { Examples } from './examples.tsx';
import { PlaceField } from './place-field.tsx';
import { planOffer, PlanTable } from './plan-table.tsx';
import { engineWord } from './print.ts';
import { TextField } from './text-field.tsx';
import { useQuery, useShown } from './use-query.ts';
import { readSize } from './wish.ts';

const mostStages = 16;

/** The best devices and buffers for stages that pass bytes on. */
export function PipelineTab({ offer }: { readonly offer: FabricOffer }) {
  const { stages, bytes } = useQueries();
  const size = readSize(bytes);
  const wanted = stages.map(({ engine, on }) => ({ engine, on: on === '' ? null : on }));
  const question = useDeferredValue(
    stages.length === 0 || size == null ? null : JSON.stringify({ stages: wanted, bytes: size }),
  );
  const answer = useQuery(question, (cursor) =>
    client().request('planPipeline', {
      cursor,
      ...(JSON.parse(question ?? '') as { stages: typeof wanted; bytes: number }),
    }),
  );
  const offers = useMemo(() => (answer === null ? [] : answer.view.plans.map(planOffer)), [answer]);
  useShown('pipeline', answer, offers, true);
  const next = offer.engines.find(({ engine }) => !stages.some((stage) => stage.engine === engine)) ?? offer.engines[0];

  if (offer.engines.length === 0)
    return (
      <p className="view-empty">
        <strong>No engines here.</strong>
        This source tells of no CPU and of no device with an engine that could do a stage.
      </p>
    );
  return (
    <>
      <p className="query-lead">
        Name what is done to the bytes, stage by stage: which device best does each, and in whose memory the bytes best
        lie in between, is worked out and ranked.
      </p>
      <form className="query-form" aria-label="Stages" onSubmit={(event) => event.preventDefault()}>
        {stages.length > 0 && (
          <ol className="query-stages">
            {stages.map((stage, i) => (
              <Stage key={stage.id} stage={stage} at={i} last={i === stages.length - 1} offer={offer} />
            ))}
          </ol>
        )}
        <div className="query-actions">
          <button
            type="button"
            className="control"
            disabled={next === undefined || stages.length >= mostStages}
            onClick={() => next !== undefined && addStage(next.engine)}
          >
            <Plus size={14} aria-hidden="true" /> Add a stage
          </button>
          {stages.length > 0 && (
            <button type="button" className="control plain" onClick={() => useQueries.setState({ stages: [] })}>
              No stages
            </button>
          )}
          {stages.length > 0 && (
            <TextField
              label="Bytes a step"
              value={bytes}
              placeholder="1 MiB"
              fault={size == null ? 'a size such as 64 KiB or 1 MiB' : null}
              onChange={(text) => useQueries.setState({ bytes: text })}
            />
          )}
          {stages.length === 0 && (
            <Examples
              list={offer.examples.pipelines}
              onChoose={(example) => {
                useQueries.setState({ stages: [] });
                for (const { engine, on } of example.stages) addStage(engine, on ?? '');
              }}
            />
          )}
        </div>
      </form>
      {stages.length === 0 ? (
        <p className="view-empty">
          <strong>No stage yet.</strong>
          This machine has engines for {offer.engines.map(({ engine }) => engineWord(engine)).join(', ')}.
        </p>
      ) : (
        answer !== null && <PlanTable view={answer.view} stages={stages} />
      )}
    </>
  );
}

interface StageProps {
  readonly stage: StageText;
  readonly at: number;
  readonly last: boolean;
  readonly offer: FabricOffer;
}

function Stage({ stage: { id, engine, on }, at, last, offer }: StageProps) {
  const name = `stage ${at + 1}`;
  return (
    <li>
      <span className="query-number" aria-hidden="true">
        {at + 1}
      </span>
      <Choice
        label={`What does ${name}`}
        value={engine}
        options={offer.engines.map((each) => ({
          value: each.engine,
          title: `${engineWord(each.engine)} (${each.devices})`,
        }))}
        onChange={(value) => {
          const found = offer.engines.find((each) => each.engine === value);
          if (found !== undefined) changeStage(id, { engine: found.engine, on: '' });
        }}
      />
      <PlaceField
        label={`Who does ${name}`}
        quiet
        value={on}
        of={engine}
        placeholder="whichever is best"
        onChange={(name) => changeStage(id, { on: name })}
      />
      <button
        type="button"
        className="control plain square"
        aria-label={`Move ${name} up`}
        disabled={at === 0}
        onClick={() => moveStage(id, -1)}
      >
        <ArrowUp size={13} aria-hidden="true" />
      </button>
      <button
        type="button"
        className="control plain square"
        aria-label={`Move ${name} down`}
        disabled={last}
        onClick={() => moveStage(id, 1)}
      >
        <ArrowDown size={13} aria-hidden="true" />
      </button>
      <button
        type="button"
        className="control plain square"
        aria-label={`Remove ${name}`}
        onClick={() => removeStage(id)}
      >
        <X size={13} aria-hidden="true" />
      </button>
    </li>
  );
}
