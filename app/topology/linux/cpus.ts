import type { Span } from '../../base/span.ts';
import type { TopologyObject } from '../../model/topology.ts';
import { contains, countOf, parseBitmap, parseCpuList, printCpuList } from '../cpu-set.ts';
import { cpuVendorOf } from '../cpu-vendor.ts';
import { atPath } from '../draft.ts';
import type { TopologyDraft } from '../draft.ts';
import { parseBytes } from '../../base/size.ts';
import { parseInteger } from '../numbers.ts';
import { line, numbered, textOf } from './file-tree.ts';
import type { FileTree } from './file-tree.ts';

const root = 'sys/devices/system/cpu';
/** Linux itself is built for 8192 at most. */
const maxCpus = 16_384;

/** What /proc/cpuinfo says of a processor, under the names that its architecture uses. */
export interface CpuInfo {
  readonly vendor: string | null;
  readonly model: string | null;
  readonly family: number | null;
  readonly modelNumber: number | null;
}

/** The first processor of /proc/cpuinfo; a machine has one kind but for big and little cores. */
export function readCpuInfo(tree: FileTree): CpuInfo {
  const fields = new Map<string, string>();
  for (const row of (textOf(tree, 'proc/cpuinfo') ?? '').slice(0, 65_536).split('\n')) {
    const at = row.indexOf(':');
    const key = row.slice(0, at).trim();
    if (at > 0 && !fields.has(key)) fields.set(key, row.slice(at + 1).trim());
  }
  const vendor =
    fields.get('vendor_id') ?? fields.get('vendor') ?? fields.get('CPU implementer') ?? fields.get('cpu') ?? null;
  return {
    vendor,
    model: fields.get('model name') ?? fields.get('cpu') ?? null,
    family: parseInteger(fields.get('cpu family') ?? fields.get('family')),
    modelNumber: parseInteger(fields.get('model')),
  };
}

/** A thing that CPUs share, with its place in the order of containment where two have the same CPUs. */
export interface CpuScope {
  readonly id: string;
  readonly cpus: readonly Span[];
}

interface Level extends CpuScope {
  readonly rank: number;
  make(parent: string): TopologyObject;
}

const ranks = { package: 0, die: 1, cache: 2, core: 12, pu: 13 } as const;

/**
 * Packages, dies, caches, cores and threads, from the masks that each CPU shows; contained by size. Answers what could
 * hold a memory node, widest first.
 */
export function readCpus(tree: FileTree, draft: TopologyDraft): readonly CpuScope[] {
  const levels = new Map<string, Level>();
  const taken = new Set<string>();
  const chains: { readonly chain: readonly string[] }[] = [];
  const info = readCpuInfo(tree);
  const types = coreTypes(tree);
  let offline = 0;
  for (const { name, index } of numbered(tree, root, 'cpu').slice(0, maxCpus)) {
    const path = `${root}/${name}`;
    if (line(tree, `${path}/online`) === '0') {
      offline += 1;
      draft.add({
        kind: 'pu',
        id: `pu:${index}`,
        parent: 'machine',
        name: null,
        facts: { state: 'offline' },
        from: atPath(path),
        osIndex: index,
      });
      continue;
    }
    const chain: string[] = [];
    const level = (
      key: string,
      cpus: readonly Span[],
      rank: number,
      make: (id: string, parent: string) => TopologyObject,
      id: string,
    ): void => {
      if (!levels.has(key)) {
        const unique = freeId(taken, id);
        levels.set(key, { id: unique, cpus, rank, make: (parent) => make(unique, parent) });
      }
      chain.push(key);
    };
    const self: readonly Span[] = [{ start: index, end: index + 1 }];
    const from = atPath(path);
    const plain = { name: null, facts: {}, from };
    const kindFacts = factsOfKind(tree, path, types, index);
    const packageCpus = masked(tree, path, ['topology/package_cpus', 'topology/core_siblings']) ?? self;
    const packageNumber = numberAt(tree, `${path}/topology/physical_package_id`);
    level(
      `package ${printCpuList(packageCpus)}`,
      packageCpus,
      ranks.package,
      (id, parent) => ({
        ...plain,
        kind: 'package',
        id,
        parent,
        name: info.model,
        osIndex: packageNumber,
        vendor: cpuVendorOf(info.vendor ?? info.model),
        family: info.family,
        model: info.modelNumber,
      }),
      packageNumber === null ? `package:${first(packageCpus)}` : `package:${packageNumber}`,
    );
    const dieCpus = masked(tree, path, ['topology/die_cpus']);
    if (dieCpus !== null && countOf(dieCpus) < countOf(packageCpus)) {
      const osIndex = numberAt(tree, `${path}/topology/die_id`);
      level(
        `die ${printCpuList(dieCpus)}`,
        dieCpus,
        ranks.die,
        (id, parent) => ({ ...plain, kind: 'die', id, parent, osIndex }),
        `die:${first(dieCpus)}`,
      );
    }
    for (const cache of readCaches(tree, path, self)) level(cache.key, cache.cpus, cache.rank, cache.make, cache.id);
    const coreCpus = masked(tree, path, ['topology/core_cpus', 'topology/thread_siblings']) ?? self;
    const core = numberAt(tree, `${path}/topology/core_id`);
    level(
      `core ${printCpuList(coreCpus)}`,
      coreCpus,
      ranks.core,
      (id, parent) => ({ ...plain, facts: kindFacts, kind: 'core', id, parent, osIndex: core }),
      `core:${first(coreCpus)}`,
    );
    level(
      `pu ${index}`,
      self,
      ranks.pu,
      (id, parent) => ({ ...plain, facts: kindFacts, kind: 'pu', id, parent, osIndex: index }),
      `pu:${index}`,
    );
    chains.push({ chain });
  }
  if (offline > 0)
    draft.warn(
      null,
      `${offline} ${offline === 1 ? 'CPU is' : 'CPUs are'} offline: which core and package they belong to is not told`,
    );
  place(draft, levels, chains);
  if (chains.length > 0) draft.tells('packages', 'cores', 'pus');
  else draft.warn(null, 'no CPU is described (sys/devices/system/cpu/cpuN): their number is unknown');
  return [...levels.values()]
    .filter((level) => level.rank < ranks.core)
    .sort((a, b) => countOf(b.cpus) - countOf(a.cpus) || a.rank - b.rank);
}

/** Adds every level once, below the next wider one that its first CPU shares. */
function place(
  draft: TopologyDraft,
  levels: ReadonlyMap<string, Level>,
  chains: readonly { readonly chain: readonly string[] }[],
): void {
  const size = new Map([...levels].map(([key, level]) => [key, countOf(level.cpus)]));
  for (const { chain } of chains) {
    const ordered = chain.toSorted(
      (a, b) => (size.get(b) ?? 0) - (size.get(a) ?? 0) || (levels.get(a)?.rank ?? 0) - (levels.get(b)?.rank ?? 0),
    );
    let parent = 'machine';
    for (const key of ordered) {
      const level = levels.get(key);
      if (level === undefined) continue;
      if (!draft.has(level.id)) draft.add(level.make(parent));
      parent = level.id;
    }
  }
}

/** Perf devices by the type of core that they count for: a hybrid processor has one for each (arch/x86/events). */
const coreUnits = [
  ['cpu_core', 'IntelCore'],
  ['cpu_atom', 'IntelAtom'],
  ['cpu_lowpower', 'IntelLowPower'],
] as const;

type CoreTypes = readonly { readonly type: string; readonly cpus: readonly Span[] }[];

const coreTypes = (tree: FileTree): CoreTypes =>
  coreUnits.flatMap(([unit, type]) => {
    const cpus = parseCpuList(line(tree, `sys/devices/${unit}/cpus`) ?? '?');
    return cpus === null || cpus.length === 0 ? [] : [{ type, cpus }];
  });

/** What tells big cores from little ones. */
function factsOfKind(tree: FileTree, cpu: string, types: CoreTypes, index: number): Readonly<Record<string, string>> {
  const type = types.find(({ cpus }) => contains(cpus, index))?.type;
  const capacity = line(tree, `${cpu}/cpu_capacity`);
  return {
    ...(type === undefined ? {} : { CoreType: type }),
    ...(capacity === null || !/^\d{1,6}$/.test(capacity) ? {} : { LinuxCapacity: capacity }),
  };
}

/** A number that firmware gave; -1 is that it gave none. */
function numberAt(tree: FileTree, path: string): number | null {
  const value = parseInteger(line(tree, path) ?? undefined);
  return value === null || value < 0 ? null : value;
}

const first = (cpus: readonly Span[]): number => cpus[0]?.start ?? 0;

/** Two packages may claim one number in a damaged snapshot. */
function freeId(taken: Set<string>, id: string): string {
  let free = id;
  for (let n = 2; taken.has(free); n += 1) free = `${id}#${n}`;
  taken.add(free);
  return free;
}

/** The first of these masks that is there and not empty, as a list or as a bitmap. */
function masked(tree: FileTree, path: string, names: readonly string[]): readonly Span[] | null {
  for (const name of names) {
    const list = line(tree, `${path}/${name}_list`);
    const spans = list !== null && list !== '' ? parseCpuList(list) : parseBitmap(line(tree, `${path}/${name}`) ?? '?');
    if (spans !== null && spans.length > 0) return spans;
  }
  return null;
}

const holds: Readonly<Record<string, 'unified' | 'data' | 'instruction'>> = {
  Unified: 'unified',
  Data: 'data',
  Instruction: 'instruction',
};

interface CacheLevel {
  readonly key: string;
  readonly cpus: readonly Span[];
  readonly rank: number;
  readonly id: string;
  readonly make: (id: string, parent: string) => TopologyObject;
}

function readCaches(tree: FileTree, cpu: string, self: readonly Span[]): readonly CacheLevel[] {
  return numbered(tree, `${cpu}/cache`, 'index').flatMap(({ name }): readonly CacheLevel[] => {
    const path = `${cpu}/cache/${name}`;
    const level = parseInteger(line(tree, `${path}/level`) ?? undefined);
    const kind = holds[line(tree, `${path}/type`) ?? ''];
    if (level === null || level < 1 || level > 9 || kind === undefined) return [];
    const cpus = masked(tree, path, ['shared_cpu']) ?? parseBitmap(line(tree, `${path}/shared_cpu_map`) ?? '?') ?? self;
    const letter = { unified: '', data: 'd', instruction: 'i' }[kind];
    const word = `l${level}${letter}`;
    return [
      {
        key: `${word} ${printCpuList(cpus)}`,
        cpus,
        // Outer caches contain inner ones, data above instruction.
        rank: ranks.cache + (9 - level) + (kind === 'instruction' ? 0.5 : 0),
        id: `${word}:${first(cpus)}`,
        make: (id, parent) => ({
          kind: 'cache',
          id,
          parent,
          name: null,
          facts: {},
          from: atPath(path),
          level,
          holds: kind,
          bytes: parseBytes(line(tree, `${path}/size`) ?? undefined),
          lineBytes: parseInteger(line(tree, `${path}/coherency_line_size`) ?? undefined),
        }),
      },
    ];
  });
}
