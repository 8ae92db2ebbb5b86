/**
 * Where each range of the address space is drawn, as shares of the width of the whole picture. Stretches between ranges
 * are places of their own: nothing is known of them.
 *
 *      even   | RAM      |?| PCI 0000:00 |?| RAM               |     widths grow with the square of the logarithm of sizes
 *                          |BAR|?|BAR |?|
 *      true   |R|?|P|?|                RAM                      |     widths are sizes
 */
import type { AddressKind, AddressScale } from '../../contract/machine-views.ts';
import type { RangeNode } from './ranges.ts';

export interface Place {
  readonly kind: AddressKind;
  /** null: nothing is known of this stretch. */
  readonly range: RangeNode | null;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  readonly x0: number;
  readonly x1: number;
  readonly children: readonly Place[];
}

/** How wide a stretch is drawn beside its neighbours; what no range tells of needs little room, but inside a range it is part of that. */
const weight = (bytes: number, known: boolean, scale: AddressScale): number =>
  scale === 'true' ? bytes : known ? 6 + Math.log2(bytes / 4096 + 1) ** 2 : 8;

interface Piece {
  readonly range: RangeNode | null;
  readonly start: number;
  readonly end: number;
}

/** Ranges and the gaps between them, from `start` to `end`. */
function pieces(ranges: readonly RangeNode[], start: number, end: number): readonly Piece[] {
  const all: Piece[] = [];
  let at = start;
  for (const range of ranges) {
    if (range.start > at) all.push({ range: null, start: at, end: range.start });
    all.push({ range, start: range.start, end: range.end });
    at = Math.max(at, range.end);
  }
  if (at < end) all.push({ range: null, start: at, end });
  return all;
}

function place(
  ranges: readonly RangeNode[],
  start: number,
  end: number,
  x0: number,
  x1: number,
  depth: number,
  scale: AddressScale,
): readonly Place[] {
  const all = pieces(ranges, start, end);
  const weights = all.map((piece) => weight(piece.end - piece.start, piece.range !== null || depth > 0, scale));
  const sum = weights.reduce((total, each) => total + each, 0);
  let before = 0;
  return all.map((piece, i): Place => {
    const from = x0 + (before / sum) * (x1 - x0);
    before += weights[i] ?? 0;
    const to = x0 + (before / sum) * (x1 - x0);
    const inner = piece.range?.children ?? [];
    return {
      kind: piece.range?.kind ?? 'unknown',
      range: piece.range,
      start: piece.start,
      end: piece.end,
      depth,
      x0: from,
      x1: to,
      children: inner.length === 0 ? [] : place(inner, piece.start, piece.end, from, to, depth + 1, scale),
    };
  });
}

/** The whole space, from address 0 to the end of the last range that is known. */
export function placeRanges(ranges: readonly RangeNode[], scale: AddressScale): readonly Place[] {
  const end = ranges.reduce((most, range) => Math.max(most, range.end), 0);
  return end === 0 ? [] : place(ranges, 0, end, 0, 1, 0, scale);
}
