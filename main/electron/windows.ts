/** Windows of the desktop app: isolated, sandboxed, and unable to go anywhere else. */
import { BrowserWindow, session, shell } from 'electron';
import { join } from 'node:path';
import { root } from '../assets.ts';
import { isOwn, startPage } from './origin.ts';
import type { WindowBounds } from './settings.ts';

/** Hosts that a link may open in the person's browser. */
const outside = new Set([
  'docs.kernel.org',
  'www.kernel.org',
  'lore.kernel.org',
  'git.kernel.org',
  'elixir.bootlin.com',
  'github.com',
]);

/** The one thing that a page may do outside itself: put what the person copies on the clipboard. */
const permitted = (permission: string): boolean => permission === 'clipboard-sanitized-write';

/** Pages get no other permission and may not leave the app. */
export function lockDown(): void {
  session.defaultSession.setPermissionRequestHandler((_contents, permission, decide) => decide(permitted(permission)));
  session.defaultSession.setPermissionCheckHandler((_contents, permission) => permitted(permission));
}

export function openWindow(bounds: WindowBounds | null, query: string): BrowserWindow {
  const window = new BrowserWindow({
    width: bounds?.width ?? 1440,
    height: bounds?.height ?? 900,
    ...(bounds?.x === undefined || bounds.y === undefined ? {} : { x: bounds.x, y: bounds.y }),
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: 'Memscape',
    backgroundColor: '#f6f7f9',
    webPreferences: {
      preload: join(root, 'out', 'preload', 'preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      spellcheck: false,
    },
  });
  if (bounds?.maximized === true) window.maximize();
  window.once('ready-to-show', () => window.show());
  const { webContents } = window;
  webContents.on('will-navigate', (event) => {
    if (!isOwn(event.url)) event.preventDefault();
  });
  webContents.on('will-attach-webview', (event) => event.preventDefault());
  webContents.setWindowOpenHandler(({ url }) => {
    openOutside(url);
    return { action: 'deny' };
  });
  void window.loadURL(`${startPage}${query}`);
  return window;
}

/** Opens a link in the person's browser if it leads where our texts point to. */
function openOutside(address: string): void {
  try {
    const url = new URL(address);
    if (url.protocol === 'https:' && outside.has(url.host)) void shell.openExternal(url.href);
  } catch {
    // What is no address is not opened.
  }
}

export const boundsOf = (window: BrowserWindow): WindowBounds => ({
  ...window.getNormalBounds(),
  maximized: window.isMaximized(),
});
