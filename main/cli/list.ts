import type { Command } from 'commander';
import { print, printJson } from './exit.ts';

export function listCommand(program: Command): void {
  program
    .command('list')
    .description('the built-in scenarios and machines')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) => {
      const { Session } = await import('../../app/session/session.ts');
      const { nodeLibrary } = await import('../node-library.ts');
      const catalog = await new Session(nodeLibrary({ mayRead: () => false, folder: process.cwd() })).catalog();
      if (options.json === true) return printJson(catalog);
      const all = [...catalog.scenarios, ...catalog.topologies];
      const width = Math.max(...all.map(({ id }) => id.length));
      const section = (title: string, entries: typeof all): string[] => [
        title,
        ...entries.map(
          (e) =>
            `  ${e.id.padEnd(width)}  ${e.title}${e.steps === null ? '' : ` (${e.steps} steps)`}\n  ${' '.repeat(width)}  ${e.line}`,
        ),
      ];
      return print(
        [...section('Scenarios', [...catalog.scenarios]), '', ...section('Machines', [...catalog.topologies])].join(
          '\n',
        ),
      );
    });
}
