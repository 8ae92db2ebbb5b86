import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { PageTableView } from '../../app/contract/frame.ts';
import { client } from '../client.ts';
import { sameCursor } from '../session/cursor.ts';
import { useFrame } from '../stores/frame.ts';
import { useDocument } from '../stores/document.ts';
import { select, useSelection } from '../stores/selection.ts';
import { useTable } from '../stores/table.ts';
import { jumpToChange } from './jump-to-change.ts';
import { PageLine } from './page-line.tsx';
import { rowWindow, scrollToRow } from './row-window.ts';
import { useAnswer } from './use-answer.ts';

const overscan = 8;
/** Rows are asked for in blocks of this many, so that scrolling by a row asks nothing. */
const block = 32;
/** The head of the table stays in view above the rows, in CSS pixels. */
const headHeight = 28;

interface PageGridProps {
  readonly table: string;
  readonly pages: number;
}

/** All rows of a page table, of which only those in view exist. */
export function PageGrid({ table, pages }: PageGridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 400, row: 30 });
  const cursor = useFrame((state) => state.cursor);
  const painted = useFrame((state) => state.frame !== null);
  const document = useDocument((state) => state.head);
  const selected = useSelection((state) => state.selected);
  const jump = useTable((state) => state.jump);
  const page =
    selected !== null && (selected.kind === 'page' || selected.kind === 'mapping') && selected.table === table
      ? selected.page
      : null;

  const rows = rowWindow(pages, view.row, view.top, view.height, overscan);
  const start = Math.floor(rows.start / block) * block;
  const count = Math.min(Math.ceil((rows.end - start) / block) * block, pages - start);
  const key = painted ? `${document?.id} ${cursor.step} ${cursor.event} ${table} ${start} ${count}` : null;
  const ready = useTable((state) => state.ready);
  const known =
    ready !== null &&
    sameCursor(ready.cursor, cursor) &&
    ready.span.table === table &&
    ready.span.start === start &&
    ready.span.count === count
      ? ready.view
      : null;
  const answer = useAnswer(key, () => client().request('pages', { cursor, table, start, count }), known);

  useLayoutEffect(() => useTable.setState({ wanted: { table, start, count } }), [table, start, count, document]);
  useEffect(() => () => useTable.setState({ view: null, wanted: null }), []);
  useLayoutEffect(() => {
    const { pending } = useTable.getState();
    useTable.setState({ view: answer });
    if (answer !== null && pending !== null) {
      useTable.setState({ pending: null });
      jumpToChange(pending);
    }
  }, [answer]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const measure = (): void => {
      const row = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || 30;
      const height = element.clientHeight - headHeight;
      setView((old) => (old.height === height && old.row === row ? old : { ...old, height, row }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const reveal = (wanted: number): void => {
    const element = scroller.current;
    if (element === null) return;
    element.scrollTop = scrollToRow(pages, view.row, element.scrollTop, view.height, wanted);
    const top = element.scrollTop;
    setView((old) => ({ ...old, top }));
  };
  useEffect(() => {
    if (jump !== null) reveal(jump.page);
    // A jump is an order, given once: not again when a size changes.
  }, [jump]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const by = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: Math.floor(view.height / view.row),
      PageUp: -Math.floor(view.height / view.row),
    }[event.key];
    if (by === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const next = Math.min(
      Math.max((page ?? rows.start + (rows.start > 0 ? overscan : 0) - Math.sign(by)) + by, 0),
      pages - 1,
    );
    select({ kind: 'page', table, page: next });
    reveal(next);
  };

  const columns = answer?.columns ?? [];
  return (
    <div
      className="page-grid"
      style={
        {
          '--devices': columns.length,
          // A count of 0 would make the whole template invalid.
          '--device-columns': columns.length === 0 ? ' ' : `repeat(${columns.length}, minmax(84px, 0.5fr))`,
          '--digits': Math.max(String(pages).length, 4),
        } as React.CSSProperties
      }
    >
      <div
        className="page-scroll"
        ref={scroller}
        role="grid"
        tabIndex={0}
        aria-label="Page table entries"
        aria-rowcount={pages + 1}
        aria-colcount={3 + columns.length}
        aria-activedescendant={page === null ? undefined : `page-${page}`}
        onKeyDown={onKeyDown}
        onScroll={(event) => {
          const top = event.currentTarget.scrollTop;
          setView((old) => ({ ...old, top }));
        }}
      >
        <div className="page-line page-line-head" role="row" aria-rowindex={1}>
          <span role="columnheader">page</span>
          <span role="columnheader">CPU entry</span>
          <span role="columnheader">frame</span>
          {columns.map((column) => (
            <span role="columnheader" key={column} title={column}>
              {column}
            </span>
          ))}
        </div>
        <div className="page-rows" style={{ height: rows.height }} role="presentation">
          <div style={{ transform: `translateY(${rows.offset}px)` }} role="presentation">
            {Array.from({ length: rows.end - rows.start }, (_, i) => (
              <PageLine
                key={rows.start + i}
                table={table}
                page={rows.start + i}
                row={rowAt(answer, rows.start + i)}
                selected={selected}
              />
            ))}
          </div>
        </div>
      </div>
      <ChangeMap view={answer} pages={pages} />
    </div>
  );
}

const rowAt = (view: PageTableView | null, page: number) => (view === null ? undefined : view.rows[page - view.start]);

/** Where in the whole table the changed pages are: marks beside the scroll bar. */
function ChangeMap({ view, pages }: { readonly view: PageTableView | null; readonly pages: number }) {
  if (view === null || pages === 0) return null;
  return (
    <div className="change-map" aria-hidden="true">
      {view.changedSpans.map(({ start, end }) => (
        <i
          key={start}
          style={{ top: `${(start / pages) * 100}%`, height: `max(2px, ${((end - start) / pages) * 100}%)` }}
        />
      ))}
    </div>
  );
}
