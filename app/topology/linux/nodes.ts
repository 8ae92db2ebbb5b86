import type { Span } from '../../base/span.ts';
import type { NumaNode } from '../../model/topology.ts';
import { contains, countOf, parseBitmap, parseCpuList, sameSpans } from '../cpu-set.ts';
import { onPackageHbm } from '../cpu-vendor.ts';
import { atPath } from '../draft.ts';
import type { TopologyDraft } from '../draft.ts';
import { parseInteger } from '../numbers.ts';
import type { CpuInfo, CpuScope } from './cpus.ts';
import { line, numbered, textOf } from './file-tree.ts';
import type { FileTree } from './file-tree.ts';

const root = 'sys/devices/system/node';
/** Linux itself is built for 1024 at most. */
const maxNodes = 1024;

/** Attributes of a node's memory as its best initiators see it; bandwidths in MB/s, latencies in ns. */
const attributeFiles = [
  ['read_bandwidth', 'ReadBandwidth', 'MB/s'],
  ['write_bandwidth', 'WriteBandwidth', 'MB/s'],
  ['read_latency', 'ReadLatency', 'ns'],
  ['write_latency', 'WriteLatency', 'ns'],
] as const;

/** Nodes that the kernel moves pages between, by how fast they are: memory_tierN, a lower number is faster. */
function memoryTiers(tree: FileTree): readonly { readonly name: string; readonly nodes: readonly Span[] }[] {
  const root = 'sys/devices/virtual/memory_tiering';
  return numbered(tree, root, 'memory_tier').flatMap(({ name }) => {
    const nodes = parseCpuList(line(tree, `${root}/${name}/nodelist`) ?? '?');
    return nodes === null ? [] : [{ name, nodes }];
  });
}

function tierFact(tiers: ReturnType<typeof memoryTiers>, node: number): Readonly<Record<string, string>> {
  const tier = tiers.find(({ nodes }) => contains(nodes, node));
  return tier === undefined ? {} : { 'memory tier': tier.name };
}

interface Access {
  readonly initiators: readonly number[];
  readonly readBandwidth: number | null;
}

/** NUMA nodes with their sizes, distances, access attributes and memory-side caches. */
export function readNodes(tree: FileTree, draft: TopologyDraft, scopes: readonly CpuScope[], info: CpuInfo): void {
  const found = numbered(tree, root, 'node').slice(0, maxNodes);
  if (found.length === 0) {
    readSingleNode(tree, draft, scopes);
    return;
  }
  draft.tells('numaNodes');
  const accesses = new Map<number, Access>();
  const tiers = memoryTiers(tree);
  const nodes: NumaNode[] = [];
  for (const { name, index } of found) {
    const path = `${root}/${name}`;
    const list = line(tree, `${path}/cpulist`);
    const cpus = list === null ? parseBitmap(line(tree, `${path}/cpumap`) ?? '?') : parseCpuList(list);
    const total = /MemTotal:\s*(\d{1,15}) kB/.exec(textOf(tree, `${path}/meminfo`) ?? '');
    accesses.set(index, readAccess(tree, path));
    nodes.push({
      kind: 'numaNode',
      id: `numa:${index}`,
      parent: cpus === null ? 'machine' : holder(scopes, cpus),
      name: null,
      facts: tierFact(tiers, index),
      from: atPath(path),
      osIndex: index,
      memoryKind: 'unknown',
      memoryKindInferred: null,
      bytes: total === null ? null : Number(total[1]) * 1024,
      cpus,
      nearCpus: null,
      registration: 'system',
    });
  }
  const told = { ...gpuNodes(tree), ...daxNodes(tree) };
  for (const node of nodes) {
    const access = accesses.get(node.osIndex ?? -1);
    const near = nodes.filter((other) => other !== node && access?.initiators.includes(other.osIndex ?? -1) === true);
    const parent = node.parent === 'machine' && near.length === 1 ? (near[0]?.parent ?? 'machine') : node.parent;
    const nearCpus =
      near.length > 0 && (node.cpus === null || node.cpus.length === 0)
        ? near.flatMap((other) => other.cpus ?? [])
        : null;
    const cache = readMemorySideCache(tree, draft, node, parent);
    const kind = kindOf(node, told[node.osIndex ?? -1], accesses, nodes, info, cache !== null);
    draft.add({
      ...node,
      ...kind,
      facts: { ...node.facts, ...kind.facts },
      parent: cache ?? parent,
      nearCpus,
    });
  }
  for (const { name, index } of found) readAttributes(tree, draft, `${root}/${name}`, index, nodes);
  readDistances(tree, draft, found);
}

/** A kernel without NUMA still has memory: all of /proc/meminfo. */
function readSingleNode(tree: FileTree, draft: TopologyDraft, scopes: readonly CpuScope[]): void {
  const total = /^MemTotal:\s*(\d{1,15}) kB/m.exec(textOf(tree, 'proc/meminfo') ?? '');
  if (total === null) return;
  draft.tells('numaNodes');
  draft.add({
    kind: 'numaNode',
    id: 'numa:0',
    parent:
      scopes.length > 0 && scopes.filter((scope) => scope.id.startsWith('package')).length === 1
        ? (scopes[0]?.id ?? 'machine')
        : 'machine',
    name: null,
    facts: { note: 'this kernel has no NUMA nodes; the size is that of all memory it manages' },
    from: atPath('proc/meminfo'),
    osIndex: null,
    memoryKind: 'dram',
    memoryKindInferred: 'the only memory that the kernel tells of',
    bytes: Number(total[1]) * 1024,
    cpus: null,
    nearCpus: null,
    registration: 'system',
  });
}

/** The widest thing with just these CPUs, or the narrowest that contains them. */
function holder(scopes: readonly CpuScope[], cpus: NonNullable<NumaNode['cpus']>): string {
  if (cpus.length === 0) return 'machine';
  const same = scopes.find((scope) => sameSpans(scope.cpus, cpus));
  if (same !== undefined) return same.id;
  const around = scopes.filter((scope) =>
    cpus.every(({ start, end }) => scope.cpus.some((span) => span.start <= start && end <= span.end)),
  );
  return around.at(-1)?.id ?? 'machine';
}

function readAccess(tree: FileTree, node: string): Access {
  for (const name of ['access0', 'access1']) {
    const path = `${node}/${name}/initiators`;
    const initiators = numbered(tree, path, 'node').map(({ index }) => index);
    const bandwidth = parseInteger(line(tree, `${path}/read_bandwidth`) ?? undefined);
    if (initiators.length > 0 || bandwidth !== null)
      return { initiators, readBandwidth: bandwidth === 0 ? null : bandwidth };
  }
  return { initiators: [], readBandwidth: null };
}

function readAttributes(
  tree: FileTree,
  draft: TopologyDraft,
  path: string,
  index: number,
  nodes: readonly NumaNode[],
): void {
  const access = ['access0', 'access1'].find((name) => tree.list(`${path}/${name}/initiators`).length > 0);
  if (access === undefined) return;
  const known = new Set(nodes.map((node) => node.id));
  const initiators = numbered(tree, `${path}/${access}/initiators`, 'node').filter((node) =>
    known.has(`numa:${node.index}`),
  );
  for (const [file, name, unit] of attributeFiles) {
    const value = parseInteger(line(tree, `${path}/${access}/initiators/${file}`) ?? undefined);
    // Firmware that does not tell leaves 0.
    if (value === null || value <= 0) continue;
    const from = atPath(`${path}/${access}/initiators/${file}`);
    if (initiators.length === 0)
      draft.memoryAttributes.push({ name, unit, target: `numa:${index}`, initiator: null, value, from });
    for (const initiator of initiators)
      draft.memoryAttributes.push({
        name,
        unit,
        target: `numa:${index}`,
        initiator: { kind: 'object', object: `numa:${initiator.index}` },
        value,
        from,
      });
  }
}

function readMemorySideCache(
  tree: FileTree,
  draft: TopologyDraft,
  node: NumaNode,
  parent: string | null,
): string | null {
  let inner: string | null = null;
  for (const { name, index } of numbered(tree, `${root}/node${node.osIndex}/memory_side_cache`, 'index').toReversed()) {
    const path = `${root}/node${node.osIndex}/memory_side_cache/${name}`;
    inner = draft.add({
      kind: 'memorySideCache',
      id: `memcache:${node.osIndex}:${index}`,
      parent: inner ?? parent,
      name: null,
      facts: {},
      from: atPath(path),
      level: index,
      bytes: parseInteger(line(tree, `${path}/size`) ?? undefined),
      lineBytes: parseInteger(line(tree, `${path}/line_size`) ?? undefined),
    });
  }
  return inner;
}

type Told = Pick<NumaNode, 'memoryKind' | 'memoryKindInferred'> & { readonly facts: Readonly<Record<string, string>> };

/** Nodes that the NVIDIA driver made of its GPUs' memory. */
function gpuNodes(tree: FileTree): Readonly<Record<number, Told>> {
  return Object.fromEntries(
    tree.list('proc/driver/nvidia/gpus').flatMap((bdf) => {
      const node = /^Node:\s*(\d{1,6})$/m.exec(textOf(tree, `proc/driver/nvidia/gpus/${bdf}/numa_status`) ?? '');
      return node === null
        ? []
        : [[Number(node[1]), { memoryKind: 'gpu' as const, memoryKindInferred: null, facts: { GPU: bdf } }]];
    }),
  );
}

/** Nodes that DAX devices became; what is behind a device is in its place in the device tree. */
function daxNodes(tree: FileTree): Readonly<Record<number, Told>> {
  return Object.fromEntries(
    tree.list('sys/bus/dax/devices').flatMap((device): readonly (readonly [number, Told])[] => {
      const node = parseInteger(line(tree, `sys/bus/dax/devices/${device}/target_node`) ?? undefined);
      const real = tree.real(`sys/bus/dax/devices/${device}`) ?? '';
      if (node === null || node < 0) return [];
      const facts = { DAXDevice: device };
      if (/\/ndbus\d/.test(real))
        return [
          [node, { memoryKind: 'pmem', memoryKindInferred: `the DAX device ${device} is on an NVDIMM bus`, facts }],
        ];
      if (/\/(dax_)?region\d+|\/decoder\d/.test(real) && !real.includes('hmem'))
        return [
          [node, { memoryKind: 'cxl', memoryKindInferred: `the DAX device ${device} is on a CXL region`, facts }],
        ];
      return [[node, { memoryKind: 'unknown', memoryKindInferred: null, facts }]];
    }),
  );
}

const clearlyFaster = 2;

/** A node's kind: told by a driver, concluded from its bandwidth or processor, or that of memory which CPUs are on. */
function kindOf(
  node: NumaNode,
  told: Told | undefined,
  accesses: ReadonlyMap<number, Access>,
  nodes: readonly NumaNode[],
  info: CpuInfo,
  cached: boolean,
): Partial<NumaNode> {
  const facts = told?.facts ?? {};
  if (told !== undefined && told.memoryKind !== 'unknown') return { ...told };
  const hasCpus = node.cpus !== null && node.cpus.length > 0;
  const bandwidth = accesses.get(node.osIndex ?? -1)?.readBandwidth ?? null;
  const ordinary = nodes
    .filter((other) => other !== node && other.cpus !== null && other.cpus.length > 0)
    .flatMap((other) => accesses.get(other.osIndex ?? -1)?.readBandwidth ?? []);
  const slowest = ordinary.length === 0 ? null : Math.min(...ordinary);
  if (
    (!hasCpus || told !== undefined) &&
    bandwidth !== null &&
    slowest !== null &&
    bandwidth >= clearlyFaster * slowest
  ) {
    return {
      facts,
      memoryKind: 'hbm',
      memoryKindInferred: `${bandwidth} MB/s against ${slowest} MB/s of a node with CPUs`,
    };
  }
  const hbm = hasCpus ? null : onPackageHbm(info.model, info.family, info.modelNumber);
  if (hbm !== null) return { facts, memoryKind: 'hbm', memoryKindInferred: hbm };
  if (hasCpus && told === undefined) {
    const reason = cached
      ? 'CPUs are on the node; a memory-side cache stands before it, so slower memory is possible'
      : 'CPUs are on the node';
    return { facts, memoryKind: 'dram', memoryKindInferred: reason };
  }
  return { facts };
}

function readDistances(
  tree: FileTree,
  draft: TopologyDraft,
  nodes: readonly { readonly name: string; readonly index: number }[],
): void {
  const rows = nodes.map(({ name }) =>
    (line(tree, `${root}/${name}/distance`) ?? '').split(/\s+/).map((value) => parseInteger(value)),
  );
  if (rows.some((row) => row.length !== nodes.length)) {
    if (rows.some((row) => row.some((value) => value !== null)))
      draft.warn(null, 'the NUMA distances do not fit the nodes: they are left out');
    return;
  }
  const ids = nodes.map(({ index }) => `numa:${index}`);
  draft.matrices.push({
    name: 'NUMALatency',
    unit: 'SLIT',
    means: 'latency',
    rows: ids,
    columns: ids,
    values: rows.flat(),
    from: atPath(`${root}/${nodes[0]?.name ?? ''}/distance`),
  });
}

/** The node whose CPUs these are, for devices that only say which CPUs are near. */
export function nodeOfCpus(nodes: readonly NumaNode[], cpus: NonNullable<NumaNode['cpus']>): string | null {
  const [first] = cpus;
  if (first === undefined) return null;
  const node = nodes.find((candidate) => candidate.cpus !== null && contains(candidate.cpus, first.start));
  return node?.cpus !== undefined && node.cpus !== null && countOf(cpus) <= countOf(node.cpus) ? node.id : null;
}
