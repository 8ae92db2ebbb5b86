/**
 * Builds what is stale: the renderer, the desktop main process and its preload, and the command line with the web
 * host. Each ends up below out/. Run with --force to build everything.
 */
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Newest change below some paths, in milliseconds. */
function newest(paths) {
  let latest = 0;
  const visit = (path) => {
    const info = statSync(path, { throwIfNoEntry: false });
    if (info === undefined) return;
    if (info.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name));
    else if (!/\.(test|e2e)\.tsx?$/.test(path)) latest = Math.max(latest, info.mtimeMs);
  };
  for (const path of paths) visit(join(root, path));
  return latest;
}

const shared = ['app', 'package.json', 'package-lock.json', 'tools/build.mjs'];

/** Node bundles: everything but Node and Electron themselves is inside. */
const nodeBundle = (entry, outDir, fileName, format = 'es') => ({
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
    sourcemap: false,
    rollupOptions: {
      external: [/^electron(\/.*)?$/],
      output: { format, entryFileNames: fileName, codeSplitting: false },
    },
  },
});

const targets = [
  {
    name: 'renderer',
    stamp: 'out/renderer/.built',
    sources: ['renderer', 'vite.config.ts', ...shared],
    config: { configFile: join(root, 'vite.config.ts'), logLevel: 'warn' },
  },
  {
    name: 'cli',
    stamp: 'out/cli/.built',
    sources: ['main', ...shared],
    config: nodeBundle('main/cli/cli.ts', 'out/cli', 'cli.js'),
  },
  {
    name: 'main',
    stamp: 'out/main/.built',
    sources: ['main', ...shared],
    config: nodeBundle('main/electron/main.ts', 'out/main', 'main.js'),
  },
  {
    name: 'preload',
    stamp: 'out/preload/.built',
    sources: ['main', ...shared],
    config: nodeBundle('main/electron/preload.ts', 'out/preload', 'preload.cjs', 'cjs'),
  },
];

const entryOf = (target) => (target.name === 'renderer' ? 'renderer/index.html' : target.config.build.ssr);
const isStale = (target) =>
  (statSync(join(root, target.stamp), { throwIfNoEntry: false })?.mtimeMs ?? 0) < newest(target.sources);

/** Builds the targets that are stale; says so on standard error only. */
export async function buildStale({ only = null, force = false } = {}) {
  const wanted = targets.filter(
    (target) =>
      (only === null || only.includes(target.name)) &&
      existsSync(join(root, entryOf(target))) &&
      (force || isStale(target)),
  );
  if (wanted.length === 0) return [];
  const { build } = await import('vite');
  for (const target of wanted) {
    process.stderr.write(`building ${target.name} ...\n`);
    const started = new Date();
    // The bundler's own report belongs to standard error: standard output may be somebody's JSON.
    const log = console.log;
    console.log = console.error;
    try {
      await build(target.config);
    } finally {
      console.log = log;
    }
    const stamp = join(root, target.stamp);
    mkdirSync(join(stamp, '..'), { recursive: true });
    writeFileSync(stamp, '');
    utimesSync(stamp, started, started);
  }
  return wanted.map((target) => target.name);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildStale({ force: process.argv.includes('--force') });
