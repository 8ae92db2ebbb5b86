/**
 * Matrices of a machine: distances, bandwidths, paths and capabilities as sources report them, and the access
 * attributes of memory with initiators as rows and memory as columns.
 */
import type { MatrixEnd, MatrixHead, MatrixRequest, MatrixView } from '../contract/machine-views.ts';
import { firstPlace } from '../model/provenance.ts';
import type { Matrix, MemoryAttribute, Topology } from '../model/topology.ts';
import { derivedMatrices } from './derived-matrices.ts';
import { partOf, type PartIndex } from './parts/part-index.ts';
import { printCpus } from './parts/part-facts.ts';
import { shortLabel } from './parts/part-words.ts';

interface End {
  readonly key: string;
  readonly end: MatrixEnd;
}

export interface IndexedMatrix {
  readonly head: MatrixHead;
  readonly rows: readonly End[];
  readonly columns: readonly End[];
  readonly values: readonly (number | string | null)[];
}

/** Most rows and columns of one answer. */
const maxEnds = 256;

/** From near to far, as drivers print paths between devices; words that are not here come after. */
const pathOrder = ['X', 'XGMI', 'C2C', 'PIX', 'PXB', 'PXN', 'PHB', 'PCIE', 'NODE', 'SYS', 'OK', 'U'];
const nearness = (word: string): number =>
  word.startsWith('NV') ? 1 : pathOrder.indexOf(word) < 0 ? pathOrder.length : pathOrder.indexOf(word);

const smaller = (a: number, b: number): number => (a < b ? a : b);
const larger = (a: number, b: number): number => (a > b ? a : b);

const longestOf = (ends: readonly End[]): number => ends.reduce((most, { end }) => Math.max(most, end.title.length), 0);

function headOf(
  id: string,
  about: Pick<MatrixHead, 'name' | 'unit' | 'means' | 'axes' | 'note' | 'source'>,
  rows: readonly End[],
  columns: readonly End[],
  values: readonly (number | string | null)[],
): IndexedMatrix {
  const words = new Set<string>();
  let [least, most, unknown] = [Infinity, -Infinity, 0];
  values.forEach((value, i) => {
    if (rows[Math.floor(i / columns.length)]?.key === columns[i % columns.length]?.key) return;
    if (value === null) unknown += 1;
    else if (typeof value === 'string') words.add(value);
    else if (value !== 0 || about.means !== 'bandwidth') [least, most] = [smaller(least, value), larger(most, value)];
  });
  const head: MatrixHead = {
    id,
    ...about,
    rows: rows.length,
    columns: columns.length,
    least: least === Infinity ? null : least,
    most: most === -Infinity ? null : most,
    words: [...words].sort((a, b) => nearness(a) - nearness(b) || (a < b ? -1 : 1)),
    unknown,
    longest: [longestOf(rows), longestOf(columns)],
  };
  return { head, rows, columns, values };
}

const titles: Readonly<Record<string, string>> = {
  NUMALatency: 'NUMA distance',
  NVLinkBandwidth: 'NVLink bandwidth',
  XGMIBandwidth: 'XGMI bandwidth',
  XGMIHops: 'XGMI hops',
  XeLinkBandwidth: 'Xe Link bandwidth',
};

/** What a reader of the matrix must know. */
function noteOf(matrix: Matrix): string | null {
  if (matrix.means === 'path')
    return 'Kinds of path as the driver names them: which devices can reach each other, not which wires there are.';
  if (matrix.means === 'capability') return 'What the driver allows between two devices.';
  if (matrix.unit === 'SLIT') return 'Relative distances of the firmware: 10 is the node itself, 20 twice as far.';
  if (matrix.means === 'bandwidth') return '0: no direct link.';
  return null;
}

export function indexMatrices(topology: Topology, index: PartIndex): readonly IndexedMatrix[] {
  const end = (id: string): End => {
    const part = index.byId.get(id);
    const object = index.objects.get(id);
    const story = part?.row.name.split(' · ')[0];
    const title =
      object === undefined
        ? id
        : object.kind === 'numaNode'
          ? `node ${object.osIndex ?? '?'}`
          : object.kind === 'pciFunction' && story !== undefined
            ? story
            : shortLabel(object);
    return { key: id, end: { title, part: part === undefined ? null : id, drawn: part?.row.drawn ?? null } };
  };
  const derived = derivedMatrices(topology);
  const notes = new Map<Matrix, string>(derived.map((matrix) => [matrix, matrix.note]));
  const reported = [...topology.matrices, ...derived].map((matrix, i) =>
    headOf(
      `matrix:${i}`,
      {
        name: titles[matrix.name] ?? matrix.name,
        unit: matrix.unit === 'SLIT' ? null : matrix.unit,
        means: matrix.means,
        axes: ['from', 'to'],
        note: notes.get(matrix) ?? noteOf(matrix),
        source: firstPlace(topology, matrix.from),
      },
      matrix.rows.map(end),
      matrix.columns.map(end),
      matrix.values,
    ),
  );
  return [...reported, ...attributeMatrices(topology, end)];
}

function attributeMatrices(topology: Topology, end: (id: string) => End): readonly IndexedMatrix[] {
  const byName = new Map<string, MemoryAttribute[]>();
  for (const attribute of topology.memoryAttributes) {
    const same = byName.get(attribute.name);
    if (same === undefined) byName.set(attribute.name, [attribute]);
    else same.push(attribute);
  }
  const initiator = ({ initiator: from }: MemoryAttribute): End => {
    if (from === null) return { key: '', end: { title: 'any', part: null, drawn: null } };
    if (from.kind === 'object') return end(from.object);
    const cpus = printCpus(from.cpus) ?? '?';
    return { key: `cpus:${cpus}`, end: { title: `CPUs ${cpus}`, part: null, drawn: null } };
  };
  return [...byName].map(([name, attributes], i) => {
    const rows = [...new Map(attributes.map((each) => [initiator(each).key, initiator(each)])).values()];
    const columns = [...new Map(attributes.map((each) => [each.target, end(each.target)])).values()];
    const place = new Map(attributes.map((each) => [`${initiator(each).key}\n${each.target}`, each.value]));
    const values = rows.flatMap((row) => columns.map((column) => place.get(`${row.key}\n${column.key}`) ?? null));
    return headOf(
      `attribute:${i}`,
      {
        name: name.replace(/([a-z])([A-Z])/g, '$1 $2'),
        unit: attributes[0]?.unit ?? null,
        means: /latency/i.test(name) ? 'latency' : /bandwidth/i.test(name) ? 'bandwidth' : 'unknown',
        axes: ['initiator', 'memory'],
        note: 'Access attributes of the firmware. The kernel publishes only those of the nearest initiators.',
        source: firstPlace(topology, attributes[0]?.from ?? []),
      },
      // A node is no initiator of itself here: no diagonal.
      rows.map((row) => ({ ...row, key: `from ${row.key}` })),
      columns,
      values,
    );
  });
}

export function matrixView(
  matrices: readonly IndexedMatrix[],
  index: PartIndex,
  { id, rows, columns, reveal }: MatrixRequest,
): MatrixView | null {
  const matrix = matrices.find(({ head }) => head.id === id);
  if (matrix === undefined) return null;
  const wanted = reveal === null ? undefined : partOf(index, reveal)?.row.id;
  const place = (ends: readonly End[]): number | null => {
    const at = wanted === undefined ? -1 : ends.findIndex(({ end }) => end.part === wanted);
    return at < 0 ? null : at;
  };
  const lastRow = Math.min(rows.end, rows.start + maxEnds, matrix.rows.length);
  const lastColumn = Math.min(columns.end, columns.start + maxEnds, matrix.columns.length);
  const values: (number | string | null)[] = [];
  for (let row = rows.start; row < lastRow; row++)
    for (let column = columns.start; column < lastColumn; column++)
      values.push(matrix.values[row * matrix.columns.length + column] ?? null);
  return {
    id,
    rowStart: rows.start,
    columnStart: columns.start,
    rows: matrix.rows.slice(rows.start, lastRow).map((each) => each.end),
    columns: matrix.columns.slice(columns.start, lastColumn).map((each) => each.end),
    values,
    revealed: { row: place(matrix.rows), column: place(matrix.columns) },
  };
}
