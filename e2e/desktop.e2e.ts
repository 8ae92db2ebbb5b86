import { writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDesktop, type DesktopApp } from './electron-app.ts';

/** What the preload puts on the window. */
interface Bridge {
  invoke(name: string, args: readonly unknown[]): Promise<unknown>;
}

describe('the desktop app', () => {
  let app: DesktopApp;
  beforeAll(async () => {
    app = await startDesktop(['memscape://open?scenario=sc-18&step=1']);
  });
  afterAll(() => app.close());

  it('opens where a link says, and steps with the keys', async () => {
    const { page } = app;
    await page.getByText('Setup collects').first().waitFor();
    await page.getByText('MIGRATION w').first().waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.getByText('DEVPRIV w').first().waitFor();
    await page.keyboard.press('Home');
    await page.keyboard.press('End');
    await page.getByText('Three stay').first().waitFor();
  });

  it('opens a second link in the window that is there', async () => {
    await app.ask('secondInstance', ['memscape://open?scenario=sc-02&step=3']);
    await app.page.getByText('The notifier fixes it').first().waitFor();
  });

  it('isolates its windows', async () => {
    const [options] =
      await app.ask<readonly { readonly webPreferences: Readonly<Record<string, unknown>> }[]>('windows');
    expect(options?.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      webviewTag: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
    });
  });

  it('serves its pages from a scheme of its own, under a strict policy', async () => {
    expect(await app.ask('schemes')).toMatchObject([{ scheme: 'app', privileges: { standard: true, secure: true } }]);
    const policy = await app.page.evaluate(async () =>
      (await fetch('/index.html')).headers.get('content-security-policy'),
    );
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe-eval');
    const ran = await app.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.inlineRan = true';
      document.head.append(script);
      return 'inlineRan' in window;
    });
    expect(ran).toBe(false);
  });

  it('grants no permission, opens no window, follows no foreign address', async () => {
    expect(await app.ask('permissions')).toEqual({ request: [false], check: false });
    expect(await app.ask('open', 'https://example.com/')).toEqual({ action: 'deny' });
    expect(await app.ask('open', 'https://docs.kernel.org/mm/hmm.html')).toEqual({ action: 'deny' });
    expect(await app.ask('external')).toEqual(['https://docs.kernel.org/mm/hmm.html']);
    expect(await app.ask('navigate', 'https://example.com/')).toBe(true);
    expect(await app.ask('navigate', 'app://memscape/index.html')).toBe(false);
    expect(await app.ask('webview')).toBe(true);
  });

  it('answers only its own pages, and only requests that exist with arguments of their form', async () => {
    expect(await app.ask('invokeFrom', 'https://example.com/', 'catalog', [])).toMatchObject({ ok: false });
    expect(await app.ask('invokeFrom', 'app://memscape/index.html', 'catalog', [])).toMatchObject({ ok: true });
    expect(await app.ask('invokeFrom', 'app://memscape/index.html', 'constructor', [])).toMatchObject({ ok: false });
    expect(
      await app.ask('invokeFrom', 'app://memscape/index.html', 'pages', [
        { cursor: { step: 0, event: null }, table: 'A.heap', start: 0, count: 1e9 },
      ]),
    ).toMatchObject({ ok: false });
  });

  it('gives the page nothing but the bridge', async () => {
    const found = await app.page.evaluate(() => ({
      bridge: Object.keys((window as unknown as { memscape: object }).memscape),
      require: 'require' in window,
      process: 'process' in window,
    }));
    expect(found).toEqual({ bridge: ['invoke', 'subscribe'], require: false, process: false });
  });

  it('does not read a file that nobody chose', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'memscape-file-'));
    const file = join(folder, 'secret.yaml');
    writeFileSync(file, 'version: 1\n');
    const said = await app.page.evaluate(
      (path) => (window as unknown as { memscape: Bridge }).memscape.invoke('open', [{ kind: 'path', path }]),
      file,
    );
    expect(said).toMatchObject({ ok: true, value: { ok: false } });
    expect(JSON.stringify(said)).toContain('cannot be read here');
  });

  it('runs a menu command in the window', async () => {
    await app.ask('click', 'First');
    await app.page.getByText('Beginning').first().waitFor();
    expect(JSON.stringify(await app.ask('menu'))).toContain('Open File…');
  });
});
