import { X } from 'lucide-react';
import { endComparison, showDifferences } from '../session/compare.ts';
import { useComparison } from '../stores/comparison.ts';
import { useLayout } from '../stores/layout.ts';
import { useParts } from '../stores/parts.ts';
import './compare.css';

/** What the open machine is compared with, and how much differs. */
export function CompareStrip() {
  const view = useComparison((state) => state.view);
  const shown = useLayout((state) => state.view);
  const differing = useParts((state) => state.differing);
  if (view === null) return null;
  const nothing = view.added + view.removed + view.changed + view.other === 0;
  return (
    <div className="compare-strip" role="region" aria-label="Comparison">
      <span className="compare-title">
        Compared with <b>{view.title}</b>
      </span>
      {nothing ? (
        <span>nothing differs</span>
      ) : (
        <>
          <Count mark="+" count={view.added} word="added" />
          <Count mark="−" count={view.removed} word="removed" />
          <Count mark="~" count={view.changed} word="changed" />
          {view.other > 0 && <Count mark="~" count={view.other} word="in matrices and addresses" />}
        </>
      )}
      <span className="muted">{view.same} the same</span>
      {view.notTold.length > 0 && (
        <span className="muted compare-silent" title={view.notTold.join(', ')}>
          {view.notTold.length === 1 ? '1 kind' : `${view.notTold.length} kinds`} told by one alone
        </span>
      )}
      <span className="compare-actions">
        {!nothing &&
          (shown === 'parts' ? (
            <button
              type="button"
              className="control"
              aria-pressed={differing}
              onClick={() => useParts.setState({ differing: !differing })}
            >
              Differences only
            </button>
          ) : (
            <button type="button" className="control" onClick={showDifferences}>
              Show differences
            </button>
          ))}
        <button
          type="button"
          className="control plain square"
          aria-label="End the comparison"
          onClick={() => void endComparison()}
        >
          <X size={14} aria-hidden="true" />
        </button>
      </span>
    </div>
  );
}

function Count({ mark, count, word }: { readonly mark: string; readonly count: number; readonly word: string }) {
  return (
    <span data-none={count === 0 || undefined}>
      <b className="difference" aria-hidden="true">
        {mark}
      </b>
      {count} {word}
    </span>
  );
}
