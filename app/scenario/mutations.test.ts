import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { operations, type Op } from '../engine/operations.ts';
import type { RuleTable } from '../engine/step.ts';
import { ok, type Tx } from '../engine/tx.ts';
import { loadScenario, type LoadedScenario } from './load.ts';
import { runScenario } from './run.ts';
import { testMachine } from './testing/machine.ts';

const folder = new URL('../../assets/scenarios/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

/** A rule table in which some operations are carried out wrongly. */
type Mutation = { readonly name: string; readonly rules: RuleTable };

const withRule = (
  name: string,
  op: Op['op'],
  rule: (tx: Tx, op: never) => ReturnType<(typeof operations)['fork']['rule']>,
): Mutation => ({ name, rules: { ...operations, [op]: { rule } } as RuleTable });

/** The rule runs with other arguments than the file's. */
const withArguments = (op: Op['op'], change: Readonly<Record<string, unknown>>): Mutation =>
  withRule(`${op} with ${JSON.stringify(change)}`, op, (tx, given) =>
    (operations[op].rule as (tx: Tx, op: unknown) => ReturnType<(typeof operations)['fork']['rule']>)(tx, {
      ...(given as object),
      ...change,
    }),
  );

/** What must not happen in a story does happen: a second, uncalled-for one after every operation of a kind. */
const withExtra = (op: Op['op'], extra: (tx: Tx) => void): Mutation =>
  withRule(`${op} and something that nobody asked for`, op, (tx, given) => {
    const result = (operations[op].rule as (tx: Tx, op: unknown) => ReturnType<(typeof operations)['fork']['rule']>)(
      tx,
      given,
    );
    extra(tx);
    return result;
  });

const stray = (tx: Tx): void => {
  for (const kind of [
    'notifierInsert',
    'deviceInvalidate',
    'notifierStart',
    'deviceFault',
    'deviceMap',
    'cpuFault',
  ] as const)
    tx.emit({ kind, rule: 'stray' });
};

const mutations: readonly Mutation[] = [
  ...(Object.keys(operations) as Op['op'][]).map((op) => withRule(`${op} does nothing`, op, () => ok)),
  ...(['deviceRead', 'deviceWrite', 'read', 'write', 'fork', 'rawMap', 'program', 'hmmRangeFault'] as const).map((op) =>
    withExtra(op, stray),
  ),
  withArguments('open', { notifier: false }),
  withArguments('open', { notifier: true }),
  withArguments('program', { check: false }),
  withArguments('program', { check: true }),
  withArguments('write', { value: 1, count: false }),
  withArguments('deviceWrite', { value: 1, count: false }),
  withArguments('migrateCopy', { to: 'system' }),
];

/** Expectations of a run that do not hold, as "step/line". */
function broken(loaded: LoadedScenario, rules: RuleTable): ReadonlySet<string> {
  const run = runScenario(loaded, testMachine, Number.POSITIVE_INFINITY, rules);
  return new Set(
    run.steps.flatMap((step) => step.checks.filter((check) => !check.ok).map((check) => `${check.step}/${check.line}`)),
  );
}

describe('the expectations of the built-in stories', () => {
  it.each(files)('%s: each one fails when a rule that it is about is broken', (name) => {
    const loaded = loadScenario(name, readFileSync(new URL(name, folder), 'utf8'));
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    const caught = new Set(mutations.flatMap(({ rules }) => [...broken(loaded.value, rules)]));
    const lines = loaded.value.value.steps.flatMap((step, i) =>
      step.expect.map((_, j) => `${i}/${loaded.value.at(['steps', i, 'expect', j]).line}`),
    );
    expect(lines.filter((line) => !caught.has(line)).map((line) => `${name}:${line.split('/')[1]}`)).toEqual([]);
  });
});
