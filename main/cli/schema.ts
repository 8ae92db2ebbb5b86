import type { Command } from 'commander';
import { badInput, printJson } from './exit.ts';

export function schemaCommand(program: Command): void {
  program
    .command('schema')
    .description('the JSON Schema of a file format, for editors that complete and check')
    .argument('<format>', 'scenario or topology')
    .action(async (format: string) => {
      if (format !== 'scenario' && format !== 'topology')
        throw badInput('schema', `there is no format "${format}": it is scenario or topology`);
      await printJson(
        format === 'scenario'
          ? (await import('../../app/scenario/json-schema.ts')).scenarioJsonSchema()
          : (await import('../../app/topology/memscape/schema.ts')).topologyJsonSchema(),
      );
    });
}
