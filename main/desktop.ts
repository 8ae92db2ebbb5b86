/** Starting the desktop app from the command line. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../app/base/result.ts';
import { root } from './assets.ts';

/** Starts Electron on this package; the reason where it cannot be: no binary, or no display. */
export function launchDesktop(args: readonly string[]): Result<null, string> {
  if (
    process.platform === 'linux' &&
    process.env['DISPLAY'] === undefined &&
    process.env['WAYLAND_DISPLAY'] === undefined
  )
    return err('there is no display');
  const folder = join(root, 'node_modules', 'electron');
  const named = join(folder, 'path.txt');
  const binary =
    process.env['ELECTRON_OVERRIDE_DIST_PATH'] ??
    (existsSync(named) ? join(folder, 'dist', readFileSync(named, 'utf8').trim()) : null);
  if (binary === null || !existsSync(binary)) return err("Electron's binary is not here");
  spawn(binary, [root, ...args], { stdio: 'ignore', detached: true }).unref();
  return ok(null);
}
