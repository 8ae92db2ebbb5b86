/** Runs a scenario to its end, or to a step, and checks what it expects. */
import type { Topology } from '../model/topology.ts';
import type { World } from '../model/world.ts';
import type { Event, OpResult } from '../engine/event.ts';
import { initialWorld } from '../engine/initial-world.ts';
import { checkInvariants, type Violation } from '../engine/invariants.ts';
import { operations, type Op } from '../engine/operations.ts';
import type { Cost } from '../engine/costs/cost.ts';
import { costOf } from '../engine/costs/event-cost.ts';
import { step, type RuleTable, type Transaction } from '../engine/step.ts';
import { checkExpectation, isForeseen, placeOf, printResult } from './check.ts';
import { engineSpec } from './engine-spec.ts';
import type { LoadedScenario } from './load.ts';
import type { ScenarioStep } from './schema.ts';

export interface Check {
  readonly step: number;
  readonly line: number;
  readonly expected: string;
  readonly actual: string;
  readonly ok: boolean;
}

export interface RunStep {
  readonly transactions: readonly Transaction[];
  readonly checks: readonly Check[];
  readonly violations: readonly Violation[];
  readonly after: World;
}

export interface ScenarioRun {
  readonly scenario: LoadedScenario;
  readonly start: World;
  readonly steps: readonly RunStep[];
}

/**
 * Runs the steps up to and with `until`. A test may replace rules, to see that the expectations notice.
 * Yields after each operation the number of its events, so that a host can do other work in between.
 */
export function* runSlowly(
  scenario: LoadedScenario,
  machine: Topology,
  until = Number.POSITIVE_INFINITY,
  rules: RuleTable = operations,
): Generator<number, ScenarioRun> {
  const start = initialWorld(engineSpec(machine, scenario.value));
  const steps: RunStep[] = [];
  let world = start;
  for (const [index, wanted] of scenario.value.steps.entries()) {
    if (index > until) break;
    const transactions: Transaction[] = [];
    for (const op of wanted.do) {
      const transaction = step(world, op, rules);
      transactions.push(transaction);
      world = transaction.after;
      yield transaction.events.length;
    }
    const violations = checkInvariants(world);
    steps.push({
      transactions,
      violations,
      after: world,
      checks: checkStep(scenario, index, wanted, transactions, world, violations),
    });
    yield checkWork;
  }
  return { scenario, start, steps };
}

/** What checking a step costs, in events. */
const checkWork = 200;

/** The same without a break. */
export function runScenario(
  scenario: LoadedScenario,
  machine: Topology,
  until = Number.POSITIVE_INFINITY,
  rules: RuleTable = operations,
): ScenarioRun {
  const running = runSlowly(scenario, machine, until, rules);
  for (;;) {
    const { done, value } = running.next();
    if (done === true) return value;
  }
}

/** What the step says, and what goes without saying: every operation succeeds, every invariant holds. */
function checkStep(
  scenario: LoadedScenario,
  index: number,
  wanted: ScenarioStep,
  transactions: readonly Transaction[],
  world: World,
  violations: readonly Violation[],
): readonly Check[] {
  const results = transactions.map((t) => t.result);
  const facts = { world, events: transactions.flatMap((t) => t.events), results, violations, transactions };
  const checks = wanted.expect.map((e, i): Check => {
    const verdict = checkExpectation(facts, e);
    return {
      step: index,
      line: scenario.at(['steps', index, 'expect', i]).line,
      ...verdict,
      ok: verdict.expected === verdict.actual,
    };
  });
  const spoken = new Set(wanted.expect.flatMap((e) => ('result' in e ? [e.of ?? results.length - 1] : [])));
  results.forEach((result, i) => {
    if ('ok' in result || spoken.has(i)) return;
    checks.push({
      step: index,
      line: scenario.at(['steps', index, 'do', i]).line,
      expected: 'ok',
      actual: printResult(result),
      ok: false,
    });
  });
  for (const v of violations) {
    if (isForeseen(world, v, wanted.expect)) continue;
    checks.push({
      step: index,
      line: scenario.at(['steps', index]).line,
      expected: `${v.invariant} holds`,
      actual: `${v.invariant} is broken at ${placeOf(world, v)}: ${v.text}`,
      ok: false,
    });
  }
  return checks;
}

export interface RunJson {
  readonly scenario: string;
  readonly steps: readonly {
    readonly index: number;
    readonly title: string;
    readonly ops: readonly {
      readonly op: Op;
      readonly result: OpResult;
      readonly events: readonly Event[];
      /** Simulated time in ns, why, and bytes over each link. */
      readonly cost: Cost;
    }[];
  }[];
  readonly expectations: { readonly passed: number; readonly failed: readonly Omit<Check, 'ok'>[] };
}

/** The run in the fixed form of `memscape run --json`. */
export function runJson(run: ScenarioRun): RunJson {
  const checks = run.steps.flatMap((s) => s.checks);
  return {
    scenario: run.scenario.value.id,
    steps: run.steps.map((s, index) => ({
      index,
      title: run.scenario.value.steps[index]?.title ?? '',
      ops: s.transactions.map((t) => ({ op: t.op, result: t.result, events: t.events, cost: costOf(t) })),
    })),
    expectations: {
      passed: checks.filter((c) => c.ok).length,
      failed: checks
        .filter((c) => !c.ok)
        .map(({ step: at, line, expected, actual }) => ({ step: at, line, expected, actual })),
    },
  };
}
