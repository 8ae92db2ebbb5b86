import { memo, useEffect, useRef } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { TriangleAlert } from 'lucide-react';
import type { StepHead } from '../../app/contract/frame.ts';
import { goTo } from '../session/navigate.ts';
import { useDocument } from '../stores/document.ts';
import { useLayout } from '../stores/layout.ts';
import { useFrame } from '../stores/frame.ts';
import { Counters } from './counters.tsx';
import { StepBody } from './step-body.tsx';
import { MachineNotes } from './machine-notes.tsx';
import { Opening } from './opening.tsx';
import './story.css';

/** The steps of the story; the one that is on screen is open. */
export function StoryPanel() {
  const head = useDocument((state) => state.head);
  const present = useLayout((state) => state.present);
  if (head === null) return null;
  return (
    <section className="story" aria-labelledby="story-heading">
      <header className="panel-head">
        <h2 id="story-heading">{head.steps.length === 0 ? 'Machine' : 'Story'}</h2>
        {head.thread !== null && <span className="muted">{head.thread}</span>}
      </header>
      {head.steps.length === 0 ? <MachineNotes head={head} /> : present ? <CurrentStep /> : <Steps />}
      <Counters />
    </section>
  );
}

const noSteps: readonly never[] = [];

const failedWords = (n: number): string => (n === 1 ? '1 expectation does not hold' : `${n} expectations do not hold`);

/** A list of the beginning and every step; a long story has thousands, and only those in view exist. */
function Steps() {
  const steps = useDocument((state) => state.head?.steps ?? noSteps);
  const current = useFrame((state) => state.cursor.step);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: steps.length + 1,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => (i === current + 1 ? 260 : 36),
    getItemKey: (i) => i,
    overscan: 12,
    initialRect: { width: 280, height: 700 },
  });

  // After the step is painted and measured, and only where it is out of view: asking the list costs a layout.
  useEffect(() => {
    const show = (): void => {
      const place = list.measurementsCache[current + 1];
      const top = list.scrollOffset ?? 0;
      const inView = place !== undefined && place.start >= top && place.end <= top + (list.scrollRect?.height ?? 0);
      if (!inView) list.scrollToIndex(current + 1, { align: 'auto' });
    };
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(show);
    });
    return () => cancelAnimationFrame(frame);
  }, [current, list]);

  return (
    <div className="steps" ref={scroller}>
      <ol style={{ height: list.getTotalSize() }} aria-label="Steps">
        {list.getVirtualItems().map((item) => {
          const step = steps[item.index - 1];
          const index = item.index - 1;
          return (
            <li
              key={item.key}
              ref={list.measureElement}
              data-index={item.index}
              className="step"
              aria-current={index === current ? 'step' : undefined}
              aria-setsize={steps.length + 1}
              aria-posinset={item.index + 1}
              data-state={index === current ? 'current' : index < current ? 'done' : 'ahead'}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <StepTitle index={index} step={step} />
              {index === current && (index < 0 ? <Opening /> : <StepBody />)}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** On a stage: the step that is on screen, and nothing else. */
function CurrentStep() {
  const current = useFrame((state) => state.cursor.step);
  const step = useDocument((state) => state.head?.steps[current]);
  return (
    <div className="steps">
      <div className="step step-alone" aria-current="step" data-state="current">
        <StepTitle index={current} step={step} />
        {current < 0 ? <Opening /> : <StepBody />}
      </div>
    </div>
  );
}

interface StepTitleProps {
  readonly index: number;
  /** Undefined is the beginning, before all steps. */
  readonly step: StepHead | undefined;
}

const StepTitle = memo(function StepTitle({ index, step }: StepTitleProps) {
  return (
    <button type="button" className="step-title" onClick={() => goTo({ step: index, event: null })}>
      <span className="step-number" aria-hidden="true">
        {index + 1}
      </span>
      <span className="step-name">{step?.title ?? 'Beginning'}</span>
      {step !== undefined && step.refusal !== null && <code className="refusal-tag">{step.refusal}</code>}
      {step !== undefined && step.failedExpectations > 0 && (
        <span className="step-failed" title={failedWords(step.failedExpectations)}>
          <TriangleAlert size={14} aria-hidden="true" />
          <span className="unseen">{failedWords(step.failedExpectations)}</span>
        </span>
      )}
    </button>
  );
});
