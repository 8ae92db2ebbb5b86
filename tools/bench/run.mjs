/** npm run bench: builds what is measured, runs every bench and prints medians. Compare runs of one machine only. */
import { spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { buildStale } from '../build.mjs';
import { root } from '../setup.mjs';

console.log(
  `node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
);
await buildStale();
const only = process.argv[2];
const folder = join(root, 'tools/bench');
for (const file of readdirSync(folder).filter(
  (name) => name.endsWith('.ts') && !['measure.ts', 'child.ts'].includes(name) && !name.includes('.test.'),
)) {
  if (only !== undefined && !file.includes(only)) continue;
  console.log(`\n== ${file.replace(/\.ts$/, '')}`);
  const outFile = file.replace(/\.ts$/, '.mjs');
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: join(folder, file),
      outDir: 'out/bench',
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: outFile, codeSplitting: false } },
    },
  });
  spawnSync(process.execPath, ['--expose-gc', join(root, 'out/bench', outFile)], { stdio: 'inherit', cwd: root });
}
if (only === undefined || 'app'.includes(only)) {
  console.log('\n== app');
  spawnSync(process.execPath, [join(folder, 'app.mjs')], { stdio: 'inherit', cwd: root });
}
