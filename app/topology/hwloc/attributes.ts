import type { Span } from '../../base/span.ts';
import type { OsDevice } from '../../model/topology.ts';
import { parseBitmap } from '../cpu-set.ts';
import { parseInteger } from '../numbers.ts';
import type { XmlElement } from '../xml.ts';

export type HwlocVersion = 1 | 2 | 3;

export const integer = (element: XmlElement, name: string): number | null => parseInteger(element.attributes[name]);

const noIndex = 0xffff_ffff;

/** The number that the operating system gives; none is written as -1, signed or not. */
export function osIndexOf(element: XmlElement): number | null {
  const value = integer(element, 'os_index');
  return value === null || value < 0 || value === noIndex ? null : value;
}

/** The lowest bit of the first of these sets that has one: what identifies an object by its CPUs. */
export function lowestCpu(element: XmlElement): number | null {
  for (const name of ['complete_cpuset', 'cpuset']) {
    const text = element.attributes[name];
    if (text === undefined) continue;
    const words = text.split(',');
    for (let i = words.length - 1, base = 0; i >= 0; i -= 1, base += 32) {
      const word = Number.parseInt((words[i] ?? '').replace(/^0x/i, '') || '0', 16);
      if (!Number.isInteger(word) || word === 0) continue;
      for (let bit = 0; bit < 32; bit += 1) if ((word / 2 ** bit) & 1) return base + bit;
    }
  }
  return null;
}

export function setOf(element: XmlElement, name: string): readonly Span[] | null {
  const text = element.attributes[name];
  return text === undefined ? null : parseBitmap(text);
}

const maxInfos = 200;

/** The `info` elements of an object, or of the topology itself; a name that comes twice keeps its first value. */
export function infosOf(element: XmlElement): Readonly<Record<string, string>> {
  const infos = new Map<string, string>();
  for (const child of element.children) {
    const { name, value } = child.attributes;
    if (child.name !== 'info' || name === undefined || value === undefined || infos.size >= maxInfos) continue;
    if (!infos.has(name)) infos.set(name, value.trim());
  }
  return Object.fromEntries(infos);
}

/** Sizes in infos are KiB, since v3 with the unit behind. */
export function kibBytes(text: string | undefined): number | null {
  const value = parseInteger(text?.replace(/\s*KiB$/i, ''));
  return value === null || value * 1024 > Number.MAX_SAFE_INTEGER ? null : value * 1024;
}

type OsDeviceClass = OsDevice['classes'][number];

const v2Classes: readonly OsDeviceClass[] = [
  'storage',
  'gpu',
  'network',
  'openfabrics',
  'dma',
  'coprocessor',
  'memory',
];
const v3Classes: readonly (readonly [number, OsDeviceClass])[] = [
  [1, 'storage'],
  [2, 'memory'],
  [4, 'gpu'],
  [8, 'coprocessor'],
  [16, 'network'],
  [32, 'openfabrics'],
  [64, 'dma'],
];

/** `osdev_type` is an index up to version 2 and a bit mask from version 3. */
export function osDeviceClasses(element: XmlElement, version: HwlocVersion): readonly OsDeviceClass[] {
  const value = integer(element, 'osdev_type');
  const subtype = element.attributes['subtype'];
  const special: readonly OsDeviceClass[] =
    subtype === 'CXLMem' ? ['cxlMemdev'] : element.attributes['name']?.startsWith('dax') === true ? ['dax'] : [];
  if (value === null) return special.length > 0 ? special : ['other'];
  const told =
    version === 3
      ? v3Classes.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name)
      : [v2Classes[value] ?? 'other'];
  return [...told, ...special];
}
