import type { World } from '../model/world.ts';
import { apply } from './apply.ts';
import { operations, type Op } from './operations.ts';
import { step, type RuleTable, type Transaction } from './step.ts';

/** A place in a history: after the first `event` events of transaction `index`; event null: after all of it. -1: the beginning. */
export interface Position {
  readonly index: number;
  readonly event: number | null;
}

/**
 * A run of operations with every world kept: any place is one look-up, and within a transaction a few applied events
 * away. Worlds share what did not change, so a long history stays small.
 */
export class History {
  readonly #transactions: Transaction[] = [];
  constructor(
    readonly start: World,
    private readonly rules: RuleTable = operations,
  ) {}

  get transactions(): readonly Transaction[] {
    return this.#transactions;
  }

  get last(): World {
    return this.#transactions[this.#transactions.length - 1]?.after ?? this.start;
  }

  /** Carries out one more operation at the end. */
  run(op: Op): Transaction {
    const transaction = step(this.last, op, this.rules);
    this.#transactions.push(transaction);
    return transaction;
  }

  /** The world at a place. Places beyond either end are the ends. */
  at({ index, event }: Position): World {
    if (index < 0) return this.start;
    const transaction = this.#transactions[Math.min(index, this.#transactions.length - 1)];
    if (transaction === undefined) return this.start;
    if (event === null || index >= this.#transactions.length) return transaction.after;
    return transaction.events.slice(0, event).reduce(apply, transaction.before);
  }
}
