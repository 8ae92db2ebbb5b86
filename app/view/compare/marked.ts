/** The table of a machine with what differs from another one marked in it, and what only the other has added to it. */
import type { AttributeChange, ComparisonView, Difference, PartRow } from '../../contract/machine-views.ts';
import type { IndexedPart, PartIndex } from '../parts/part-index.ts';
import type { Comparison } from './compare.ts';

export interface MarkedIndex extends PartIndex {
  readonly changes: ReadonlyMap<string, readonly AttributeChange[]>;
}

/** What a part of the other machine is called here: its id may stand for something else in this one. */
const foreignId = (id: string): string => `other machine: ${id}`;

const mark = (part: IndexedPart, difference: Difference): IndexedPart => ({
  ...part,
  row: { ...part.row, difference },
});

/** The node of the graph nearest to a part that is no longer there: that of what contained it. */
function drawnNear(part: IndexedPart, before: PartIndex, comparison: Comparison): string | null {
  let id: string | null = part.what.kind === 'link' ? part.what.link.a : part.what.object.id;
  while (id !== null) {
    const twin = comparison.counterpart.get(id);
    if (twin !== undefined) return twin.row.drawn;
    id = before.objects.get(id)?.parent ?? null;
  }
  return null;
}

export function markedIndex(index: PartIndex, before: PartIndex, comparison: Comparison): MarkedIndex {
  const added = new Set(comparison.added.map(({ row }) => row.id));
  const changes = new Map(comparison.changed.map((each) => [each.after.row.id, each.changes]));
  const own = index.parts.map((part) =>
    added.has(part.row.id) ? mark(part, 'added') : changes.has(part.row.id) ? mark(part, 'changed') : part,
  );
  const gone = comparison.removed.map((part): IndexedPart => ({
    ...part,
    row: {
      ...part.row,
      id: foreignId(part.row.id),
      drawn: drawnNear(part, before, comparison),
      difference: 'removed',
    },
  }));
  const parts = [...own, ...gone];
  const counts = new Map<string, number>();
  for (const { row } of parts) counts.set(row.kind, (counts.get(row.kind) ?? 0) + 1);
  return {
    ...index,
    parts,
    byId: new Map(parts.map((part) => [part.row.id, part])),
    kinds: index.kinds.map(({ kind }) => ({ kind, count: counts.get(kind) ?? 0 })),
    changes,
  };
}

/** Its short name, or what it is and its address. */
const nameOf = ({ name, pci }: PartRow): string => {
  const [first = name] = name.split(' · ');
  return /^[a-z]+\d+$/.test(first) || pci == null ? first : `${first} ${pci}`;
};

/** More than these are not named. */
const mostNamed = 20;

/** Nodes of the graph that differ, or that contain what differs. */
function markedNodes(marked: MarkedIndex, comparison: Comparison): ComparisonView['nodes'] {
  const nodes = new Map<string, Difference>();
  const gone = new Map<string, string[]>();
  const removed = new Set(comparison.removed.flatMap(({ what }) => (what.kind === 'object' ? [what.object.id] : [])));
  for (const { row, what } of marked.parts) {
    if (row.difference === null || row.drawn === null) continue;
    const before = nodes.get(row.drawn);
    if (row.difference === 'removed') {
      if (before === undefined) nodes.set(row.drawn, 'removed');
      const within = what.kind === 'bar' ? what.object.id : what.kind === 'object' ? what.object.parent : null;
      if (within !== null && removed.has(within)) continue;
      const names = gone.get(row.drawn) ?? [];
      if (names.length < mostNamed) names.push(nameOf(row));
      gone.set(row.drawn, names);
    } else if (before !== 'added') nodes.set(row.drawn, row.drawn === row.id ? row.difference : 'changed');
  }
  return [...nodes].map(([node, difference]) => {
    const names = gone.get(node);
    return { node, difference, ...(names === undefined ? {} : { gone: names }) };
  });
}

export const comparisonView = (
  about: { readonly title: string; readonly source: string },
  comparison: Comparison,
  marked: MarkedIndex,
): ComparisonView => ({
  title: about.title,
  source: about.source,
  same: comparison.same,
  added: comparison.added.length,
  removed: comparison.removed.length,
  changed: comparison.changed.length,
  other: comparison.other.length,
  notTold: comparison.notTold,
  nodes: markedNodes(marked, comparison),
});
