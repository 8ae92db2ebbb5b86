import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import type { QueryTab } from '../stores/queries.ts';
import { toggleShown, useShownKey, type Offer } from './use-query.ts';

interface ChooseRowProps {
  readonly tab: QueryTab;
  readonly offer: Offer;
  /** Also what a choice does beside showing it. */
  readonly onChoose?: () => void;
  /** What the button that chooses the row says. */
  readonly title: ReactNode;
  /** The other cells. */
  readonly children: ReactNode;
}

/** A row of results that is shown in the graph when it is chosen: by its button, or by a click anywhere in it. */
export function ChooseRow({ tab, offer, onChoose, title, children }: ChooseRowProps) {
  const isShown = useShownKey(tab) === offer.key;
  const row = useRef<HTMLTableRowElement>(null);
  // The graph that opens takes room from the list.
  useEffect(() => {
    if (isShown) reveal(row.current);
  }, [isShown]);
  const choose = (): void => {
    if (!isShown) onChoose?.();
    toggleShown(tab, offer, isShown);
  };
  return (
    <tr ref={row} data-shown={isShown || undefined} onClick={choose}>
      <th scope="row">
        <button
          type="button"
          className="query-choose"
          aria-pressed={isShown}
          title={`Show in the graph: ${offer.said}`}
          onClick={(event) => {
            event.stopPropagation();
            choose();
          }}
        >
          {title}
        </button>
      </th>
      {children}
    </tr>
  );
}

/** Scrolls the list up or down until a row is in view; never sideways. */
function reveal(row: HTMLElement | null): void {
  const list = row?.closest('.query-content');
  if (row === null || list == null) return;
  const [own, room] = [row.getBoundingClientRect(), list.getBoundingClientRect()];
  if (own.bottom > room.bottom) list.scrollTop += own.bottom - room.bottom;
  else if (own.top < room.top) list.scrollTop -= room.top - own.top;
}

/** Arrows go from result to result; Home and End to the first and the last. */
export function walkRows(event: KeyboardEvent<HTMLElement>): void {
  if (!(event.target instanceof HTMLElement) || !event.target.matches('.query-choose') || event.altKey) return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('.query-choose')].filter(
    (button) => button.closest('details:not([open])') === null,
  );
  const here = all.indexOf(event.target);
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  all[Math.min(Math.max(to, 0), all.length - 1)]?.focus();
}
