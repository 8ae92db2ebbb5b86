import { useEffect, useMemo, useRef, type KeyboardEvent } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { EventRow } from '../../app/contract/frame.ts';
import { afterEvents } from '../session/cursor.ts';
import { goTo } from '../session/navigate.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { hover, sameSelection, select, useSelection } from '../stores/selection.ts';
import { edgeVariable, stateVariable } from '../theme/state-style.ts';
import { Inline } from '../story/prose.tsx';
import { causeDepths, causesOf } from './event-tree.ts';

const none: readonly EventRow[] = [];
const noSteps: readonly never[] = [];

/** The events of the step, each below what caused it. */
export function EventsPanel() {
  const events = useFrame((state) => state.frame?.events ?? none);
  const total = useFrame((state) => state.frame?.totalEvents ?? 0);
  const cursor = useFrame((state) => state.cursor);
  const steps = useDocument((state) => state.head?.steps ?? noSteps);
  const selected = useSelection((state) => state.selected);
  const hovered = useSelection((state) => state.hovered);
  const depths = useMemo(() => causeDepths(events), [events]);
  const scroller = useRef<HTMLDivElement>(null);
  const done = cursor.event ?? total;

  const list = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 46,
    getItemKey: (i) => events[i]?.index ?? i,
    overscan: 10,
    initialRect: { width: 380, height: 640 },
  });

  useEffect(() => {
    const at = events.findIndex(({ index }) => index + 1 === cursor.event);
    if (at >= 0) list.scrollToIndex(at, { align: 'auto' });
  }, [cursor, events, list]);

  if (events.length === 0) {
    return (
      <div className="empty">
        <p>No events here.</p>
        <p className="muted">
          {cursor.step < 0
            ? 'At the beginning nothing has happened. Press → for the first step.'
            : 'This step changes nothing in the machine.'}
        </p>
      </div>
    );
  }

  const current =
    selected?.kind === 'event' && selected.step === cursor.step
      ? events.findIndex(({ index }) => index === selected.event)
      : -1;
  const causes = new Set(current < 0 ? [] : causesOf(events, events[current]?.index ?? -1));
  const visit = (row: EventRow): void => goTo(afterEvents(steps, cursor.step, row.index + 1));

  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter' && current >= 0) {
      const row = events[current];
      if (row !== undefined) visit(row);
    } else if (by !== undefined) {
      const next = Math.min(Math.max(current + by, 0), events.length - 1);
      const row = events[next];
      if (row === undefined) return;
      select({ kind: 'event', step: cursor.step, event: row.index });
      list.scrollToIndex(next);
    } else return;
    event.preventDefault();
  };

  return (
    <div
      className="events"
      ref={scroller}
      role="listbox"
      tabIndex={0}
      aria-label={`Events of step ${cursor.step + 1}`}
      aria-activedescendant={current < 0 ? undefined : `event-${events[current]?.index}`}
      onKeyDown={onKeyDown}
    >
      {events.length < total && (
        <p className="muted events-window">
          Events {(events[0]?.index ?? 0) + 1} to {(events[0]?.index ?? 0) + events.length} of {total}: the others come
          as you go through the step.
        </p>
      )}
      <div style={{ height: list.getTotalSize(), position: 'relative' }} role="presentation">
        {list.getVirtualItems().map((item) => {
          const row = events[item.index];
          if (row === undefined) return null;
          const target = { kind: 'event', step: cursor.step, event: row.index } as const;
          return (
            <div
              key={item.key}
              ref={list.measureElement}
              data-index={item.index}
              id={`event-${row.index}`}
              role="option"
              aria-selected={item.index === current}
              className="event"
              title="Double-click or Enter: go to this moment"
              data-ahead={row.index >= done || undefined}
              data-cause={causes.has(row.index) || undefined}
              data-hovered={sameSelection(hovered, target) || undefined}
              data-refusal={row.state === 'refusal' || undefined}
              style={{ transform: `translateY(${item.start}px)`, paddingLeft: 12 + (depths[item.index] ?? 0) * 14 }}
              onClick={() => select(target)}
              onDoubleClick={() => visit(row)}
              onPointerEnter={() => hover(target)}
              onPointerLeave={() => hover(null)}
            >
              <i
                className="event-mark"
                style={{ background: stateVariable(row.state), borderColor: edgeVariable(row.state) }}
                aria-hidden="true"
              />
              <div className="event-text">
                <div className="event-first">
                  <span className="event-title">{row.title}</span>
                  {row.where !== null && <code>{row.where}</code>}
                  {row.time !== undefined && <span className="muted">{row.time}</span>}
                  <span className="event-by">{row.by}</span>
                </div>
                <div className="event-second">
                  <Inline text={row.detail} />
                  {row.fn !== null && <code className={row.detail === '' ? undefined : 'fn'}>{row.fn}</code>}
                </div>
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}
