import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import type { RecordingFile } from '../../app/conform/run.ts';
import { BadInput, badInput, exitCode, print, printJson } from './exit.ts';

/** Most recordings that are read, and the largest. */
const limits = { files: 5000, bytes: 64 * 1024 * 1024 } as const;

/** Every JSON file below a folder, by its path in it. */
async function recordingsBelow(folder: string): Promise<readonly RecordingFile[]> {
  const found: string[] = [];
  const visit = async (path: string): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.isDirectory()) await visit(join(path, entry.name));
      else if (entry.isFile() && entry.name.endsWith('.json')) found.push(join(path, entry.name));
    }
  };
  if ((await stat(folder).catch(() => null))?.isDirectory() !== true)
    throw badInput(folder, 'there is no such folder: name the one that holds the recordings');
  await visit(folder);
  if (found.length === 0)
    throw badInput(folder, 'no recording (a .json file) below this folder: name the one that holds them');
  if (found.length > limits.files)
    throw badInput(folder, `more than ${limits.files} files: name the folder of the recordings`);
  return Promise.all(
    found.sort().map(async (path) => {
      if ((await stat(path)).size > limits.bytes)
        throw badInput(path, `larger than ${limits.bytes / 1024 / 1024} MiB: this is no recording`);
      return { name: relative(folder, path).replaceAll('\\', '/'), text: await readFile(path, 'utf8') };
    }),
  );
}

export function conformCommand(program: Command): void {
  program
    .command('conform')
    .description('the self-tests of the kernel and the notifier cases; with recordings, what a real kernel did')
    .option('--recordings <dir>', 'replay every recording below this folder and compare')
    .option('--only <pattern>', 'only cases whose id contains this; * stands for anything')
    .option('--json', 'every case as JSON')
    .action(async (options: { recordings?: string; only?: string; json?: boolean }) => {
      const { conform } = await import('../../app/conform/run.ts');
      const report = conform({
        ...(options.recordings === undefined ? {} : { recordings: await recordingsBelow(options.recordings) }),
        ...(options.only === undefined ? {} : { only: options.only }),
      });
      if (!report.ok) throw new BadInput(report.error);
      const { passed, failed, skipped, cases } = report.value;
      if (options.json === true) await printJson(report.value);
      else {
        const lines = cases
          .filter((one) => !one.ok)
          .map(
            (one) =>
              `FAIL ${one.id}${one.of === undefined ? '' : ` (${one.matched ?? 0} of ${one.of} events)`}\n     ${JSON.stringify(one.first)}`,
          );
        await print([...lines, `${passed} passed, ${failed} failed, ${skipped} skipped`].join('\n'));
      }
      if (failed > 0) process.exitCode = exitCode.assertedFalse;
    });
}
