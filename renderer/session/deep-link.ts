import type { Cursor } from '../../app/contract/frame.ts';
import { inspectorTabs, viewNames, type InspectorTab, type ViewName } from '../stores/layout.ts';
import { beginning } from './cursor.ts';

/** What a link says: `?scenario=..&with=..&step=..&event=..&select=..&view=..`. Steps count from 0, as in all that the command line prints as JSON; without a step it is the beginning. */
export interface Link {
  readonly scenario: string | null;
  /** Further descriptions of the same machine. */
  readonly others: readonly string[];
  readonly cursor: Cursor;
  readonly select: string | null;
  /** A view of the middle, a tab of the inspector beside the graph, or the stage. */
  readonly view: ViewName | InspectorTab | 'present' | null;
}

const longest = 4096;
const mostOthers = 31;
const count = (text: string | null): number | null => (text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null);

/** Reads the query part of a link; whatever is not understood is left out. */
export function parseLink(query: string): Link {
  const found = new URLSearchParams(query.length > longest ? '' : query);
  const step = count(found.get('step'));
  const view = found.get('view');
  return {
    scenario: found.get('scenario') || null,
    others: found.getAll('with').filter(Boolean).slice(0, mostOthers),
    cursor: step === null ? beginning : { step, event: count(found.get('event')) },
    select: found.get('select') || null,
    view: view === 'present' ? view : ([...viewNames, ...inspectorTabs].find((name) => name === view) ?? null),
  };
}

/** The query that leads back here, without the question mark; the keys of others in `current` stay. */
export function printLink(link: Link, current = ''): string {
  const query = new URLSearchParams(current);
  const set = (name: string, value: string | null): void =>
    value === null ? query.delete(name) : query.set(name, value);
  set('scenario', link.scenario);
  query.delete('with');
  for (const other of link.others) query.append('with', other);
  set('step', link.scenario === null || link.cursor.step < 0 ? null : String(link.cursor.step));
  set('event', link.scenario === null || link.cursor.event === null ? null : String(link.cursor.event));
  set('select', link.scenario === null ? null : link.select);
  set('view', link.scenario === null ? null : link.view);
  return query.toString();
}
