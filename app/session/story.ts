/** A scenario that has been run: worlds and events by cursor. */
import type { Cursor } from '../contract/frame.ts';
import { apply } from '../engine/apply.ts';
import type { Event } from '../engine/event.ts';
import { lastChange } from '../engine/explain.ts';
import { addCosts, noCost, sumCosts, type Cost } from '../engine/costs/cost.ts';
import { costOf, eventCosts } from '../engine/costs/event-cost.ts';
import type { Transaction } from '../engine/step.ts';
import type { PageTableName, World } from '../model/world.ts';
import type { ScenarioRun } from '../scenario/run.ts';
import { addEvent, noTally, type Tally } from '../view/counters-view.ts';
import type { PlacedEvent } from '../view/why-view.ts';

/** One event of a step, with the transaction that it belongs to. */
export interface StepEvent {
  readonly event: Event;
  /** Index in the step of the transaction's first event: causes count from there. */
  readonly base: number;
}

const stride = 64;

export class Story {
  readonly #steps: readonly (readonly StepEvent[])[];
  readonly #transactions: readonly Transaction[];
  /** For each transaction of the run: its step and the index of its first event in the step. */
  readonly #places: readonly { readonly step: number; readonly base: number }[];
  /** What happened before each step. */
  readonly #tallies: readonly Tally[];

  /** Worlds within the transaction that is being looked at, `stride` events apart. */
  #visited: { readonly transaction: Transaction; readonly worlds: World[] } | null = null;

  constructor(readonly run: ScenarioRun) {
    const steps: StepEvent[][] = [];
    const places: { step: number; base: number }[] = [];
    for (const [index, step] of run.steps.entries()) {
      const events: StepEvent[] = [];
      for (const transaction of step.transactions) {
        const base = events.length;
        places.push({ step: index, base });
        events.push(...transaction.events.map((event) => ({ event, base })));
      }
      steps.push(events);
    }
    this.#steps = steps;
    this.#places = places;
    this.#transactions = run.steps.flatMap((step) => step.transactions);
    const tallies: Tally[] = [];
    let tally = noTally;
    for (const events of steps) {
      tallies.push(tally);
      tally = events.reduce((sum, { event }) => addEvent(sum, event), tally);
    }
    this.#tallies = [...tallies, tally];
  }

  events(step: number): readonly StepEvent[] {
    return this.#steps[step] ?? [];
  }

  /** The world after the whole of a step; before the first it is the machine as it booted. */
  after(step: number): World {
    return step < 0
      ? this.run.start
      : (this.run.steps[Math.min(step, this.run.steps.length - 1)]?.after ?? this.run.start);
  }

  at({ step, event }: Cursor): World {
    const whole = this.run.steps[step];
    if (event === null || whole === undefined) return this.after(step);
    let left = event;
    for (const transaction of whole.transactions) {
      if (left >= transaction.events.length) {
        left -= transaction.events.length;
        if (left === 0) return transaction.after;
        continue;
      }
      return this.#within(transaction, left);
    }
    return this.after(step);
  }

  /** The world after some events of a transaction, from the nearest world that is kept of it. */
  #within(transaction: Transaction, events: number): World {
    if (this.#visited?.transaction !== transaction) this.#visited = { transaction, worlds: [transaction.before] };
    const { worlds } = this.#visited;
    const nearest = Math.floor(events / stride);
    for (let at = worlds.length; at <= nearest; at++)
      worlds.push(
        transaction.events.slice((at - 1) * stride, at * stride).reduce(apply, worlds[at - 1] ?? transaction.before),
      );
    return transaction.events.slice(nearest * stride, events).reduce(apply, worlds[nearest] ?? transaction.before);
  }

  /** What happened up to a cursor. */
  tally({ step, event }: Cursor): Tally {
    const before = this.#tallies[Math.max(0, event === null ? step + 1 : step)] ?? noTally;
    return event === null
      ? before
      : this.events(step)
          .slice(0, event)
          .reduce((sum, placed) => addEvent(sum, placed.event), before);
  }

  /** Costs of all steps before each step, as far as they were asked for. */
  readonly #spent: Cost[] = [noCost];

  /** What a whole step costs. */
  stepCost(step: number): Cost {
    return sumCosts((this.run.steps[step]?.transactions ?? []).map(costOf));
  }

  /** Simulated ns of each event of a step, in order. */
  eventTimes(step: number): readonly number[] {
    return (this.run.steps[step]?.transactions ?? []).flatMap((t) => eventCosts(t).map((cost) => cost.ns));
  }

  /** Time that has passed and bytes that have moved up to a cursor. */
  spent({ step, event }: Cursor): Cost {
    const whole = Math.min(Math.max(0, event === null ? step + 1 : step), this.run.steps.length);
    for (let at = this.#spent.length; at <= whole; at++)
      this.#spent.push(addCosts(this.#spent[at - 1] ?? noCost, this.stepCost(at - 1)));
    const before = this.#spent[whole] ?? noCost;
    if (event === null) return before;
    const costs = (this.run.steps[step]?.transactions ?? []).flatMap((t) => eventCosts(t));
    return addCosts(before, sumCosts(costs.slice(0, event)));
  }

  /** The world just before a cursor: what the marks of change compare with. */
  before({ step, event }: Cursor): World {
    return event === null || event === 0 ? this.after(step - 1) : this.at({ step, event: event - 1 });
  }

  /** Index of a transaction by step and event in the step. */
  #transactionOf(step: number, event: number): number {
    return this.#places.findLastIndex((place) => place.step < step || (place.step === step && place.base <= event));
  }

  /** Why an event happened: its causes, the first one first, and the operation that asked. */
  causes(step: number, event: number): { readonly chain: readonly PlacedEvent[]; readonly op: string | null } {
    const events = this.events(step);
    const chain: PlacedEvent[] = [];
    let at: number | null = event;
    while (at !== null) {
      const found: StepEvent | undefined = events[at];
      if (found === undefined) break;
      chain.unshift({ step, event: at, what: found.event });
      at = found.event.cause === null ? null : found.event.cause + found.base;
    }
    const transaction = this.#transactions[this.#transactionOf(step, event)];
    return { chain, op: transaction === undefined ? null : printOp(transaction) };
  }

  /** The event at or before a cursor that last changed a page's entry. */
  lastChange(
    { step, event }: Cursor,
    pages: PageTableName,
    key: string,
    page: number,
  ): { readonly step: number; readonly event: number } | null {
    if (step < 0) return null;
    const count = this.events(step).length;
    const last = event === null ? count - 1 : event - 1;
    const index = this.#places.findLastIndex(
      (place) => place.step < step || (place.step === step && place.base <= last),
    );
    if (index < 0) return null;
    const latest = this.#places[index];
    const within = latest?.step === step ? last - latest.base : Number.MAX_SAFE_INTEGER;
    const found = lastChange(this.#transactions, { index, event: within }, pages, key, page);
    const place = found === null ? undefined : this.#places[found.index];
    return found === null || place === undefined ? null : { step: place.step, event: place.base + found.event };
  }
}

/** An operation as one line: "A: write A.heap value 7". */
function printOp({ op }: Transaction): string {
  const { op: name, by, ...args } = op;
  const words = Object.entries(args).map(([key, value]) =>
    key === 'place' || key === 'context' || key === 'child' || key === 'name' || key === 'device'
      ? String(value)
      : value === true
        ? key
        : value === false
          ? ''
          : `${key} ${String(value)}`,
  );
  return `${by}: ${name} ${words.filter((word) => word !== '').join(' ')}`.trim();
}
