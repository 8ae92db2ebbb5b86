/** How the parts of a machine are called: one word for each kind, and a name for those that have none. */
import { printBytes } from '../../base/format.ts';
import type { ShortNames } from '../../model/short-names.ts';
import type { DeviceKind, Link, LinkKind, PciBridge, TopologyObject } from '../../model/topology.ts';

export const deviceWords: Readonly<Record<DeviceKind, string>> = {
  gpu: 'GPU',
  nic: 'NIC',
  storage: 'storage',
  accelerator: 'accelerator',
  nvSwitch: 'NVSwitch',
  cxlMemdev: 'CXL memory device',
  other: 'PCI function',
};

const bridgeWords: Readonly<Record<PciBridge['role'], string>> = {
  rootPort: 'root port',
  upstream: 'switch port, upstream',
  downstream: 'switch port, downstream',
  bridge: 'PCI bridge',
};

const plainWords = {
  machine: 'machine',
  package: 'package',
  die: 'die',
  group: 'group',
  memorySideCache: 'memory-side cache',
  core: 'core',
  pu: 'hardware thread',
  deviceMemory: 'device memory',
  hostBridge: 'host bridge',
  osDevice: 'OS device',
  cxlBus: 'CXL bus',
  cxlPort: 'CXL port',
  cxlDecoder: 'CXL decoder',
  cxlRegion: 'CXL region',
  misc: 'misc',
} as const;

/** The kind of a part, as the table and the filter call it. */
export function kindWord(object: TopologyObject): string {
  switch (object.kind) {
    case 'cache':
      return `L${object.level} cache`;
    case 'numaNode':
      return object.memoryKind === 'unknown' ? 'NUMA node' : `NUMA node, ${memoryWord(object.memoryKind)}`;
    case 'pciBridge':
      return bridgeWords[object.role];
    case 'pciFunction':
      return deviceWords[object.deviceKind];
    default:
      return plainWords[object.kind];
  }
}

const memoryWord = (kind: string): string => (kind === 'gpu' ? 'GPU memory' : kind.toUpperCase());

/** Kinds of links as their makers write them. */
export const linkKindWords: Readonly<Record<LinkKind, string>> = {
  ddr: 'DDR',
  hbm: 'HBM',
  pcie: 'PCIe',
  cxl: 'CXL',
  nvlink: 'NVLink',
  xgmi: 'xGMI',
  c2c: 'C2C',
  upi: 'UPI',
  'on-package': 'on-package',
  network: 'network',
  unknown: '',
};

export const linkWord = ({ kind }: Link): string =>
  kind === 'nvlink' ? 'NVLink' : `${linkKindWords[kind]} link`.trim();

const hex = (n: number | null, width: number): string =>
  n === null ? '?'.repeat(width) : n.toString(16).padStart(width, '0');

/** A short name that tells a part from its siblings: "Package 0", "L2", "0000:3b:00.0", "eth0". */
export function shortLabel(object: TopologyObject): string {
  switch (object.kind) {
    case 'machine':
      return object.name ?? 'machine';
    case 'package':
      return `Package ${object.osIndex ?? '?'}`;
    case 'numaNode':
      return `NUMA node ${object.osIndex ?? '?'}`;
    case 'cache':
      return `L${object.level}${object.holds === 'unified' ? '' : object.holds === 'data' ? 'd' : 'i'}`;
    case 'core':
      return object.osIndex === null ? 'Core' : `Core ${object.osIndex}`;
    case 'pu':
      return `CPU ${object.osIndex ?? '?'}`;
    case 'die':
    case 'group':
      return `${object.kind === 'die' ? 'Die' : 'Group'}${object.osIndex === null ? '' : ` ${object.osIndex}`}`;
    case 'hostBridge':
      return `PCI ${hex(object.domain, 4)}:${hex(object.rootBus, 2)}`;
    case 'pciBridge':
    case 'pciFunction':
      return object.bdf;
    default:
      return object.name ?? object.id;
  }
}

/** The name of a part in a table: what stories call it, and what the source calls it. */
export function fullName(object: TopologyObject, names: ShortNames): string {
  if (object.kind === 'machine') return object.name ?? 'machine';
  const story =
    object.kind === 'pciFunction' && object.deviceKind !== 'other' ? names.devices.get(object.id) : undefined;
  const label = object.kind === 'pciFunction' || object.kind === 'pciBridge' ? undefined : shortLabel(object);
  const parts = [story, label, object.name].filter((part): part is string => part !== undefined && part !== null);
  return [...new Set(parts)].join(' · ') || shortLabel(object);
}

export const printSize = (bytes: number | null): string | null => (bytes === null ? null : printBytes(bytes));
