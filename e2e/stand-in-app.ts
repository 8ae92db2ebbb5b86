import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import type { DesktopApp } from './electron-app.ts';
import { browserPath, root } from './root.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** Tries again until it works or the time is over: a starting browser refuses at first. */
async function patiently<T>(action: () => Promise<T>, seconds: number): Promise<T> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((done) => setTimeout(done, 150));
    }
  }
}

/** The real bundles in Node and Chromium, with the stand-in for the `electron` module. */
export async function startStandIn(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<DesktopApp> {
  const port = await freePort();
  const userData = mkdtempSync(join(tmpdir(), 'memscape-e2e-'));
  const child = spawn(
    process.execPath,
    ['--import', join(root, 'e2e/electron-stand-in/register.mjs'), join(root, 'out/main/main.js'), ...args],
    {
      env: {
        ...process.env,
        CHROME_PATH: browserPath(),
        MEMSCAPE_CDP_PORT: String(port),
        MEMSCAPE_USER_DATA: userData,
        ...env,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const waiting = new Map<number, (said: unknown) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, said } = JSON.parse(line) as { readonly id: number; readonly said: unknown };
    waiting.get(id)?.(said);
  });
  const browser = await patiently(() => chromium.connectOverCDP(`http://127.0.0.1:${port}`), 30);
  const page = await patiently(async () => {
    const found = browser
      .contexts()
      .flatMap((context) => context.pages())
      .find((candidate) => candidate.url().startsWith('http://memscape.localhost'));
    if (found === undefined) throw new Error('the window has not been opened');
    return found;
  }, 30);
  let last = 0;
  return {
    page,
    ask: <T>(question: string, ...given: readonly unknown[]): Promise<T> =>
      new Promise((done) => {
        const id = ++last;
        waiting.set(id, done as (said: unknown) => void);
        child.stdin.write(`${JSON.stringify({ id, ask: question, args: given })}\n`);
      }),
    close: async () => {
      const gone = new Promise((done) => child.once('exit', done));
      child.stdin.write(`${JSON.stringify({ id: 0, ask: 'quit' })}\n`);
      const kill = setTimeout(() => child.kill('SIGKILL'), 5000);
      await gone;
      clearTimeout(kill);
      await browser.close().catch(() => undefined);
      rmSync(userData, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
