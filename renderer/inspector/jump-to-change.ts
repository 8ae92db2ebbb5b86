import type { Span } from '../../app/base/span.ts';
import { showTab } from '../stores/layout.ts';
import { select, useSelection } from '../stores/selection.ts';
import { useTable } from '../stores/table.ts';

/** The first page of the changed stretch after (1) or before (-1) `page`, going round at the ends; null where nothing changed. */
export function nextChange(spans: readonly Span[], page: number, direction: 1 | -1): number | null {
  if (direction === 1) return (spans.find((span) => span.start > page) ?? spans[0])?.start ?? null;
  return (spans.findLast((span) => span.start < page) ?? spans.at(-1))?.start ?? null;
}

/** Selects the next page that this step changed, in the table on show, and brings it into view. */
export function jumpToChange(direction: 1 | -1): void {
  const { view } = useTable.getState();
  if (view === null) {
    useTable.setState({ pending: direction });
    showTab('tables');
    return;
  }
  const { selected } = useSelection.getState();
  const here =
    selected !== null && (selected.kind === 'page' || selected.kind === 'mapping') && selected.table === view.id
      ? selected.page
      : -1;
  const page = nextChange(view.changedSpans, here, direction);
  if (page === null) return;
  showTab('tables');
  select({ kind: 'page', table: view.id, page });
  useTable.setState({ jump: { page } });
}
