import type { Acs, Bar, PciBridge, PciLink } from '../model/topology.ts';

/** What PCI configuration space says (PCI Express base specification; include/uapi/linux/pci_regs.h). */
export interface PciConfig {
  readonly vendor: number;
  readonly device: number;
  readonly class: number;
  readonly progIf: number;
  readonly revision: number;
  readonly subsystemVendor: number | null;
  readonly subsystemDevice: number | null;
  /** Header type 1. */
  readonly isBridge: boolean;
  readonly secondaryBus: number | null;
  readonly subordinateBus: number | null;
  /** Device/port type of the PCI Express capability; null: no such capability, or out of reach. */
  readonly role: PciBridge['role'] | null;
  readonly link: PciLink | null;
  readonly acs: Acs;
  readonly ats: boolean | null;
  readonly pri: boolean | null;
  readonly pasidWidth: number | null;
  /** AtomicOp requests are enabled in Device Control 2. */
  readonly atomicsEnabled: boolean | null;
  readonly completerAtomics: PciBridge['completerAtomics'];
  /** BAR index -> sizes that the Resizable BAR capability offers. */
  readonly resizable: ReadonlyMap<number, readonly number[]>;
  /** BARs as programmed; a dump alone cannot tell their sizes. */
  readonly bars: readonly Pick<Bar, 'index' | 'type' | 'prefetchable' | 'start'>[];
}

const standardHeader = 64;
const conventionalSpace = 256;
const capabilityExpress = 0x10;
const extended = { acs: 0x000d, ats: 0x000f, pri: 0x0013, resizableBar: 0x0015, pasid: 0x001b } as const;

/** BARs by header type: function, PCI bridge, CardBus bridge. */
const barCounts: readonly number[] = [6, 2, 1];

const speeds: Readonly<Record<number, number>> = { 1: 2.5, 2: 5, 3: 8, 4: 16, 5: 32, 6: 64 };

/** Decodes as much as is there: 64 bytes (an ordinary user), 256, or all 4096. Null for anything shorter, or an empty slot. */
export function readPciConfig(bytes: Uint8Array): PciConfig | null {
  if (bytes.length < standardHeader) return null;
  const byte = (at: number): number => bytes[at] ?? 0;
  const word = (at: number): number => byte(at) | (byte(at + 1) << 8);
  const long = (at: number): number => (word(at) | (word(at + 2) << 16)) >>> 0;
  const vendor = word(0);
  if (vendor === 0xffff || vendor === 0) return null;
  const header = byte(0x0e) & 0x7f;
  const isBridge = header === 1;

  const standard = new Map<number, number>();
  if ((word(0x06) & 0x10) !== 0 && bytes.length >= conventionalSpace) {
    for (
      let at = byte(0x34) & 0xfc, steps = 0;
      at >= standardHeader && steps < 48;
      at = byte(at + 1) & 0xfc, steps += 1
    ) {
      if (!standard.has(byte(at))) standard.set(byte(at), at);
    }
  }
  const express = standard.get(capabilityExpress) ?? null;
  const seesExtended = bytes.length > conventionalSpace;
  const further = new Map<number, number>();
  if (seesExtended) {
    for (
      let at = conventionalSpace, steps = 0;
      at >= conventionalSpace && at + 4 <= bytes.length && steps < 96;
      steps += 1
    ) {
      const entry = long(at);
      if (entry === 0 || entry === 0xffff_ffff) break;
      if (!further.has(entry & 0xffff)) further.set(entry & 0xffff, at);
      at = (entry >>> 20) & 0xffc;
    }
  }
  /** Extended capabilities of an Express function that shows only 256 bytes are out of reach. */
  const canTell = seesExtended || (bytes.length >= conventionalSpace && express === null);
  const has = (id: number): boolean | null => (further.has(id) ? true : canTell ? false : null);
  const acs = further.get(extended.acs);
  const pasid = further.get(extended.pasid);
  return {
    vendor,
    device: word(2),
    class: word(0x0a),
    progIf: byte(9),
    revision: byte(8),
    subsystemVendor: header === 0 ? word(0x2c) : null,
    subsystemDevice: header === 0 ? word(0x2e) : null,
    isBridge,
    secondaryBus: isBridge ? byte(0x19) : null,
    subordinateBus: isBridge ? byte(0x1a) : null,
    role: express === null ? null : roleOf((word(express + 2) >> 4) & 0xf),
    link: express === null ? null : linkOf(long(express + 0x0c), word(express + 0x12)),
    acs:
      acs !== undefined
        ? { kind: 'present', capability: word(acs + 4) & 0x7f, control: word(acs + 6) & 0x7f }
        : { kind: canTell ? 'absent' : 'unknown' },
    ats: has(extended.ats),
    pri: has(extended.pri),
    pasidWidth: pasid !== undefined ? (word(pasid + 4) >> 8) & 0x1f : canTell ? 0 : null,
    atomicsEnabled: express === null || (word(express + 2) & 0xf) < 2 ? null : (word(express + 0x28) & 0x40) !== 0,
    completerAtomics: express === null ? null : completerOf(long(express + 0x24)),
    resizable: resizableOf(further.get(extended.resizableBar), long),
    bars: barsOf(barCounts[header] ?? 0, long),
  };
}

function roleOf(portType: number): PciBridge['role'] | null {
  if (portType === 4) return 'rootPort';
  if (portType === 5) return 'upstream';
  if (portType === 6) return 'downstream';
  return portType === 7 || portType === 8 ? 'bridge' : null;
}

function linkOf(capabilities: number, status: number): PciLink | null {
  const width = (value: number): number | null => (value === 0 ? null : value);
  const link = {
    currentSpeed: speeds[status & 0xf] ?? null,
    currentWidth: width((status >> 4) & 0x3f),
    maxSpeed: speeds[capabilities & 0xf] ?? null,
    maxWidth: width((capabilities >> 4) & 0x3f),
    statedGBs: null,
  };
  return link.currentSpeed === null && link.maxSpeed === null ? null : link;
}

function completerOf(capabilities2: number): PciBridge['completerAtomics'] {
  if ((capabilities2 & 0x200) !== 0) return 128;
  if ((capabilities2 & 0x100) !== 0) return 64;
  return (capabilities2 & 0x80) !== 0 ? 32 : 0;
}

/** Sizes by BAR: bit 4 of the capability register is 1 MiB, each further bit twice that; bits 16 and up of the control register go on. */
function resizableOf(at: number | undefined, long: (at: number) => number): ReadonlyMap<number, readonly number[]> {
  const sizes = new Map<number, readonly number[]>();
  if (at === undefined) return sizes;
  const count = Math.min((long(at + 8) >> 5) & 0x7, 6);
  for (let i = 0; i < count; i += 1) {
    const capability = long(at + 4 + i * 8);
    const control = long(at + 8 + i * 8);
    const offered: number[] = [];
    for (let bit = 0; bit < 28; bit += 1) if ((capability / 2 ** (bit + 4)) & 1) offered.push(2 ** (20 + bit));
    for (let bit = 0; bit < 5; bit += 1) if ((control / 2 ** (bit + 16)) & 1) offered.push(2 ** (48 + bit));
    sizes.set(control & 0x7, offered);
  }
  return sizes;
}

function barsOf(count: number, long: (at: number) => number): PciConfig['bars'] {
  const bars: PciConfig['bars'][number][] = [];
  for (let index = 0; index < count; index += 1) {
    const low = long(0x10 + index * 4);
    if ((low & 1) !== 0) {
      const start = (low & 0xffff_fffc) >>> 0;
      bars.push({ index, type: 'io', prefetchable: false, start: start === 0 ? null : start });
      continue;
    }
    const is64 = (low & 0x6) === 0x4;
    const high = is64 && index + 1 < count ? long(0x14 + index * 4) : 0;
    const start = high * 2 ** 32 + ((low & 0xffff_fff0) >>> 0);
    if (low !== 0 || high !== 0)
      bars.push({
        index,
        type: is64 ? 'mem64' : 'mem32',
        prefetchable: (low & 0x8) !== 0,
        start: start === 0 || !Number.isSafeInteger(start) ? null : start,
      });
    if (is64) index += 1;
  }
  return bars;
}
