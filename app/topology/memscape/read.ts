import type { Problem, Result } from '../../base/result.ts';
import { err, ok } from '../../base/result.ts';
import { decodeText } from '../../base/text.ts';
import { loadYaml } from '../../yaml/load.ts';
import type { LoadedYaml } from '../../yaml/load.ts';
import { suggest } from '../../yaml/suggest.ts';
import { topologyFormats } from '../../model/topology.ts';
import type { Provenance, Topology, TopologyFormat, TopologyObject } from '../../model/topology.ts';
import { TopologyDraft } from '../draft.ts';
import type { TopologyInput } from '../formats.ts';
import { topologyFileSchema } from './schema.ts';
import type { TopologyFile } from './schema.ts';

const lookAhead = 65_536;

/** The first key of the document is `memscape`, after comments at most. */
export function isMemscapeTopology({ bytes }: TopologyInput): boolean {
  const { text } = decodeText(bytes.subarray(0, lookAhead));
  const first = text.split('\n').find((line) => !/^\s*(#|$)|^---\s*$|^%/.test(line)) ?? '';
  return /^\{?["']?memscape["']? *: *["']?topology\b/.test(first.trimStart().slice(0, 80).replace(/^\{ */, '{'));
}

export function readMemscape({ name, bytes }: TopologyInput): Result<Topology, readonly Problem[]> {
  return parseMemscapeTopology(name, decodeText(bytes).text);
}

/** A Memscape topology file, from its text. */
export function parseMemscapeTopology(name: string, text: string): Result<Topology, readonly Problem[]> {
  const loaded = loadYaml<TopologyFile>(name, text, topologyFileSchema);
  if (!loaded.ok) return loaded;
  return topologyOf(name, loaded.value.value, loaded.value);
}

/** Where the parts of a topology stand in the file that holds it: `path` leads to the topology itself. */
export type Places = Pick<LoadedYaml<unknown>, 'at' | 'problem'>;

/** Checks what a schema cannot: references, cycles, addresses; then builds the topology. */
export function topologyOf(name: string, file: TopologyFile, places: Places): Result<Topology, readonly Problem[]> {
  const named = [...checkIds(file, places), ...checkReferences(file, places)];
  const problems = named.length > 0 ? named : checkContainment(file, places);
  if (problems.length > 0) return err(problems.slice(0, 100));
  const from = (path: readonly PropertyKey[]): readonly Provenance[] => [
    { source: 0, line: places.at(path).line, path: null },
  ];
  const draft = new TopologyDraft(name, 'memscape');
  draft.version = String(file.version);
  draft.title = file.title;
  draft.policy = file.policy;
  draft.costs = file.costs;
  draft.tells(...file.tells);
  let nextCore = 0;
  const totalCores = file.objects.reduce(
    (sum, object) => sum + (object.kind === 'package' ? (object.cores ?? 0) : 0),
    0,
  );
  file.objects.forEach((object, i) => {
    const provenance = from(['objects', i]);
    if (object.kind !== 'package') {
      draft.add({ ...object, from: provenance } satisfies TopologyObject);
      return;
    }
    const { cores = 0, threads = 1, ...rest } = object;
    draft.add({ ...rest, from: provenance });
    for (let core = 0; core < cores; core += 1, nextCore += 1) {
      const parent = draft.add({
        kind: 'core',
        id: `core:${nextCore}`,
        parent: object.id,
        name: null,
        facts: {},
        from: provenance,
        osIndex: core,
      });
      for (let thread = 0; thread < threads; thread += 1) {
        const cpu = thread * totalCores + nextCore;
        draft.add({ kind: 'pu', id: `pu:${cpu}`, parent, name: null, facts: {}, from: provenance, osIndex: cpu });
      }
    }
  });
  file.links.forEach(({ kind, between: [a, b], ...facts }, i) =>
    draft.link(kind, a, b, { ...facts, from: from(['links', i]) }),
  );
  file.matrices.forEach((matrix, i) =>
    draft.matrices.push({ ...matrix, columns: matrix.columns ?? matrix.rows, from: from(['matrices', i]) }),
  );
  file.memoryAttributes.forEach(({ initiator, ...rest }, i) =>
    draft.memoryAttributes.push({
      ...rest,
      initiator:
        initiator === null
          ? null
          : 'object' in initiator
            ? { kind: 'object', object: initiator.object }
            : { kind: 'cpus', cpus: initiator.cpus },
      from: from(['memoryAttributes', i]),
    }),
  );
  file.addressRanges.forEach((range, i) => draft.addressRanges.push({ ...range, from: from(['addressRanges', i]) }));
  warnOfBars(draft, file, places);
  return ok(withConflicts(draft.finish(), file));
}

/** Contradictions name the sources that the file was made from: these come after the file itself. */
function withConflicts(topology: Topology, { conflicts, importedFrom }: TopologyFile): Topology {
  const known = conflicts.filter(({ values }) => values.every(({ source }) => source < importedFrom.length));
  if (known.length === 0) return topology;
  const isFormat = (name: string): name is TopologyFormat => (topologyFormats as readonly string[]).includes(name);
  const own = topology.sources.length;
  return {
    ...topology,
    sources: [
      ...topology.sources,
      ...importedFrom.map(({ name, format, version }) => ({
        name,
        format: isFormat(format) ? format : ('memscape' as const),
        version,
      })),
    ],
    conflicts: known.map(({ object, field, values }) => ({
      object,
      field,
      values: values.map(({ source, value }) => ({ source: source + own, value })),
    })),
  };
}

function checkIds(file: TopologyFile, places: Places): readonly Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  let machines = 0;
  file.objects.forEach((object, i) => {
    if (seen.has(object.id))
      problems.push(places.problem(['objects', i, 'id'], `a second object has the id "${object.id}": ids are unique`));
    seen.add(object.id);
    if (object.kind !== 'machine') return;
    machines += 1;
    if (machines > 1 || object.id !== 'machine')
      problems.push(
        places.problem(['objects', i], 'a file has one object of the kind "machine", and its id is "machine"'),
      );
  });
  if (machines === 0)
    problems.push(places.problem(['objects'], 'no object is the machine: add { kind: machine, id: machine }'));
  return problems;
}

function checkReferences(file: TopologyFile, places: Places): readonly Problem[] {
  const kinds = new Map<string, string>(file.objects.map((object) => [object.id, object.kind]));
  const problems: Problem[] = [];
  const expect = (id: string | null, path: readonly PropertyKey[], kind: string | null = null): void => {
    if (id === null) return;
    const found = kinds.get(id);
    if (found === undefined) {
      const meant = problems.length < 20 ? suggest(id, [...kinds.keys()].slice(0, 2000)) : null;
      problems.push(
        places.problem(path, `no object has the id "${id}"${meant === null ? '' : `: did you mean "${meant}"?`}`),
      );
    } else if (kind !== null && found !== kind)
      problems.push(places.problem(path, `"${id}" is a ${found}; a ${kind} is wanted here`));
  };
  file.objects.forEach((object, i) => {
    const at = (...path: PropertyKey[]): readonly PropertyKey[] => ['objects', i, ...path];
    expect(object.parent, at('parent'));
    if ('numaNode' in object) expect(object.numaNode, at('numaNode'), 'numaNode');
    if ('physicalFunction' in object) expect(object.physicalFunction, at('physicalFunction'), 'pciFunction');
    if ('targets' in object) object.targets.forEach((target, j) => expect(target, at('targets', j)));
    if ('bars' in object)
      object.bars.forEach(
        (bar, j) => bar.backing !== null && expect(bar.backing.object, at('bars', j, 'backing', 'object')),
      );
  });
  file.links.forEach(({ between }, i) => between.forEach((end, j) => expect(end, ['links', i, 'between', j])));
  file.matrices.forEach((matrix, i) => {
    const columns = matrix.columns ?? matrix.rows;
    matrix.rows.forEach((row, j) => expect(row, ['matrices', i, 'rows', j]));
    matrix.columns?.forEach((column, j) => expect(column, ['matrices', i, 'columns', j]));
    if (matrix.values.length !== matrix.rows.length * columns.length) {
      problems.push(
        places.problem(
          ['matrices', i, 'values'],
          `${matrix.values.length} values for ${matrix.rows.length} rows and ${columns.length} columns: give ${matrix.rows.length * columns.length}`,
        ),
      );
    }
  });
  file.memoryAttributes.forEach(({ target, initiator }, i) => {
    expect(target, ['memoryAttributes', i, 'target']);
    if (initiator !== null && 'object' in initiator)
      expect(initiator.object, ['memoryAttributes', i, 'initiator', 'object']);
  });
  file.addressRanges.forEach(({ object, start, end }, i) => {
    expect(object, ['addressRanges', i, 'object']);
    if (end <= start)
      problems.push(places.problem(['addressRanges', i], 'the range is empty: `end` is the first address after it'));
  });
  return problems;
}

/** Nothing contains itself. */
function checkContainment(file: TopologyFile, places: Places): readonly Problem[] {
  const parents = new Map(file.objects.map((object) => [object.id, object.parent]));
  const rooted = new Set<string>(['machine']);
  const problems: Problem[] = [];
  file.objects.forEach((object, i) => {
    const path = new Set<string>();
    for (let at: string | null = object.id; at !== null && !rooted.has(at); at = parents.get(at) ?? null) {
      if (path.has(at)) {
        problems.push(
          places.problem(
            ['objects', i, 'parent'],
            `"${object.id}" contains itself by its parents: ${[...path, at].slice(0, 8).join(' in ')}`,
          ),
        );
        break;
      }
      path.add(at);
    }
    for (const id of path) rooted.add(id);
  });
  return problems;
}

/** BARs that no PCI function could ask for: kept, since Enhanced Allocation and damaged sources have such, but said. */
function warnOfBars(draft: TopologyDraft, file: TopologyFile, places: Places): void {
  file.objects.forEach((object, i) => {
    if (!('bars' in object)) return;
    object.bars.forEach((bar, j) => {
      const warn = (field: string, message: string): void =>
        draft.warn(places.at(['objects', i, 'bars', j, field]).line, message);
      if (bar.type === 'rom' || bar.bytes === null) return;
      if (!Number.isInteger(Math.log2(bar.bytes)))
        warn('bytes', `BAR ${bar.index} of "${object.id}" has ${bar.bytes} bytes: a size is a power of two`);
      else if (bar.start !== null && bar.start % bar.bytes !== 0)
        warn('start', `BAR ${bar.index} of "${object.id}" does not start at a multiple of its size`);
    });
  });
}
