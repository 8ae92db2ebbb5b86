import { useDocument } from '../stores/document.ts';
import { Warnings } from './warnings.tsx';

/** What stands below the beginning: nothing has happened yet, and how to go on. */
export function Opening() {
  const head = useDocument((state) => state.head);
  if (head === null) return null;
  return (
    <div className="step-body">
      <p>
        {head.title}, on {head.machine}. Nothing has happened yet.
      </p>
      <p className="step-read">
        <kbd>→</kbd> first step &ensp; <kbd>Space</kbd> play
      </p>
      <Warnings warnings={head.warnings} />
    </div>
  );
}
