/**
 * THIRD_PARTY_NOTICES.md: every package that may end up in what we ship, with its licence. What may end up there is
 * what the table of imports lets our sources use, and what those packages depend on.
 *
 * node tools/notices.mjs            writes the file
 * node tools/notices.mjs --check    fails where the file is not current or a licence is not on the list
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rules } from './check-imports.mjs';
import { isMain } from './is-main.mjs';
import { root } from './setup.mjs';

/** Licences under which a part may be shipped in an application under Apache-2.0, with its notice. */
const allowed = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'OFL-1.1',
  'EPL-2.0',
  'MPL-2.0',
  '0BSD',
  'Zlib',
  'CC0-1.0',
  'Unlicense',
  'BlueOak-1.0.0',
  'Python-2.0',
]);

/** Whether an SPDX expression leaves us a choice that is on the list. */
export const isAllowed = (expression) =>
  expression
    .replace(/[()]/g, '')
    .split(/\s+OR\s+/)
    .some((choice) => choice.split(/\s+AND\s+/).every((licence) => allowed.has(licence)));

/** Electron is not bundled: its distribution brings its own notices. */
const direct = [...new Set(rules.flatMap((rule) => rule.packages))].filter((name) => name !== 'electron');

/** Folder of a package as seen from another one's folder. */
function folderOf(name, from) {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (at === dirname(at)) return null;
  }
}

/** The packages and all that they depend on, each version once, by name. */
function closure(names) {
  const found = new Map();
  const visit = (name, from) => {
    const folder = folderOf(name, from);
    if (folder === null || found.has(folder)) return;
    const described = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    found.set(folder, { name, version: described.version, licence: String(described.license ?? 'none'), folder });
    for (const next of Object.keys(described.dependencies ?? {})) if (!next.startsWith('@types/')) visit(next, folder);
  };
  for (const name of names) visit(name, root);
  return [...found.values()].sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

/** The licence as the package states it, and notices that must travel with it. */
function textOf(folder) {
  const files = readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice)(\.|-|$)/i.test(name));
  return files
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim())
    .join('\n\n');
}

/** The file's text, and what must not be shipped. */
export function notices() {
  const packages = closure(direct);
  const problems = packages
    .filter(({ licence }) => !isAllowed(licence))
    .map(
      ({ name, version, licence }) =>
        `${name} ${version}: its licence (${licence}) is not on the list in tools/notices.mjs`,
    );
  const groups = new Map();
  for (const one of packages) {
    const key = `${one.licence}\n${textOf(one.folder)}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const sections = [...groups.entries()].map(([key, members]) => {
    const [licence, ...text] = key.split('\n');
    const body = text.join('\n') === '' ? `The package states its licence by name only: ${licence}.` : text.join('\n');
    return `## ${members.map(({ name, version }) => `${name} ${version}`).join(', ')}\n\nLicence: ${licence}\n\n\`\`\`\n${body}\n\`\`\`\n`;
  });
  const text = [
    '# Third-party notices',
    '',
    `Memscape is built with the ${packages.length} packages below. Electron and Chromium bring their own notices`,
    '(`LICENSE.electron.txt` and `LICENSES.chromium.html` beside the program).',
    '',
    'Written by `node tools/notices.mjs`; not edited by hand.',
    '',
    ...sections,
  ].join('\n');
  return { text, count: packages.length, problems };
}

if (isMain(import.meta.url)) {
  const file = join(root, 'THIRD_PARTY_NOTICES.md');
  const { text, count, problems } = notices();
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8').replaceAll('\r\n', '\n') !== text)
    problems.push('THIRD_PARTY_NOTICES.md is not current: run npm run notices');
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`${count} packages, every licence on the list`);
}
