/**
 * Builds what is stale: the renderer, the command line with the web host, the desktop main process and its preload.
 * Each is a folder below out/. `--force` builds all of them.
 *
 * Node bundles hold everything but Node and Electron themselves, so what is installed or packed needs no node_modules.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMain } from './is-main.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

const nodeBundle = (entry, outDir, fileName, { format = 'es', codeSplitting = false } = {}) => ({
  configFile: false,
  root,
  logLevel: 'warn',
  ssr: { noExternal: true, target: 'node', external: ['electron'] },
  build: {
    ssr: entry,
    outDir,
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    sourcemap: true,
    rollupOptions: {
      external: [/^electron(\/.*)?$/],
      output: { format, entryFileNames: fileName, chunkFileNames: '[name]-[hash].js', codeSplitting },
    },
  },
});

const shared = ['app', 'package.json', 'package-lock.json', 'tools/build.mjs'];

/** What is built, from what, and by which entry. */
const targets = [
  {
    name: 'renderer',
    entry: 'renderer/index.html',
    sources: ['renderer', 'assets', 'vite.config.ts', ...shared],
    config: { root: join(root, 'renderer'), configFile: join(root, 'vite.config.ts'), logLevel: 'warn' },
  },
  {
    name: 'cli',
    entry: 'main/cli/cli.ts',
    sources: ['main', ...shared],
    // A command loads what it needs, not what all need.
    config: nodeBundle('main/cli/cli.ts', 'out/cli', 'cli.js', { codeSplitting: true }),
  },
  {
    name: 'main',
    entry: 'main/electron/main.ts',
    sources: ['main', ...shared],
    config: nodeBundle('main/electron/main.ts', 'out/main', 'main.js'),
  },
  {
    name: 'preload',
    entry: 'main/electron/preload.ts',
    sources: ['main', ...shared],
    config: nodeBundle('main/electron/preload.ts', 'out/preload', 'preload.cjs', { format: 'cjs' }),
  },
];

const stampOf = (target) => join(root, 'out', target.name, '.built');

/** Newest change below a path, in milliseconds; folders count, so that a removed file is noticed. */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return /\.(test|e2e)\.tsx?$/.test(path) ? 0 : stat.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), stat.mtimeMs);
}

function isStale(target) {
  const built = statSync(stampOf(target), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return target.sources.some((path) => newest(join(root, path)) > built);
}

/** Runs one build at a time over all processes: two commands started together must not write the same folder. */
async function alone(action) {
  const lock = join(root, 'out/.building');
  mkdirSync(join(root, 'out'), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      // Whoever held it for so long has died.
      if (age > 120_000) rmSync(lock, { recursive: true, force: true });
      else await new Promise((resume) => setTimeout(resume, 100));
    }
  }
  try {
    return await action();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Builds the targets that are stale (or all, with `force`), says so on standard error only, and returns their names. */
export async function buildStale({ only = targets.map((target) => target.name), force = false } = {}) {
  const isWanted = (target) =>
    only.includes(target.name) && existsSync(join(root, target.entry)) && (force || isStale(target));
  if (!targets.some(isWanted)) return [];
  return alone(async () => {
    const wanted = targets.filter(isWanted);
    if (wanted.length === 0) return [];
    // Standard output may be somebody's JSON: the bundler's own report belongs to standard error.
    const { log } = console;
    console.log = console.error;
    try {
      const { build } = await import('vite');
      for (const target of wanted) {
        process.stderr.write(`building ${target.name} ...\n`);
        const started = new Date();
        await build(target.config);
        // A change during the build is newer than its start, so it makes the next one.
        writeFileSync(stampOf(target), '');
        utimesSync(stampOf(target), started, started);
      }
    } finally {
      console.log = log;
    }
    return wanted.map((target) => target.name);
  });
}

if (isMain(import.meta.url)) await buildStale({ force: process.argv.includes('--force') });
