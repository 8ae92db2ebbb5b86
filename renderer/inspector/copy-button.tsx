import { useEffect, useState } from 'react';
import { Check, Copy, X } from 'lucide-react';
import { copyPanel } from './copy-panel.ts';

const icons = { ready: Copy, copied: Check, denied: X } as const;
const words = { ready: 'Copy this panel as JSON', copied: 'Copied', denied: 'The clipboard was denied' } as const;

/** Copies what the open tab shows, and says whether that worked. */
export function CopyButton() {
  const [state, setState] = useState<keyof typeof icons>('ready');
  useEffect(() => {
    if (state === 'ready') return;
    const timer = setTimeout(() => setState('ready'), 1500);
    return () => clearTimeout(timer);
  }, [state]);
  const Icon = icons[state];
  return (
    <button
      type="button"
      className="control plain square copy"
      aria-label={words[state]}
      title={words[state]}
      onClick={() => void copyPanel().then((copied) => setState(copied ? 'copied' : 'denied'))}
    >
      <Icon size={14} aria-hidden="true" />
    </button>
  );
}
