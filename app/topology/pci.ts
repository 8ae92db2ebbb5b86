import type { DeviceKind, PciBridge, PciFunction } from '../model/topology.ts';

export const pciClass = { bridgePci: 0x0604, hostBridge: 0x0600 } as const;

const vendors = { nvidia: 0x10de, amd: 0x1002 } as const;

/**
 * What a function is, by its class code (PCI Code and ID Assignment). An accelerator of AMD is a GPU (Instinct shows up
 * as 0x1200), a bridge of "other" class of NVIDIA is an NVSwitch.
 */
export function deviceKindOf(classCode: number | null, vendor: number | null): DeviceKind {
  if (classCode === null) return 'other';
  if (classCode === 0x0502) return 'cxlMemdev';
  if (classCode === 0x0680 && vendor === vendors.nvidia) return 'nvSwitch';
  switch (classCode >> 8) {
    case 0x01:
      return 'storage';
    case 0x02:
      return 'nic';
    case 0x03:
      return 'gpu';
    case 0x0b:
      // Co-processor; the other sub-classes of 0x0b are CPUs.
      return classCode === 0x0b40 ? 'accelerator' : 'other';
    case 0x12:
      return vendor === vendors.amd ? 'gpu' : 'accelerator';
    default:
      return 'other';
  }
}

/** domain:bus:device.function as Memscape writes it; null where the text is none. A missing domain is 0; a bus has 32 devices. */
export function parseBdf(text: string): string | null {
  const match = /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{1,2}):([01]?[0-9a-f])\.([0-7])$/i.exec(text.trim());
  if (match === null) return null;
  const [, domain = '0', bus = '', device = '', fn = ''] = match;
  const shortDomain = domain.replace(/^0+/, '').padStart(4, '0');
  return `${shortDomain}:${bus.padStart(2, '0')}:${device.padStart(2, '0')}.${fn}`.toLowerCase();
}

export interface PciAddress {
  readonly domain: number;
  readonly bus: number;
  /** device << 3 | function */
  readonly devfn: number;
}

/** Numbers of a bdf that `parseBdf` gave. */
export function pciAddress(bdf: string): PciAddress {
  const [domain = '0', bus = '0', slot = '0.0'] = bdf.split(':');
  const [device = '0', fn = '0'] = slot.split('.');
  return {
    domain: Number.parseInt(domain, 16),
    bus: Number.parseInt(bus, 16),
    devfn: (Number.parseInt(device, 16) << 3) | Number(fn),
  };
}

export const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

export const hostBridgeId = (domain: number, bus: number): string => `hostbridge:${hex(domain, 4)}:${hex(bus, 2)}`;
export const pciId = (bdf: string): string => `pci:${bdf}`;

const unknownPci = {
  name: null,
  facts: {},
  class: null,
  progIf: null,
  vendor: null,
  device: null,
  subsystemVendor: null,
  subsystemDevice: null,
  revision: null,
  bars: [],
  link: null,
  acs: { kind: 'unknown' },
  iommuGroup: null,
  numaNode: null,
  driver: null,
} as const;

type Given<T, K extends keyof T> = Pick<T, K> & Partial<Omit<T, K>>;

/** A function of which nothing is known but what is given. */
export const pciFunction = (
  given: Given<Omit<PciFunction, 'kind' | 'id'>, 'bdf' | 'parent' | 'from'>,
): PciFunction => ({
  ...unknownPci,
  kind: 'pciFunction',
  id: pciId(given.bdf),
  p2pMemory: null,
  physicalFunction: null,
  atomicsRequester: null,
  ats: null,
  pri: null,
  pasidWidth: null,
  maxPasids: null,
  engines: null,
  ...given,
  deviceKind: given.deviceKind ?? deviceKindOf(given.class ?? null, given.vendor ?? null),
});

/** A bridge of which nothing is known but what is given. */
export const pciBridge = (
  given: Given<Omit<PciBridge, 'kind' | 'id'>, 'bdf' | 'parent' | 'from' | 'role'>,
): PciBridge => ({
  ...unknownPci,
  class: pciClass.bridgePci,
  kind: 'pciBridge',
  id: pciId(given.bdf),
  secondaryBus: null,
  subordinateBus: null,
  windows: [],
  completerAtomics: null,
  routesAtomics: null,
  blocksAtomics: null,
  ...given,
});
