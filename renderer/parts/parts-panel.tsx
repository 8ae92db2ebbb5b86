import { useDeferredValue } from 'react';
import { ListFilter, X } from 'lucide-react';
import { useParts } from '../stores/parts.ts';
import { Choice } from '../topbar/choice.tsx';
import { PartsGrid } from './parts-grid.tsx';
import { usePartRows } from './use-part-rows.ts';
import './parts.css';

/** All that the machine has, as a table: filter it, order it by any column, choose a row. */
export function PartsPanel() {
  const { filter, kind } = useParts();
  const rows = usePartRows(useDeferredValue(filter));
  const { view } = rows;
  const kinds = view?.kinds ?? [];
  return (
    <section className="parts" aria-label="All parts">
      <div className="view-head">
        <div className="parts-filter">
          <ListFilter size={13} aria-hidden="true" />
          <input
            type="text"
            aria-label="Filter: words that must all occur in a row"
            placeholder="Filter rows"
            spellCheck={false}
            autoComplete="off"
            value={filter}
            onChange={(event) => useParts.setState({ filter: event.currentTarget.value.slice(0, 200) })}
            onKeyDown={(event) => {
              if (event.key !== 'Escape') return;
              event.preventDefault();
              if (filter === '') event.currentTarget.blur();
              else useParts.setState({ filter: '' });
            }}
          />
          {filter !== '' && (
            <button type="button" aria-label="Clear the filter" onClick={() => useParts.setState({ filter: '' })}>
              <X size={12} aria-hidden="true" />
            </button>
          )}
        </div>
        <Choice
          label="Kind of part"
          value={kind ?? ' '}
          options={[
            { value: ' ', title: 'all kinds' },
            ...kinds.map(({ kind: name, count }) => ({ value: name, title: `${name} (${count})` })),
          ]}
          onChange={(value) => useParts.setState({ kind: value === ' ' ? null : value })}
        />
        <p className="muted parts-count" role="status">
          {view === null
            ? ''
            : view.matching === view.total
              ? `${view.total} parts`
              : `${view.matching} of ${view.total} parts`}
        </p>
      </div>
      <PartsGrid {...rows} />
    </section>
  );
}
