import { useEffect, useState } from 'react';
import { isTyping } from '../commands/keymap.ts';
import { useDocument } from '../stores/document.ts';
import { canAdd, openAll, receiveFiles } from './receive.ts';

const carriesFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/** True where a file over this place is to be added to the open machine instead of opened in its stead. */
const isOverAdd = (event: DragEvent): boolean =>
  event.target instanceof Element && event.target.closest('[data-drop="add"]') !== null;

/**
 * Files dropped anywhere, and text pasted anywhere, are opened; several at once are one machine. Where a machine is open,
 * the lower half of the window takes further descriptions of it.
 */
export function DropZone() {
  const [over, setOver] = useState<'open' | 'add' | null>(null);
  const machine = useDocument((state) => (state.head?.kind === 'topology' ? state.head.title : null));
  useEffect(() => {
    const enter = (event: DragEvent): void => {
      if (!carriesFile(event)) return;
      event.preventDefault();
      setOver(isOverAdd(event) ? 'add' : 'open');
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(null);
    };
    const drop = (event: DragEvent): void => {
      setOver(null);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      void receiveFiles(files, canAdd() && isOverAdd(event));
    };
    const paste = (event: ClipboardEvent): void => {
      if (isTyping(event.target)) return;
      const files = [...(event.clipboardData?.files ?? [])];
      const text = event.clipboardData?.getData('text/plain') ?? '';
      if (files.length > 0) void receiveFiles(files);
      else if (text.trim() !== '') void openAll([{ kind: 'text', name: 'pasted text', text }], false);
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragover', enter);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    window.addEventListener('paste', paste);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragover', enter);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
      window.removeEventListener('paste', paste);
    };
  }, []);
  if (over === null) return null;
  return (
    <div className="drop-zone" aria-hidden="true">
      <p data-over={over === 'open' || undefined}>
        Drop a scenario, a topology or a trace to open it; several descriptions of one machine become one
      </p>
      {machine !== null && (
        <p data-drop="add" data-over={over === 'add' || undefined}>
          Drop here to add it to {machine}
        </p>
      )}
    </div>
  );
}
