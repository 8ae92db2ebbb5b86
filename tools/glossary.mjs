/**
 * The generated part of docs/glossary.md: page states, operations and events, from the tables that the program reads.
 *
 * node tools/glossary.mjs            writes it
 * node tools/glossary.mjs --check    fails where it is not current
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runnerImport } from 'vite';
import { root } from './setup.mjs';

const file = join(root, 'docs/glossary.md');
const begin = '<!-- generated: npm run glossary -->';
const end = '<!-- end of what is generated -->';

const load = async (path) => (await runnerImport(join(root, path), { configFile: false, logLevel: 'error' })).module;
const { legend } = await load('app/model/legend.ts');
const { operations } = await load('app/engine/operations.ts');
const { eventKinds } = await load('app/engine/event-kinds.ts');

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (heads, rows) =>
  [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const text = [
  '### Page states',
  table(
    ['word', 'letter', 'glyph', 'meaning'],
    legend.map((row) => [row.word, `\`${row.letter}\``, row.glyph, row.meaning]),
  ),
  'An upper-case letter is a writable entry.',
  '### Operations',
  table(
    ['`op`', 'what is asked for'],
    Object.values(operations).map((operation) => [`\`${operation.name}\``, operation.doc]),
  ),
  '### Events',
  table(
    ['kind', 'shown as', 'kernel function', 'meaning'],
    Object.entries(eventKinds).map(([kind, row]) => [
      `\`${kind}\``,
      row.title,
      row.fn === null ? '' : `\`${row.fn}\``,
      row.meaning,
    ]),
  ),
].join('\n\n');

const old = readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
const from = old.indexOf(begin);
const to = old.indexOf(end);
if (from < 0 || to < from) throw new Error('docs/glossary.md has lost the marks around its generated part');
const current = `${old.slice(0, from)}${begin}\n\n${text}\n\n${old.slice(to)}`;

if (!process.argv.includes('--check')) writeFileSync(file, current);
else if (current !== old) {
  console.error('docs/glossary.md is not current: run npm run glossary');
  process.exitCode = 1;
} else console.log('docs/glossary.md is current');
