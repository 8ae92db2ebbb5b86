/** Every expectation of every built-in story fails when some rule is broken on purpose. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EventKind } from '../engine/event-kinds.ts';
import { pageTableColumns, recordTableNames, type PageTableName } from '../model/world.ts';
import { loadScenario, type LoadedScenario } from './load.ts';
import { checkExpectation } from './check.ts';
import type { Expectation } from './expectation.ts';
import { runScenario, type ScenarioRun } from './run.ts';
import { machineOf } from './testing/built-in.ts';
import { sabotaged, type Sabotage } from './testing/sabotage.ts';

const folder = new URL('../../assets/scenarios/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

function load(name: string): LoadedScenario {
  const loaded = loadScenario(name, readFileSync(new URL(name, folder), 'utf8'));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return loaded.value;
}

/** The sabotages that can matter to a story: of what happens in it, and of what it says does not happen. */
function* sabotages(run: ScenarioRun): Generator<Sabotage> {
  const transactions = run.steps.flatMap((step) => step.transactions);
  const happened = new Set(transactions.flatMap((t) => t.events.map((event) => event.kind)));
  const named = new Set(
    run.scenario.value.steps.flatMap((step) => step.expect.flatMap((e) => ('event' in e ? [e.event] : []))),
  );
  for (const event of new Set<EventKind>([...named, ...happened]))
    for (const kind of ['skips', 'inert', 'lies', 'adds'] as const) yield { kind, event };
  for (const op of new Set(transactions.map((t) => t.op.op)))
    for (const kind of ['noop', 'refuses', 'permits', 'inverts'] as const) yield { kind, op };
  for (const table of recordTableNames) yield { kind: 'record', table };
  for (const pages of Object.keys(pageTableColumns) as readonly PageTableName[])
    for (let column = 0; column < pageTableColumns[pages]; column++)
      for (const flip of [0, 1, 2, 4, 8, 16, 32, 64, 128, 256]) yield { kind: 'column', pages, column, flip };
}

/** Lines of the expectations that fail when the rules are broken like this; what was to be read may break down. */
function failing(scenario: LoadedScenario, sabotage: Sabotage, until: number): readonly string[] {
  try {
    const run = runScenario(scenario, machineOf(scenario), until, sabotaged(sabotage));
    return run.steps.flatMap((step) => step.checks.filter((c) => !c.ok).map((c) => `${c.step}:${c.line}`));
  } catch {
    return [];
  }
}

describe('each expectation of a story fails when a rule is broken on purpose', () => {
  it.each(files)('%s', (name) => {
    const scenario = load(name);
    const whole = runScenario(scenario, machineOf(scenario));
    const alive = new Map<string, string>(
      scenario.value.steps.flatMap((step, s) =>
        step.expect.map((e, i) => [`${s}:${scenario.at(['steps', s, 'expect', i]).line}`, JSON.stringify(e)] as const),
      ),
    );
    expect(alive.size).toBeGreaterThan(0);
    for (const sabotage of sabotages(whole)) {
      if (alive.size === 0) break;
      const until = Math.max(...[...alive.keys()].map((line) => parseInt(line, 10)));
      for (const line of failing(scenario, sabotage, until)) alive.delete(line);
    }
    expect([...alive].map(([line, e]) => `${name} step ${line} cannot fail: ${e}`)).toEqual([]);
  });
});

/** Keys that say what is looked at, not what is expected of it. */
const subjects: ReadonlySet<string> = new Set([
  'link',
  'strip',
  'device',
  'place',
  'page',
  'record',
  'words',
  'context',
  'of',
]);

function isSubject(e: Readonly<Record<string, unknown>>, key: string): boolean {
  if (key === 'value') return 'is' in e;
  if (key === 'frame') return 'has' in e;
  // Of what never happens, anything else never happens either.
  if (key === 'event') return e['count'] === 0;
  return subjects.has(key);
}

/** Every way to expect something else: one leaf of the expectation changed. */
function* altered(value: unknown, key = ''): Generator<unknown> {
  if (typeof value === 'number') yield value + 1;
  else if (typeof value === 'boolean') yield !value;
  else if (typeof value === 'string') yield `${value}?`;
  else if (value === null) yield 'something';
  else if (Array.isArray(value) && key === 'order') yield [...(value as readonly unknown[])].reverse();
  else if (typeof value === 'object' && !Array.isArray(value)) {
    for (const [inner, leaf] of Object.entries(value)) {
      if (key === '' && isSubject(value as Readonly<Record<string, unknown>>, inner)) continue;
      for (const other of altered(leaf, inner)) yield { ...value, [inner]: other };
    }
  }
}

describe('each expectation of a story is wrong when any one value in it is changed', () => {
  it.each(files)('%s', (name) => {
    const scenario = load(name);
    const { steps } = runScenario(scenario, machineOf(scenario));
    const indifferent: string[] = [];
    for (const [s, { transactions, violations, after }] of steps.entries()) {
      const facts = {
        world: after,
        violations,
        transactions,
        events: transactions.flatMap((t) => t.events),
        results: transactions.map((t) => t.result),
      };
      for (const e of scenario.value.steps[s]?.expect ?? [])
        for (const other of altered(e)) {
          const verdict = checkExpectation(facts, other as Expectation);
          if (verdict.expected === verdict.actual) indifferent.push(`step ${s}: ${JSON.stringify(other)}`);
        }
    }
    expect(indifferent).toEqual([]);
  });
});
