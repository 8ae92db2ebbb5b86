import type { DocumentHead } from '../../app/contract/requests.ts';
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
      <Warnings warnings={head.warnings} />
    </div>
  );
}
