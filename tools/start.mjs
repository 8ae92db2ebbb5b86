/**
 * npm start: installs what is missing, builds what is stale, opens the desktop app. Where Electron cannot run, or with
 * --web, it serves the same app to a browser. Other arguments go to whichever it is.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkNode, installPackages, root } from './setup.mjs';

const electronFolder = join(root, 'node_modules/electron');

/** Path of Electron's binary if it is here; null if not. */
function electronBinary() {
  const named = join(electronFolder, 'path.txt');
  const path = existsSync(named) ? readFileSync(named, 'utf8').trim() : null;
  const folder = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(electronFolder, 'dist');
  const binary = join(folder, path ?? 'electron');
  return existsSync(binary) ? binary : null;
}

/** The binary, fetched where it is missing; or why there is none. */
function findElectron() {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'])
    return { why: 'There is no display' };
  if (electronBinary() === null) {
    console.error('fetching Electron (about 110 MB, once) ...');
    spawnSync(process.execPath, [join(electronFolder, 'install.js')], { stdio: 'ignore', timeout: 600_000 });
  }
  const path = electronBinary();
  return path === null ? { why: "Electron's binary is not here and could not be fetched" } : { path };
}

function runUntilExit(command, args) {
  const child = spawn(command, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 0));
  });
}

checkNode();
installPackages();
const { buildStale } = await import('./build.mjs');
await buildStale();

const args = process.argv.slice(2).filter((arg) => arg !== '--web');
const electron = process.argv.includes('--web') ? null : findElectron();
let { why } = electron ?? {};
if (electron?.path !== undefined) {
  const started = Date.now();
  const code = await runUntilExit(electron.path, [root, ...args]);
  // A sandbox that the system does not allow, or a library that is missing, shows at once.
  if (code === 0 || Date.now() - started > 5000) process.exit(code);
  why = `Electron stopped at its start (exit code ${code})`;
}
if (why !== undefined) console.error(`${why}: serving the app to a browser instead.`);
process.env['MEMSCAPE_NO_BUILD'] = '1';
process.exit(await runUntilExit(process.execPath, [join(root, 'bin/memscape.mjs'), 'serve', ...args]));
