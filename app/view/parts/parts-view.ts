/** The table of everything: filtered, ordered, and cut to the rows on screen. */
import { compareNatural } from '../../base/order.ts';
import type { PartColumn, PartRow, PartsRequest, PartsView } from '../../contract/machine-views.ts';
import { partOf, type IndexedPart, type PartIndex } from './part-index.ts';

type Query = Pick<PartsRequest, 'filter' | 'kind' | 'differing' | 'sort' | 'descending'>;

const words = (text: string): readonly string[] => text.toLowerCase().split(/\s+/).filter(Boolean);

const textOf = (row: PartRow, column: Exclude<PartColumn, 'size'>): string | null => row[column] ?? null;

/** What is not told comes last, whichever way the rows are ordered. */
function order(column: PartColumn, sign: 1 | -1): (a: IndexedPart, b: IndexedPart) => number {
  const byValue = (a: IndexedPart, b: IndexedPart): number | null => {
    if (column === 'size') return a.bytes === null || b.bytes === null ? null : a.bytes - b.bytes;
    const [x, y] = [textOf(a.row, column), textOf(b.row, column)];
    return x === null || y === null ? null : compareNatural(x, y);
  };
  const isTold = (part: IndexedPart): boolean =>
    column === 'size' ? part.bytes !== null : textOf(part.row, column) !== null;
  return (a, b) => {
    const known = byValue(a, b);
    return known === null ? Number(isTold(b)) - Number(isTold(a)) : sign * known;
  };
}

/** The parts that a query lets through, in its order; parts that are equal in it stay in the order of the source. */
export function matchingParts(index: PartIndex, query: Query): readonly IndexedPart[] {
  const wanted = words(query.filter);
  const found = index.parts.filter(
    ({ row, text }) =>
      (query.kind === null || row.kind === query.kind) &&
      (!query.differing || row.difference !== null) &&
      wanted.every((word) => text.includes(word)),
  );
  return query.sort === null ? found : found.sort(order(query.sort, query.descending ? -1 : 1));
}

/** Most rows of one answer. */
const maxRows = 2000;

export function partsView(
  index: PartIndex,
  request: PartsRequest,
  matching = matchingParts(index, request),
): PartsView {
  const wanted = request.reveal === null ? undefined : partOf(index, request.reveal);
  const at = wanted === undefined ? -1 : matching.indexOf(wanted);
  return {
    total: index.parts.length,
    matching: matching.length,
    kinds: index.kinds,
    start: request.start,
    rows: matching.slice(request.start, request.start + Math.min(request.count, maxRows)).map(({ row }) => row),
    revealed: wanted === undefined || at < 0 ? null : { id: wanted.row.id, at },
  };
}
