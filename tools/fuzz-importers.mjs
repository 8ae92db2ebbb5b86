/**
 * npm run fuzz: damages inputs of every format, one million by default, and reads each.
 * `npm run fuzz -- 5000 77` tries 5000, from seed 77; a seed that failed is tried again with `npm run fuzz -- 1 SEED`.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [inputs = '1000000', seed = '1'] = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  [
    fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url)),
    'run',
    'app/topology/fuzz.test.ts',
    '--disable-console-intercept',
  ],
  {
    stdio: 'inherit',
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, MEMSCAPE_FUZZ_INPUTS: inputs, MEMSCAPE_FUZZ_SEED: seed },
  },
);
process.exit(status ?? 1);
