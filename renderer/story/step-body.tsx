import { Check, X } from 'lucide-react';
import { FactValue } from '../inspector/fact-value.tsx';
import { useFrame } from '../stores/frame.ts';
import { Inline, Prose } from './prose.tsx';

/** What the current step says: what is happening, what to take away, what to read, and what does not hold. */
export function StepBody() {
  const story = useFrame((state) => state.frame?.story ?? null);
  if (story === null) return <div className="step-body step-loading" aria-busy="true" />;
  const failed = story.expectations.filter(({ ok }) => !ok);
  const held = story.expectations.length - failed.length;
  return (
    <div className="step-body">
      <Prose text={story.say} />
      {failed.length > 0 && (
        <ul className="failed" aria-label="Expectations that do not hold">
          {failed.map((expectation) => (
            <li key={`${expectation.line} ${expectation.text}`}>
              <X size={14} aria-hidden="true" />
              <div>
                <code>{expectation.text}</code>
                <div className="muted">
                  {expectation.actual === null ? 'does not hold' : <>is {<code>{expectation.actual}</code>}</>}
                  {expectation.line > 0 && ` · line ${expectation.line}`}
                </div>
              </div>
            </li>
          ))}
        </ul>
      )}
      {story.lesson !== null && (
        <p className="lesson">
          <strong>Lesson</strong> <Inline text={story.lesson} />
        </p>
      )}
      {story.read.length > 0 && (
        <div className="step-read">
          Read next{' '}
          {story.read.map(({ label, where }) => (
            <span key={label} className="read-item">
              <code>{label}</code>
              {where !== null && <code className="where">{where}</code>}
            </span>
          ))}
        </div>
      )}
      {held > 0 && (
        <details className="held">
          <summary>
            <Check size={13} aria-hidden="true" />{' '}
            {held === story.expectations.length ? `${held} of ${held} expectations hold` : `${held} hold`}
          </summary>
          <ul>
            {story.expectations
              .filter(({ ok }) => ok)
              .map((expectation) => (
                <li key={`${expectation.line} ${expectation.text}`}>
                  <code>{expectation.text}</code>
                </li>
              ))}
          </ul>
        </details>
      )}
      {story.cost !== undefined && (
        <details className="held">
          <summary>Takes {story.cost.time} of simulated time</summary>
          <dl className="facts">
            {[...story.cost.parts, ...story.cost.links].map((fact) => (
              <div key={fact.label} title={fact.note}>
                <dt>{fact.label}</dt>
                <dd>
                  <FactValue fact={fact} />
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
      {story.ops.length > 0 && (
        <details className="held">
          <summary>{story.ops.length === 1 ? 'The operation' : `${story.ops.length} operations`}</summary>
          <ul>
            {story.ops.map((op, i) => (
              <li key={i}>
                <code>{op}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
