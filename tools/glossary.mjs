/** npm run glossary: writes docs/glossary.md from the tables that the app itself reads. `--check` only compares. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { root } from './setup.mjs';

const folder = mkdtempSync(join(tmpdir(), 'memscape-glossary-'));
const load = async (file, name) => {
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      ssr: join(root, file),
      outDir: folder,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: `${name}.mjs` } },
    },
  });
  return import(pathToFileURL(join(folder, `${name}.mjs`)).href);
};
const { legend } = await load('app/model/legend.ts', 'legend');
const { eventKinds } = await load('app/engine/event-kinds.ts', 'event-kinds');
rmSync(folder, { recursive: true, force: true });

const cell = (text) => String(text ?? '').replaceAll('|', '\\|');
const text = `# Glossary

The words of Memscape are the kernel's (Linux 7.2). This page is made by \`npm run glossary\` from the tables that the
engine and the legend read.

## Nouns

| word | in the code | meaning |
| --- | --- | --- |
| address space | \`Space\` | what the kernel calls an mm: areas and a page table, shared by threads |
| area | \`Vma\` | a stretch of an address space with one set of rights (vm_area_struct) |
| buffer | \`Buffer\` | a name for a stretch of an address space; it stays when the mapping goes |
| frame | \`FrameState\` | a page of physical memory, by its page frame number; device-private frames have one too |
| pool | \`Pool\` | memory with frames: a NUMA node or a device's own |
| context | \`Context\` | an open device file: the device's view of one address space |
| mirror | \`devicePte\` | a device's copy of entries, kept true by a notifier |
| notifier | \`Notifier\` | a driver's registration to be told of changes in a range (mmu_interval_notifier) |
| sequence | \`Subscriptions.seq\` | counts bursts of invalidations; odd while one that hits an interval is under way |
| migration | \`Migration\` | one migrate_vma call between setup and finalize |
| operation, event | \`Op\`, \`Event\` | a request of an actor; a fact with what was before and after |

## States of a page

| state | letter | meaning |
| --- | --- | --- |
${legend.map((row) => `| ${cell(row.word)} | \`${row.letter}\` | ${cell(row.meaning)} |`).join('\n')}

An upper-case letter is a writable entry.

## Events

| event | word | kernel function | meaning |
| --- | --- | --- | --- |
${Object.entries(eventKinds)
  .map(
    ([kind, row]) =>
      `| \`${kind}\` | ${cell(row.title)} | ${row.fn === null ? '' : `\`${cell(row.fn)}\``} | ${cell(row.meaning)} |`,
  )
  .join('\n')}
`;

const file = join(root, 'docs/glossary.md');
if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== text) {
    console.error('docs/glossary.md is not what the tables say: npm run glossary');
    process.exit(1);
  }
  console.log('docs/glossary.md is current');
} else writeFileSync(file, text);
