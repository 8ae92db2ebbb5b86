import { useState } from 'react';

/** A place to paste or type a scenario or a topology. */
export function PasteBox({ onText }: { readonly onText: (text: string) => void }) {
  const [text, setText] = useState('');
  return (
    <div className="paste-box">
      <textarea
        autoFocus
        rows={8}
        spellCheck={false}
        placeholder="Paste a scenario or a topology: YAML, lstopo XML, nvidia-smi topo -m, …"
        aria-label="Text to open"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <button type="button" className="control primary" disabled={text.trim() === ''} onClick={() => onText(text)}>
        Open this text
      </button>
    </div>
  );
}
