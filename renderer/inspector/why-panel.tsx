import type { WhyTarget } from '../../app/contract/requests.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { useSelection } from '../stores/selection.ts';
import { isAskable } from './askable.ts';
import { WhyAnswer } from './why-answer.tsx';

/** Why the selected event, page or mapping is as it is; without a selection, why the last event happened. */
export function WhyPanel() {
  const selected = useSelection((state) => state.selected);
  const head = useDocument((state) => state.head);
  const cursor = useFrame((state) => state.cursor);
  const events = useFrame((state) => state.frame?.totalEvents ?? 0);
  const last = (cursor.event ?? events) - 1;
  const target: WhyTarget | null =
    selected !== null && selected.kind !== 'node' && isAskable(head, selected)
      ? selected
      : cursor.step >= 0 && last >= 0
        ? { kind: 'event', step: cursor.step, event: last }
        : null;
  if (target === null) {
    return (
      <div className="empty">
        <p>Why is it so?</p>
        <p className="muted">
          Select a page, a device&apos;s entry or an event to see the chain of causes behind it, down to the kernel
          function.
        </p>
      </div>
    );
  }
  return (
    <div className="why-panel">
      <WhyAnswer target={target} />
      {target !== selected && (
        <p className="why-hint muted">
          This is the last event on screen. Select a page, a device&apos;s entry or an event to ask about that.
        </p>
      )}
    </div>
  );
}
