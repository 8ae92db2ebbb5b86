import type {
  Cache,
  CpuPackage,
  DeviceMemory,
  Group,
  HostBridge,
  MemorySideCache,
  Misc,
  NumaNode,
  OsDevice,
  PciBridge,
  PciFunction,
} from '../../model/topology.ts';
import { cpuVendorOf } from '../cpu-vendor.ts';
import { atLine } from '../draft.ts';
import { parseDecimal, parseHex, parseInteger } from '../numbers.ts';
import { deviceKindOf, hostBridgeId, parseBdf, pciBridge, pciFunction } from '../pci.ts';
import type { XmlElement } from '../xml.ts';
import { infosOf, integer, kibBytes, lowestCpu, osDeviceClasses, osIndexOf, setOf } from './attributes.ts';
import type { HwlocVersion } from './attributes.ts';

/** What every object takes from its element. */
function base(
  element: XmlElement,
  parent: string | null,
): {
  readonly parent: string | null;
  readonly name: string | null;
  readonly facts: Readonly<Record<string, string>>;
  readonly from: ReturnType<typeof atLine>;
} {
  return { parent, name: element.attributes['name'] ?? null, facts: infosOf(element), from: atLine(element.line) };
}

/** "package:0", or by the lowest CPU where the source has no number. */
export const idOf = (word: string, element: XmlElement): string => {
  const osIndex = osIndexOf(element);
  return osIndex === null ? byCpu(word, element) : `${word}:${osIndex}`;
};

/** Things whose numbers are not unique in the machine (cores, caches, groups) are named by their lowest CPU. */
export const byCpu = (word: string, element: XmlElement): string => `${word}:${lowestCpu(element) ?? 'x'}`;

export function packageOf(element: XmlElement, parent: string): CpuPackage {
  const facts = infosOf(element);
  const model = facts['CPUModel'];
  return {
    ...base(element, parent),
    kind: 'package',
    id: idOf('package', element),
    name: model ?? null,
    osIndex: osIndexOf(element),
    vendor: cpuVendorOf(facts['CPUVendor'] ?? model),
    family: parseInteger(facts['CPUFamilyNumber']),
    model: parseInteger(facts['CPUModelNumber']),
  };
}

export function groupOf(element: XmlElement, parent: string): Group {
  return {
    ...base(element, parent),
    kind: 'group',
    id: byCpu('group', element),
    osIndex: osIndexOf(element),
    subkind: element.attributes['subtype'] ?? infosOf(element)['Type'] ?? null,
  };
}

const cacheHolds = ['unified', 'data', 'instruction'] as const;

/** Level and contents of a cache element of any version; null where it is none. */
export function cacheShape(element: XmlElement): { readonly level: number; readonly holds: Cache['holds'] } | null {
  const type = element.attributes['type'] ?? '';
  const match = /^L([1-5])([id]?)Cache$/.exec(type);
  if (match === null && type !== 'Cache') return null;
  const told = cacheHolds[integer(element, 'cache_type') ?? -1];
  const byName = match?.[2] === 'i' ? 'instruction' : 'unified';
  return { level: match === null ? (integer(element, 'depth') ?? 0) : Number(match[1]), holds: told ?? byName };
}

export const isMemorySide = (element: XmlElement): boolean =>
  element.attributes['type'] === 'MemCache' ||
  element.attributes['subtype'] === 'MemorySideCache' ||
  infosOf(element)['Type'] === 'MemorySideCache';

export function cacheOf(element: XmlElement, parent: string, shape: NonNullable<ReturnType<typeof cacheShape>>): Cache {
  const letter = { unified: '', data: 'd', instruction: 'i' }[shape.holds];
  return {
    ...base(element, parent),
    kind: 'cache',
    id: byCpu(`l${shape.level}${letter}`, element),
    level: shape.level,
    holds: shape.holds,
    bytes: positive(integer(element, 'cache_size')),
    lineBytes: positive(integer(element, 'cache_linesize')),
  };
}

export function memorySideCacheOf(element: XmlElement, parent: string): MemorySideCache {
  return {
    ...base(element, parent),
    kind: 'memorySideCache',
    id: byCpu('memcache', element),
    level: integer(element, 'depth'),
    bytes: positive(integer(element, 'cache_size')),
    lineBytes: positive(integer(element, 'cache_linesize')),
  };
}

const positive = (value: number | null): number | null => (value === null || value <= 0 ? null : value);

const memorySubtypes: Readonly<Record<string, NumaNode['memoryKind']>> = {
  DRAM: 'dram',
  HBM: 'hbm',
  MCDRAM: 'hbm',
  NVM: 'pmem',
  GPUMemory: 'gpu',
  'CXL-DRAM': 'cxl',
  'CXL-NVM': 'cxl',
};

/** The node as the file says it; without a subtype its kind is unknown until all nodes are seen. */
export function numaNodeOf(element: XmlElement, parent: string, version: HwlocVersion): NumaNode {
  const facts = infosOf(element);
  const subtype = element.attributes['subtype'] ?? (version === 1 ? facts['Type'] : undefined);
  const cpus = setOf(element, 'cpuset');
  return {
    ...base(element, parent),
    kind: 'numaNode',
    id: idOf('numa', element),
    osIndex: osIndexOf(element),
    memoryKind: memorySubtypes[subtype ?? ''] ?? 'unknown',
    memoryKindInferred: null,
    bytes: integer(element, 'local_memory'),
    cpus: version === 1 ? cpus : null,
    nearCpus: version === 1 ? null : cpus,
    registration: null,
  };
}

/** The host side of a bridge element ("0-1"). */
export function hostBridgeOf(element: XmlElement, parent: string, numaNode: string | null): HostBridge {
  const match = /^([0-9a-f]+):\[([0-9a-f]+)-([0-9a-f]+)\]$/i.exec(element.attributes['bridge_pci'] ?? '');
  const domain = parseHex(match?.[1]);
  const rootBus = parseHex(match?.[2]);
  return {
    ...base(element, parent),
    kind: 'hostBridge',
    windows: [],
    keepsFirmwareSetup: null,
    id: domain === null || rootBus === null ? 'hostbridge:x' : hostBridgeId(domain, rootBus),
    domain,
    rootBus,
    lastBus: parseHex(match?.[3]),
    numaNode,
    firstDevice: firstDevice(element),
  };
}

/** The lowest function among the children; hwloc may have left out others, so only 00.0 and root ports are certain. */
function firstDevice(element: XmlElement): HostBridge['firstDevice'] {
  const first = element.children.find((child) => child.attributes['pci_busid'] !== undefined);
  const type = first === undefined ? null : pciType(first);
  const match = /([0-9a-f]{2})\.([0-7])$/i.exec(first?.attributes['pci_busid'] ?? '');
  if (match === null || type === null || type.vendor === null || type.device === null) return null;
  const devfn = (Number.parseInt(match[1] ?? '0', 16) << 3) | Number(match[2]);
  const isRootPort = first?.attributes['type'] === 'Bridge';
  return devfn === 0 || isRootPort ? { devfn, vendor: type.vendor, device: type.device, isRootPort } : null;
}

interface PciType {
  readonly class: number | null;
  readonly vendor: number | null;
  readonly device: number | null;
  readonly subsystemVendor: number | null;
  readonly subsystemDevice: number | null;
  readonly revision: number | null;
  readonly progIf: number | null;
}

/** "0302 [10de:1db8] [0000:0000] a1 00": class, ids, subsystem, revision, and from version 3 the programming interface. */
function pciType(element: XmlElement): PciType | null {
  const match =
    /^([0-9a-f]{4}) \[([0-9a-f]{4}):([0-9a-f]{4})\] \[([0-9a-f]{4}):([0-9a-f]{4})\](?: ([0-9a-f]{2}))?(?: ([0-9a-f]{2}))?$/i.exec(
      element.attributes['pci_type']?.trim() ?? '',
    );
  if (match === null) return null;
  const [, code, vendor, device, subsystemVendor, subsystemDevice, revision, progIf] = match;
  const known = (text: string | undefined): number | null => (vendor === '0000' ? null : parseHex(text));
  const subsystem = subsystemVendor === '0000' && subsystemDevice === '0000';
  return {
    class: vendor === '0000' && code === '0000' ? null : parseHex(code),
    vendor: known(vendor),
    device: known(device),
    subsystemVendor: subsystem ? null : parseHex(subsystemVendor),
    subsystemDevice: subsystem ? null : parseHex(subsystemDevice),
    revision: known(revision),
    progIf: known(progIf),
  };
}

/** A PCI bridge or function; null where the element has no usable bus id. */
export function pciOf(element: XmlElement, parent: string, numaNode: string | null): PciBridge | PciFunction | null {
  const bdf = parseBdf(element.attributes['pci_busid'] ?? '');
  if (bdf === null) return null;
  const facts = infosOf(element);
  const type = pciType(element);
  const stated = parseDecimal(element.attributes['pci_link_speed']);
  const common = {
    ...base(element, parent),
    ...(type ?? {}),
    bdf,
    name: facts['PCIDevice'] ?? null,
    numaNode,
    link:
      stated === null || stated <= 0
        ? null
        : { currentSpeed: null, currentWidth: null, maxSpeed: null, maxWidth: null, statedGBs: stated },
  };
  if (element.attributes['type'] === 'Bridge' || type?.class === 0x0604) {
    const buses = /:\[([0-9a-f]{2})-([0-9a-f]{2})\]$/i.exec(element.attributes['bridge_pci'] ?? '');
    return pciBridge({
      ...common,
      role: 'bridge',
      secondaryBus: parseHex(buses?.[1]),
      subordinateBus: parseHex(buses?.[2]),
    });
  }
  const isSwitch = element.attributes['subtype'] === 'NVSwitch';
  return pciFunction({
    ...common,
    deviceKind: isSwitch ? 'nvSwitch' : deviceKindOf(type?.class ?? null, type?.vendor ?? null),
  });
}

export function osDeviceOf(element: XmlElement, parent: string, version: HwlocVersion): OsDevice {
  return {
    ...base(element, parent),
    kind: 'osDevice',
    id: `os:${element.attributes['name'] ?? 'x'}`,
    classes: osDeviceClasses(element, version),
    subtype: element.attributes['subtype'] ?? infosOf(element)['CoProcType'] ?? null,
  };
}

export function miscOf(element: XmlElement, parent: string): Misc {
  const facts = infosOf(element);
  const word = facts['DeviceLocation'] ?? element.attributes['name'] ?? 'x';
  return {
    ...base(element, parent),
    kind: 'misc',
    id: `misc:${word}`,
    name: word === 'x' ? null : word,
    subtype: element.attributes['subtype'] ?? facts['Type'] ?? null,
  };
}

const vramFacts: readonly (readonly [string, DeviceMemory['memoryKind']])[] = [
  ['CUDAGlobalMemorySize', 'vram'],
  ['RSMIVRAMSize', 'vram'],
  ['LevelZeroHBMSize', 'hbm'],
  ['LevelZeroDDRSize', 'vram'],
  ['LevelZeroMemorySize', 'vram'],
  ['VectorEngineMemorySize', 'hbm'],
  ['OpenCLGlobalMemorySize', 'vram'],
];

/** Memory that the infos of an OS device tell of; a device whose memory another driver told already gives none. */
export function deviceMemoryOf(element: XmlElement, owner: string): readonly DeviceMemory[] {
  const facts = infosOf(element);
  const of = (
    id: string,
    memoryKind: DeviceMemory['memoryKind'],
    size: string | undefined,
  ): readonly DeviceMemory[] => {
    const bytes = kibBytes(size);
    return bytes === null || bytes <= 0
      ? []
      : [
          {
            kind: 'deviceMemory',
            id,
            parent: owner,
            name: null,
            facts: {},
            from: atLine(element.line),
            memoryKind,
            bytes,
            registration: null,
          },
        ];
  };
  const [vram] = vramFacts.flatMap(([name, kind]) => of(`vram:${owner.replace(/^pci:/, '')}`, kind, facts[name]));
  const memdev = element.attributes['name'] ?? owner;
  return [
    ...(vram === undefined ? [] : [vram]),
    ...of(`cxlmem:${memdev}`, 'cxl', facts['CXLRAMSize']),
    ...of(`cxlpmem:${memdev}`, 'pmem', facts['CXLPMEMSize']),
  ];
}
