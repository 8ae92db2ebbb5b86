import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Maximize2, ZoomIn, ZoomOut } from 'lucide-react';
import { printBytes, printHex } from '../../app/base/format.ts';
import type { AddressScale, AddressSegment, AddressView } from '../../app/contract/machine-views.ts';
import { client } from '../client.ts';
import { useAnswer } from '../inspector/use-answer.ts';
import { useDocument } from '../stores/document.ts';
import { select, useSelection } from '../stores/selection.ts';
import { AddressBar } from './address-bar.tsx';
import { AddressList } from './address-list.tsx';
import { around, shows, whole, zoomAt, type Window } from './window.ts';
import './addresses.css';

const scales: readonly { readonly id: AddressScale; readonly title: string; readonly hint: string }[] = [
  {
    id: 'even',
    title: 'even',
    hint: 'Widths grow slowly with sizes: small ranges get room beside large ones',
  },
  { id: 'true', title: 'to scale', hint: 'Widths are sizes' },
];

function useRoom(): readonly [ref: React.RefObject<HTMLDivElement | null>, width: number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const measure = (): void => setWidth(Math.max(100, Math.floor(element.clientWidth)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** The physical address space as a bar that one can go into, and as the list of what is in view. */
export function AddressPanel() {
  const document = useDocument((state) => state.head);
  const selected = useSelection((state) => (state.selected?.kind === 'node' ? state.selected.id : null));
  const [scale, setScale] = useState<AddressScale>('even');
  const [seen, see] = useState<Window>(whole);
  const [current, setCurrent] = useState<string | null>(null);
  const [ref, pixels] = useRoom();
  /** The part that was selected in here: the picture need not move to it. */
  const own = useRef<string | null>(null);

  const view = useAnswer(
    `${document?.id}|${document?.source}|${scale}|${seen.from}|${seen.to}|${pixels}|${selected}`,
    () => client().request('addresses', { scale, ...seen, pixels, reveal: selected }),
  );
  useEffect(() => see(whole), [document, scale]);

  const revealed = view?.revealed ?? null;
  useEffect(() => {
    if (revealed === null) {
      if (selected !== own.current) setCurrent(null);
      return;
    }
    if (selected === own.current) return;
    own.current = selected;
    setCurrent(revealed.id);
    if (!shows(seen, revealed.x0, revealed.x1, pixels)) see(around(revealed.x0, revealed.x1, 3));
  }, [revealed?.id, selected]);

  const choose = (segment: AddressSegment): void => {
    setCurrent(segment.id);
    own.current = segment.part;
    if (segment.part !== null) select({ kind: 'node', id: segment.part });
  };
  const enter = (segment: AddressSegment): void => see(around(segment.x0, segment.x1, 0.04));

  return (
    <section className="addresses" aria-label="Physical addresses">
      <div className="view-head">
        <div className="grain" role="radiogroup" aria-label="Scale">
          {scales.map(({ id, title, hint }) => (
            <button
              key={id}
              type="button"
              role="radio"
              aria-checked={scale === id}
              title={hint}
              onClick={() => setScale(id)}
            >
              {title}
            </button>
          ))}
        </div>
        <div className="address-zoom" role="group" aria-label="Zoom">
          <button type="button" className="control square" aria-label="Closer" onClick={() => see(zoomAt(seen, 0.5))}>
            <ZoomIn size={14} aria-hidden="true" />
          </button>
          <button type="button" className="control square" aria-label="Farther" onClick={() => see(zoomAt(seen, 2))}>
            <ZoomOut size={14} aria-hidden="true" />
          </button>
          <button type="button" className="control square" aria-label="All addresses" onClick={() => see(whole)}>
            <Maximize2 size={13} aria-hidden="true" />
          </button>
        </div>
        {view !== null && view.basis !== 'none' && (
          <p className="muted address-about">
            {view.ranges} ranges, {printHex(view.start)} to {printHex(view.end - 1)},{' '}
            {printBytes(view.end - view.start)}
            {view.basis === 'windows' && '. Windows and BARs alone: the source has no map of memory'}
          </p>
        )}
      </div>
      <div className="address-place" ref={ref}>
        {view?.basis === 'none' ? (
          <p className="view-empty">
            <strong>No physical address here.</strong>
            This source tells none. <code>/proc/iomem</code> read as root, <code>lspci -vv</code>, a Linux snapshot or
            this machine have them.
          </p>
        ) : (
          view !== null && (
            <>
              <Overview view={view} seen={seen} see={see} />
              <AddressBar
                view={view}
                seen={seen}
                see={see}
                pixels={pixels}
                current={current}
                choose={choose}
                enter={enter}
              />
              <AddressList segments={view.segments} seen={seen} current={current} choose={choose} enter={enter} />
            </>
          )
        )}
      </div>
    </section>
  );
}

/** Where the stretch on screen is in the whole. */
function Overview({
  seen,
  see,
}: {
  readonly view: AddressView;
  readonly seen: Window;
  readonly see: (window: Window) => void;
}) {
  return (
    <div
      className="address-overview"
      aria-hidden="true"
      onPointerDown={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        const at = (event.clientX - box.left) / box.width;
        const half = (seen.to - seen.from) / 2;
        see(zoomAt({ from: at - half, to: at + half }, 1));
      }}
    >
      <i style={{ left: `${seen.from * 100}%`, width: `max(3px, ${(seen.to - seen.from) * 100}%)` }} />
    </div>
  );
}
