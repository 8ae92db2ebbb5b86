/** What differs beside the parts: cells of matrices, access attributes of memory, ranges of the address map. */
import { printHex } from '../../base/format.ts';
import type { AddressRange, Matrix, MemoryAttribute, Topology } from '../../model/topology.ts';
import { printCpus } from '../parts/part-facts.ts';
import type { Identities } from './identity.ts';

export interface OtherChange {
  readonly what: 'matrix' | 'access attribute' | 'address range';
  readonly name: string;
  /** null: there is none. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Most that are listed. */
const most = 10_000;

type Values = ReadonlyMap<string, string>;

/** Keys that are not in both, or with another value; nothing where one of the two is silent altogether. */
function* differences(what: OtherChange['what'], before: Values, after: Values): Generator<OtherChange> {
  if (before.size === 0 || after.size === 0) return;
  for (const [name, value] of before) {
    const other = after.get(name) ?? null;
    if (other !== value) yield { what, name, before: value, after: other };
  }
  for (const [name, value] of after) if (!before.has(name)) yield { what, name, before: null, after: value };
}

interface Cells {
  readonly values: Values;
  readonly size: string;
}

/** Matrices by name and by what they are between, in the order of the source. */
function cellsOf(matrices: readonly Matrix[], identities: Identities): ReadonlyMap<string, Cells> {
  const found = new Map<string, Cells>();
  const used = new Map<string, number>();
  for (const matrix of matrices) {
    const before = used.get(matrix.name) ?? 0;
    used.set(matrix.name, before + 1);
    const values = new Map<string, string>();
    matrix.values.forEach((value, i) => {
      const row = identities.of(matrix.rows[Math.floor(i / matrix.columns.length)] ?? null);
      const column = identities.of(matrix.columns[i % matrix.columns.length] ?? null);
      values.set(`${row} → ${column}`, value === null ? 'not told' : String(value));
    });
    const name = before === 0 ? matrix.name : `${matrix.name}, no. ${before + 1}`;
    found.set(name, { values, size: `${matrix.rows.length} × ${matrix.columns.length}` });
  }
  return found;
}

/** Matrices that both have: another size is one difference, and so is each cell of both with another value. */
function* matrixChanges(before: ReadonlyMap<string, Cells>, after: ReadonlyMap<string, Cells>): Generator<OtherChange> {
  for (const [name, old] of before) {
    const now = after.get(name);
    if (now === undefined) continue;
    if (old.size !== now.size) yield { what: 'matrix', name, before: old.size, after: now.size };
    for (const [cell, value] of old.values) {
      const other = now.values.get(cell);
      if (other !== undefined && other !== value && other !== 'not told' && value !== 'not told')
        yield { what: 'matrix', name: `${name}, ${cell}`, before: value, after: other };
    }
  }
}

const attributeKey = ({ name, target, initiator }: MemoryAttribute, identities: Identities): string =>
  `${name} of ${identities.of(target)}${
    initiator === null
      ? ''
      : ` from ${initiator.kind === 'object' ? identities.of(initiator.object) : `CPUs ${printCpus(initiator.cpus) ?? ''}`}`
  }`;

/** Ranges by what holds them and their label; several alike in order. */
function ranges(rows: readonly AddressRange[]): Values {
  const found = new Map<string, string>();
  const used = new Map<string, number>();
  const path: string[] = [];
  for (const { start, end, label, depth } of rows) {
    path.length = Math.min(path.length, depth);
    path.push(label);
    const base = path.join(' › ');
    const before = used.get(base) ?? 0;
    used.set(base, before + 1);
    found.set(before === 0 ? base : `${base}, no. ${before + 1}`, `${printHex(start)} to ${printHex(end - 1)}`);
  }
  return found;
}

export function otherChanges(
  before: Topology,
  after: Topology,
  old: Identities,
  now: Identities,
): readonly OtherChange[] {
  const found: OtherChange[] = [];
  const add = (changes: Iterable<OtherChange>): void => {
    for (const change of changes) if (found.length < most) found.push(change);
  };
  add(matrixChanges(cellsOf(before.matrices, old), cellsOf(after.matrices, now)));
  const attributes = (topology: Topology, identities: Identities): Values =>
    new Map(topology.memoryAttributes.map((each) => [attributeKey(each, identities), String(each.value)]));
  add(differences('access attribute', attributes(before, old), attributes(after, now)));
  add(differences('address range', ranges(before.addressRanges), ranges(after.addressRanges)));
  return found;
}
