/** Rules broken on purpose, so that a case is seen to fail. */
import type { OpResult } from '../../engine/event.ts';
import { operations, type Op } from '../../engine/operations.ts';
import type { RuleTable } from '../../engine/step.ts';
import type { EventHead, Tx, Writer } from '../../engine/tx.ts';

export type Write = (w: Writer) => void;

export interface Breakage {
  /** What becomes of an event: its new effect, or null where it does not happen. Default: as it is. */
  readonly event?: (head: EventHead, write: Write) => Write | null;
  /** What becomes of an operation: another one, or a result without any effect. Default: as it is. */
  readonly op?: (op: Op) => Op | OpResult;
  /** What a refusal by a rule says instead of its errno. */
  readonly errno?: (errno: string, rule: string) => string;
}

/** The engine's rules with one of them broken. */
export function rulesWith({ event, op: change, errno }: Breakage): RuleTable {
  const rules = Object.entries(operations).map(([name, { rule }]) => [
    name,
    {
      rule: (tx: Tx, op: Op): OpResult => {
        const changed = change === undefined ? op : change(op);
        if (!('op' in changed)) return changed;
        const emit = tx.emit.bind(tx);
        if (event !== undefined) {
          tx.emit = (head, write = () => undefined) => {
            const next = event(head, write);
            return next === null ? Math.max(0, tx.events.length - 1) : emit(head, next);
          };
        }
        const refuse = tx.refuse.bind(tx);
        if (errno !== undefined) tx.refuse = (said, rule_, head) => refuse(errno(said, rule_), rule_, head);
        return (rule as (tx: Tx, op: Op) => OpResult)(tx, changed);
      },
    },
  ]);
  return Object.fromEntries(rules) as unknown as RuleTable;
}

/** Drops events that match. */
export const without = (matches: (head: EventHead) => boolean) => (head: EventHead, write: Write) =>
  matches(head) ? null : write;

/** Does what it did, and then something else, where it matches. */
export const andThen =
  (matches: (head: EventHead) => boolean, then: (w: Writer, head: EventHead) => void) =>
  (head: EventHead, write: Write): Write =>
    matches(head)
      ? (w) => {
          write(w);
          then(w, head);
        }
      : write;

/** The event happens without any effect. */
export const inert =
  (matches: (head: EventHead) => boolean) =>
  (head: EventHead, write: Write): Write =>
    matches(head) ? () => undefined : write;

export const kind =
  (name: EventHead['kind'], rule = '') =>
  (head: EventHead) =>
    head.kind === name && head.rule.startsWith(rule);
