import { memo, useEffect, useRef } from 'react';
import { TriangleAlert } from 'lucide-react';
import type { StepHead } from '../../app/contract/frame.ts';
import { goTo } from '../session/navigate.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { usePlayback } from '../stores/playback.ts';
import { Counters } from './counters.tsx';
import { StepBody } from './step-body.tsx';
import { MachineNotes } from './machine-notes.tsx';
import { Warnings } from './warnings.tsx';
import './story.css';

/** The steps of the story; the one that is on screen is open. */
export function StoryPanel() {
  const head = useDocument((state) => state.head);
  if (head === null) return null;
  return (
    <section className="story" aria-labelledby="story-heading">
      <header className="panel-head">
        <h2 id="story-heading">{head.steps.length === 0 ? 'Machine' : 'Story'}</h2>
        {head.thread !== null && <span className="muted">{head.thread}</span>}
      </header>
      {head.steps.length === 0 ? <MachineNotes head={head} /> : <Steps />}
      <Counters />
    </section>
  );
}

const failedWords = (n: number): string => (n === 1 ? '1 expectation does not hold' : `${n} expectations do not hold`);

function Steps() {
  const steps = useDocument((state) => state.head?.steps) ?? [];
  const current = usePlayback((state) => state.target.step);
  const list = useRef<HTMLOListElement>(null);
  const painted = useFrame((state) => state.cursor.step);

  useEffect(() => {
    list.current?.querySelector('[aria-current=step]')?.scrollIntoView({ block: 'nearest' });
  }, [painted]);

  return (
    <ol className="steps" ref={list} aria-label="Steps">
      <li className="step" aria-current={current < 0 ? 'step' : undefined} data-state={current < 0 ? 'current' : 'done'}>
        <button type="button" className="step-title" onClick={() => goTo({ step: -1, event: null })}>
          <span className="step-number" aria-hidden="true">
            0
          </span>
          <span className="step-name">Beginning</span>
        </button>
        {current < 0 && <Opening />}
      </li>
      {steps.map((step) => (
        <StepItem key={step.index} step={step} state={step.index === current ? 'current' : step.index < current ? 'done' : 'ahead'} />
      ))}
    </ol>
  );
}

interface StepItemProps {
  readonly step: StepHead;
  readonly state: 'done' | 'current' | 'ahead';
}

/** One step. A long story has thousands: only those whose state changes are drawn again. */
const StepItem = memo(function StepItem({ step, state }: StepItemProps) {
  return (
    <li className="step" aria-current={state === 'current' ? 'step' : undefined} data-state={state}>
      <button type="button" className="step-title" onClick={() => goTo({ step: step.index, event: null })}>
        <span className="step-number" aria-hidden="true">
          {step.index + 1}
        </span>
        <span className="step-name">{step.title}</span>
        {step.refusal !== null && <code className="refusal-tag">{step.refusal}</code>}
        {step.failedExpectations > 0 && (
          <span className="step-failed" title={failedWords(step.failedExpectations)}>
            <TriangleAlert size={14} aria-hidden="true" />
            <span className="unseen">{failedWords(step.failedExpectations)}</span>
          </span>
        )}
      </button>
      {state === 'current' && <StepBody />}
    </li>
  );
});

function Opening() {
  const head = useDocument((state) => state.head);
  const first = head?.steps[0];
  if (head === null || first === undefined) return null;
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
