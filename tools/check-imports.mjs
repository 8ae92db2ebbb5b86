/**
 * Who may import whom. The table is the rule; the rest finds what breaks it. `--dot` prints the graph of folders.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(
  process.argv.find((arg) => arg.startsWith('--root='))?.slice(7) ?? fileURLToPath(new URL('..', import.meta.url)),
);

const model = ['app/base', 'app/store', 'app/model'];
const engine = [...model, 'app/engine'];
const core = [
  ...engine,
  'app/notation',
  'app/yaml',
  'app/topology',
  'app/scenario',
  'app/view',
  'app/contract',
  'app/session',
  'app/conform',
  'app/draw',
];

/** First matching row decides. `may`: folders of ours; `packages`: npm packages; `types`: folders of which only types. */
const rules = [
  { from: 'app/base', may: [], packages: ['fflate'] },
  { from: 'app/store', may: ['app/base'], packages: [] },
  { from: 'app/model', may: ['app/base', 'app/store'], packages: [] },
  // Operations are parsed by the schemas that define them.
  { from: 'app/engine', may: model, packages: ['zod'] },
  { from: 'app/notation', may: engine, packages: [] },
  { from: 'app/yaml', may: ['app/base'], packages: ['zod', 'yaml'] },
  { from: 'app/topology', may: [...model, 'app/yaml'], packages: ['zod', 'yaml', 'saxes', 'fflate'] },
  { from: 'app/scenario', may: [...engine, 'app/notation', 'app/yaml', 'app/topology'], packages: ['zod', 'yaml'] },
  { from: 'app/view', may: [...engine, 'app/notation'], types: ['app/contract', 'app/scenario'], packages: [] },
  { from: 'app/contract', may: [], types: ['app/base', 'app/model', 'app/engine', 'app/view'], packages: [] },
  { from: 'app/session', may: core, packages: ['zod'] },
  { from: 'app/conform', may: core, packages: ['zod'] },
  { from: 'app/draw', may: model, types: ['app/contract'], packages: [] },
  { from: 'main/electron/preload.ts', may: ['app/contract'], packages: ['electron'] },
  {
    from: 'main',
    may: [...core, 'main'],
    packages: ['electron', 'commander', 'zod', 'ws', 'yaml', 'fflate', 'elkjs'],
    node: true,
  },
  {
    from: 'renderer/graph',
    may: ['app/base', 'app/model/legend.ts', 'app/draw', 'renderer'],
    types: ['app/contract', 'app/view', 'app/model'],
    packages: ['@xyflow/react', 'elkjs', 'react', 'react-dom', 'zustand', 'lucide-react'],
  },
  {
    from: 'renderer',
    may: ['app/base', 'app/model/legend.ts', 'app/contract/names.ts', 'app/contract/wire.ts', 'renderer'],
    types: ['app/contract', 'app/view', 'app/model'],
    packages: [
      'react',
      'react-dom',
      'zustand',
      'radix-ui',
      'cmdk',
      'lucide-react',
      'react-resizable-panels',
      '@tanstack/react-virtual',
      '@fontsource-variable/inter',
      '@fontsource/jetbrains-mono',
      'zod',
    ],
  },
];

/** Exceptions that must go before a release. Empty. */
const debt = [];

function* sources(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(name) && !/\.(test|bench)\.tsx?$/.test(name) && !path.includes('/testing/')) yield path;
  }
}

const statement =
  /^\s*(import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|new URL\(\s*['"](\.[^'"]+)['"]\s*,\s*import\.meta\.url/gm;
const inside = (path, folders) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
const problems = [];
const edges = new Set();

for (const top of ['app', 'main', 'renderer']) {
  for (const file of sources(join(root, top))) {
    const from = relative(root, file).replaceAll('\\', '/');
    const rule = rules.find((row) => inside(from, [row.from]));
    if (rule === undefined) {
      problems.push(`${from}: no rule says what this folder may import: add a row to tools/check-imports.mjs`);
      continue;
    }
    const text = readFileSync(file, 'utf8');
    for (const [, , type, plain, dynamic, asset] of text.matchAll(statement)) {
      const what = plain ?? dynamic ?? asset;
      if (what.startsWith('.')) {
        const to = relative(root, resolve(dirname(file), what.split('?')[0])).replaceAll('\\', '/');
        const own = inside(to, [rule.from.replace(/\/[^/]+\.ts$/, '')]) && !rule.from.endsWith('.ts');
        edges.add(`${from.split('/').slice(0, 2).join('/')} -> ${to.split('/').slice(0, 2).join('/')}`);
        if (
          own ||
          inside(to, rule.may) ||
          (type !== undefined && inside(to, rule.types ?? [])) ||
          debt.includes(`${from} -> ${to}`)
        )
          continue;
        problems.push(
          `${from} may not import ${to}${inside(to, rule.types ?? []) ? ' but for its types (import type)' : ''}`,
        );
      } else {
        const builtin = what.startsWith('node:');
        const name = what.startsWith('@') ? what.split('/').slice(0, 2).join('/') : what.split('/')[0];
        if (builtin ? rule.node === true : rule.packages.includes(name)) continue;
        problems.push(`${from} may not import ${what}`);
      }
    }
    if (/\bipc(Main|Renderer)\b/.test(text) && !['main/electron/ipc.ts', 'main/electron/preload.ts'].includes(from))
      problems.push(`${from} names ipcMain or ipcRenderer: only main/electron/ipc.ts and the preload may`);
  }
}

if (process.argv.includes('--dot')) {
  console.log(
    `digraph memscape {\n  rankdir=BT\n${[...edges]
      .sort()
      .map((edge) => `  "${edge.replace(' -> ', '" -> "')}"`)
      .join('\n')}\n}`,
  );
} else {
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
  console.log(`${edges.size} edges between folders, all allowed`);
}
