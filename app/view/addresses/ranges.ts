/** The physical address space as a tree of ranges: the kernel's map where a source has one, else windows and BARs. */
import type { AddressKind, AddressView } from '../../contract/machine-views.ts';
import type { Provenance, Topology } from '../../model/topology.ts';
import { kindWord, shortLabel } from '../parts/part-words.ts';

export interface RangeNode {
  readonly start: number;
  readonly end: number;
  readonly label: string;
  readonly kind: AddressKind;
  /** Id of the part that owns it. */
  readonly part: string | null;
  readonly from: readonly Provenance[];
  readonly children: readonly RangeNode[];
}

interface Found {
  start: number;
  end: number;
  label: string;
  part: string | null;
  from: readonly Provenance[];
  /** Breaks the tie of equal ranges: what contains comes first. */
  depth: number;
  children: Found[];
}

const kinds: readonly (readonly [RegExp, AddressKind])[] = [
  [/^System RAM/i, 'ram'],
  [/persistent memory|^namespace|^pmem|^dax/i, 'pmem'],
  [/^Kernel |^Crash kernel/i, 'kernel'],
  [/^CXL|^region\d|^decoder\d/i, 'cxl'],
  [/^PCI (Bus|ECAM|MMCONFIG)|window|^MMCONFIG/i, 'window'],
  [/reserved|^ACPI|^Video ROM|^System ROM|^Adapter ROM|^Reserved/i, 'reserved'],
  [/^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]|^BAR |ROM of/i, 'device'],
];

/** Below a device's range stands the driver that holds it. */
function kindOf(label: string, above: AddressKind | null, owned: boolean): AddressKind {
  const known = kinds.find(([form]) => form.test(label))?.[1];
  if (known !== undefined) return known;
  if (above === 'ram' || above === 'kernel') return above;
  return owned || above === 'device' || above === 'window' ? 'device' : 'other';
}

/** Ranges that the objects themselves tell: windows of bridges, BARs, CXL decoders and regions. */
function rangesOfObjects(topology: Topology): readonly Found[] {
  const found: Found[] = [];
  const add = (
    start: number,
    end: number,
    label: string,
    part: string,
    from: readonly Provenance[],
    depth: number,
  ): void => {
    if (end > start && Number.isSafeInteger(end)) found.push({ start, end, label, part, from, depth, children: [] });
  };
  for (const object of topology.objects) {
    if (object.kind === 'pciBridge')
      for (const window of object.windows)
        if (window.type !== 'io')
          add(
            window.start,
            window.end,
            `${kindWord(object)} ${object.bdf}, ${window.type === 'prefetch' ? 'prefetchable ' : ''}window`,
            object.id,
            object.from,
            1,
          );
    if (object.kind === 'pciBridge' || object.kind === 'pciFunction')
      for (const bar of object.bars)
        if (bar.type !== 'io' && bar.start !== null && bar.bytes !== null && bar.assigned !== false)
          add(
            bar.start,
            bar.start + bar.bytes,
            `${object.bdf} ${bar.index === 6 || bar.type === 'rom' ? 'ROM' : `BAR ${bar.index}`}`,
            `${object.id}/bar${bar.index}`,
            object.from,
            2,
          );
    if ((object.kind === 'cxlDecoder' || object.kind === 'cxlRegion') && object.start !== null && object.bytes !== null)
      add(object.start, object.start + object.bytes, shortLabel(object), object.id, object.from, 0);
  }
  return found;
}

/** A BAR is in the kernel's map already where a range of its function begins at the same address. */
function withoutKnown(more: readonly Found[], map: readonly Found[]): readonly Found[] {
  const known = new Map<string, Found[]>();
  for (const range of map) {
    const key = `${range.start}:${range.end}`;
    known.set(key, [...(known.get(key) ?? []), range]);
  }
  return more.filter((range) => {
    const same = known.get(`${range.start}:${range.end}`) ?? [];
    const owner = range.part?.replace(/\/bar\d+$/, '') ?? null;
    const twin = same.find(({ part, label }) => part === owner || (part === null && label.startsWith('PCI Bus')));
    if (twin === undefined) return same.length === 0;
    if (twin.part !== null || range.part?.includes('/bar') !== true) twin.part = range.part;
    return false;
  });
}

/** Levels that are told apart; a map has five or six. */
const deepest = 24;

/** Puts each range below the smallest one that holds it. What overlaps without being held is cut where the holder ends. */
function nest(ranges: readonly Found[]): readonly Found[] {
  const sorted = ranges.toSorted((a, b) => a.start - b.start || b.end - a.end || a.depth - b.depth);
  const top: Found[] = [];
  const open: Found[] = [];
  for (const range of sorted) {
    while (open.length > 0 && (open[open.length - 1]?.end ?? 0) <= range.start) open.pop();
    while (open.length >= deepest) open.pop();
    const above = open[open.length - 1];
    if (above !== undefined && range.end > above.end) range.end = above.end;
    (above?.children ?? top).push(range);
    open.push(range);
  }
  return top;
}

const settle = (ranges: readonly Found[], above: AddressKind | null): readonly RangeNode[] =>
  ranges.map(({ start, end, label, part, from, children }) => {
    const kind = kindOf(label, above, part !== null);
    return { start, end, label, kind, part, from, children: settle(children, kind) };
  });

export interface RangeTree {
  readonly basis: AddressView['basis'];
  readonly ranges: readonly RangeNode[];
}

export function rangeTree(topology: Topology): RangeTree {
  const map: Found[] = topology.addressRanges.map(({ start, end, label, depth, object, from }) => ({
    start,
    end,
    label,
    part: object,
    from,
    depth,
    children: [],
  }));
  const more = withoutKnown(rangesOfObjects(topology), map);
  const basis = map.length > 0 ? 'map' : more.length > 0 ? 'windows' : 'none';
  return { basis, ranges: settle(nest([...map, ...more]), null) };
}
