import type { Span } from '../base/span.ts';
import type { Problem, Result } from '../base/result.ts';
import { err, ok } from '../base/result.ts';
import type { Topology } from '../model/topology.ts';
import { parseCpuList } from './cpu-set.ts';
import { atLine, TopologyDraft } from './draft.ts';
import type { TopologyInput } from './formats.ts';
import { parseInteger } from './numbers.ts';
import { firstLines, textLines } from './text-lines.ts';

const mib = 1024 * 1024;

export const isNumactl = ({ bytes }: TopologyInput): boolean =>
  firstLines(bytes).some((text) => /^(available: \d+ nodes|node \d+ (cpus|size):)/.test(text));

interface Node {
  readonly line: number;
  cpus: readonly Span[] | null;
  bytes: number | null;
  freeMb: string | null;
}

/** `numactl --hardware`: nodes, their CPUs, sizes in MiB, and the distance table. */
export function readNumactl({ name, bytes }: TopologyInput): Result<Topology, readonly Problem[]> {
  const draft = new TopologyDraft(name, 'numactl');
  const nodes = new Map<number, Node>();
  const distances: { readonly line: number; readonly values: readonly string[] }[] = [];
  let columns: readonly number[] | null = null;
  let announced: number | null = null;
  for (const { line, text } of textLines(bytes, draft)) {
    const available = /^available: (\d{1,5}) nodes/.exec(text);
    const field = /^node (\d{1,5}) (cpus|size|free):\s*(.*)$/.exec(text);
    const row = /^\s*(\d{1,5}):\s+(.*)$/.exec(text);
    if (available !== null) announced = Number(available[1]);
    else if (field !== null) {
      const index = Number(field[1]);
      const node = nodes.get(index) ?? { line, cpus: null, bytes: null, freeMb: null };
      nodes.set(index, node);
      const value = (field[3] ?? '').trim();
      if (field[2] === 'cpus') node.cpus = parseCpuList(value);
      else if (field[2] === 'free') node.freeMb = value;
      else {
        const size = parseInteger(/^(\d+) MB$/.exec(value)?.[1]);
        node.bytes = size === null ? null : size * mib;
      }
    } else if (/^node\s+\d[\d\s]*$/.test(text)) columns = text.trim().split(/\s+/).slice(1).map(Number);
    else if (row !== null && columns !== null)
      distances.push({ line, values: [row[1] ?? '', ...(row[2] ?? '').trim().split(/\s+/)] });
    else if (
      text.trim() !== '' &&
      !/^(node distances|policy|preferred|physcpubind|cpubind|nodebind|membind|interleave)/.test(text)
    )
      draft.warn(line, `not understood and left out: ${JSON.stringify(text.slice(0, 60))}`);
  }
  if (nodes.size === 0)
    return err([
      { file: name, line: 1, column: 1, message: 'no node is described: give the output of "numactl --hardware"' },
    ]);
  if (announced !== null && announced !== nodes.size)
    draft.warn(1, `${announced} nodes are announced, ${nodes.size} are described: part of the text is missing`);
  draft.addMachine();
  for (const [index, node] of [...nodes].sort(([a], [b]) => a - b)) addNode(draft, index, node);
  draft.tells('numaNodes');
  if ([...nodes.values()].every((node) => node.cpus !== null)) draft.tells('pus');
  const problem = addDistances(draft, name, columns, distances);
  return problem === null ? ok(draft.finish()) : err([problem]);
}

function addNode(draft: TopologyDraft, index: number, node: Node): void {
  const from = atLine(node.line);
  const group = draft.add({
    kind: 'group',
    id: `group:node${index}`,
    parent: 'machine',
    name: `node ${index}`,
    facts: {},
    from,
    osIndex: index,
    subkind: 'NUMA',
  });
  const hasCpus = node.cpus !== null && node.cpus.length > 0;
  const isMemory = node.bytes !== 0;
  draft.add({
    kind: 'numaNode',
    id: `numa:${index}`,
    parent: group,
    name: null,
    facts: {
      ...(node.freeMb === null ? {} : { free: node.freeMb }),
      ...(isMemory ? {} : { note: 'CPUs without memory of their own' }),
    },
    from,
    osIndex: index,
    memoryKind: hasCpus && isMemory ? 'dram' : 'unknown',
    memoryKindInferred: hasCpus && isMemory ? 'CPUs are on the node' : null,
    bytes: node.bytes,
    cpus: node.cpus,
    nearCpus: null,
    registration: 'system',
  });
  for (const { start, end } of node.cpus ?? []) {
    for (let cpu = start; cpu < end && !draft.isFull; cpu += 1)
      draft.add({ kind: 'pu', id: `pu:${cpu}`, parent: group, name: null, facts: {}, from, osIndex: cpu });
  }
}

function addDistances(
  draft: TopologyDraft,
  file: string,
  columns: readonly number[] | null,
  rows: readonly { readonly line: number; readonly values: readonly string[] }[],
): Problem | null {
  if (columns === null) return null;
  const short = rows.find(
    ({ values }) => values.length !== columns.length + 1 || values.some((value) => parseInteger(value) === null),
  );
  if (short !== undefined)
    return {
      file,
      line: short.line,
      column: 1,
      message: `a row of the distances has ${short.values.length - 1} numbers for ${columns.length} nodes: the text is cut off`,
    };
  if (rows.length !== columns.length) {
    draft.warn(
      rows.at(-1)?.line ?? null,
      `${rows.length} rows of distances for ${columns.length} nodes: they are left out`,
    );
    return null;
  }
  const rowIds = rows.map(({ values }) => `numa:${values[0] ?? ''}`);
  const columnIds = columns.map((column) => `numa:${column}`);
  if ([...rowIds, ...columnIds].some((id) => !draft.has(id))) {
    draft.warn(rows[0]?.line ?? null, 'the distances name nodes that are not described: they are left out');
    return null;
  }
  draft.matrices.push({
    name: 'NUMALatency',
    unit: 'SLIT',
    means: 'latency',
    rows: rowIds,
    columns: columnIds,
    values: rows.flatMap(({ values }) => values.slice(1).map((value) => parseInteger(value))),
    from: atLine(rows[0]?.line ?? null),
  });
  return null;
}
