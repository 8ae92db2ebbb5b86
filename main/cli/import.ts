import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { printMemscape } from '../../app/topology/memscape/print.ts';
import { print, say } from './exit.ts';
import { topologySource } from './topology-source.ts';

export function importCommand(program: Command): void {
  program
    .command('import')
    .description('any topology source as a Memscape topology file')
    .argument('<source>')
    .option('--as <format>', 'read as this format instead of recognising it')
    .option('-o, --output <file>', 'write here instead of standard output')
    .action(async (source: string, options: { as?: string; output?: string }) => {
      const machine = await topologySource(source, options.as);
      for (const { line, message } of machine.warnings) say(`${source}:${line ?? 0}:0: ${message}`);
      const text = printMemscape(machine);
      if (options.output === undefined) return print(text);
      return writeFile(options.output, text);
    });
}
