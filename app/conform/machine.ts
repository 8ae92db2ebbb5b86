/** A world under way: carries out operations, shows each transaction to whoever watches, and keeps the last world. */
import { operations, type OpInput } from '../engine/operations.ts';
import { completeOp, step, type RuleTable, type Transaction } from '../engine/step.ts';
import type { World } from '../model/world.ts';

/** A program that asks for operations one at a time and sees what each did. */
export type Program<T> = Generator<OpInput, T, Transaction>;

export class Machine {
  constructor(
    public world: World,
    private readonly watch: (transaction: Transaction) => void = () => undefined,
    private readonly rules: RuleTable = operations,
  ) {}

  do(op: OpInput): Transaction {
    const transaction = step(this.world, completeOp(op), this.rules);
    this.world = transaction.after;
    this.watch(transaction);
    return transaction;
  }

  /** Runs a program to its end. */
  run<T>(program: Program<T>): T {
    for (let next = program.next(); ;) {
      if (next.done === true) return next.value;
      next = program.next(this.do(next.value));
    }
  }
}

/** How a transaction ended, in one word: "ok", an errno, a signal, or "blocked". */
export function outcome({ result }: Transaction): string {
  if ('ok' in result) return 'ok';
  if ('errno' in result) return result.errno;
  return 'signal' in result ? result.signal : 'blocked';
}
