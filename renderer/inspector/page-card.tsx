import type { PageRow } from '../../app/contract/frame.ts';
import { useDocument } from '../stores/document.ts';
import { useSelection } from '../stores/selection.ts';
import { useTable } from '../stores/table.ts';
import { Glyph } from '../theme/glyph.tsx';
import { legendRow } from '../theme/state-style.ts';
import { isAskable } from './askable.ts';
import { WhyAnswer } from './why-answer.tsx';

/** What invariants caught on a row: the CPU's entry and those of all devices, or of one. */
function alertsOf(row: PageRow, column: number | null): readonly string[] {
  const devices = column === null ? row.devices : row.devices.slice(column, column + 1);
  return [...new Set([row.alert, ...devices.map(({ alert }) => alert)].filter((alert) => alert !== null))];
}

/** Below the table: all that is known about the selected page, and why it is so. */
export function PageCard({ table }: { readonly table: string }) {
  const selected = useSelection((state) => state.selected);
  const head = useDocument((state) => state.head);
  const view = useTable((state) => state.view);
  if (
    selected === null ||
    (selected.kind !== 'page' && selected.kind !== 'mapping') ||
    selected.table !== table ||
    !isAskable(head, selected)
  )
    return null;
  const row = view?.id === table ? view.rows.find(({ page }) => page === selected.page) : undefined;
  const alerts = row === undefined ? [] : alertsOf(row, selected.kind === 'mapping' ? selected.column : null);
  const state = selected.kind === 'mapping' ? row?.devices[selected.column]?.state : row?.state;
  return (
    <div className="page-card">
      {row !== undefined && (
        <p className="page-facts">
          {state !== undefined && <Glyph state={state} />}
          <span>{legendRow(state ?? null)?.word ?? 'unknown state'}</span>
          <code>{row.address}</code>
          {row.frame !== null && <code>{row.frame}</code>}
          {row.value !== null && (
            <span>
              value <code>{row.value}</code>
            </span>
          )}
          {row.frameNote !== null && <span className="muted">{row.frameNote}</span>}
        </p>
      )}
      {alerts.map((alert) => (
        <p key={alert} className="alert-text" role="status">
          {alert}
        </p>
      ))}
      <WhyAnswer target={selected} />
    </div>
  );
}
