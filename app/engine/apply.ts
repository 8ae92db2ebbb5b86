import { sameJson } from '../base/same-json.ts';
import { PageMap } from '../store/page-map.ts';
import {
  countingColumns,
  pageTableColumns,
  recordTableNames,
  type PageTableName,
  type RecordTables,
  type World,
} from '../model/world.ts';
import type { Change, Event } from './event.ts';

const pageTableNames = Object.keys(pageTableColumns) as readonly PageTableName[];

/** A world without anything in it. */
export const emptyWorld: World = {
  records: Object.fromEntries(recordTableNames.map((name) => [name, {}])) as World['records'],
  pages: Object.fromEntries(pageTableNames.map((name) => [name, {}])) as World['pages'],
};

export function pageMap(world: World, pages: PageTableName, key: string): PageMap {
  return world.pages[pages][key] ?? PageMap.empty(pageTableColumns[pages], countingColumns[pages]);
}

function putRecord(
  table: Readonly<Record<string, unknown>>,
  key: string,
  after: unknown,
): Readonly<Record<string, unknown>> {
  if (after !== null) return { ...table, [key]: after };
  const { [key]: _gone, ...rest } = table;
  return rest;
}

/** One piece of an event put into a world. */
export function applyChange(world: World, change: Change): World {
  if ('table' in change) {
    const table: keyof RecordTables = change.table;
    return {
      ...world,
      records: { ...world.records, [table]: putRecord(world.records[table], change.key, change.after) },
    };
  }
  const map = pageMap(world, change.pages, change.key).set(change.start, change.end, change.after);
  const table = world.pages[change.pages];
  return {
    ...world,
    pages: { ...world.pages, [change.pages]: putRecord(table, change.key, map.isEmpty ? null : map) },
  };
}

/** The only writer of worlds: the world after an event. */
export const apply = (world: World, event: Event): World => event.changes.reduce(applyChange, world);

const invertChange = (change: Change): Change => ({ ...change, before: change.after, after: change.before }) as Change;

/** The event that takes its effect back. */
export const invert = (event: Event): Event => ({ ...event, changes: event.changes.map(invertChange).reverse() });

/** Whether two worlds say the same, however their page maps are cut. */
export function sameWorld(a: World, b: World): boolean {
  if (!sameJson(a.records, b.records)) return false;
  return pageTableNames.every((name) => {
    const keys = new Set([...Object.keys(a.pages[name]), ...Object.keys(b.pages[name])]);
    return [...keys].every((key) => pageMap(a, name, key).equals(pageMap(b, name, key)));
  });
}
