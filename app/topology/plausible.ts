/**
 * Numbers that no register can hold come from damaged or mixed-up sources: they are unknown, and a warning says so.
 *
 *      vendor 0x110de    a register of 16 bits      unknown
 *      0.0 GT/s x64      links have up to 32 lanes  speed and width unknown
 */
import type { PciLink, TopologyObject } from '../model/topology.ts';

type Warn = (message: string) => void;

/** Far above PCIe 7 (128 GT/s), and what a rate of any link may be. */
const mostSpeed = 1024;
const mostLanes = 32;

const byte = 0xff;
const word = 0xffff;

function linkWithin(link: PciLink, warn: Warn): PciLink {
  const speed = (name: string, value: number | null): number | null => {
    if (value === null || (value > 0 && value <= mostSpeed)) return value;
    warn(`${name} ${value} is not the speed of a link: it is unknown`);
    return null;
  };
  return {
    currentSpeed: speed('current speed', link.currentSpeed),
    currentWidth: within('current width', link.currentWidth, mostLanes, warn),
    maxSpeed: speed('maximum speed', link.maxSpeed),
    maxWidth: within('maximum width', link.maxWidth, mostLanes, warn),
    statedGBs: speed('rate', link.statedGBs),
  };
}

function within(name: string, value: number | null, most: number, warn: Warn): number | null {
  if (value === null || (Number.isInteger(value) && value >= 0 && value <= most)) return value;
  warn(`${name} ${value} is more than ${most}, or no number of its kind: it is unknown`);
  return null;
}

/** The object with what is impossible taken for unknown. */
export function plausible(object: TopologyObject, warn: Warn): TopologyObject {
  const of = (name: string, value: number | null, most: number): number | null => within(name, value, most, warn);
  if (object.kind === 'hostBridge')
    return {
      ...object,
      domain: of('domain', object.domain, 0xffff_ffff),
      rootBus: of('bus', object.rootBus, byte),
      lastBus: of('last bus', object.lastBus, byte),
    };
  if (object.kind !== 'pciFunction' && object.kind !== 'pciBridge') return object;
  const common = {
    class: of('class', object.class, word),
    progIf: of('programming interface', object.progIf, byte),
    vendor: of('vendor', object.vendor, word),
    device: of('device', object.device, word),
    subsystemVendor: of('subsystem vendor', object.subsystemVendor, word),
    subsystemDevice: of('subsystem device', object.subsystemDevice, word),
    revision: of('revision', object.revision, byte),
    link: object.link === null ? null : linkWithin(object.link, warn),
  };
  if (object.kind === 'pciFunction') return { ...object, ...common };
  return {
    ...object,
    ...common,
    secondaryBus: of('secondary bus', object.secondaryBus, byte),
    subordinateBus: of('subordinate bus', object.subordinateBus, byte),
  };
}
