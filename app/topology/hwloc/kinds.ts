/** What hwloc says of kinds of memory and of processors: memory tiers (version 3) and CPU kinds. */
import type { NumaNode } from '../../model/topology.ts';
import { contains, parseBitmap, printCpuList } from '../cpu-set.ts';
import type { TopologyDraft } from '../draft.ts';
import { parseInteger } from '../numbers.ts';
import type { XmlElement } from '../xml.ts';
import { infosOf } from './attributes.ts';

/** Bits of `kinds` (hwloc_memory_tier_type_e in hwloc/memattrs.c). Specific-purpose memory is often HBM, but need not be. */
const tierKinds: readonly (readonly [number, string, NumaNode['memoryKind']])[] = [
  [1, 'HBM', 'hbm'],
  [2, 'DRAM', 'dram'],
  [4, 'GPU memory', 'gpu'],
  [8, 'specific-purpose memory', 'unknown'],
  [16, 'NVM', 'pmem'],
  [32, 'CXL', 'cxl'],
];

const mostTiers = 64;

/** Tiers stand in order, the fastest first; a node's tier tells its kind where nothing else does. */
export function readMemoryTiers(draft: TopologyDraft, root: XmlElement): void {
  const tiers = root.children.filter((child) => child.name === 'memtier').slice(0, mostTiers);
  tiers.forEach((tier, index) => {
    const nodes = parseBitmap(tier.attributes['nodeset'] ?? '?');
    if (nodes === null) {
      draft.warn(tier.line, 'a memory tier without a readable set of nodes is left out');
      return;
    }
    const bits = parseInteger(tier.attributes['kinds']) ?? 0;
    const kinds = tierKinds.filter(([bit]) => (bits & bit) !== 0);
    // Memory behind CXL may be DRAM or NVM too: how it is reached counts.
    const kind = kinds.find(([, , one]) => one === 'cxl')?.[2] ?? (kinds.length === 1 ? kinds[0]?.[2] : undefined);
    const words = kinds.map(([, word]) => word).join(' and ');
    for (const object of draft.objects) {
      if (object.kind !== 'numaNode' || object.osIndex === null || !contains(nodes, object.osIndex)) continue;
      const isTold = object.memoryKind === 'unknown' && kind !== undefined && kind !== 'unknown';
      draft.replace({
        ...object,
        facts: { ...object.facts, 'memory tier': words === '' ? String(index) : `${index} (${words})` },
        ...(isTold ? { memoryKind: kind, memoryKindInferred: `the memory tier of the node holds ${words}` } : {}),
      });
    }
  });
}

const mostKinds = 64;

/** Processors that differ: efficiency, type of core, frequency. Told of every thread, and of the core that has only one kind. */
export function readCpuKinds(draft: TopologyDraft, root: XmlElement): void {
  const kinds = root.children.filter((child) => child.name === 'cpukind').slice(0, mostKinds);
  const factsOf = new Map<string, Readonly<Record<string, string>>>();
  kinds.forEach((element, index) => {
    const cpus = parseBitmap(element.attributes['cpuset'] ?? '?');
    if (cpus === null) {
      draft.warn(element.line, 'a CPU kind without a readable set of CPUs is left out');
      return;
    }
    const efficiency = element.attributes['forced_efficiency'] ?? element.attributes['efficiency'];
    const facts = {
      ...(kinds.length > 1 ? { 'CPU kind': String(index) } : {}),
      ...(efficiency === undefined || efficiency === '-1' ? {} : { efficiency }),
      ...infosOf(element),
    };
    for (const object of draft.objects) {
      if (object.kind !== 'pu' || object.osIndex === null || !contains(cpus, object.osIndex)) continue;
      draft.replace({ ...object, facts: { ...object.facts, ...facts } });
      factsOf.set(object.id, facts);
    }
    if (kinds.length > 1) {
      const machine = draft.get('machine');
      const line = [
        `CPUs ${printCpuList(cpus)}`,
        ...Object.entries(facts)
          .slice(1)
          .map(([k, v]) => `${k} ${v}`),
      ];
      if (machine?.kind === 'machine')
        draft.replace({ ...machine, facts: { ...machine.facts, [`CPU kind ${index}`]: line.join(', ') } });
    }
  });
  const ofCore = new Map<string, Set<Readonly<Record<string, string>> | undefined>>();
  for (const object of draft.objects) {
    if (object.kind !== 'pu' || object.parent === null) continue;
    const seen = ofCore.get(object.parent) ?? new Set();
    seen.add(factsOf.get(object.id));
    ofCore.set(object.parent, seen);
  }
  for (const [id, seen] of ofCore) {
    const core = draft.get(id);
    const [facts] = seen;
    if (core?.kind === 'core' && seen.size === 1 && facts !== undefined)
      draft.replace({ ...core, facts: { ...core.facts, ...facts } });
  }
}
