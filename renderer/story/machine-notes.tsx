import type { DocumentHead } from '../../app/contract/requests.ts';
import { plural } from '../../app/base/format.ts';
import { chooseFile } from '../start/choose-file.ts';
import { useLayout } from '../stores/layout.ts';
import { Warnings } from './warnings.tsx';

/** What stands in the story's place for a bare machine: what it is, and what its source could not tell. */
export function MachineNotes({ head }: { readonly head: DocumentHead }) {
  return (
    <div className="machine-notes">
      <p className="machine-title">{head.title}</p>
      <p className="muted">{head.machine}</p>
      <p>Select a part of the machine to see its facts. A machine has no steps: open a story to see memory move.</p>
      <button type="button" className="control" onClick={() => useLayout.setState({ dialog: 'open' })}>
        Open a story
      </button>
      <h3>Read from</h3>
      <ul className="machine-sources">
        {(head.parts ?? []).map((part, i) => (
          <li key={i}>
            {part.name}{' '}
            <span className="muted">
              {part.format}
              {part.version !== null && ` ${part.version}`}
            </span>
          </li>
        ))}
      </ul>
      {(head.contradictions ?? 0) > 0 && (
        <p className="alert-text">
          The sources contradict each other in {plural(head.contradictions ?? 0, 'place')}: both values are shown with
          what they are about.
        </p>
      )}
      <button type="button" className="control" onClick={() => chooseFile(true)}>
        Add a source
      </button>
      <Warnings warnings={head.warnings} />
    </div>
  );
}
