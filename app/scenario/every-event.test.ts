/** Invariants hold after every single event of a story, not only at the end of its steps. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { apply } from '../engine/apply.ts';
import { checkInvariants } from '../engine/invariants.ts';
import { loadScenario } from './load.ts';
import { runScenario } from './run.ts';
import { machineOf } from './testing/built-in.ts';

const folder = new URL('../../assets/scenarios/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

describe('after every event of a story', () => {
  it.each(files)('%s: nothing is broken but what the story says is', (name) => {
    const loaded = loadScenario(name, readFileSync(new URL(name, folder), 'utf8'));
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    const said = new Set(
      loaded.value.value.steps.flatMap((step) => step.expect.flatMap((e) => ('broken' in e ? [e.broken] : []))),
    );
    const run = runScenario(loaded.value, machineOf(loaded.value));
    const found = run.steps.flatMap((step, index) =>
      step.transactions.flatMap((transaction) => {
        let world = transaction.before;
        return transaction.events.flatMap((event) => {
          world = apply(world, event);
          return checkInvariants(world)
            .filter((violation) => !said.has(violation.invariant))
            .map((violation) => `step ${index}, ${event.kind}: ${violation.invariant} ${violation.text}`);
        });
      }),
    );
    expect(found).toEqual([]);
  });
});
