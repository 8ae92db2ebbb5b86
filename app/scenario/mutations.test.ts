/** Mechanisms broken on purpose, one at a time: at least one expectation or invariant of the stories notices each. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { OpResult } from '../engine/event.ts';
import { operations } from '../engine/operations.ts';
import type { RuleTable } from '../engine/step.ts';
import type { EventHead, Tx, Writer } from '../engine/tx.ts';
import { loadScenario } from './load.ts';
import { runScenario } from './run.ts';
import { machineOf } from './testing/built-in.ts';
import { sabotaged } from './testing/sabotage.ts';

const folder = new URL('../../assets/scenarios/', import.meta.url);
const stories = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => {
    const loaded = loadScenario(name, readFileSync(new URL(name, folder), 'utf8'));
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    return loaded.value;
  });

/** The device forgets only when the invalidation ends: after the entry has changed instead of before. */
function notifiedTooLate(): RuleTable {
  const rules = Object.entries(operations).map(([name, definition]) => {
    const rule = (tx: Tx, op: never): OpResult => {
      const { emit } = tx;
      let late: ((w: Writer) => void) | undefined;
      tx.emit = function delayed(this: Tx, head: EventHead, write?: (w: Writer) => void): number {
        if (head.kind === 'notifierEnd' && late !== undefined) {
          const callback = late;
          late = undefined;
          emit.call(this, { kind: 'deviceInvalidate', rule: 'late', at: head.at ?? {} }, callback);
        }
        if (head.kind !== 'deviceInvalidate') return emit.call(this, head, write);
        late = write;
        return this.events.length - 1;
      };
      return (definition.rule as (tx: Tx, op: never) => OpResult)(tx, op);
    };
    return [name, { rule }];
  });
  return Object.fromEntries(rules) as RuleTable;
}

const mutations: readonly (readonly [what: string, rules: RuleTable])[] = [
  ['the notifier comes after the change instead of before', notifiedTooLate()],
  ['no event is started before a COW copy', sabotaged({ kind: 'skips', event: 'notifierStart' })],
  ['a mirror keeps its entries when it is told to forget', sabotaged({ kind: 'inert', event: 'deviceInvalidate' })],
  ['a COW copy leaves the old entry in place', sabotaged({ kind: 'inert', event: 'entryReplaced' })],
  ['fork does not write-protect the parent', sabotaged({ kind: 'inert', event: 'entriesCopied' })],
  ['finalize does not turn migration entries back', sabotaged({ kind: 'inert', event: 'removeMigrationPte' })],
  ['migration does not move what the frame belonged to', sabotaged({ kind: 'inert', event: 'migrateFolioMove' })],
  ['collecting leaves the entries as they were', sabotaged({ kind: 'inert', event: 'migrateVmaCollect' })],
  ['an invalidation never ends', sabotaged({ kind: 'inert', event: 'notifierEnd' })],
  ['a process that ends keeps its pages', sabotaged({ kind: 'inert', event: 'zapped' })],
  ['the driver programs nothing after its check', sabotaged({ kind: 'inert', event: 'deviceMap' })],
  ['a first write gets no frame', sabotaged({ kind: 'noop', op: 'write' })],
];

describe('a mechanism broken on purpose is caught', () => {
  it.each(mutations)('%s', (_what, rules) => {
    const caught = stories.flatMap((story) => {
      try {
        const run = runScenario(story, machineOf(story), Number.POSITIVE_INFINITY, rules);
        return run.steps.flatMap((step) => step.checks.filter((check) => !check.ok));
      } catch {
        // A machine that breaks down altogether was noticed as well.
        return [null];
      }
    });
    expect(caught.length).toBeGreaterThan(0);
  });

  it('nothing is caught where nothing is broken', () => {
    const failed = stories.flatMap((story) =>
      runScenario(story, machineOf(story)).steps.flatMap((step) => step.checks.filter((check) => !check.ok)),
    );
    expect(failed).toEqual([]);
  });
});
