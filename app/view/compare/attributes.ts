/** The attributes of a part that are compared, with their values as they are printed. */
import { printBytes } from '../../base/format.ts';
import type { AttributeChange } from '../../contract/machine-views.ts';
import { partFacts } from '../parts/part-facts.ts';
import type { IndexedPart } from '../parts/part-index.ts';

/** Ids of other objects, which every format writes its own way, and words about the program that wrote the file. */
const leftOut = new Set(['ends', 'nearest node', 'window onto', 'targets', 'virtual function of']);
const ofTheProgram = new Set([
  'hwlocVersion',
  'ProcessName',
  'Backend',
  'SyntheticDescription',
  'bdf',
  'size',
  'known from',
]);

function attributes(part: IndexedPart): ReadonlyMap<string, string | null> {
  const found = new Map<string, string | null>();
  for (const { label, value } of partFacts(part))
    if (!leftOut.has(label) && !ofTheProgram.has(label) && !found.has(label)) found.set(label, value);
  if (part.row.node !== undefined && part.row.pci !== undefined) found.set('nearest node', part.row.node);
  if (part.what.kind === 'object') found.set('name', part.what.object.name);
  return found;
}

/** Sizes are compared to the byte; two that are printed alike are printed in bytes. */
function sizes(before: IndexedPart, after: IndexedPart): readonly AttributeChange[] {
  const [x, y] = [before.bytes, after.bytes];
  if (x === null || y === null || x === y) return [];
  const alike = printBytes(x) === printBytes(y);
  return [{ field: 'size', before: alike ? `${x} B` : printBytes(x), after: alike ? `${y} B` : printBytes(y) }];
}

/** What differs in two descriptions of one part. What only one of them tells is no difference. */
export function changesOf(before: IndexedPart, after: IndexedPart): readonly AttributeChange[] {
  const old = attributes(before);
  const now = attributes(after);
  const changes: AttributeChange[] = [...sizes(before, after)];
  for (const [field, value] of now) {
    const other = old.get(field);
    if (other === undefined || other === null || value === null || other === value) continue;
    // Versions of a format sort OS devices into more or fewer classes: one in common is enough.
    if (before.row.kind === 'OS device' && field === 'class' && value.split(', ').some((word) => other.includes(word)))
      continue;
    changes.push({ field, before: other, after: value });
  }
  return changes;
}
