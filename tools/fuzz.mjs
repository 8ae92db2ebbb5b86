/**
 * npm run fuzz: random inputs until something gives, with the seed of everything that did. Every core takes a share.
 *
 * npm run fuzz                        damages a million inputs of all importers, and reads each
 * npm run fuzz -- 5000 77             5,000 of them, from seed 77; `npm run fuzz -- 1 SEED` tries one again
 * npm run fuzz -- engine              100,000 random sequences of operations against the laws of the engine
 * npm run fuzz -- engine 5000 77      5,000 of them, in blocks of 1,000 of which the first has seed 77
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const [first, ...rest] = process.argv.slice(2);
const isEngine = first === 'engine';
const [total, seed] = (isEngine ? rest : process.argv.slice(2)).map(Number);
const count = total ?? (isEngine ? 100_000 : 1_000_000);
const from = seed ?? 1;
if (![count, from].every((number) => Number.isSafeInteger(number) && number > 0)) {
  console.error('usage: npm run fuzz -- [engine] [COUNT [SEED]]');
  process.exit(2);
}
const test = isEngine ? 'app/engine/laws.test.ts' : 'app/topology/fuzz.test.ts';
const counted = isEngine ? 'MEMSCAPE_FUZZ_SEQUENCES' : 'MEMSCAPE_FUZZ_INPUTS';

/** What has one seed: an input, or a block of sequences. */
const unit = isEngine ? 1000 : 1;
const units = Math.ceil(count / unit);
const shares = Math.min(availableParallelism(), Math.ceil(count / 1000));

/** Seeds `start` to before `end`. */
function run(start, end) {
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url)),
      'run',
      test,
      '--disable-console-intercept',
    ],
    {
      stdio: 'inherit',
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: {
        ...process.env,
        [counted]: String(Math.min(end * unit, count) - start * unit),
        MEMSCAPE_FUZZ_SEED: String(from + start),
      },
    },
  );
  return new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1)));
}

const bounds = Array.from({ length: shares + 1 }, (_, share) => Math.round((share * units) / shares));
const statuses = await Promise.all(bounds.slice(1).map((end, share) => run(bounds[share], end)));
process.exit(Math.max(...statuses));
