import type { Command } from 'commander';
import { inspect, type InspectJson } from '../../app/topology/counts.ts';
import { printBytes } from '../../app/base/format.ts';
import { print, printJson, say } from './exit.ts';
import { topologySource } from './topology-source.ts';

const unknown = 'unknown';

function* rows(facts: InspectJson): Generator<readonly [string, string]> {
  const { counts } = facts;
  yield [
    'format',
    `${facts.format}${facts.version === null || facts.version === undefined ? '' : ` ${facts.version}`}`,
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
}

export function inspectCommand(program: Command): void {
  program
    .command('inspect')
    .description('what is in a topology source: a file, -, a built-in machine, or this-machine')
    .argument('<source>')
    .option('--as <format>', 'read as this format instead of recognising it')
    .option('--json', 'the facts as JSON')
    .action(async (source: string, options: { as?: string; json?: boolean }) => {
      const facts = inspect(await topologySource(source, options.as));
      if (options.json === true) return printJson(facts);
      for (const { line, message } of facts.warnings) say(`${source}:${line ?? 0}:0: ${message}`);
      const table = [...rows(facts)];
      const width = Math.max(...table.map(([name]) => name.length));
      return print(table.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n'));
    });
}
