import type { Command } from 'commander';
import { shortNames } from '../../app/model/short-names.ts';
import type { Topology } from '../../app/model/topology.ts';
import { plural } from '../../app/base/format.ts';
import { compare, isSame, type Compared, type Comparison } from '../../app/view/compare/compare.ts';
import { indexParts, type IndexedPart } from '../../app/view/parts/part-index.ts';
import { exitCode, print, printJson, say } from './exit.ts';
import { topologySources } from './topology-source.ts';

const indexed = (machine: Topology): Compared => ({
  machine,
  index: indexParts(machine, shortNames(machine), new Set()),
});

const titleOf = ({ row }: IndexedPart): string =>
  [row.kind, row.name, row.pci !== undefined && row.pci !== null && !row.name.includes(row.pci) ? row.pci : '']
    .filter((part) => part !== '')
    .join(' ');

const told = (value: string | null): string => value ?? 'none';

/** Lines for people: − removed, + added, ~ changed with each attribute below. */
function* lines(found: Comparison): Generator<string> {
  const placed = (part: IndexedPart): string =>
    `${titleOf(part)}${part.row.where === '' ? '' : ` in ${part.row.where}`}${part.row.source === null ? '' : ` (${part.row.source})`}`;
  for (const part of found.removed) yield `- ${placed(part)}`;
  for (const part of found.added) yield `+ ${placed(part)}`;
  for (const { after, changes } of found.changed) {
    yield `~ ${placed(after)}`;
    for (const { field, before, after: now } of changes) yield `    ${field}: ${told(before)} → ${told(now)}`;
  }
  for (const { what, name, before, after } of found.other) yield `~ ${what} ${name}: ${told(before)} → ${told(after)}`;
  yield [
    `${found.removed.length} removed, ${found.added.length} added, ${found.changed.length} changed`,
    found.other.length === 0 ? '' : `${plural(found.other.length, 'difference')} in matrices, attributes and addresses`,
    `${plural(found.same, 'part')} the same`,
  ]
    .filter((part) => part !== '')
    .join(', ');
  if (found.notTold.length > 0) yield `told by one of the two alone, and so not compared: ${found.notTold.join(', ')}`;
}

const about = ({ title, sources }: Topology) => ({ title, sources });
const facts = ({ row: { id, kind, name, where, pci, source } }: IndexedPart) => ({
  id,
  kind,
  name,
  where,
  ...(pci === undefined ? {} : { pci }),
  source,
});

const asJson = (before: Topology, after: Topology, found: Comparison) => ({
  before: about(before),
  after: about(after),
  same: found.same,
  added: found.added.map(facts),
  removed: found.removed.map(facts),
  changed: found.changed.map(({ after: part, changes }) => ({ ...facts(part), attributes: changes })),
  other: found.other,
  notTold: found.notTold,
});

export function diffCommand(program: Command): void {
  program
    .command('diff')
    .description('what differs between two machines, or two captures of one; exit code 1 where something does')
    .argument('<before>', 'a topology source: a file, a built-in machine, this-machine')
    .argument('<after>', 'another one')
    .option('--json', 'the differences as JSON')
    .action(async (first: string, second: string, options: { json?: boolean }) => {
      const [before, after] = [await topologySources([first]), await topologySources([second])];
      const found = compare(indexed(before), indexed(after));
      if (options.json === true) await printJson(asJson(before, after, found));
      else {
        for (const [source, machine] of [
          [first, before],
          [second, after],
        ] as const)
          for (const { line, message } of machine.warnings) say(`${source}:${line ?? 0}:0: ${message}`);
        await print([...lines(found)].join('\n'));
      }
      if (!isSame(found)) process.exitCode = exitCode.assertedFalse;
    });
}
