#!/usr/bin/env node
// The command line. In a checkout it builds what is stale first; installed, the bundle is there and is used as it is.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const builder = fileURLToPath(new URL('../tools/build.mjs', import.meta.url));
if (existsSync(builder) && process.env['MEMSCAPE_NO_BUILD'] !== '1') {
  const { buildStale } = await import('../tools/build.mjs');
  const needsPage = ['serve', 'open'].includes(process.argv[2] ?? '');
  await buildStale({ only: needsPage ? ['cli', 'renderer'] : ['cli'] });
}
await import('../out/cli/cli.js');
