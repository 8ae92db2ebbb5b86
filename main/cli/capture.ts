import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { root } from '../assets.ts';
import { badInput, exitCode, print } from './exit.ts';

/** Far longer than the largest machine takes. */
const longest = 10 * 60_000;

export const captureScript = join(root, 'assets', 'capture.sh');

export function captureCommand(program: Command): void {
  program
    .command('capture')
    .description(
      'all that this-machine reads, in one file that opens anywhere; or the script that does it without Node',
    )
    .option('-o, --output <file>', 'write here')
    .option('--keep-identifiers', 'keep serial numbers, host names, MAC addresses and UUIDs')
    .option('--script', 'print the shell script, for a server without Node: run it there with sh')
    .action(async (options: { output?: string; keepIdentifiers?: boolean; script?: boolean }) => {
      if (options.script === true) return print(readFileSync(captureScript, 'utf8'));
      if (options.output === undefined)
        throw badInput('capture', 'say where to write with -o FILE, or ask for the script with --script');
      if (platform() !== 'linux')
        throw badInput(
          'capture',
          `only Linux tells its topology in files, this is ${platform()}: take the --script there`,
        );
      const { status, error } = spawnSync(
        'sh',
        [
          // As an argument: inside a package the script is no file that a shell could open.
          '-c',
          readFileSync(captureScript, 'utf8'),
          'memscape-capture',
          '-o',
          options.output === '-' ? '-' : resolve(options.output),
          ...(options.keepIdentifiers === true ? ['--keep-identifiers'] : []),
        ],
        { stdio: ['ignore', 'inherit', 'inherit'], timeout: longest },
      );
      if (error !== undefined) throw badInput('capture', `the shell cannot be run (${error.message})`);
      if (status === null) throw badInput('capture', 'it was stopped before it was done');
      // The script has said on standard error what is wrong.
      if (status !== 0) process.exitCode = exitCode.badInput;
      return undefined;
    });
}
