import { ChevronLeft, ChevronRight, Pause, Play, SkipBack, SkipForward } from 'lucide-react';
import { isFirst, isLast } from '../session/cursor.ts';
import { back, forward, goFirst, goLast } from '../session/navigate.ts';
import { togglePlay } from '../session/player.ts';
import { useDocument } from '../stores/document.ts';
import { speeds, usePlayback, type Grain } from '../stores/playback.ts';
import { Choice } from './choice.tsx';
import { Hint } from './hint.tsx';

const noSteps: readonly never[] = [];
const grains: readonly Grain[] = ['step', 'event'];

/** First, back, play, forward, last; where we are; grain and speed. */
export function Transport() {
  const steps = useDocument((state) => state.head?.steps ?? noSteps);
  const { target, playing, grain, speed } = usePlayback();
  const first = isFirst(target);
  const last = isLast(steps, target);
  const events = steps[target.step]?.events ?? 0;
  const word = grain === 'step' ? 'step' : 'event';

  return (
    <div className="transport" role="group" aria-label="Transport">
      <Hint command="first">
        <button type="button" className="control square" aria-label="Beginning" disabled={first} onClick={goFirst}>
          <SkipBack size={14} aria-hidden="true" />
        </button>
      </Hint>
      <Hint command={grain === 'step' ? 'step-back' : 'event-back'}>
        <button
          type="button"
          className="control square"
          aria-label={`Previous ${word}`}
          disabled={first}
          onClick={back}
        >
          <ChevronLeft size={16} aria-hidden="true" />
        </button>
      </Hint>
      <Hint command="play">
        <button
          type="button"
          className="control primary play"
          aria-label={playing ? 'Pause' : 'Play'}
          onClick={togglePlay}
        >
          {playing ? <Pause size={14} aria-hidden="true" /> : <Play size={14} aria-hidden="true" />}
        </button>
      </Hint>
      <Hint command={grain === 'step' ? 'step-forward' : 'event-forward'}>
        <button type="button" className="control square" aria-label={`Next ${word}`} disabled={last} onClick={forward}>
          <ChevronRight size={16} aria-hidden="true" />
        </button>
      </Hint>
      <Hint command="last">
        <button type="button" className="control square" aria-label="End" disabled={last} onClick={goLast}>
          <SkipForward size={14} aria-hidden="true" />
        </button>
      </Hint>
      <p className="place-now" aria-hidden="true">
        step <b>{target.step + 1}</b>/{steps.length}
        <span className="place-event">
          {' '}
          · event <b>{target.step < 0 ? 0 : (target.event ?? events)}</b>/{events}
        </span>
      </p>
      <div className="grain" role="radiogroup" aria-label="Move by">
        {grains.map((name) => (
          <button
            key={name}
            type="button"
            role="radio"
            aria-checked={grain === name}
            onClick={() => usePlayback.setState({ grain: name })}
          >
            {name}
          </button>
        ))}
      </div>
      <Choice
        label="Speed"
        value={String(speed)}
        options={speeds.map((value) => ({ value: String(value), title: `${value}×` }))}
        onChange={(value) => usePlayback.setState({ speed: speeds.find((known) => String(known) === value) ?? 1 })}
      />
    </div>
  );
}
