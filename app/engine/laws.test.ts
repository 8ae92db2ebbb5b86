/** Random sequences of operations on random machines: no law of the engine is broken by any. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialWorld } from './initial-world.ts';
import { findBroken } from './testing/laws.ts';
import { anyMachine, swappingMachine } from './testing/random-machines.ts';
import { anyIntents, asNextOps, swappingIntents } from './testing/random-ops.ts';

/** `npm run fuzz -- engine` sets both: how many sequences, and from which seed. */
const sequences = Number(process.env['MEMSCAPE_FUZZ_SEQUENCES'] ?? 200);
const firstSeed = Number(process.env['MEMSCAPE_FUZZ_SEED'] ?? 1);
/** Sequences of one seed. */
const block = 1000;

const kinds = [
  ['any machine', anyMachine, anyIntents],
  ['a machine that swaps', swappingMachine, swappingIntents],
] as const;

describe('laws of the engine', () => {
  it.each(kinds)(
    `hold in each of ${sequences} random sequences of operations on %s`,
    (kind, machines, sequencesOf) => {
      let operations = 0;
      const property = fc.property(machines, sequencesOf, (machine, intents) => {
        const broken = findBroken(initialWorld(machine), asNextOps(intents), () => operations++);
        if (broken !== null)
          throw new Error(`${broken.law}: operation ${broken.index}, ${JSON.stringify(broken.op)}: ${broken.text}`);
      });
      for (let done = 0, seed = firstSeed; done < sequences; done += block, seed++) {
        const outcome = fc.check(property, { numRuns: Math.min(block, sequences - done), seed });
        // The report has the seed, the way to the smallest sequence that breaks it, and what it broke.
        expect(outcome.failed ? fc.defaultReportMessage(outcome) : null).toBeNull();
      }
      console.log(`engine: ${sequences} sequences of ${operations} operations on ${kind}, from seed ${firstSeed}`);
      expect(operations).toBeGreaterThan(sequences);
    },
    86_400_000,
  );
});
