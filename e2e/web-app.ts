/** Starts the web host and a browser on it for a spec. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { browserPath, root } from './root.ts';

export interface WebApp {
  readonly address: string;
  readonly browser: Browser;
  open(
    query?: string,
    size?: { readonly width: number; readonly height: number },
    scheme?: 'light' | 'dark',
  ): Promise<Page>;
  close(): Promise<void>;
}

export const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: browserPath(), args: browserArguments });

export async function startWeb(folder = root): Promise<WebApp> {
  const child = spawn(process.execPath, [join(root, 'bin/memscape.mjs'), 'serve', '--no-open'], {
    cwd: folder,
    env: { ...process.env, MEMSCAPE_NO_BUILD: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = await new Promise<string>((done, failed) => {
    createInterface({ input: child.stdout }).once('line', done);
    child.once('exit', () => failed(new Error('the web host ended before it printed its address')));
  });
  const browser = await launchBrowser();
  return {
    address,
    browser,
    open: async (query = '', size = { width: 1440, height: 900 }, scheme = 'light') => {
      const page = await browser.newPage({ viewport: size, colorScheme: scheme });
      await page.goto(query === '' ? address : `${address}&${query}`);
      return page;
    },
    close: async () => {
      await browser.close();
      child.kill('SIGTERM');
      await new Promise((done) => child.once('exit', done));
    },
  };
}
