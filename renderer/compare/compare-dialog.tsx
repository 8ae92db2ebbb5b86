import { Dialog } from 'radix-ui';
import { Cpu, FolderOpen, X } from 'lucide-react';
import type { OpenSource } from '../../app/contract/requests.ts';
import { compareWith } from '../session/compare.ts';
import { readFile } from '../session/open.ts';
import { useDocument } from '../stores/document.ts';
import { useLayout } from '../stores/layout.ts';
import './compare.css';

const close = (): void => useLayout.setState({ dialog: null });

function compare(source: OpenSource): void {
  close();
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
  const shown = useLayout((state) => state.dialog === 'compare');
  const catalog = useDocument((state) => state.catalog);
  const head = useDocument((state) => state.head);
  return (
    <Dialog.Root open={shown} onOpenChange={(wanted) => !wanted && close()}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim" />
        <Dialog.Content className="dialog compare-dialog">
          <Dialog.Title asChild>
            <h1>Compare with another machine</h1>
          </Dialog.Title>
          <Dialog.Description className="muted">
            What differs from it in {head?.title ?? 'what is open'}: added, removed and changed. An earlier capture of
            the same machine, or another machine.
          </Dialog.Description>
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
          <Dialog.Close asChild>
            <button type="button" className="control plain square dialog-close" aria-label="Close">
              <X size={15} aria-hidden="true" />
            </button>
          </Dialog.Close>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
