import type { JsonObject } from '../base/json.ts';
import type { PageMap } from '../store/page-map.ts';
import { pmdPages, pudPages } from '../model/ids.ts';
import { pteLevel } from '../model/pte.ts';
import { isFilled, noStrides, type FilledRun, type Run } from '../store/run.ts';
import type { PageTableName, RecordTables, World } from '../model/world.ts';
import { applyChange, pageMap } from './apply.ts';
import type { Change, Event, OpResult, Place } from './event.ts';
import { eventKinds, type EventKind } from './event-kinds.ts';

/** What a rule says of an event; the rest is filled in. */
export interface EventHead {
  readonly kind: EventKind;
  readonly by?: string;
  readonly cause?: number | null;
  readonly group?: number | null;
  /** Where the kind's own function is not the one. */
  readonly fn?: string;
  readonly rule: string;
  readonly at?: Place;
  readonly args?: JsonObject;
}

/** Values of a run after a change; strides stay unless given. null: nothing there. */
export type Rewrite = (
  run: FilledRun,
) => { readonly values: readonly number[]; readonly strides?: readonly number[] } | null;

/** Writes the changes of one event; reads see what it wrote before. */
export class Writer {
  readonly changes: Change[] = [];
  constructor(public world: World) {}

  get<T extends keyof RecordTables>(table: T, key: string): RecordTables[T] | null {
    return this.world.records[table][key] ?? null;
  }

  put<T extends keyof RecordTables>(table: T, key: string, after: RecordTables[T] | null): void {
    const before = this.get(table, key);
    if (before === after) return;
    this.#add({ table, key, before, after } as unknown as Change);
  }

  /** Some fields of a record that is there. */
  patch<T extends keyof RecordTables>(table: T, key: string, fields: Partial<RecordTables[T]>): void {
    const before = this.get(table, key);
    if (before === null) throw new Error(`no ${table} ${key} to change`);
    this.put(table, key, { ...before, ...fields });
  }

  /** The next number of a counter, from `first`. */
  count(name: string, first: number): number {
    const value = this.get('counter', name)?.value ?? first;
    this.put('counter', name, { value: value + 1 });
    return value;
  }

  setRuns(pages: PageTableName, key: string, start: number, end: number, after: readonly Run[]): void {
    if (start >= end) return;
    this.#add({ pages, key, start, end, before: pageMap(this.world, pages, key).runs(start, end), after });
    if (pages === 'pte') for (const run of after) if (isFilled(run)) this.#populate(key, run);
  }

  /** An entry lies in a page-table page, which stays when the entry goes (__pte_alloc, __pmd_alloc). */
  #populate(space: string, { start, end, values }: FilledRun): void {
    const level = pteLevel(values[0] ?? 0);
    if (level === 0) this.#mark('pteTable', space, start, end, pmdPages, [1]);
    else this.#mark('pteTable', space, start, end, pmdPages, null);
    this.#mark('pmdTable', space, start, end, pudPages, [1]);
  }

  #mark(
    pages: 'pteTable' | 'pmdTable',
    space: string,
    start: number,
    end: number,
    size: number,
    mark: [1] | null,
  ): void {
    const first = Math.floor(start / size);
    const last = Math.ceil(end / size);
    const wrong = pageMap(this.world, pages, space)
      .runs(first, last)
      .some((run) => isFilled(run) !== (mark !== null));
    if (wrong) this.fill(pages, space, first, last, mark);
  }

  /** The same tuple on all pages of [start, end), or counting up in the columns whose stride is 1; null clears. */
  fill(
    pages: PageTableName,
    key: string,
    start: number,
    end: number,
    values: readonly number[] | null,
    strides?: readonly number[],
  ): void {
    const run =
      values === null
        ? { start, end, values, strides: null }
        : { start, end, values, strides: strides ?? noStrides(values.length) };
    this.setRuns(pages, key, start, end, [run]);
  }

  /** Changes what is there, run by run; holes stay holes. */
  rewrite(pages: PageTableName, key: string, start: number, end: number, change: Rewrite): void {
    const runs = pageMap(this.world, pages, key).runs(start, end);
    if (!runs.some(isFilled)) return;
    const after = runs.map((run): Run => {
      if (!isFilled(run)) return run;
      const next = change(run);
      if (next === null) return { start: run.start, end: run.end, values: null, strides: null };
      return { start: run.start, end: run.end, values: next.values, strides: next.strides ?? run.strides };
    });
    this.setRuns(pages, key, start, end, after);
  }

  #add(change: Change): void {
    this.changes.push(change);
    this.world = applyChange(this.world, change);
  }
}

/** Why an operation sleeps before it begins. */
export interface Sleep {
  readonly on: string;
  readonly illegalIn: string | null;
}

/**
 * One operation under way. Rules read `world` and emit events; an event is applied at once, so that later lines of a
 * rule see its effect.
 */
export class Tx {
  readonly events: Event[] = [];
  #groups = 0;
  #sleep: Sleep | null = null;
  constructor(
    public world: World,
    /** Who asked for the operation under way: a sleeper that wakes in it acts under its own name. */
    public by: string,
  ) {}

  get<T extends keyof RecordTables>(table: T, key: string): RecordTables[T] | null {
    return this.world.records[table][key] ?? null;
  }

  pages(pages: PageTableName, key: string): PageMap {
    return pageMap(this.world, pages, key);
  }

  /** A new group of events that repeat page by page, or null where there is one page only. */
  group(pages: number): number | null {
    return pages > 1 ? ++this.#groups : null;
  }

  /**
   * What the operation needs is held by another: it will sleep before it began, as if the lock were the first thing that
   * it asks for. `illegalIn` names the context whose callback must not sleep here and does.
   */
  sleep(on: string, illegalIn: string | null): void {
    this.#sleep ??= { on, illegalIn };
  }

  /** Carries out a rule; if it came to sleep, the world is as before and the reason is returned. */
  attempt(rule: () => OpResult): OpResult | Sleep {
    const { world } = this;
    const events = this.events.length;
    this.#sleep = null;
    const result = rule();
    const sleep = this.#sleep as Sleep | null;
    if (sleep === null) return result;
    this.#sleep = null;
    this.world = world;
    this.events.length = events;
    return sleep;
  }

  /** Records a fact and its effect; returns its index, to be named as the cause of what follows from it. */
  emit(head: EventHead, write?: (w: Writer) => void): number {
    const w = new Writer(this.world);
    write?.(w);
    const { by = this.by, cause = null, group = null, fn, rule, at = {}, args = {} } = head;
    this.events.push({
      kind: head.kind,
      by,
      cause,
      group,
      fn: fn ?? eventKinds[head.kind].fn,
      rule,
      at,
      args,
      changes: w.changes,
    });
    this.world = w.world;
    return this.events.length - 1;
  }

  /** The modelled machine says no: a fact like any other. */
  refuse(
    errno: string,
    rule: string,
    head: {
      readonly cause?: number | null;
      readonly at?: Place;
      readonly fn?: string;
      readonly why: string;
      readonly by?: string;
    },
  ): OpResult {
    const { why, ...rest } = head;
    this.emit({ kind: 'refused', rule, args: { errno, why }, ...rest });
    return { errno };
  }
}

export const ok: OpResult = { ok: true };
export const isOk = (result: OpResult): boolean => 'ok' in result;
