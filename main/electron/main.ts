/** The desktop app: one instance, windows with a session each, links and files from the system. */
import { app, BrowserWindow, dialog, type WebContents } from 'electron';
import { join, resolve } from 'node:path';
import { Session } from '../../app/session/session.ts';
import { nodeLibrary } from '../node-library.ts';
import { answerWindows, push } from './ipc.ts';
import { filesOfQuery, queryOfArguments, queryOfFile, queryOfLink } from './links.ts';
import { setMenu } from './menu.ts';
import { declareScheme, serveScheme } from './protocol.ts';
import { readSettings, withRecent, writeSettings } from './settings.ts';
import { boundsOf, lockDown, openWindow } from './windows.ts';

/** Sessions by window; files that the person chose in this run, and may therefore be read. */
const sessions = new WeakMap<WebContents, Session>();
const chosen = new Set<string>();

const settingsFile = join(app.getPath('userData'), 'settings.json');
let settings = readSettings(settingsFile);

function remember(change: Partial<typeof settings>): void {
  settings = { ...settings, ...change };
  writeSettings(settingsFile, settings);
}

function show(query: string): void {
  for (const file of filesOfQuery(query)) choose(file);
  const [window] = BrowserWindow.getAllWindows();
  if (window === undefined) {
    start(query);
    return;
  }
  if (window.isMinimized()) window.restore();
  window.focus();
  push(window.webContents, 'link', query);
}

/** The person named this file: it may be read, and is offered again next time. */
function choose(path: string): void {
  chosen.add(resolve(path));
  remember({ recent: withRecent(settings.recent, resolve(path)) });
  app.addRecentDocument(resolve(path));
  refreshMenu();
}

function start(query: string): void {
  const window = openWindow(settings.window, query);
  const library = nodeLibrary({ folder: app.getPath('documents'), mayRead: (path) => chosen.has(path) });
  sessions.set(window.webContents, new Session(library));
  window.on('close', () => remember({ window: boundsOf(window) }));
}

async function openFile(): Promise<void> {
  const { canceled, filePaths } = await dialog.showOpenDialog({
    properties: ['openFile', 'multiSelections'],
    filters: [
      { name: 'Scenarios and machines', extensions: ['yaml', 'yml', 'xml', 'json', 'txt', 'gz'] },
      { name: 'All files', extensions: ['*'] },
    ],
  });
  const [path, ...others] = filePaths;
  if (!canceled && path !== undefined) show(queryOfFile(path, ...others.slice(0, 31)));
}

function refreshMenu(): void {
  setMenu(
    {
      command: (id) => {
        const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0];
        if (window !== undefined) push(window.webContents, 'command', id);
      },
      openFile: () => void openFile(),
      openRecent: (path) => show(queryOfFile(path)),
    },
    settings.recent,
  );
}

if (!app.requestSingleInstanceLock()) app.quit();
else {
  declareScheme();
  app.setAsDefaultProtocolClient('memscape');
  app.on('second-instance', (_event, args, folder) => show(queryOfArguments(args.slice(1), folder) ?? ''));
  app.on('open-url', (event, link) => {
    event.preventDefault();
    const query = queryOfLink(link);
    if (query !== null) show(query);
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    show(queryOfFile(path));
  });
  app.on('web-contents-created', (_event, contents) =>
    contents.on('will-attach-webview', (event) => event.preventDefault()),
  );
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) start('');
  });
  // Not awaited here: Electron is ready only once this module has been evaluated.
  void app.whenReady().then(() => {
    lockDown();
    serveScheme();
    answerWindows((sender) => sessions.get(sender) ?? null);
    refreshMenu();
    const asked = queryOfArguments(process.argv.slice(1), process.cwd());
    for (const file of filesOfQuery(asked ?? '')) choose(file);
    start(asked ?? '');
  });
}
