import { eventsDone } from '../session/cursor.ts';
import { goToEvent } from '../session/navigate.ts';
import { useDocument } from '../stores/document.ts';
import { usePlayback } from '../stores/playback.ts';

const noSteps: readonly never[] = [];
/** With more steps than this the marks would be a solid line. */
const mostMarks = 300;

/** All events on one line, with a mark where each step begins: drag it to be anywhere. */
export function Scrubber() {
  const steps = useDocument((state) => state.head?.steps ?? noSteps);
  const total = useDocument((state) => state.head?.totalEvents ?? 0);
  const target = usePlayback((state) => state.target);
  if (total === 0) return null;
  const done = eventsDone(steps, target);
  let start = 0;
  const marks = steps.map((step) => {
    start += step.events;
    return { index: step.index, at: start / total, refused: step.refusal !== null };
  });
  return (
    <div className="scrubber" style={{ '--done': done / total } as React.CSSProperties}>
      <div className="scrubber-marks" aria-hidden="true">
        {marks.length <= mostMarks &&
          marks.map(({ index, at, refused }) => (
            <i key={index} data-refused={refused || undefined} style={{ left: `${at * 100}%` }} />
          ))}
      </div>
      <input
        type="range"
        min={0}
        max={total}
        step={1}
        value={done}
        aria-label="Place in the story"
        aria-valuetext={`step ${target.step + 1} of ${steps.length}, event ${done} of ${total}`}
        onChange={(event) => goToEvent(Number(event.currentTarget.value))}
      />
    </div>
  );
}
