import { useEffect, useLayoutEffect, useRef, type KeyboardEvent } from 'react';
import { ArrowDown, ArrowUp } from 'lucide-react';
import type { PartRow } from '../../app/contract/machine-views.ts';
import { DifferenceMark } from '../compare/difference-mark.tsx';
import { scrollToRow } from '../inspector/row-window.ts';
import { sortBy, useParts } from '../stores/parts.ts';
import { hover, select, useSelection } from '../stores/selection.ts';
import { columns, textOf } from './columns.ts';
import { rowHeight, type PartRows } from './use-part-rows.ts';

const headHeight = 30;

/** The rows in view, of as many as there are. */
export function PartsGrid({ view, rows, total, height, place }: PartRows) {
  const scroller = useRef<HTMLDivElement>(null);
  const { sort, descending, differing, filter } = useParts();
  const selected = useSelection((state) => (state.selected?.kind === 'node' ? state.selected.id : null));
  const revealed = view?.revealed ?? null;
  /** A part that was chosen by keyboard before its row was there. */
  const wanted = useRef<number | null>(null);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const measure = (): void => place({ top: element.scrollTop, height: element.clientHeight - headHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const scrollTo = (at: number): void => {
    const element = scroller.current;
    if (element === null) return;
    element.scrollTop = scrollToRow(total, rowHeight, element.scrollTop, height, at);
    place({ top: element.scrollTop, height });
  };
  useEffect(() => {
    if (revealed !== null) scrollTo(revealed.at);
    // Only a new selection, or another order of the rows, moves the table.
  }, [revealed?.id, revealed?.at]);

  const choose = (at: number): void => {
    const row = view?.rows[at - view.start];
    wanted.current = row === undefined ? at : null;
    scrollTo(at);
    if (row !== undefined) select({ kind: 'node', id: row.id });
  };
  useEffect(() => {
    if (wanted.current !== null && view?.rows[wanted.current - view.start] !== undefined) choose(wanted.current);
  }, [view]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey || total === 0) return;
    const screen = Math.max(1, Math.floor(height / rowHeight) - 1);
    const here = wanted.current ?? revealed?.at ?? -1;
    const to = {
      ArrowDown: here + 1,
      ArrowUp: here - 1,
      PageDown: here + screen,
      PageUp: here - screen,
      Home: 0,
      End: total - 1,
    }[event.key];
    if (to === undefined || (event.target !== event.currentTarget && event.key.length < 4)) return;
    event.preventDefault();
    choose(Math.min(Math.max(to, 0), total - 1));
  };

  return (
    <div
      className="parts-grid"
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label="Parts of the machine"
      aria-rowcount={total + 1}
      aria-colcount={columns.length}
      aria-activedescendant={revealed === null ? undefined : `part-${revealed.at}`}
      onKeyDown={onKeyDown}
      onScroll={(event) => place({ top: event.currentTarget.scrollTop, height })}
    >
      <div className="parts-line parts-head" role="row" aria-rowindex={1}>
        {columns.map(({ id, title }) => (
          <span
            key={id}
            role="columnheader"
            aria-sort={sort !== id ? 'none' : descending ? 'descending' : 'ascending'}
            data-column={id}
          >
            <button type="button" onClick={() => sortBy(id)}>
              {title}
              {sort === id &&
                (descending ? <ArrowDown size={12} aria-hidden="true" /> : <ArrowUp size={12} aria-hidden="true" />)}
            </button>
          </span>
        ))}
      </div>
      <div className="parts-rows" style={{ height: rows.height }} role="presentation">
        <div style={{ transform: `translateY(${rows.offset}px)` }} role="presentation">
          {Array.from({ length: Math.max(0, Math.min(rows.end, total) - rows.start) }, (_, i) => {
            const at = rows.start + i;
            const row = view?.rows[at - view.start];
            return row === undefined ? (
              <div key={at} className="parts-line" role="row" aria-rowindex={at + 2} aria-busy="true" />
            ) : (
              <Line key={at} row={row} at={at} chosen={row.id === (revealed?.id ?? selected)} />
            );
          })}
        </div>
      </div>
      {view !== null && total === 0 && (
        <p className="view-empty">{differing && filter === '' ? 'No part differs.' : 'No part has all these words.'}</p>
      )}
    </div>
  );
}

function Line({ row, at, chosen }: { readonly row: PartRow; readonly at: number; readonly chosen: boolean }) {
  return (
    <div
      className="parts-line"
      role="row"
      id={`part-${at}`}
      aria-rowindex={at + 2}
      aria-selected={chosen}
      data-difference={row.difference ?? undefined}
      onClick={() => select({ kind: 'node', id: row.id })}
      onPointerEnter={() => hover(row.drawn === null ? null : { kind: 'node', id: row.drawn })}
      onPointerLeave={() => hover(null)}
    >
      {columns.map(({ id, mono }) => {
        const text = textOf(row, id);
        return (
          <span
            key={id}
            role="gridcell"
            data-column={id}
            className={mono ? 'mono' : undefined}
            title={text ?? undefined}
          >
            {id === 'name' && <DifferenceMark difference={row.difference} />}
            {text === null ? <span className="unknown">unknown</span> : <bdi>{text}</bdi>}
          </span>
        );
      })}
    </div>
  );
}
