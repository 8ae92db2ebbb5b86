import type { World } from '../model/world.ts';
import type { Event, OpResult } from './event.ts';
import { mustWait, stillWaits } from './locks.ts';
import { opSchema, operations, type Op, type OpInput } from './operations.ts';
import { Tx } from './tx.ts';

/** What one operation did: the facts, how it ended, and the worlds before and after. */
export interface Transaction {
  readonly op: Op;
  readonly result: OpResult;
  readonly events: readonly Event[];
  readonly before: World;
  readonly after: World;
}

/** How operations are carried out; a test may replace one rule to prove that a check notices. */
export type RuleTable = { readonly [N in Op['op']]: { readonly rule: (tx: Tx, op: never) => OpResult } };

function carryOut(tx: Tx, op: Op, rules: RuleTable): OpResult {
  const waits = mustWait(tx.world, op);
  const rule = rules[op.op].rule as (tx: Tx, op: Op) => OpResult;
  const outcome = waits === null ? tx.attempt(() => rule(tx, op)) : { blocked: waits };
  const result: OpResult = 'on' in outcome ? { blocked: outcome.on } : outcome;
  if ('on' in outcome && outcome.illegalIn !== null)
    tx.emit({ kind: 'illegalSleep', rule: 'notifier.illegalSleep', at: { context: outcome.illegalIn } });
  if ('blocked' in result) {
    tx.emit(
      { kind: 'blocked', by: op.by, rule: `wait.${result.blocked}`, args: { on: result.blocked, op: op.op } },
      (w) => {
        w.put('waiting', String(w.count('nextWaiting', 1)), { op, on: result.blocked });
      },
    );
  }
  return result;
}

/**
 * Sleepers whose reason is gone run again, in order of arrival, until none can. Who falls asleep again has a later
 * number and waits for the next operation.
 */
function wakeSleepers(tx: Tx, rules: RuleTable): void {
  const last = tx.get('counter', 'nextWaiting')?.value ?? 0;
  for (;;) {
    const ready = Object.entries(tx.world.records.waiting)
      .filter(([key]) => Number(key) < last)
      .sort(([a], [b]) => Number(a) - Number(b))
      .find(([, sleeper]) => !stillWaits(tx.world, sleeper.op as Op, sleeper.on));
    if (ready === undefined) return;
    const [key, sleeper] = ready;
    const op = sleeper.op as Op;
    tx.emit({ kind: 'woken', by: op.by, rule: `wake.${sleeper.on}`, args: { op: op.op, on: sleeper.on } }, (w) =>
      w.put('waiting', key, null),
    );
    const { by } = tx;
    tx.by = op.by;
    carryOut(tx, op, rules);
    tx.by = by;
  }
}

/** Carries out one operation on a world. Never throws for what the modelled machine may do. */
export function step(before: World, op: Op, rules: RuleTable = operations): Transaction {
  const tx = new Tx(before, op.by);
  const result = carryOut(tx, op, rules);
  if (!('blocked' in result)) wakeSleepers(tx, rules);
  return { op, result, events: tx.events, before, after: tx.world };
}

/** An operation with its defaults filled in. Throws a ZodError on one that is not well formed: files are checked before. */
export const completeOp = (input: OpInput): Op => opSchema.parse(input);
