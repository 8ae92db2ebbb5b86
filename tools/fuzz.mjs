/**
 * npm run fuzz: random inputs until something gives, with the seed of everything that did.
 *
 * npm run fuzz                        damages a million inputs of all importers, and reads each
 * npm run fuzz -- 5000 77             5,000 of them, from seed 77; `npm run fuzz -- 1 SEED` tries one again
 * npm run fuzz -- engine              100,000 random sequences of operations against the laws of the engine
 * npm run fuzz -- engine 5000 77      5,000 of them, in blocks of 1,000 of which the first has seed 77
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [first, ...rest] = process.argv.slice(2);
const isEngine = first === 'engine';
const [count = isEngine ? '100000' : '1000000', seed = '1'] = isEngine ? rest : process.argv.slice(2);
const test = isEngine ? 'app/engine/laws.test.ts' : 'app/topology/fuzz.test.ts';
const settings = isEngine
  ? { MEMSCAPE_FUZZ_SEQUENCES: count, MEMSCAPE_FUZZ_SEED: seed }
  : { MEMSCAPE_FUZZ_INPUTS: count, MEMSCAPE_FUZZ_SEED: seed };
const { status } = spawnSync(
  process.execPath,
  [
    fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url)),
    'run',
    test,
    '--disable-console-intercept',
  ],
  { stdio: 'inherit', cwd: fileURLToPath(new URL('..', import.meta.url)), env: { ...process.env, ...settings } },
);
process.exit(status ?? 1);
