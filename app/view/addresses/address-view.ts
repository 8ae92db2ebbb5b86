/** The stretch of the address map that is on screen, with what is too narrow to see joined. */
import { plural } from '../../base/format.ts';
import type { AddressRequest, AddressScale, AddressSegment, AddressView } from '../../contract/machine-views.ts';
import { firstPlace } from '../../model/provenance.ts';
import type { Topology } from '../../model/topology.ts';
import { partOf, type PartIndex } from '../parts/part-index.ts';
import { placeRanges, type Place } from './layout.ts';
import { rangeTree, type RangeNode, type RangeTree } from './ranges.ts';

export interface AddressIndex {
  readonly tree: RangeTree;
  readonly places: Readonly<Record<AddressScale, readonly Place[]>>;
  readonly ranges: number;
  readonly levels: number;
}

const countOf = (ranges: readonly RangeNode[]): number =>
  ranges.reduce((sum, range) => sum + 1 + countOf(range.children), 0);
const levelsOf = (ranges: readonly RangeNode[]): number =>
  ranges.reduce((most, range) => Math.max(most, 1 + levelsOf(range.children)), 0);

export function indexAddresses(topology: Topology): AddressIndex {
  const tree = rangeTree(topology);
  return {
    tree,
    places: { even: placeRanges(tree.ranges, 'even'), true: placeRanges(tree.ranges, 'true') },
    ranges: countOf(tree.ranges),
    levels: levelsOf(tree.ranges),
  };
}

/** Ranges narrower than this are joined with their neighbours, and what is inside them is not drawn, in pixels. */
const least = 2.5;

const idOf = (place: Place): string =>
  `${place.range === null ? 'gap' : 'range'}:${place.depth}:${place.start.toString(16)}-${place.end.toString(16)}`;

/** What stands for several ranges: the first one, without a kind of its own where they are of several. */
function mixed(places: readonly Place[]): Place | undefined {
  const [first] = places;
  return first === undefined || places.every(({ kind }) => kind === first.kind) ? first : { ...first, kind: 'other' };
}

class Cutter {
  readonly segments: AddressSegment[] = [];

  constructor(
    readonly topology: Topology,
    readonly index: PartIndex,
    readonly from: number,
    readonly to: number,
    readonly pixels: number,
  ) {}

  cut(places: readonly Place[]): void {
    let narrow: Place[] = [];
    const flush = (): void => {
      const known = narrow.filter(({ range }) => range !== null);
      const [first] = narrow;
      const last = narrow[narrow.length - 1];
      if (first !== undefined && last !== undefined)
        this.#add(mixed(known) ?? first, first, last, Math.max(1, known.length));
      narrow = [];
    };
    for (const place of places) {
      // What a range leaves free inside itself is still that range.
      if (place.range === null && place.depth > 0) continue;
      if (place.x1 < this.from || place.x0 > this.to) continue;
      const width = this.#width(place.x0, place.x1);
      if (width >= least) {
        flush();
        this.#add(place, place, place, 1);
        if (width >= 2 * least) this.cut(place.children);
        continue;
      }
      narrow.push(place);
      if (this.#width(narrow[0]?.x0 ?? 0, place.x1) >= least) flush();
    }
    flush();
  }

  #width(x0: number, x1: number): number {
    return ((x1 - x0) / (this.to - this.from)) * this.pixels;
  }

  /** A bare address in the kernel's map says little: the device and the BAR say more. */
  #label({ range }: Place, part: string | null): string {
    if (range === null) return 'not in the map';
    const bar = part === null ? undefined : this.index.byId.get(part);
    const node = bar?.what.kind === 'object' && bar.what.object.kind === 'numaNode' ? bar.what.object : null;
    if (node !== null) return `${range.label}, node ${node.osIndex ?? '?'}`;
    if (bar?.what.kind !== 'bar' || !range.label.startsWith(bar.row.pci ?? '?')) return range.label;
    const owner = this.index.byId.get(bar.what.object.id)?.row.name.split(' · ')[0] ?? range.label;
    return owner === bar.row.pci ? `${owner} ${bar.row.name}` : `${owner} ${bar.row.name}, ${bar.row.pci ?? ''}`;
  }

  #add(what: Place, first: Place, last: Place, count: number): void {
    const part = count > 1 ? null : (what.range?.part ?? null);
    const indexed = part === null ? undefined : this.index.byId.get(part);
    this.segments.push({
      id: count > 1 ? `joined:${idOf(first)}` : idOf(what),
      kind: what.kind,
      label: count > 1 ? plural(count, 'narrow range') : this.#label(what, part),
      start: count > 1 ? first.start : what.start,
      end: count > 1 ? last.end : what.end,
      depth: what.depth,
      x0: first.x0,
      x1: last.x1,
      count,
      part: indexed === undefined ? null : part,
      drawn: indexed?.row.drawn ?? null,
      source: what.range === null || count > 1 ? null : firstPlace(this.topology, what.range.from),
    });
  }
}

/** The first range of a part, or of what it belongs to: a BAR leads to its own range, a device to its first one. */
function findPart(places: readonly Place[], part: string): Place | null {
  for (const place of places) {
    const own = place.range?.part ?? null;
    if (own === part || own?.startsWith(`${part}/bar`) === true) return place;
    const inside = findPart(place.children, part);
    if (inside !== null) return inside;
  }
  return null;
}

export function addressView(
  topology: Topology,
  parts: PartIndex,
  index: AddressIndex,
  { scale, from, to, pixels, reveal }: AddressRequest,
): AddressView {
  const places = index.places[scale];
  const cutter = new Cutter(topology, parts, from, Math.max(to, from + 1e-12), pixels);
  cutter.cut(places);
  const wanted = reveal === null ? undefined : partOf(parts, reveal);
  const found = wanted === undefined ? null : findPart(places, wanted.row.id);
  return {
    basis: index.tree.basis,
    ranges: index.ranges,
    levels: index.levels,
    start: places[0]?.start ?? 0,
    end: places[places.length - 1]?.end ?? 0,
    segments: cutter.segments,
    revealed: found === null ? null : { id: idOf(found), x0: found.x0, x1: found.x1 },
  };
}
