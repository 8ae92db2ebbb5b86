import type { Json } from '../base/json.ts';
import { contradictions, printPlace } from '../model/provenance.ts';
import { memoryKinds, objectsOf } from '../model/topology.ts';
import type { CountName, DeviceKind, LinkKind, MemoryKind, Topology, TopologyFormat } from '../model/topology.ts';

type Count = number | null;

/** What `inspect --json` prints; null is "the source cannot tell". */
export interface InspectJson {
  readonly format: TopologyFormat;
  readonly version: string | null;
  readonly title: string | null;
  readonly counts: {
    readonly packages: Count;
    readonly cores: Count;
    readonly pus: Count;
    readonly numaNodes: Count;
    readonly numaNodesByKind: Readonly<Record<MemoryKind, Count>>;
    readonly hostBridges: Count;
    readonly pciBridges: Count;
    readonly pciFunctions: Count;
    readonly gpus: Count;
    readonly nics: Count;
    readonly storage: Count;
    readonly accelerators: Count;
    readonly nvSwitches: Count;
    readonly cxlMemdevs: Count;
    readonly bars: Count;
    readonly links: Readonly<Record<'nvlink' | 'xgmi' | 'c2c' | 'cxl', Count>>;
  };
  readonly memoryBytes: Readonly<Record<MemoryKind, Count>>;
  readonly warnings: readonly { readonly source: string; readonly line: number | null; readonly message: string }[];
  readonly sources: readonly {
    readonly name: string;
    readonly format: TopologyFormat;
    readonly version: string | null;
  }[];
  /** How many fields the sources disagree about. */
  readonly conflicts: number;
  /** The same, field by field: the value that stands first, and where each was read. */
  readonly contradictions: readonly {
    readonly object: string;
    readonly field: string;
    readonly values: readonly { readonly value: Json; readonly place: string }[];
  }[];
}

/** Counts what the topology has. */
export function inspect(topology: Topology): InspectJson {
  const told = new Set<CountName>(topology.tells);
  const count = (name: CountName, value: number): Count => (told.has(name) ? value : null);
  const functions = objectsOf(topology, 'pciFunction');
  const nodes = objectsOf(topology, 'numaNode');
  const ofKind = (kind: DeviceKind): number => functions.filter((fn) => fn.deviceKind === kind).length;
  const memdevs = new Set(functions.filter((fn) => fn.deviceKind === 'cxlMemdev').map((fn) => fn.id));
  const osDevices = objectsOf(topology, 'osDevice');
  /** Devices of which the source tells no PCI address. */
  const unaddressed = (subtype: string): number => osDevices.filter((device) => device.subtype === subtype).length;
  const bareMemdevs = osDevices.filter(
    (device) => device.classes.includes('cxlMemdev') && !(device.parent !== null && memdevs.has(device.parent)),
  ).length;
  const links = (kind: LinkKind): number => topology.links.filter((link) => link.kind === kind).length;
  const assigned = [...functions, ...objectsOf(topology, 'pciBridge')].reduce(
    (sum, fn) => sum + fn.bars.filter((bar) => bar.index < 6).length,
    0,
  );
  const [source] = topology.sources;
  return {
    format: source?.format ?? 'memscape',
    version: source?.version ?? null,
    title: topology.title,
    counts: {
      packages: count('packages', objectsOf(topology, 'package').length),
      cores: count('cores', objectsOf(topology, 'core').length),
      pus: count('pus', objectsOf(topology, 'pu').length),
      numaNodes: count('numaNodes', nodes.length),
      numaNodesByKind: byKind((kind) => count('numaNodes', nodes.filter((node) => node.memoryKind === kind).length)),
      hostBridges: count('hostBridges', objectsOf(topology, 'hostBridge').length),
      pciBridges: count('pciBridges', objectsOf(topology, 'pciBridge').length),
      pciFunctions: count('pciFunctions', functions.length),
      gpus: count('gpus', ofKind('gpu') + unaddressed('gpu')),
      nics: count('nics', ofKind('nic') + unaddressed('nic')),
      storage: count('storage', ofKind('storage')),
      accelerators: count('accelerators', ofKind('accelerator')),
      nvSwitches: count('nvSwitches', ofKind('nvSwitch')),
      cxlMemdevs: count('cxlMemdevs', memdevs.size + bareMemdevs),
      bars: count('bars', assigned),
      links: {
        nvlink: count('links.nvlink', links('nvlink')),
        xgmi: count('links.xgmi', links('xgmi')),
        c2c: count('links.c2c', links('c2c')),
        cxl: count('links.cxl', links('cxl')),
      },
    },
    memoryBytes: byKind((kind) => memoryBytes(topology, kind, told.has('numaNodes'))),
    warnings: topology.warnings.map(({ source, line, message }) => ({
      source: topology.sources[source]?.name ?? '',
      line,
      message,
    })),
    sources: topology.sources,
    conflicts: topology.conflicts.length,
    contradictions: contradictions(topology).map(({ object, field, claims }) => ({
      object,
      field,
      values: claims.map(({ value, from }) => ({ value, place: printPlace(topology, from) })),
    })),
  };
}

const byKind = (of: (kind: MemoryKind) => Count): Readonly<Record<MemoryKind, Count>> => {
  const [dram, hbm, cxl, gpu, pmem, unknown] = memoryKinds.map(of);
  return {
    dram: dram ?? null,
    hbm: hbm ?? null,
    cxl: cxl ?? null,
    gpu: gpu ?? null,
    pmem: pmem ?? null,
    unknown: unknown ?? null,
  };
};

const deviceMemoryKinds = {
  vram: 'gpu',
  hbm: 'gpu',
  sram: 'gpu',
  cxl: 'cxl',
  pmem: 'pmem',
  unknown: 'unknown',
} as const;

/** Bytes of one kind: of its NUMA nodes, or, where there are none, of the devices that carry it. Null where a part is not told. */
function memoryBytes(topology: Topology, kind: MemoryKind, toldNodes: boolean): Count {
  const nodes = objectsOf(topology, 'numaNode').filter((node) => node.memoryKind === kind);
  const devices = objectsOf(topology, 'deviceMemory').filter((memory) => deviceMemoryKinds[memory.memoryKind] === kind);
  const parts = nodes.length > 0 ? nodes : devices;
  if (parts.length === 0 && kind === 'unknown' && !toldNodes && topology.addressRanges.length > 0)
    return mappedBytes(topology);
  if (parts.length === 0) return toldNodes ? 0 : null;
  return parts.some((part) => part.bytes === null) ? null : parts.reduce((sum, part) => sum + (part.bytes ?? 0), 0);
}

/** Memory that the address map tells of, whatever kind it is; memory hot-added from a device stands below that device. */
function mappedBytes(topology: Topology): number {
  return topology.addressRanges
    .filter(({ label, depth }) => (label === 'System RAM' && depth === 0) || label.startsWith('System RAM ('))
    .reduce((sum, { start, end }) => sum + end - start, 0);
}
