import { useState } from 'react';
import { useDocument } from '../stores/document.ts';

/** A place to paste or type a scenario or a topology; also a further description of the machine that is open. */
export function PasteBox({ onText }: { readonly onText: (text: string, added: boolean) => void }) {
  const [text, setText] = useState('');
  const machine = useDocument((state) => (state.head?.kind === 'topology' ? state.head.title : null));
  const empty = text.trim() === '';
  return (
    <div className="paste-box">
      <textarea
        autoFocus
        rows={8}
        spellCheck={false}
        placeholder="Paste a scenario or a topology: YAML, lstopo XML, lspci -vv, nvidia-smi topo -m, …"
        aria-label="Text to open"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <button type="button" className="control primary" disabled={empty} onClick={() => onText(text, false)}>
        Open this text
      </button>
      {machine !== null && (
        <button type="button" className="control" disabled={empty} onClick={() => onText(text, true)}>
          Add it to {machine}
        </button>
      )}
    </div>
  );
}
