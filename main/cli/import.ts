import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { print, say } from './exit.ts';

export function importCommand(program: Command): void {
  program
    .command('import')
    .description('any topology source, or several of one machine, as a Memscape topology file')
    .argument('<sources...>', 'files, folders, -, built-in machines, or this-machine')
    .option('--as <format>', 'read as this format instead of recognising it')
    .option('-o, --output <file>', 'write here instead of standard output')
    .action(async (sources: readonly string[], options: { as?: string; output?: string }) => {
      const { topologySources } = await import('./topology-source.ts');
      const { printMemscape } = await import('../../app/topology/memscape/print.ts');
      const { notes } = await import('./notes.ts');
      const machine = await topologySources(sources, options.as);
      for (const note of notes(machine)) say(note);
      const text = printMemscape(machine);
      if (options.output === undefined) return print(text);
      return writeFile(options.output, text);
    });
}
