import { memo } from 'react';
import type { PageRow } from '../../app/contract/frame.ts';
import type { WhyTarget } from '../../app/contract/requests.ts';
import { Glyph } from '../theme/glyph.tsx';
import { legendRow } from '../theme/state-style.ts';
import { hover, sameSelection, select, type Selection } from '../stores/selection.ts';

interface PageLineProps {
  readonly table: string;
  readonly page: number;
  /** Undefined while the row is under way. */
  readonly row: PageRow | undefined;
  readonly selected: Selection | null;
}

const wordOf = (state: string): string => legendRow(state)?.word ?? 'unknown state';

/** One page: a click on a device's cell asks about that device's entry, a click elsewhere about the page. */
export const PageLine = memo(function PageLine({ table, page, row, selected }: PageLineProps) {
  const target: WhyTarget = { kind: 'page', table, page };
  if (row === undefined) {
    return (
      <div className="page-line page-line-pending" role="row" aria-rowindex={page + 2} aria-busy="true">
        <span role="gridcell">{page}</span>
      </div>
    );
  }
  const here =
    selected !== null &&
    (selected.kind === 'page' || selected.kind === 'mapping') &&
    selected.table === table &&
    selected.page === page;
  return (
    <div
      id={`page-${page}`}
      className="page-line"
      role="row"
      aria-rowindex={page + 2}
      aria-selected={here}
      data-changed={row.changed || undefined}
      data-alert={row.alert !== null || undefined}
      onClick={() => select(target)}
      onPointerEnter={() => hover(target)}
      onPointerLeave={() => hover(null)}
    >
      <span role="gridcell" className="mono">
        {row.page}
        {row.changed && <span className="unseen">changed</span>}
      </span>
      <span role="gridcell" className="entry" title={row.alert ?? `${wordOf(row.state)} · ${row.address}`}>
        <Glyph state={row.state} />
        <span className="entry-text">{row.entry}</span>
        {row.alert !== null && <span className="unseen">{row.alert}</span>}
      </span>
      <span
        role="gridcell"
        className="mono frame"
        title={[row.frame, row.frameNote].filter((text) => text !== null).join(' · ')}
      >
        {row.frame ?? <span className="muted">–</span>}
      </span>
      {row.devices.map((device, column) => {
        const mapping: WhyTarget = { kind: 'mapping', table, column, page };
        return (
          <span
            key={column}
            role="gridcell"
            className="device"
            data-changed={device.changed || undefined}
            data-alert={device.alert !== null || undefined}
            aria-selected={sameSelection(selected, mapping)}
            title={device.alert ?? wordOf(device.state)}
            onClick={(event) => {
              event.stopPropagation();
              select(mapping);
            }}
          >
            {device.state !== 'none' && <Glyph state={device.state} size={12} />}
            <span>{device.text}</span>
            {device.alert !== null && <span className="unseen">{device.alert}</span>}
          </span>
        );
      })}
    </div>
  );
});
