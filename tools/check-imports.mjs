/**
 * Who may import whom. The table is the rule; the rest finds what breaks it.
 *
 * node tools/check-imports.mjs          names every import that is not allowed
 * node tools/check-imports.mjs --dot    prints the graph of folders for Graphviz
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMain } from './is-main.mjs';

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

/**
 * The first row whose `from` holds the file decides. `may`: our folders or files; `types`: those of which only types;
 * `packages`: npm packages; `node`: Node's own modules. A folder may always import from itself.
 */
export const rules = [
  { from: 'app/base', may: [], packages: ['fflate'] },
  { from: 'app/store', may: ['app/base'], packages: [] },
  { from: 'app/model', may: ['app/base', 'app/store'], packages: [] },
  // Operations are parsed by the schemas that define them.
  { from: 'app/engine', may: model, packages: ['zod'] },
  { from: 'app/notation', may: engine, packages: [] },
  { from: 'app/yaml', may: ['app/base'], packages: ['zod', 'yaml'] },
  { from: 'app/topology', may: [...model, 'app/yaml'], packages: ['zod', 'yaml', 'saxes', 'fflate'] },
  {
    from: 'app/scenario',
    may: [...engine, 'app/notation', 'app/yaml', 'app/topology'],
    packages: ['zod', 'yaml'],
  },
  { from: 'app/view', may: [...engine, 'app/notation'], types: ['app/contract', 'app/scenario'], packages: [] },
  { from: 'app/contract', may: [], types: ['app/base', 'app/model', 'app/engine'], packages: [] },
  { from: 'app/session', may: core, packages: ['zod'] },
  { from: 'app/conform', may: core, packages: ['zod'] },
  { from: 'app/draw', may: model, types: ['app/contract'], packages: [] },
  { from: 'main/electron/preload.ts', may: ['app/contract'], packages: ['electron'] },
  {
    from: 'main',
    may: core,
    packages: ['electron', 'commander', 'zod', 'ws', 'yaml', 'fflate'],
    node: true,
  },
  // React Flow stays behind one folder: everything else would survive its replacement.
  {
    from: 'renderer/graph',
    may: ['app/base', 'app/model/legend.ts', 'app/draw', 'renderer'],
    types: ['app/contract', 'app/view', 'app/model'],
    packages: ['@xyflow/react', 'react', 'react-dom', 'zustand', 'lucide-react', '@fontsource-variable/inter'],
  },
  {
    from: 'renderer',
    may: ['app/base', 'app/model/legend.ts', 'app/draw', 'app/contract/names.ts', 'app/contract/wire.ts'],
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

function* sources(folder) {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(name) && !/\.(test|bench)\.tsx?$/.test(name) && !/[\\/]testing[\\/]/.test(path)) yield path;
  }
}

/** `import x from`, `export x from`, `import 'x'`, `import('x')`, and `new URL('./x', import.meta.url)`. */
const statement =
  /^\s*(?:import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|new URL\(\s*['"](\.[^'"]+)['"]\s*,\s*import\.meta\.url/gm;

const isInside = (path, folder) => path === folder || path.startsWith(`${folder}/`);
const isIn = (path, folders = []) => folders.some((folder) => isInside(path, folder));
const packageOf = (name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/');
const folderOf = (path) => path.split('/').slice(0, 2).join('/');

/** Why a file may not import a thing; null where it may. */
function refusal(rule, from, to, isType) {
  if (!to.startsWith('.')) {
    const allowed = to.startsWith('node:') ? rule.node === true : rule.packages.includes(packageOf(to));
    return allowed ? null : `${from} may not import ${to}`;
  }
  const target = relative('.', join(dirname(from), to.split('?')[0])).replaceAll('\\', '/');
  if (isInside(target, rule.from) || isIn(target, rule.may)) return null;
  if (!isIn(target, rule.types)) return `${from} may not import ${target}`;
  return isType ? null : `${from} may import only types of ${target}: write import type`;
}

/** Every import below a root that the table does not allow, and the graph of folders. */
export function checkImports(root) {
  const problems = [];
  const edges = new Set();
  for (const file of ['app', 'main', 'renderer'].flatMap((top) => [...sources(join(root, top))])) {
    const from = relative(root, file).replaceAll('\\', '/');
    const rule = rules.find((row) => isInside(from, row.from));
    if (rule === undefined) {
      problems.push(`${from}: no rule says what this folder may import: add a row to tools/check-imports.mjs`);
      continue;
    }
    for (const [, type, plain, dynamic, asset] of readFileSync(file, 'utf8').matchAll(statement)) {
      const to = plain ?? dynamic ?? asset;
      const problem = refusal(rule, from, to, type !== undefined);
      if (problem !== null) problems.push(problem);
      const target = to.startsWith('.') ? folderOf(relative('.', join(dirname(from), to))) : null;
      if (target !== null && target !== folderOf(from)) edges.add(`"${folderOf(from)}" -> "${target}"`);
    }
  }
  return { problems, edges: [...edges].sort() };
}

if (isMain(import.meta.url)) {
  const { problems, edges } = checkImports(resolve(fileURLToPath(new URL('..', import.meta.url))));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else if (process.argv.includes('--dot')) console.log(`digraph memscape {\n  rankdir=BT\n  ${edges.join('\n  ')}\n}`);
  else console.log(`${edges.length} edges between folders, all allowed`);
}
