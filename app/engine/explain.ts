import type { PageTableName } from '../model/world.ts';
import type { Event } from './event.ts';
import type { Transaction } from './step.ts';

/** One event of a history, by place. */
export interface EventRef {
  readonly index: number;
  readonly event: number;
}

/** The causes of an event, the first cause first, the event itself last. */
export function causes(transactions: readonly Transaction[], of: EventRef): readonly EventRef[] {
  const events = transactions[of.index]?.events ?? [];
  const chain: EventRef[] = [];
  for (let event: number | null = of.event; event !== null; event = events[event]?.cause ?? null)
    chain.unshift({ index: of.index, event });
  return chain;
}

function touches(event: Event, pages: PageTableName, key: string, page: number): boolean {
  return event.changes.some(
    (change) =>
      'pages' in change &&
      change.pages === pages &&
      change.key === key &&
      change.start <= page &&
      page < change.end &&
      differs(change, page),
  );
}

/** A change covers a span; only where the two sides differ did it change the page. */
function differs(change: Extract<Event['changes'][number], { pages: PageTableName }>, page: number): boolean {
  const read = (runs: typeof change.before): string => {
    const run = runs.find((r) => r.start <= page && page < r.end);
    return run === undefined || run.values === null
      ? ''
      : run.values.map((v, c) => v + (page - run.start) * (run.strides?.[c] ?? 0)).join();
  };
  return read(change.before) !== read(change.after);
}

/** The last event at or before a place that changed a page's entry in one table; null: it is as it was at the start. */
export function lastChange(
  transactions: readonly Transaction[],
  until: EventRef,
  pages: PageTableName,
  key: string,
  page: number,
): EventRef | null {
  for (let index = until.index; index >= 0; index--) {
    const events = transactions[index]?.events ?? [];
    const last = index === until.index ? Math.min(until.event, events.length - 1) : events.length - 1;
    for (let event = last; event >= 0; event--) {
      const candidate = events[event];
      if (candidate !== undefined && touches(candidate, pages, key, page)) return { index, event };
    }
  }
  return null;
}
