/** What a fresh clone needs before anything can run: packages, and a browser for the tests. Plain Node, no packages. */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32', ...options });
}

/** Ends with a plain sentence where Node is too old. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(
    `Memscape needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer one from nodejs.org.`,
  );
  process.exit(1);
}

/** Installs the locked packages where they are missing or older than the lock file. */
export function installPackages() {
  const installed = join(root, 'node_modules/.package-lock.json');
  const lock = join(root, 'package-lock.json');
  const fresh =
    existsSync(installed) && (statSync(installed).mtimeMs >= statSync(lock).mtimeMs || sameLock(installed, lock));
  if (fresh) return;
  if (isLink(join(root, 'node_modules'))) {
    // npm ci would empty the folder that the link leads to, from under whoever else uses it.
    console.error('node_modules is a link and not what package-lock.json says: it is used as it is.');
    return;
  }
  console.error('installing packages ...');
  const { status } = run('npm', ['ci', '--no-audit', '--no-fund'], { stdio: ['ignore', 2, 'inherit'] });
  if (status !== 0) {
    console.error('npm ci failed: see above. Without a network, copy node_modules from a machine that has one.');
    process.exit(1);
  }
}

/** Whether the path itself is a link, be there something at its end or not. */
export const isLink = (path) => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;

/** A checkout writes files in any order, so times alone would install again for nothing. */
function sameLock(installed, lock) {
  const versions = (file) => {
    const { packages } = JSON.parse(readFileSync(file, 'utf8'));
    return Object.entries(packages)
      .filter(([path, entry]) => path !== '' && entry.optional !== true)
      .map(([path, entry]) => `${path}@${entry.version}`)
      .sort()
      .join('\n');
  };
  return versions(installed) === versions(lock);
}

/** Path of a Chromium or Chrome, or null. */
export function findBrowser() {
  const named = [process.env['CHROME_PATH'], process.env['CHROMIUM_PATH']].filter(
    (path) => path !== undefined && path !== '',
  );
  const usual = [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/usr/bin/google-chrome-stable',
    '/opt/google/chrome/chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  ];
  return [...named, ...usual, ...downloaded()].find((path) => existsSync(path)) ?? null;
}

/** Browsers that playwright-core has downloaded. */
function downloaded() {
  const caches = [
    join(homedir(), '.cache/ms-playwright'),
    join(homedir(), 'Library/Caches/ms-playwright'),
    join(homedir(), 'AppData/Local/ms-playwright'),
  ];
  const inside = [
    'chrome-linux/chrome',
    'chrome-linux64/chrome',
    'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
    'chrome-win/chrome.exe',
  ];
  return caches
    .filter((cache) => existsSync(cache))
    .flatMap((cache) =>
      readdirSync(cache)
        .filter((name) => name.startsWith('chromium-'))
        .flatMap((name) => inside.map((path) => join(cache, name, path))),
    );
}

/** A browser, installed where none is found; null where that is not possible. */
export function ensureBrowser() {
  const found = findBrowser();
  if (found !== null) return found;
  console.error('no Chromium found: installing one ...');
  if (existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    run('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'] });
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  if (findBrowser() === null)
    run('npx', ['playwright-core', 'install', 'chromium'], { stdio: ['ignore', 2, 'inherit'] });
  return findBrowser();
}
