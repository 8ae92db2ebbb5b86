import { X } from 'lucide-react';
import { Inline } from '../story/prose.tsx';
import { useDocument, type Rejection } from '../stores/document.ts';
import { useLayout } from '../stores/layout.ts';
import './rejection.css';

/** Lines of the text around `line`, which counts from 1. */
function around(text: string, line: number): readonly { readonly number: number; readonly text: string }[] {
  const lines = text.split('\n', line + 1);
  const first = Math.max(line - 2, 0);
  return lines.slice(first, line + 1).map((content, i) => ({ number: first + i + 1, text: content.slice(0, 200) }));
}

const mostShown = 20;

/** Over what is open; while there is a list of what can be opened, the notice stands in that list. */
export function FloatingRejection() {
  const listed = useDocument((state) => state.head === null);
  const dialog = useLayout((state) => state.dialog === 'open');
  return listed || dialog ? null : <RejectionNotice floating />;
}

/** What was refused, where, and how to mend it. What was open before is still open. */
export function RejectionNotice({ floating = false }: { readonly floating?: boolean }) {
  const rejection = useDocument((state) => state.rejection);
  const head = useDocument((state) => state.head);
  if (rejection === null) return null;
  return (
    <div className="rejection" role="alert" data-floating={floating || undefined}>
      <header>
        <div>
          <strong>{rejection.name} was not opened</strong>
          <p className="muted">
            {head === null
              ? 'Mend it and open it again.'
              : `${head.title} is still open. Mend the file and open it again.`}
          </p>
        </div>
        <button
          type="button"
          className="control plain square"
          aria-label="Close"
          onClick={() => useDocument.setState({ rejection: null })}
        >
          <X size={15} aria-hidden="true" />
        </button>
      </header>
      <Problems rejection={rejection} />
    </div>
  );
}

function Problems({ rejection }: { readonly rejection: Rejection }) {
  const shown = rejection.problems.slice(0, mostShown);
  return (
    <ol>
      {shown.map((problem, i) => (
        <li key={i}>
          <p>
            {problem.line > 0 && (
              <code className="position">
                {problem.file}:{problem.line}:{problem.column}
              </code>
            )}
            <Inline text={problem.message} />
          </p>
          {problem.line > 0 && rejection.text !== null && (
            <pre>
              {around(rejection.text, problem.line).map((line) => (
                <span key={line.number} data-wrong={line.number === problem.line || undefined}>
                  <i>{line.number}</i>
                  {line.text}
                  {'\n'}
                  {line.number === problem.line && problem.column > 0 && problem.column <= 200 && (
                    <b>
                      <i />
                      {`${' '.repeat(problem.column - 1)}^\n`}
                    </b>
                  )}
                </span>
              ))}
            </pre>
          )}
        </li>
      ))}
      {rejection.problems.length > mostShown && (
        <li className="muted">and {rejection.problems.length - mostShown} more</li>
      )}
    </ol>
  );
}
