import { useEffect, useRef, type KeyboardEvent } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { printBytes, printHex } from '../../app/base/format.ts';
import type { AddressSegment } from '../../app/contract/machine-views.ts';
import { hover } from '../stores/selection.ts';
import type { Window } from './window.ts';

interface AddressListProps {
  readonly segments: readonly AddressSegment[];
  readonly seen: Window;
  readonly current: string | null;
  readonly choose: (segment: AddressSegment) => void;
  readonly enter: (segment: AddressSegment) => void;
}

const rowHeight = 26;

/** The ranges in view as rows, each below what contains it. */
export function AddressList({ segments, seen, current, choose, enter }: AddressListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = segments.filter(({ x0, x1 }) => x1 > seen.from && x0 < seen.to);
  const at = rows.findIndex(({ id }) => id === current);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (i) => rows[i]?.id ?? i,
    overscan: 12,
    initialRect: { width: 700, height: 400 },
  });
  useEffect(() => {
    if (at >= 0) list.scrollToIndex(at, { align: 'auto' });
  }, [at, current]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    const next = by === undefined ? undefined : rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    if (next !== undefined) choose(next);
    else if (event.key === 'Enter' && rows[at] !== undefined) enter(rows[at]);
    else return;
    event.preventDefault();
  };

  return (
    <div
      className="address-list"
      ref={scroller}
      role="treegrid"
      tabIndex={0}
      aria-label="Ranges in view"
      aria-rowcount={rows.length + 1}
      aria-activedescendant={at < 0 ? undefined : `range-${at}`}
      onKeyDown={onKeyDown}
      onPointerLeave={() => hover(null)}
    >
      <div className="address-line address-list-head" role="row" aria-rowindex={1}>
        <span role="columnheader">Range</span>
        <span role="columnheader">First address</span>
        <span role="columnheader">Last address</span>
        <span role="columnheader">Size</span>
        <span role="columnheader">Read from</span>
      </div>
      <div style={{ height: list.getTotalSize(), position: 'relative' }} role="presentation">
        {list.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <div
              key={item.key}
              id={`range-${item.index}`}
              className="address-line"
              role="row"
              aria-level={row.depth + 1}
              aria-rowindex={item.index + 2}
              aria-selected={row.id === current}
              data-kind={row.kind}
              style={{ transform: `translateY(${item.start}px)` }}
              onClick={() => choose(row)}
              onDoubleClick={() => enter(row)}
              onPointerEnter={() => hover(row.drawn === null ? null : { kind: 'node', id: row.drawn })}
            >
              <span role="gridcell" style={{ paddingLeft: row.depth * 14 }} title={row.label}>
                <i className="address-key" data-kind={row.kind} aria-hidden="true" />
                {row.kind === 'unknown' ? <span className="unknown">{row.label}</span> : row.label}
              </span>
              <code role="gridcell">{printHex(row.start)}</code>
              <code role="gridcell">{printHex(row.end - 1)}</code>
              <span role="gridcell">{printBytes(row.end - row.start)}</span>
              <code role="gridcell" className="address-source muted" title={row.source ?? undefined}>
                <bdi>{row.source ?? '—'}</bdi>
              </code>
            </div>
          );
        })}
      </div>
    </div>
  );
}
