import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { MatrixEnd, MatrixHead, MatrixView } from '../../app/contract/machine-views.ts';
import { client } from '../client.ts';
import { useAnswer } from '../inspector/use-answer.ts';
import { useDocument } from '../stores/document.ts';
import { hover, select, useSelection } from '../stores/selection.ts';
import { heatOf, printValue } from './heat.ts';

const block = 32;
const letter = 7;
const least = { width: 30, height: 26 } as const;
/** The smallest cell of an overview, in pixels. */
const dot = 9;
/** Names closer than this would overlap. */
const nameEvery = 14;
const most = { width: 84, height: 44 } as const;

interface Place {
  readonly row: number;
  readonly column: number;
}

interface Scroll {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
/** Rounded to blocks, so that scrolling by a row asks nothing. */
const blocks = (first: number, last: number, total: number): { readonly start: number; readonly end: number } => ({
  start: Math.floor(first / block) * block,
  end: Math.min(total, Math.ceil(last / block) * block),
});

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Room that the longest value needs. */
function widest(head: MatrixHead): number {
  const values = [...head.words, ...[head.least, head.most].map((value) => (value === null ? '' : printValue(value)))];
  return Math.max(...values.map((text) => text.length * letter + 8), least.width);
}

/** The whole matrix where it fits with its values, or else as small as it must be; or as large as its values need. */
function cellSize(head: MatrixHead, room: Size, readable: boolean): Size {
  const fit = { width: Math.floor(room.width / head.columns), height: Math.floor(room.height / head.rows) };
  const needed = { width: widest(head), height: least.height };
  if (readable || (fit.width >= needed.width && fit.height >= needed.height))
    return {
      width: clamp(fit.width, needed.width, Math.max(most.width, needed.width)),
      height: clamp(fit.height, needed.height, most.height),
    };
  const side = clamp(Math.min(fit.width, fit.height), dot, least.height);
  return { width: clamp(fit.width, side, side * 2), height: side };
}

/** True where a matrix has more cells than fit with their values. */
export const isLarge = (head: MatrixHead): boolean => head.rows > 20 || head.columns > 16;

/** The cells in view of a matrix of any size; large enough to carry their values where there is room. */
export function MatrixGrid({ head, readable }: { readonly head: MatrixHead; readonly readable: boolean }) {
  const scroller = useRef<HTMLDivElement>(null);
  const document = useDocument((state) => state.head?.source ?? '');
  const selected = useSelection((state) => (state.selected?.kind === 'node' ? state.selected.id : null));
  const [seen, setSeen] = useState<Scroll>({ left: 0, top: 0, width: 600, height: 400 });
  const [at, setAt] = useState<Place | null>(null);
  const [over, setOver] = useState<Place | null>(null);

  const rowHead = clamp(head.longest[0] * letter + 20, 84, 220);
  const cell = cellSize(head, { width: seen.width - rowHead - 8, height: seen.height - 80 }, readable);
  const visible = {
    rows: blocks(seen.top / cell.height, (seen.top + seen.height) / cell.height + 1, head.rows),
    columns: blocks(seen.left / cell.width, (seen.left + seen.width) / cell.width + 1, head.columns),
  };
  const view = useAnswer(`${document}|${head.id}|${JSON.stringify(visible)}|${selected}`, () =>
    client().request('matrix', { id: head.id, ...visible, reveal: selected }),
  );
  const upright = head.longest[1] * letter + 8 > cell.width;
  const columnHead = upright ? clamp(head.longest[1] * 8 + 18, 44, 140) : 30;

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const measure = (): void =>
      setSeen({
        left: element.scrollLeft,
        top: element.scrollTop,
        width: element.clientWidth,
        height: element.clientHeight,
      });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const reveal = ({ row, column }: { readonly row: number | null; readonly column: number | null }): void => {
    const element = scroller.current;
    if (element === null) return;
    const into = (begin: number, size: number, from: number, room: number): number =>
      begin < from ? begin : begin + size > from + room ? begin + size - room : from;
    if (row !== null)
      element.scrollTop = into(row * cell.height, cell.height, element.scrollTop, seen.height - columnHead);
    if (column !== null)
      element.scrollLeft = into(column * cell.width, cell.width, element.scrollLeft, seen.width - rowHead);
  };
  const revealed = view?.revealed ?? null;
  useEffect(() => {
    if (revealed !== null) reveal(revealed);
  }, [revealed?.row, revealed?.column]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const from = at ?? { row: revealed?.row ?? 0, column: revealed?.column ?? 0 };
    const to = {
      ArrowDown: { ...from, row: from.row + (at === null ? 0 : 1) },
      ArrowUp: { ...from, row: from.row - 1 },
      ArrowRight: { ...from, column: from.column + (at === null ? 0 : 1) },
      ArrowLeft: { ...from, column: from.column - 1 },
      Home: { ...from, column: 0 },
      End: { ...from, column: head.columns - 1 },
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const next = { row: clamp(to.row, 0, head.rows - 1), column: clamp(to.column, 0, head.columns - 1) };
      setAt(next);
      reveal(next);
    } else if (event.key === 'Enter' && at !== null) {
      event.preventDefault();
      const part = view?.rows[at.row - view.rowStart]?.part;
      if (part != null) select({ kind: 'node', id: part });
    } else if (event.key === 'Escape' && at !== null) {
      event.preventDefault();
      setAt(null);
    }
  };

  const said = over ?? at;
  return (
    <>
      <div
        className="matrix"
        ref={scroller}
        role="grid"
        tabIndex={0}
        aria-label={`${head.name}, ${head.axes[0]} rows, ${head.axes[1]} columns`}
        aria-rowcount={head.rows + 1}
        aria-colcount={head.columns + 1}
        aria-activedescendant={at === null ? undefined : `cell-${at.row}-${at.column}`}
        style={{ '--row-head': `${rowHead}px`, '--column-head': `${columnHead}px` } as React.CSSProperties}
        onKeyDown={onKeyDown}
        onScroll={({ currentTarget: { scrollLeft: left, scrollTop: top } }) =>
          setSeen((old) => ({ ...old, left, top }))
        }
        onPointerLeave={() => {
          setOver(null);
          hover(null);
        }}
      >
        <div
          className="matrix-room"
          role="presentation"
          style={{ width: rowHead + head.columns * cell.width, height: columnHead + head.rows * cell.height }}
        >
          {view !== null && (
            <Cells
              head={head}
              view={view}
              cell={cell}
              upright={upright}
              at={at}
              selected={revealed}
              over={over}
              onOver={setOver}
              onChoose={(place) => {
                setAt(place);
                scroller.current?.focus();
              }}
            />
          )}
        </div>
      </div>
      <p className="matrix-said" role="status">
        {said === null || view === null ? (
          <span className="muted">
            {head.axes[0] === 'from' ? 'From the row to the column.' : `${head.axes[0]} → ${head.axes[1]}.`}{' '}
            {head.source === null ? (
              ''
            ) : (
              <>
                Read from <code>{head.source}</code>.
              </>
            )}
          </span>
        ) : (
          <Said head={head} view={view} place={said} />
        )}
      </p>
    </>
  );
}

const valueAt = (view: MatrixView, { row, column }: Place): number | string | null | undefined =>
  column < view.columnStart || column >= view.columnStart + view.columns.length
    ? undefined
    : view.values[(row - view.rowStart) * view.columns.length + column - view.columnStart];

/** One cell in words. */
function Said({ head, view, place }: { readonly head: MatrixHead; readonly view: MatrixView; readonly place: Place }) {
  const row = view.rows[place.row - view.rowStart];
  const column = view.columns[place.column - view.columnStart];
  const value = valueAt(view, place);
  if (row === undefined || column === undefined || value === undefined) return null;
  const self = isSelf(row, column);
  return (
    <>
      <b>{row.title}</b> → <b>{column.title}</b>:{' '}
      {value === null ? (
        <span className="unknown">{self ? 'itself' : 'not told'}</span>
      ) : (
        <b>
          {String(value)}
          {head.unit === null || typeof value === 'string' ? '' : ` ${head.unit}`}
        </b>
      )}
      {value === 0 && head.means === 'bandwidth' && !self && <span className="muted">, no direct link</span>}
    </>
  );
}

const isSelf = (row: MatrixEnd, column: MatrixEnd): boolean => row.part !== null && row.part === column.part;

interface CellsProps {
  readonly head: MatrixHead;
  readonly view: MatrixView;
  readonly cell: { readonly width: number; readonly height: number };
  readonly upright: boolean;
  readonly at: Place | null;
  readonly over: Place | null;
  readonly selected: { readonly row: number | null; readonly column: number | null } | null;
  readonly onOver: (place: Place) => void;
  readonly onChoose: (place: Place) => void;
}

function Cells({ head, view, cell, upright, at, over, selected, onOver, onChoose }: CellsProps) {
  const named = {
    row: Math.max(1, Math.ceil(nameEvery / cell.height)),
    column: Math.max(1, Math.ceil(nameEvery / cell.width)),
  };
  const mark = (row: number | null, column: number | null) => ({
    'data-near':
      (row !== null && row === (over ?? at)?.row) || (column !== null && column === (over ?? at)?.column) || undefined,
    'data-chosen':
      (row !== null && row === selected?.row) || (column !== null && column === selected?.column) || undefined,
  });
  return (
    <>
      <div className="matrix-line matrix-columns" role="row" aria-rowindex={1}>
        <span className="matrix-corner" role="columnheader" aria-colindex={1}>
          <span className="unseen">
            {head.axes[0]} \ {head.axes[1]}
          </span>
        </span>
        {view.columns.map((end, i) => (
          <End
            key={i}
            end={end}
            role="columnheader"
            index={view.columnStart + i + 2}
            upright={upright}
            hidden={(view.columnStart + i) % named.column !== 0}
            style={{ left: `calc(var(--row-head) + ${(view.columnStart + i) * cell.width}px)`, width: cell.width }}
            {...mark(null, view.columnStart + i)}
          />
        ))}
      </div>
      {view.rows.map((end, i) => {
        const row = view.rowStart + i;
        return (
          <div
            key={row}
            className="matrix-line"
            role="row"
            aria-rowindex={row + 2}
            style={{ top: `calc(var(--column-head) + ${row * cell.height}px)`, height: cell.height }}
          >
            <End
              end={end}
              role="rowheader"
              hidden={row % named.row !== 0}
              index={1}
              upright={false}
              style={{ height: cell.height }}
              {...mark(row, null)}
            />
            {view.columns.map((other, j) => {
              const column = view.columnStart + j;
              const value = view.values[i * view.columns.length + j] ?? null;
              const heat = heatOf(head, value, isSelf(end, other));
              const text = heat.kind === 'self' && (value === null || value === 0) ? '·' : printValue(value);
              return (
                <span
                  key={column}
                  id={`cell-${row}-${column}`}
                  role="gridcell"
                  className="matrix-cell"
                  aria-colindex={column + 2}
                  aria-selected={at?.row === row && at.column === column}
                  aria-label={`${end.title} to ${other.title}: ${heat.kind === 'self' ? `${text} itself` : value === null ? '? not told' : text}`}
                  data-heat={heat.kind}
                  data-level={heat.kind === 'level' ? heat.level : undefined}
                  style={{
                    left: `calc(var(--row-head) + ${column * cell.width}px)`,
                    width: cell.width,
                    height: cell.height,
                  }}
                  onPointerEnter={() => onOver({ row, column })}
                  onClick={() => onChoose({ row, column })}
                >
                  {text.length * letter + 4 <= cell.width ? text : ''}
                </span>
              );
            })}
          </div>
        );
      })}
    </>
  );
}

interface EndProps {
  readonly end: MatrixEnd;
  readonly role: 'columnheader' | 'rowheader';
  readonly index: number;
  readonly upright: boolean;
  /** Too close to its neighbour to be written. */
  readonly hidden: boolean;
  readonly style: React.CSSProperties;
}

/** The name of a row or column; a click selects the part in all views. */
function End({ end, role, index, upright, hidden, style, ...marks }: EndProps) {
  const { part } = end;
  return (
    <span
      className="matrix-end"
      role={role}
      aria-colindex={index}
      data-upright={upright || undefined}
      data-part={part !== null || undefined}
      title={end.title}
      style={style}
      onClick={() => part !== null && select({ kind: 'node', id: part })}
      onPointerEnter={() => hover(end.drawn === null ? null : { kind: 'node', id: end.drawn })}
      {...marks}
    >
      <span className={hidden ? 'unseen' : undefined}>{end.title}</span>
    </span>
  );
}
