import type { WhyTarget } from '../../app/contract/requests.ts';
import { client } from '../client.ts';
import { goTo } from '../session/navigate.ts';
import { afterEvents } from '../session/cursor.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { hover, printSelection, sameSelection, useSelection } from '../stores/selection.ts';
import { Inline } from '../story/prose.tsx';
import { useAnswer } from './use-answer.ts';

/** The chain of causes of one thing, in the order in which the session tells it; each line goes to the moment it names. */
export function WhyAnswer({ target }: { readonly target: WhyTarget }) {
  const cursor = useFrame((state) => state.cursor);
  const head = useDocument((state) => state.head);
  const hovered = useSelection((state) => state.hovered);
  const why = useAnswer(`${head?.id} ${cursor.step} ${cursor.event} ${printSelection(target)}`, () =>
    client().request('why', { cursor, target }),
  );
  if (why === null) return <div className="why" aria-busy="true" />;
  const steps = head?.steps ?? [];
  return (
    <div className="why">
      <h3>
        <Inline text={why.question} />
      </h3>
      {why.lines.length === 0 ? (
        <p className="muted">Nothing has happened to it yet: it is as the machine was at the beginning.</p>
      ) : (
        <ol className="causes">
          {why.lines.map((line, i) => {
            const event = { kind: 'event', step: line.step, event: line.event } as const;
            return (
              <li key={i} data-hovered={sameSelection(hovered, event) || undefined}>
                <button
                  type="button"
                  className="cause"
                  title={line.step < 0 ? undefined : `Go to step ${line.step + 1}, event ${line.event + 1}`}
                  onClick={() => goTo(afterEvents(steps, line.step, line.event + 1))}
                  onPointerEnter={() => hover(event)}
                  onPointerLeave={() => hover(null)}
                >
                  <span>
                    <Inline text={line.text} />
                  </span>
                  <span className="cause-source">
                    {line.fn !== null && <code>{line.fn}</code>}
                    <span className="rule">{line.rule}</span>
                    {line.step >= 0 && (
                      <span className="place">
                        {line.step + 1}.{line.event + 1}
                      </span>
                    )}
                  </span>
                </button>
              </li>
            );
          })}
        </ol>
      )}
      {why.read.length > 0 && (
        <p className="why-read">
          Read next{' '}
          {why.read.map((item) => (
            <code key={item}>{item}</code>
          ))}
        </p>
      )}
    </div>
  );
}
