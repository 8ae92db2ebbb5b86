import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from 'electron';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import type { DesktopApp } from './electron-app.ts';
import { root } from './root.ts';

type Question = (app: ElectronApplication, page: Page, ...args: readonly never[]) => Promise<unknown>;

/** What the stand-in answers from what it recorded, found out from Electron itself. */
const questions: Readonly<Record<string, Question>> = {
  windows: (app) =>
    app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map((window) => {
        const contents = window.webContents as unknown as { getLastWebPreferences(): unknown };
        return { webPreferences: contents.getLastWebPreferences() };
      }),
    ),

  // Electron does not tell what a scheme may; its page does: an origin of its own, in a secure context.
  schemes: (_app, page) =>
    page.evaluate(() => [
      {
        scheme: location.protocol.replace(':', ''),
        privileges: { standard: location.origin === 'app://memscape', secure: isSecureContext },
      },
    ]),

  permissions: (_app, page) =>
    page.evaluate(async () => ({
      request: [(await Notification.requestPermission()) === 'granted'],
      check: (await navigator.permissions.query({ name: 'notifications' })).state === 'granted',
    })),

  open: (_app, page, url: string) =>
    page.evaluate((address) => ({ action: window.open(address) === null ? 'deny' : 'allow' }), url),

  external: (app) => app.evaluate(() => (globalThis as unknown as { opened: readonly string[] }).opened),

  navigate: (app, _page, url: string) =>
    app.evaluate(({ BrowserWindow }, address) => {
      let prevented = false;
      const event = { url: address, preventDefault: () => void (prevented = true) };
      BrowserWindow.getAllWindows()[0]?.webContents.emit('will-navigate', event);
      return prevented;
    }, url),

  webview: (app) =>
    app.evaluate(({ BrowserWindow }) => {
      let prevented = false;
      const event = { preventDefault: () => void (prevented = true) };
      BrowserWindow.getAllWindows()[0]?.webContents.emit('will-attach-webview', event, {}, {});
      return prevented;
    }),

  invokeFrom: (app, _page, url: string, name: string, args: readonly unknown[]) =>
    app.evaluate(
      ({ BrowserWindow, ipcMain }, [from, request, values]) => {
        const { _invokeHandlers } = ipcMain as unknown as {
          readonly _invokeHandlers: Map<string, (event: unknown, ...args: readonly unknown[]) => Promise<unknown>>;
        };
        const sender = BrowserWindow.getAllWindows()[0]?.webContents;
        return _invokeHandlers.get('request')?.({ sender, senderFrame: { url: from, parent: null } }, request, values);
      },
      [url, name, args] as const,
    ),

  secondInstance: (app, _page, args: readonly string[]) =>
    app.evaluate(({ app: main }, given) => {
      main.emit('second-instance', {} as Event, ['memscape', ...given], process.cwd());
    }, args),

  menu: (app) =>
    app.evaluate(({ Menu }) =>
      Menu.getApplicationMenu()?.items.map((top) => ({
        label: top.label,
        items: (top.submenu?.items ?? []).map((item) => item.label),
      })),
    ),

  click: (app, _page, label: string) =>
    app.evaluate(({ Menu }, wanted) => {
      const items = Menu.getApplicationMenu()?.items.flatMap((top) => top.submenu?.items ?? []) ?? [];
      items.find((item) => item.label === wanted)?.click();
    }, label),
};

/** The built app in Electron itself, driven by Playwright. */
export async function startElectron(binary: string, args: readonly string[]): Promise<DesktopApp> {
  const userData = mkdtempSync(join(tmpdir(), 'memscape-e2e-'));
  // Chromium refuses its sandbox to root, as which containers run.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const app = await _electron.launch({
    executablePath: binary,
    args: [...asRoot, `--user-data-dir=${userData}`, root, ...args],
  });
  // What would open the person's browser is written down instead.
  await app.evaluate(({ shell }) => {
    const opened: string[] = [];
    Object.assign(globalThis, { opened });
    shell.openExternal = (url) => Promise.resolve(void opened.push(url));
  });
  const page = await app.firstWindow();
  return {
    page,
    ask: async <T>(question: string, ...given: readonly unknown[]): Promise<T> => {
      const answer = questions[question];
      if (answer === undefined) throw new Error(`no such question: ${question}`);
      return (await answer(app, page, ...(given as readonly never[]))) as T;
    },
    close: async () => {
      await app.close();
      rmSync(userData, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
