import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { Maximize2, ZoomIn, ZoomOut } from 'lucide-react';
import type { TimelineView } from '../../app/contract/frame.ts';
import { client } from '../client.ts';
import { useAnswer } from '../inspector/use-answer.ts';
import { eventsDone } from '../session/cursor.ts';
import { goToEvent, stepBack, stepForward } from '../session/navigate.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { select, useSelection } from '../stores/selection.ts';
import { useTheme } from '../theme/apply-theme.ts';
import { allEvents, bringIntoView, clampEvents, isAll, panEvents, zoomEvents } from './event-window.ts';
import { eventAt, indexLanes, markAt, marksOf, type EventWindow, type LaneIndex } from './marks.ts';
import { headHeight, laneHeight, paintTimeline, type Arc } from './paint-timeline.ts';
import './timeline.css';

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

/** All events on one line of time, a lane for each actor. Click or drag to go there; wheel and keys zoom. */
export function Timeline() {
  const view = useDocument((state) => state.timeline);
  return view === null ? null : <History key={view.lane.length} view={view} />;
}

/** From the selected event to its causes, down to the one that began it. */
function useArcs(view: TimelineView): readonly Arc[] {
  const selected = useSelection((state) => (state.selected?.kind === 'event' ? state.selected : null));
  const cursor = useFrame((state) => state.cursor);
  const document = useDocument((state) => state.head?.id ?? '');
  const key = selected === null ? null : `${document}|${selected.step}|${selected.event}`;
  const answer = useAnswer(key, async () =>
    selected === null ? null : { key, why: await client().request('why', { cursor, target: selected }) },
  );
  return useMemo(() => {
    if (answer === null || answer.key !== key) return [];
    const events = answer.why.lines.map(({ step, event }) => (view.stepStarts[step] ?? 0) + event);
    return events.flatMap((event, i) => {
      const cause = events[i + 1];
      return cause === undefined || cause === event
        ? []
        : [cause < event ? { event, cause } : { event: cause, cause: event }];
    });
  }, [answer, key, view]);
}

function History({ view }: { readonly view: TimelineView }) {
  const steps = useDocument((state) => state.head?.steps);
  const cursor = useFrame((state) => state.cursor);
  const selected = useSelection((state) => state.selected);
  const theme = useTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [ref, width] = useWidth();
  const total = view.lane.length;
  const [seen, see] = useState<EventWindow>(() => allEvents(total));
  const index = useMemo<LaneIndex>(() => indexLanes(view), [view]);
  const marks = useMemo(() => marksOf(index, seen, Math.max(1, width)), [index, seen, width]);
  const arcs = useArcs(view);
  const [over, setOver] = useState<string | null>(null);

  const done = steps === undefined ? 0 : eventsDone(steps, cursor);
  const chosen = selected?.kind === 'event' ? (view.stepStarts[selected.step] ?? 0) + selected.event : null;
  const height = headHeight + view.lanes.length * laneHeight;

  // The line of now, and what is selected, stay in view.
  useEffect(() => see((old) => bringIntoView(old, done, total)), [done, total]);
  useEffect(() => {
    if (chosen !== null) see((old) => bringIntoView(old, chosen, total));
  }, [chosen, total]);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d') ?? null;
    if (element === null || context === null || width === 0) return;
    const scale = window.devicePixelRatio;
    if (element.width !== width * scale) element.width = width * scale;
    if (element.height !== height * scale) element.height = height * scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    paintTimeline(context, { index, marks, window: seen, width, done, step: cursor.step, chosen, arcs });
  }, [index, marks, seen, width, height, done, cursor.step, chosen, arcs, theme]);

  const latest = useRef({ seen, width });
  latest.current = { seen, width };
  // React listens to wheels passively: the panel would scroll along.
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent): void => {
      const now = latest.current;
      const events = (now.seen.to - now.seen.from) / Math.max(1, now.width);
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      event.preventDefault();
      if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey)
        see(panEvents(now.seen, sideways * events, total));
      else see(zoomEvents(now.seen, Math.exp(event.deltaY * 0.002), now.seen.from + event.offsetX * events, total));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [total]);

  const laneOf = (y: number): number => Math.floor((y - headHeight) / laneHeight);
  const seek = (event: PointerEvent<HTMLCanvasElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const mark = markAt(marks, laneOf(y), x);
    if (event.type === 'pointermove' && event.buttons !== 1) {
      const state = mark === null ? null : (view.states[mark.state] ?? null);
      setOver(
        mark === null
          ? null
          : `${view.lanes[mark.lane] ?? ''}: ${mark.events === 1 ? `event ${mark.first + 1}` : `${mark.events} events`}${state === 'refusal' ? ', refused' : ''}`,
      );
      return;
    }
    if (event.type === 'pointerdown' && mark !== null && mark.events === 1) {
      const step = view.stepStarts.findLastIndex((start, i) => i < view.stepStarts.length - 1 && start <= mark.first);
      goToEvent(mark.first + 1);
      select({ kind: 'event', step, event: mark.first - (view.stepStarts[step] ?? 0) });
      return;
    }
    goToEvent(eventAt(x, seen, box.width, total));
  };

  const middle = done >= seen.from && done <= seen.to ? done : (seen.from + seen.to) / 2;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const screen = seen.to - seen.from;
    const actions: Readonly<Record<string, () => void>> = {
      ArrowRight: () => goToEvent(done + 1),
      ArrowLeft: () => goToEvent(done - 1),
      PageDown: stepForward,
      PageUp: stepBack,
      Home: () => goToEvent(0),
      End: () => goToEvent(total),
      '+': () => see(zoomEvents(seen, 0.5, middle, total)),
      '=': () => see(zoomEvents(seen, 0.5, middle, total)),
      '-': () => see(zoomEvents(seen, 2, middle, total)),
      '0': () => see(allEvents(total)),
      '[': () => see(panEvents(seen, -screen / 4, total)),
      ']': () => see(panEvents(seen, screen / 4, total)),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
  const zoom = (factor: number): void => see(zoomEvents(seen, factor, middle, total));

  return (
    <div className="timeline" role="group" aria-label="Timeline">
      <div className="timeline-lanes" style={{ width: gutter }}>
        <div className="timeline-zoom" style={{ height: headHeight }} role="group" aria-label="Zoom of the timeline">
          <button type="button" aria-label="Closer" onClick={() => zoom(0.5)}>
            <ZoomIn size={13} aria-hidden="true" />
          </button>
          <button type="button" aria-label="Farther" disabled={isAll(seen, total)} onClick={() => zoom(2)}>
            <ZoomOut size={13} aria-hidden="true" />
          </button>
          <button
            type="button"
            aria-label="All events"
            disabled={isAll(seen, total)}
            onClick={() => see(allEvents(total))}
          >
            <Maximize2 size={12} aria-hidden="true" />
          </button>
        </div>
        {view.lanes.map((lane) => (
          <span key={lane} style={{ height: laneHeight }} title={lane}>
            {lane}
          </span>
        ))}
      </div>
      <div className="timeline-room" ref={ref}>
        <canvas
          ref={canvas}
          style={{ width, height }}
          tabIndex={0}
          role="slider"
          aria-label="Events: arrows move by event, Page Up and Page Down by step, plus and minus zoom"
          aria-valuemin={0}
          aria-valuemax={total}
          aria-valuenow={done}
          aria-valuetext={`${done} of ${total} events have happened${isAll(seen, total) ? '' : `, events ${Math.floor(seen.from) + 1} to ${Math.ceil(seen.to)} in view`}`}
          title={over ?? undefined}
          onPointerDown={seek}
          onPointerMove={seek}
          onPointerLeave={() => setOver(null)}
          onKeyDown={onKeyDown}
        />
        {!isAll(seen, total) && (
          <div
            className="timeline-overview"
            aria-hidden="true"
            onPointerDown={(event) => {
              const box = event.currentTarget.getBoundingClientRect();
              const at = ((event.clientX - box.left) / box.width) * total;
              const half = (seen.to - seen.from) / 2;
              see(clampEvents({ from: at - half, to: at + half }, total));
            }}
          >
            <i style={{ left: `${(seen.from / total) * 100}%`, width: `${((seen.to - seen.from) / total) * 100}%` }} />
          </div>
        )}
      </div>
    </div>
  );
}
