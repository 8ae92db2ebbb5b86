/**
 * Stands in for the `electron` module where its binary cannot be had: runs the real main and preload bundles in Node
 * and shows the real renderer in Chromium. What it does not do: native menus, dialogs and fuses. Pages have an http
 * origin here, since Chromium knows app: only inside Electron; the main bundle is told app: addresses.
 */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync } from 'node:fs';
import { chromium } from 'playwright-core';

const host = 'http://memscape.localhost';
const toApp = (url) => url.replace(host, 'app://memscape');
const toPage = (url) => url.replace('app://memscape', host);
const userData = process.env['MEMSCAPE_USER_DATA'] ?? mkdtempSync(join(tmpdir(), 'memscape-e2e-'));

const context = await chromium.launchPersistentContext(join(userData, 'browser'), {
  executablePath: process.env['CHROME_PATH'],
  viewport: null,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--window-size=1440,900',
    `--remote-debugging-port=${process.env['MEMSCAPE_CDP_PORT'] ?? '0'}`,
  ],
});

const handlers = new Map();
const schemes = [];
const windows = [];
const external = [];
const permission = {};
let answerScheme = null;
let menu = null;

class App extends EventEmitter {
  name = 'memscape';
  requestSingleInstanceLock = () => true;
  setAsDefaultProtocolClient = () => true;
  addRecentDocument = () => undefined;
  getPath = (name) => (name === 'userData' ? userData : tmpdir());
  whenReady = () => Promise.resolve();
  quit = () => void context.close().then(() => process.exit(0));
}
export const app = new App();

export const protocol = {
  registerSchemesAsPrivileged: (list) => void schemes.push(...list),
  handle: (_scheme, handler) => void (answerScheme = handler),
};

export const ipcMain = { handle: (channel, handler) => void handlers.set(channel, handler) };

export const session = {
  defaultSession: {
    setPermissionRequestHandler: (handler) => void (permission.request = handler),
    setPermissionCheckHandler: (handler) => void (permission.check = handler),
  },
};

export const shell = { openExternal: (url) => Promise.resolve(void external.push(url)) };
export const dialog = {
  showOpenDialog: () =>
    Promise.resolve({
      canceled: process.env['MEMSCAPE_DIALOG_FILE'] === undefined,
      filePaths: [process.env['MEMSCAPE_DIALOG_FILE']].filter((path) => path !== undefined),
    }),
};
export const Menu = {
  buildFromTemplate: (template) => template,
  setApplicationMenu: (template) => void (menu = template),
};
export const contextBridge = {};
export const ipcRenderer = {};

class WebContents extends EventEmitter {
  page = null;
  openHandler = () => ({ action: 'allow' });
  setWindowOpenHandler(handler) {
    this.openHandler = handler;
  }
  isDestroyed = () => this.page?.isClosed() ?? true;
  send(channel, ...args) {
    void this.page?.evaluate(([name, values]) => window.__memscapeReceive?.(name, values), [channel, args]);
  }
}

/** The preload bundle, run in the page with the two modules that a sandboxed preload may have. */
const preloadScript = (path) => `(() => {
  const listeners = new Map();
  window.__memscapeReceive = (channel, args) => { for (const listener of listeners.get(channel) ?? []) listener({}, ...args); };
  const bytes = (value) => value !== null && typeof value === 'object' && '$u8' in value ? Uint8Array.from(value.$u8) : value;
  const electron = {
    contextBridge: { exposeInMainWorld: (name, api) => { window[name] = api; } },
    ipcRenderer: {
      invoke: async (channel, ...args) => { const said = await window.__memscapeInvoke(channel, JSON.stringify(args, (_, v) => v instanceof Uint8Array ? { $u8: [...v] } : v)); return JSON.parse(said, (_, v) => bytes(v)); },
      on: (channel, listener) => { listeners.set(channel, [...(listeners.get(channel) ?? []), listener]); },
      removeListener: (channel, listener) => { listeners.set(channel, (listeners.get(channel) ?? []).filter((other) => other !== listener)); },
    },
  };
  const module = { exports: {} };
  ((require, module, exports) => { ${readFileSync(path, 'utf8')}\n})((name) => { if (name === 'electron') return electron; throw new Error('a sandboxed preload has no ' + name); }, module, module.exports);
})();`;

export class BrowserWindow extends EventEmitter {
  static getAllWindows = () => windows;
  static getFocusedWindow = () => windows[0] ?? null;
  webContents = new WebContents();
  constructor(options) {
    super();
    this.options = options;
    windows.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }
  isMinimized = () => false;
  isMaximized = () => false;
  restore() {}
  focus() {}
  show() {}
  maximize() {}
  getNormalBounds = () => ({ x: 0, y: 0, width: this.options.width, height: this.options.height });

  async loadURL(url) {
    const page = context.pages()[0] ?? (await context.newPage());
    this.webContents.page = page;
    const bytes = (value) =>
      value !== null && typeof value === 'object' && '$u8' in value ? Uint8Array.from(value.$u8) : value;
    await page.exposeBinding('__memscapeInvoke', async ({ frame }, channel, text) => {
      const senderFrame = { url: toApp(frame.url()), parent: frame.parentFrame() };
      const handler = handlers.get(channel);
      const said =
        handler === undefined
          ? undefined
          : await handler({ sender: this.webContents, senderFrame }, ...JSON.parse(text, (_, v) => bytes(v)));
      return JSON.stringify(said, (_, v) => (v instanceof Uint8Array ? { $u8: [...v] } : v));
    });
    await page.addInitScript(preloadScript(this.options.webPreferences.preload));
    await page.route(`${host}/**`, async (route) => {
      const response = await answerScheme(
        new Request(toApp(route.request().url()), { method: route.request().method() }),
      );
      await route.fulfill({
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: Buffer.from(await response.arrayBuffer()),
      });
    });
    // Whatever leaves the app is asked about, as Electron asks.
    await page.route(
      (address) => !address.href.startsWith(host),
      (route) => {
        const event = { url: route.request().url(), prevented: false, preventDefault: () => (event.prevented = true) };
        if (route.request().isNavigationRequest()) this.webContents.emit('will-navigate', event);
        return route.abort();
      },
    );
    page.on('popup', (popup) => void popup.close());
    await page.goto(toPage(url));
    this.emit('ready-to-show');
  }
}

/** Answers questions of the specs about the app's own side, one JSON line each. */
const questions = {
  windows: () => windows.map(({ options }) => options),
  schemes: () => schemes,
  permissions: () => {
    const said = [];
    permission.request?.({}, 'camera', (granted) => said.push(granted));
    return { request: said, check: permission.check?.({}, 'camera') };
  },
  open: (url) => windows[0]?.webContents.openHandler({ url }),
  external: () => external,
  navigate: (url) => {
    const event = { url, prevented: false, preventDefault: () => (event.prevented = true) };
    windows[0]?.webContents.emit('will-navigate', event);
    return event.prevented;
  },
  webview: () => {
    const event = { prevented: false, preventDefault: () => (event.prevented = true) };
    windows[0]?.webContents.emit('will-attach-webview', event);
    return event.prevented;
  },
  invokeFrom: async (url, name, args) =>
    handlers.get('request')?.({ sender: windows[0]?.webContents, senderFrame: { url, parent: null } }, name, args),
  secondInstance: (args) => void app.emit('second-instance', {}, ['memscape', ...args], process.cwd()),
  menu: () =>
    menu?.map((top) => ({
      label: top.label ?? top.role,
      items: (top.submenu ?? []).map((item) => item.label ?? item.role ?? '-'),
    })),
  click: (label) =>
    void menu
      ?.flatMap((top) => top.submenu ?? [])
      .find((item) => item.label === label)
      ?.click?.(),
  quit: () => app.quit(),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  void (async () => {
    const { id, ask, args = [] } = JSON.parse(line);
    const said = await questions[ask](...args);
    process.stdout.write(`${JSON.stringify({ id, said: said ?? null })}\n`);
  })();
});
