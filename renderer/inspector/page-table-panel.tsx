import { ChevronDown, ChevronUp } from 'lucide-react';
import { useDocument } from '../stores/document.ts';
import { useSelection } from '../stores/selection.ts';
import { useTable } from '../stores/table.ts';
import { Choice } from '../topbar/choice.tsx';
import { jumpToChange } from './jump-to-change.ts';
import { PageGrid } from './page-grid.tsx';
import { PageCard } from './page-card.tsx';
import { TableHelp } from './table-help.tsx';

const count = (n: number): string => n.toLocaleString('en-US');

/** One address space's pages: the CPU's entry beside each device's entry, and the frame behind them. */
export function PageTablePanel() {
  const tables = useDocument((state) => state.head?.tables);
  const chosen = useSelection((state) => state.table);
  const table = tables?.find(({ id }) => id === chosen) ?? tables?.[0];
  const changed = useTable((state) => (state.view?.id === table?.id ? (state.view?.changedPages ?? 0) : 0));

  if (tables === undefined || table === undefined) {
    return (
      <div className="empty">
        <p>No page tables.</p>
        <p className="muted">
          This is a machine without processes. Page tables appear as soon as a story gives a process memory.
        </p>
      </div>
    );
  }
  return (
    <div className="page-table">
      <div className="table-head">
        <Choice
          label="Page table"
          value={table.id}
          options={tables.map(({ id, title }) => ({ value: id, title }))}
          onChange={(id) => useSelection.setState({ table: id })}
        />
        <span className="muted table-size">{table.pages === 1 ? '1 page' : `${count(table.pages)} pages`}</span>
        <span className="table-changes">
          {changed > 0 ? (
            <>
              <span className="changed-count">{count(changed)} changed</span>
              <button
                type="button"
                className="control plain square"
                aria-label="Previous changed page"
                title="Previous changed page (Shift C)"
                onClick={() => jumpToChange(-1)}
              >
                <ChevronUp size={15} aria-hidden="true" />
              </button>
              <button
                type="button"
                className="control plain square"
                aria-label="Next changed page"
                title="Next changed page (C)"
                onClick={() => jumpToChange(1)}
              >
                <ChevronDown size={15} aria-hidden="true" />
              </button>
            </>
          ) : (
            <span className="muted">nothing changed</span>
          )}
          <TableHelp />
        </span>
      </div>
      <PageGrid key={table.id} table={table.id} pages={table.pages} />
      <PageCard table={table.id} />
    </div>
  );
}
