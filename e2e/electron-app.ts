/** Starts the desktop app for a spec: the real Electron where its binary is, else the stand-in. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startElectron } from './real-electron-app.ts';
import { root } from './root.ts';
import { startStandIn } from './stand-in-app.ts';

/** Path of Electron's binary, or null. */
export function electronBinary(): string | null {
  const folder = join(root, 'node_modules', 'electron');
  const named = join(folder, 'path.txt');
  const binary = existsSync(named) ? join(folder, 'dist', readFileSync(named, 'utf8').trim()) : null;
  return binary !== null && existsSync(binary) ? binary : null;
}

export const shownBy =
  electronBinary() === null
    ? 'the stand-in for Electron (no binary here): real main, preload and renderer bundles in Node and Chromium'
    : 'the real Electron';

export interface DesktopApp {
  readonly page: Page;
  /** Asks about the app's own side; both kinds answer the same questions. */
  ask<T>(question: string, ...args: readonly unknown[]): Promise<T>;
  close(): Promise<void>;
}

export function startDesktop(args: readonly string[] = []): Promise<DesktopApp> {
  const binary = electronBinary();
  return binary === null ? startStandIn(args) : startElectron(binary, args);
}
