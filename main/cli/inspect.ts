import type { Command } from 'commander';
import type { InspectJson } from '../../app/topology/counts.ts';
import { printBytes } from '../../app/base/format.ts';
import { print, printJson, say } from './exit.ts';

const unknown = 'unknown';

function* rows(facts: InspectJson): Generator<readonly [string, string]> {
  const { counts } = facts;
  for (const { name, format, version } of facts.sources)
    yield [
      'format',
      `${format}${version === null ? '' : ` ${version}`}${facts.sources.length > 1 ? ` (${name})` : ''}`,
    ];
  for (const [name, value] of Object.entries(counts)) {
    if (typeof value === 'object' && value !== null) {
      const parts = Object.entries(value)
        .filter(([, n]) => n !== 0)
        .map(([kind, n]) => `${kind} ${n ?? unknown}`);
      if (parts.length > 0) yield [name, parts.join(', ')];
    } else yield [name, value === null ? unknown : String(value)];
  }
  const memory = Object.entries(facts.memoryBytes)
    .filter(([, bytes]) => bytes !== 0)
    .map(([kind, bytes]) => `${kind} ${bytes === null ? unknown : printBytes(bytes)}`);
  if (memory.length > 0) yield ['memory', memory.join(', ')];
  if (facts.sources.length > 1) yield ['contradictions', String(facts.conflicts)];
}

export function inspectCommand(program: Command): void {
  program
    .command('inspect')
    .description('what is in a topology source, or in several of one machine')
    .argument('<sources...>', 'files, folders, -, built-in machines, or this-machine')
    .option('--as <format>', 'read as this format instead of recognising it')
    .option('--json', 'the facts as JSON')
    .action(async (sources: readonly string[], options: { as?: string; json?: boolean }) => {
      const { topologySources } = await import('./topology-source.ts');
      const { inspect } = await import('../../app/topology/counts.ts');
      const machine = await topologySources(sources, options.as);
      const facts = inspect(machine);
      if (options.json === true) return printJson(facts);
      const { notes } = await import('./notes.ts');
      for (const note of notes(machine)) say(note);
      const table = [...rows(facts)];
      const width = Math.max(...table.map(([name]) => name.length));
      return print(table.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n'));
    });
}
