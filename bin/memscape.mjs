#!/usr/bin/env node
// The command line. In a checkout it builds what is stale first; installed, the bundle is there and is used as it is.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const isCheckout = existsSync(fileURLToPath(new URL('../tools/build.mjs', import.meta.url)));

async function buildFirst() {
  const { buildStale } = await import('../tools/build.mjs');
  const needsPage = ['serve', 'open'].includes(process.argv[2] ?? '');
  await buildStale({ only: needsPage ? ['cli', 'renderer'] : ['cli'] });
}

try {
  if (isCheckout && process.env['MEMSCAPE_NO_BUILD'] !== '1') await buildFirst();
  await import('../out/cli/cli.js');
} catch (error) {
  const isBare = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
  console.error(isBare ? 'The packages are not installed: run npm ci, or npm start.' : error);
  process.exitCode = 70;
}
