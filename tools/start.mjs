/** npm start: installs what is missing, builds what is stale, opens the app; the web host where Electron cannot run. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { checkNode, installPackages, root } from './setup.mjs';

checkNode();
installPackages();
const { buildStale } = await import('./build.mjs');
await buildStale();

/** Path of Electron's binary if it is there or can be fetched, else why not. */
async function findElectron() {
  const needsDisplay = process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'];
  if (needsDisplay) return { why: 'there is no display' };
  const require = createRequire(import.meta.url);
  try {
    const path = require('electron');
    if (typeof path === 'string' && existsSync(path)) return { path };
  } catch {
    // Not fetched yet, and no network to fetch it: the web host serves the same app.
  }
  return { why: "Electron's binary is not here and could not be fetched" };
}

const args = process.argv.slice(2);
const web = args.includes('--web');
const rest = args.filter((arg) => arg !== '--web');
const electron = web ? null : await findElectron();
if (electron?.path !== undefined) {
  const child = spawn(electron.path, [root, ...rest], { stdio: 'inherit' });
  child.on('exit', (code) => process.exit(code ?? 1));
} else {
  if (electron !== null) console.error(`${electron.why}: serving the app to a browser instead`);
  const child = spawn(process.execPath, [join(root, 'bin/memscape.mjs'), 'serve', ...rest], {
    stdio: 'inherit',
    env: { ...process.env, MEMSCAPE_NO_BUILD: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
}
