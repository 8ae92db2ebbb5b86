import { Cpu, FolderOpen } from 'lucide-react';
import type { OpenSource } from '../../app/contract/requests.ts';
import { AppDialog, closeDialog } from '../dialogs/app-dialog.tsx';
import { compareWith } from '../session/compare.ts';
import { readFile } from '../session/open.ts';
import { useDocument } from '../stores/document.ts';
import './compare.css';

function compare(source: OpenSource): void {
  closeDialog();
  void compareWith(source);
}

function chooseFile(): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    if (file !== undefined) void readFile(file).then((source) => source !== null && compare(source));
  });
  input.click();
}

/** Which machine to compare the open one with. */
export function CompareDialog() {
  const catalog = useDocument((state) => state.catalog);
  const head = useDocument((state) => state.head);
  return (
    <AppDialog
      name="compare"
      title="Compare with another machine"
      className="compare-dialog"
      description={`What differs from it in ${head?.title ?? 'what is open'}: added, removed and changed. An earlier capture of the same machine, or another machine.`}
    >
      <div className="compare-sources">
        <button type="button" className="control" onClick={chooseFile}>
          <FolderOpen size={14} aria-hidden="true" /> Choose a file
        </button>
        <button type="button" className="control" onClick={() => compare({ kind: 'this-machine' })}>
          <Cpu size={14} aria-hidden="true" /> This machine
        </button>
      </div>
      <h2>Built-in machines</h2>
      <ul className="compare-list">
        {(catalog?.topologies ?? []).map(({ id, title, line }) => (
          <li key={id}>
            <button type="button" onClick={() => compare({ kind: 'builtin', id })}>
              <b>{title}</b>
              <span className="muted">{line}</span>
            </button>
          </li>
        ))}
      </ul>
    </AppDialog>
  );
}
