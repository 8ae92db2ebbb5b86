/**
 * Rules broken on purpose, so that every expectation of a story is seen to fail: an expectation that no broken rule can
 * upset asserts nothing.
 */
import type { Json } from '../../base/json.ts';
import type { EventKind } from '../../engine/event-kinds.ts';
import { operations } from '../../engine/operations.ts';
import type { RuleTable } from '../../engine/step.ts';
import type { EventHead, Tx, Writer } from '../../engine/tx.ts';
import type { OpResult } from '../../engine/event.ts';
import type { PageTableName, RecordTables } from '../../model/world.ts';

export type Sabotage =
  /** The rule forgets to do this, or does it without effect, or tells lies about it. */
  | { readonly kind: 'skips' | 'inert' | 'lies'; readonly event: EventKind }
  /** Every operation does this as well. */
  | { readonly kind: 'adds'; readonly event: EventKind }
  /** A column of a page table gets a bit flipped, or a number is one too high, whenever it is written. */
  | { readonly kind: 'column'; readonly pages: PageTableName; readonly column: number; readonly flip: number }
  /** Numbers of a record are one too high, its booleans the wrong way round, its lists one longer. */
  | { readonly kind: 'record'; readonly table: keyof RecordTables }
  /** The operation does nothing, or is refused, or succeeds though it is refused. */
  | { readonly kind: 'noop' | 'refuses' | 'permits'; readonly op: string }
  /** The switches of the operation do the opposite. */
  | { readonly kind: 'inverts'; readonly op: string };

const wrong = (value: Json): Json => {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return `${value}?`;
  if (value === null) return 'something';
  if (Array.isArray(value)) return [...(value as readonly Json[]), 'one more'];
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, wrong(inner)]));
};

/** The parts of a record that only name other things stay, so that the engine finds its way. */
const kept: ReadonlySet<string> = new Set(['space', 'device', 'pool', 'start', 'end', 'firstFrame', 'kind', 'owner']);

function bend(w: Writer, sabotage: Sabotage): void {
  for (const change of [...w.changes]) {
    if (sabotage.kind === 'column' && 'pages' in change && change.pages === sabotage.pages) {
      const { pages, key, start, end } = change;
      w.rewrite(pages, key, start, end, (run) => ({
        values: run.values.map((v, c) => (c !== sabotage.column ? v : sabotage.flip === 0 ? v + 1 : v ^ sabotage.flip)),
      }));
    }
    if (sabotage.kind === 'record' && 'table' in change && change.table === sabotage.table && change.after !== null) {
      const fields = Object.entries(change.after as unknown as Readonly<Record<string, Json>>);
      const after = Object.fromEntries(fields.map(([key, value]) => [key, kept.has(key) ? value : wrong(value)]));
      w.put(change.table, change.key, after as never);
    }
  }
}

/** A broken rule may go round in circles: that many events of one operation are enough. */
const mostEvents = 5000;
export class Endless extends Error {}

function breakEmit(tx: Tx, sabotage: Sabotage): void {
  const { emit } = tx;
  let emitted = 0;
  tx.emit = function broken(this: Tx, head: EventHead, write?: (w: Writer) => void): number {
    emitted += 1;
    if (emitted > mostEvents) throw new Endless();
    if ('event' in sabotage && sabotage.event === head.kind) {
      if (sabotage.kind === 'skips') return Math.max(0, this.events.length - 1);
      if (sabotage.kind === 'inert') return emit.call(this, head);
      if (sabotage.kind === 'lies') return emit.call(this, { ...head, args: wrong(head.args ?? {}) as never }, write);
    }
    return emit.call(this, head, (w) => {
      write?.(w);
      bend(w, sabotage);
    });
  };
}

const inverted = (op: object): never =>
  Object.fromEntries(
    Object.entries(op).map(([key, value]: [string, unknown]) => [key, typeof value === 'boolean' ? !value : value]),
  ) as never;

/** The rules with one of them broken. */
export function sabotaged(sabotage: Sabotage): RuleTable {
  const rules = Object.entries(operations).map(([name, definition]) => {
    const rule = definition.rule as (tx: Tx, op: never) => OpResult;
    const broken = (tx: Tx, op: never): OpResult => {
      const mine = 'op' in sabotage && sabotage.op === name;
      if (mine && sabotage.kind === 'noop') return { ok: true };
      if (mine && sabotage.kind === 'refuses') return { errno: 'EIO' };
      if (!Object.hasOwn(tx, 'emit')) breakEmit(tx, sabotage);
      if (sabotage.kind === 'adds') tx.emit({ kind: sabotage.event, rule: 'sabotage' });
      const result = rule(tx, mine && sabotage.kind === 'inverts' ? inverted(op) : op);
      return mine && sabotage.kind === 'permits' ? { ok: true } : result;
    };
    return [name, { rule: broken }];
  });
  return Object.fromEntries(rules) as RuleTable;
}
