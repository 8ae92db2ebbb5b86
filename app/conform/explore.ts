/**
 * Every order in which programs of several actors can run. A step that would block is not taken: it is tried again when
 * somebody else has moved on. Programs are run anew for each order, so they may be ordinary generators.
 */
import type { OpInput } from '../engine/operations.ts';
import { completeOp, step, type RuleTable, type Transaction } from '../engine/step.ts';
import type { World } from '../model/world.ts';
import type { Program } from './machine.ts';

/** One order and how it ended. */
export interface Ending<T> {
  /** Which program took each step. */
  readonly order: readonly number[];
  readonly world: World;
  /** What each program returned; null: it can never go on. */
  readonly results: readonly (T | null)[];
}

/** Makes the programs of one run; `world` is the world as it is at any time. */
export type Programs<T> = (world: () => World) => readonly Program<T>[];

interface Running<T> {
  readonly program: Program<T>;
  next: OpInput | null;
  result: T | null;
}

/** Runs all orders; `watch` sees each transaction of each order. */
export function* everyOrder<T>(
  start: World,
  programs: Programs<T>,
  watch: (transaction: Transaction) => void,
  rules?: RuleTable,
): Generator<Ending<T>> {
  const pending: number[][] = [[]];
  for (let forced = pending.pop(); forced !== undefined; forced = pending.pop()) {
    const order: number[] = [];
    let world = start;
    const running = programs(() => world).map((program): Running<T> => {
      const first = program.next();
      return first.done === true
        ? { program, next: null, result: first.value }
        : { program, next: first.value, result: null };
    });
    for (;;) {
      const open = running.flatMap(({ next }, index) =>
        next === null ? [] : [{ index, transaction: step(world, completeOp(next), rules) }],
      );
      const able = open.filter(({ transaction }) => !('blocked' in transaction.result));
      const wanted = forced[order.length];
      const chosen = wanted === undefined ? able[0] : able.find(({ index }) => index === wanted);
      if (chosen === undefined) break;
      if (wanted === undefined) for (const other of able.slice(1)) pending.push([...order, other.index]);
      order.push(chosen.index);
      world = chosen.transaction.after;
      watch(chosen.transaction);
      const actor = running[chosen.index];
      if (actor === undefined) break;
      const next = actor.program.next(chosen.transaction);
      actor.next = next.done === true ? null : next.value;
      if (next.done === true) actor.result = next.value;
    }
    yield { order, world, results: running.map(({ result }) => result) };
  }
}
