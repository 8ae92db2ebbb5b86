import { useEffect, useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { printBytes, printHex } from '../../app/base/format.ts';
import type { AddressSegment, AddressView } from '../../app/contract/machine-views.ts';
import { hover, useSelection } from '../stores/selection.ts';
import { pan, whole, zoomAt, type Window } from './window.ts';

export const rowHeight = 34;
const letter = 6.6;

/** "System RAM 635 KiB, 0x1000 to 0x9_fbff": the end is the last address, as the kernel prints it. */
export const describe = (segment: AddressSegment): string =>
  `${segment.label} ${printBytes(segment.end - segment.start)}, ${printHex(segment.start)} to ${printHex(segment.end - 1)}`;

interface AddressBarProps {
  readonly view: AddressView;
  readonly seen: Window;
  readonly see: (window: Window) => void;
  readonly pixels: number;
  readonly current: string | null;
  readonly choose: (segment: AddressSegment) => void;
  readonly enter: (segment: AddressSegment) => void;
}

/** From a segment to its neighbour on the same level, to what contains it, or to what it contains. */
export function step(segments: readonly AddressSegment[], from: string | null, key: string): AddressSegment | null {
  const here = segments.find(({ id }) => id === from);
  if (here === undefined) return segments[0] ?? null;
  const level = segments.filter(({ depth }) => depth === here.depth);
  const at = level.indexOf(here);
  switch (key) {
    case 'ArrowLeft':
      return level[at - 1] ?? null;
    case 'ArrowRight':
      return level[at + 1] ?? null;
    case 'ArrowUp':
      return (
        segments.find((other) => other.depth === here.depth - 1 && other.x0 <= here.x0 && other.x1 >= here.x1) ?? null
      );
    case 'ArrowDown':
      return (
        segments.find((other) => other.depth === here.depth + 1 && other.x0 >= here.x0 && other.x1 <= here.x1) ?? null
      );
    default:
      return null;
  }
}

/** The bar: a level of nesting is a row. Wheel and keys zoom, dragging moves, a double click goes into a range. */
export function AddressBar({ view, seen, see, pixels, current, choose, enter }: AddressBarProps) {
  const element = useRef<HTMLDivElement>(null);
  const drag = useRef<{ readonly x: number; readonly seen: Window } | null>(null);
  const moved = useRef(false);
  const hovered = useSelection((state) => (state.hovered?.kind === 'node' ? state.hovered.id : null));
  const latest = useRef({ seen, see });
  latest.current = { seen, see };

  // React listens to wheels passively: the page would scroll along.
  useEffect(() => {
    const place = element.current;
    if (place === null) return;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const box = place.getBoundingClientRect();
      const now = latest.current;
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) now.see(pan(now.seen, event.deltaX / box.width));
      else now.see(zoomAt(now.seen, Math.exp(event.deltaY * 0.002), (event.clientX - box.left) / box.width));
    };
    place.addEventListener('wheel', onWheel, { passive: false });
    return () => place.removeEventListener('wheel', onWheel);
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const here = view.segments.find(({ id }) => id === current);
    if (event.key.startsWith('Arrow')) {
      if (event.shiftKey) see(pan(seen, { ArrowLeft: -0.2, ArrowRight: 0.2 }[event.key] ?? 0));
      else {
        const next = step(view.segments, current, event.key);
        if (next !== null) choose(next);
      }
    } else if (event.key === '+' || event.key === '=') see(zoomAt(seen, 0.5, centre(here, seen)));
    else if (event.key === '-') see(zoomAt(seen, 2, centre(here, seen)));
    else if (event.key === '0' || event.key === 'Home') see(whole);
    else if (event.key === 'Enter' && here !== undefined) enter(here);
    else if (event.key === 'Backspace') see(zoomAt(seen, 4));
    else return;
    event.preventDefault();
  };

  const onPointerMove = (event: PointerEvent<HTMLDivElement>): void => {
    if (drag.current === null || event.buttons !== 1) return;
    const by = drag.current.x - event.clientX;
    if (Math.abs(by) > 3) moved.current = true;
    if (moved.current) see(pan(drag.current.seen, by / pixels));
  };

  const scale = pixels / (seen.to - seen.from);
  return (
    <div className="address-bar-place">
      <div
        ref={element}
        className="address-bar"
        role="listbox"
        tabIndex={0}
        aria-label="Ranges of physical addresses: arrows move, Enter goes into a range, plus and minus zoom"
        aria-activedescendant={current === null ? undefined : `address-${current}`}
        style={{ height: Math.max(1, view.levels) * rowHeight + 22 }}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          drag.current = { x: event.clientX, seen };
          moved.current = false;
        }}
        onPointerMove={onPointerMove}
        onPointerUp={() => (drag.current = null)}
        onPointerLeave={() => {
          drag.current = null;
          hover(null);
        }}
      >
        {view.segments.map((segment) => {
          const left = (segment.x0 - seen.from) * scale;
          const right = (segment.x1 - seen.from) * scale;
          const from = Math.max(-2, left);
          const width = Math.min(pixels + 2, right) - from;
          if (width <= 0) return null;
          const fits = width > Math.min(46, segment.label.length * letter + 12);
          return (
            <div
              key={segment.id}
              id={`address-${segment.id}`}
              role="option"
              aria-selected={segment.id === current}
              aria-label={describe(segment)}
              className="address-segment"
              title={describe(segment).replaceAll(', ', '\n')}
              data-kind={segment.kind}
              data-joined={segment.count > 1 || undefined}
              data-pointed={(segment.drawn !== null && segment.drawn === hovered) || undefined}
              style={{
                left: from,
                width: Math.max(1, width - 1),
                top: segment.depth * rowHeight,
                height: rowHeight - 2,
              }}
              onClick={() => !moved.current && choose(segment)}
              onDoubleClick={() => enter(segment)}
              onPointerEnter={() => hover(segment.drawn === null ? null : { kind: 'node', id: segment.drawn })}
            >
              {fits && <span>{segment.label}</span>}{' '}
              {fits && width > 110 && <small>{printBytes(segment.end - segment.start)}</small>}
            </div>
          );
        })}
        <Marks view={view} seen={seen} scale={scale} pixels={pixels} />
      </div>
    </div>
  );
}

const centre = (segment: AddressSegment | undefined, { from, to }: Window): number => {
  const at = segment === undefined ? 0.5 : ((segment.x0 + segment.x1) / 2 - from) / (to - from);
  return at > 0 && at < 1 ? at : 0.5;
};

/** Addresses below the bar, where they have room: the beginnings of the ranges of the outermost level in view. */
function Marks({
  view,
  seen,
  scale,
  pixels,
}: {
  readonly view: AddressView;
  readonly seen: Window;
  readonly scale: number;
  readonly pixels: number;
}) {
  const marks: { readonly x: number; readonly address: number }[] = [];
  let free = 0;
  const outer = view.segments.filter(({ x0 }) => x0 >= seen.from);
  for (const depth of [0, 1, 2]) {
    if (marks.length >= 3) break;
    marks.length = 0;
    free = 0;
    for (const segment of outer) {
      if (segment.depth > depth) continue;
      const x = (segment.x0 - seen.from) * scale;
      const width = printHex(segment.start).length * letter + 10;
      if (x < free || x + width > pixels) continue;
      marks.push({ x, address: segment.start });
      free = x + width;
    }
  }
  return (
    <div className="address-marks" aria-hidden="true" style={{ top: Math.max(1, view.levels) * rowHeight }}>
      {marks.map(({ x, address }) => (
        <code key={address} style={{ left: x }}>
          {printHex(address)}
        </code>
      ))}
    </div>
  );
}
