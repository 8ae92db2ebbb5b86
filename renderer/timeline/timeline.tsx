import { useEffect, useLayoutEffect, useRef, useState, type PointerEvent } from 'react';
import type { TimelineView } from '../../app/contract/frame.ts';
import { eventsDone } from '../session/cursor.ts';
import { goToEvent } from '../session/navigate.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { useSelection } from '../stores/selection.ts';
import { useTheme } from '../theme/apply-theme.ts';
import { eventAt, marksOf, markWidth } from './marks.ts';
import './timeline.css';

const laneHeight = 20;
const headHeight = 22;
const gutter = 116;

function useWidth(): readonly [ref: React.RefObject<HTMLDivElement | null>, width: number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

interface Scene {
  readonly view: TimelineView;
  readonly width: number;
  readonly done: number;
  readonly step: number;
  readonly chosen: number | null;
}

function colours(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(name).trim();
}

function paint(context: CanvasRenderingContext2D, { view, width, done, step, chosen }: Scene): void {
  const colour = colours();
  const total = Math.max(1, view.lane.length);
  const height = headHeight + view.lanes.length * laneHeight;
  const at = (event: number): number => (event / total) * width;
  context.clearRect(0, 0, width, height);
  const from = view.stepStarts[step];
  const to = view.stepStarts[step + 1];
  if (from !== undefined && to !== undefined) {
    context.fillStyle = colour('--accent-surface');
    context.fillRect(at(from), 0, Math.max(2, at(to) - at(from)), height);
  }
  context.strokeStyle = colour('--faint');
  view.lanes.forEach((_, lane) =>
    line(context, 0, headHeight + (lane + 0.5) * laneHeight, width, headHeight + (lane + 0.5) * laneHeight),
  );
  context.strokeStyle = colour('--hairline');
  context.fillStyle = colour('--muted');
  context.font = '11px Inter Variable, sans-serif';
  let labelled = -20;
  view.stepStarts.slice(0, -1).forEach((start, index) => {
    line(context, at(start), 0, at(start), height);
    if (at(start) - labelled < 14) return;
    labelled = at(start);
    context.fillText(String(index + 1), at(start) + 4, 14);
  });
  for (const mark of marksOf(view, 0, view.lane.length, width)) {
    const state = view.states[mark.state] ?? 'neutral';
    context.fillStyle =
      state === 'refusal'
        ? colour('--refusal')
        : state === 'neutral'
          ? colour('--neutral-mark')
          : state === 'none'
            ? colour('--accent')
            : colour(`--state-${state}`);
    const tall = mark.events > 1 ? 14 : 11;
    context.beginPath();
    context.roundRect(
      mark.x - markWidth / 2,
      headHeight + (mark.lane + 0.5) * laneHeight - tall / 2,
      markWidth - 1,
      tall,
      2,
    );
    context.fill();
  }
  if (chosen !== null) {
    context.strokeStyle = colour('--accent');
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(at(chosen + 0.5), headHeight + ((view.lane[chosen] ?? 0) + 0.5) * laneHeight, 9, 0, 2 * Math.PI);
    context.stroke();
    context.lineWidth = 1;
  }
  context.fillStyle = colour('--accent');
  context.fillRect(Math.min(width - 2, at(done)) - 1, 0, 2, height);
}

function line(context: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number): void {
  context.beginPath();
  context.moveTo(x, y + 0.5);
  context.lineTo(toX, toY + 0.5);
  context.stroke();
}

/** All events on one line of time, a lane for each actor. Click or drag to go there. */
export function Timeline() {
  const view = useDocument((state) => state.timeline);
  const steps = useDocument((state) => state.head?.steps);
  const cursor = useFrame((state) => state.cursor);
  const selected = useSelection((state) => state.selected);
  const theme = useTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [ref, width] = useWidth();

  const done = steps === undefined ? 0 : eventsDone(steps, cursor);
  const chosen =
    view !== null && selected?.kind === 'event' ? (view.stepStarts[selected.step] ?? 0) + selected.event : null;
  const height = headHeight + (view?.lanes.length ?? 0) * laneHeight;

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d') ?? null;
    if (element === null || context === null || view === null || width === 0) return;
    const scale = window.devicePixelRatio;
    element.width = width * scale;
    element.height = height * scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    paint(context, { view, width, done, step: cursor.step, chosen });
  }, [view, width, height, done, cursor.step, chosen, theme]);

  const seek = (event: PointerEvent<HTMLCanvasElement>): void => {
    if (view === null || (event.type === 'pointermove' && event.buttons !== 1)) return;
    const box = event.currentTarget.getBoundingClientRect();
    goToEvent(eventAt(event.clientX - box.left, view.lane.length, box.width));
  };

  return (
    <div className="timeline" role="group" aria-label="Timeline">
      <div className="timeline-lanes" style={{ width: gutter, paddingTop: headHeight }}>
        {view?.lanes.map((lane) => (
          <span key={lane} style={{ height: laneHeight }} title={lane}>
            {lane}
          </span>
        ))}
      </div>
      <div className="timeline-room" ref={ref}>
        <canvas
          ref={canvas}
          style={{ width, height }}
          onPointerDown={seek}
          onPointerMove={seek}
          role="img"
          aria-label={`${done} of ${view?.lane.length ?? 0} events have happened`}
        />
      </div>
    </div>
  );
}
