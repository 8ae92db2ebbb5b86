import { useEffect, useState } from 'react';
import { Tooltip } from 'radix-ui';
import { CommandPalette } from './commands/palette.tsx';
import { CompareDialog } from './compare/compare-dialog.tsx';
import { KeyList } from './commands/key-list.tsx';
import { AppDialog } from './dialogs/app-dialog.tsx';
import { Frame } from './frame.tsx';
import { narrate } from './session/narration.ts';
import { reconnect } from './session/start.ts';
import { DropZone } from './start/drop-zone.tsx';
import { FloatingRejection } from './start/rejection.tsx';
import { StartContent } from './start/start-content.tsx';
import { StartScreen } from './start/start-screen.tsx';
import { useDocument } from './stores/document.ts';
import { useFrame } from './stores/frame.ts';
import { TopBar } from './topbar/top-bar.tsx';
import './app.css';

/** The whole window. */
export function App() {
  const head = useDocument((state) => state.head);
  return (
    <Tooltip.Provider delayDuration={500}>
      <TopBar />
      <Lost />
      {head === null ? <StartScreen /> : <Frame />}
      <OpenDialog />
      <CompareDialog />
      <CommandPalette />
      <KeyList />
      <FloatingRejection />
      <DropZone />
      <Opening />
      <Narration />
    </Tooltip.Provider>
  );
}

function OpenDialog() {
  return (
    <AppDialog name="open" title="Stories and machines">
      <StartContent autoFocus />
    </AppDialog>
  );
}

/** The session does not answer: what is on screen stays, and there is one thing to do. */
function Lost() {
  const lost = useDocument((state) => state.lost);
  if (lost === null) return null;
  return (
    <div className="lost" role="alert">
      <span>
        The simulation does not answer: {lost}. What is on screen may be out of date. If you started it from a terminal,
        see whether it still runs there.
      </span>
      <button type="button" className="control" onClick={() => void reconnect()}>
        Try again
      </button>
    </div>
  );
}

/** Over what is open, while something else is being opened. */
function Opening() {
  const opening = useDocument((state) => (state.head === null ? null : state.opening));
  if (opening === null) return null;
  return (
    <div className="opening-note floating" role="status">
      Opening {opening}…
    </div>
  );
}

/** How long a picture must stay before it is read out, in milliseconds: a held key is not a lecture. */
const settle = 350;

/** Tells screen readers what each step shows. */
function Narration() {
  const head = useDocument((state) => state.head);
  const frame = useFrame((state) => state.frame);
  const [said, say] = useState('');
  useEffect(() => {
    if (head === null || frame === null) return;
    const timer = setTimeout(() => say(narrate(head, frame)), settle);
    return () => clearTimeout(timer);
  }, [head, frame]);
  return (
    <div className="unseen" role="status" aria-live="polite" aria-label="Narration">
      {said}
    </div>
  );
}
