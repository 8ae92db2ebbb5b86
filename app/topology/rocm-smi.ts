import type { Problem, Result } from '../base/result.ts';
import { err, ok } from '../base/result.ts';
import type { Matrix, Topology } from '../model/topology.ts';
import { atLine, TopologyDraft } from './draft.ts';
import type { TopologyInput } from './formats.ts';
import { parseInteger } from './numbers.ts';
import { firstLines, textLines } from './text-lines.ts';
import type { TextLine } from './text-lines.ts';

export const isRocmSmi = ({ bytes }: TopologyInput): boolean =>
  firstLines(bytes).some(
    (text) =>
      /^=+ (ROCm System Management Interface|.* between two GPUs|Numa Nodes) =+/.test(text) ||
      /\(Topology\) Numa/.test(text),
  );

const maxDevices = 512;

const sections: readonly (readonly [RegExp, string, Matrix['means']])[] = [
  [/^Weight between/, 'GPU weights', 'weight'],
  [/^Hops between/, 'GPU hops', 'hops'],
  [/^Link Type between/, 'GPU link types', 'path'],
  [/^(Link )?accessible between|^Access(ible|ibility) between/i, 'GPU access', 'capability'],
  [/bandwidth between/i, 'GPU bandwidth', 'bandwidth'],
];

/** `rocm-smi --showtopo` and its parts: tables between GPUs, and their NUMA nodes. */
export function readRocmSmi({ name, bytes }: TopologyInput): Result<Topology, readonly Problem[]> {
  const draft = new TopologyDraft(name, 'rocm-smi-topo');
  const lines = textLines(bytes, draft);
  const numa = new Map<number, { readonly line: number; readonly node: string }>();
  const gpus = new Map<string, number>();
  const tables: { readonly title: string; readonly line: number; readonly rows: readonly TextLine[] }[] = [];
  let rows: TextLine[] | null = null;
  for (const entry of lines) {
    const title = /^=+ (.+?) =+\s*$/.exec(entry.text)?.[1];
    const node = /^GPU\[(\d{1,4})\]\s*: \(Topology\) Numa (Node|Affinity): (-?\d{1,5})/.exec(entry.text);
    if (title !== undefined) {
      rows = [];
      tables.push({ title, line: entry.line, rows });
    } else if (node !== null) {
      gpus.set(`GPU${node[1]}`, gpus.get(`GPU${node[1]}`) ?? entry.line);
      if (node[2] === 'Node') numa.set(Number(node[1]), { line: entry.line, node: node[3] ?? '' });
    } else if (/^\s*GPU\d/.test(entry.text)) rows?.push(entry);
  }
  for (const { rows: table } of tables)
    for (const { line, text } of table)
      for (const word of text.match(/\bGPU\d{1,4}\b/g) ?? []) gpus.set(word, gpus.get(word) ?? line);
  if (gpus.size === 0)
    return err([{ file: name, line: 1, column: 1, message: 'no GPU in it: give the output of "rocm-smi --showtopo"' }]);
  if (gpus.size > maxDevices)
    return err([
      { file: name, line: 1, column: 1, message: `${gpus.size} GPUs: no machine has more than ${maxDevices}` },
    ]);
  draft.addMachine();
  for (const [label, line] of [...gpus].sort(([a], [b]) => Number(a.slice(3)) - Number(b.slice(3)))) {
    const index = Number(label.slice(3));
    const near = numa.get(index);
    draft.add({
      kind: 'osDevice',
      id: `gpu:${index}`,
      parent: 'machine',
      name: label,
      facts: near === undefined ? {} : { 'NUMA affinity': near.node },
      from: atLine(near?.line ?? line),
      classes: ['gpu'],
      subtype: 'gpu',
    });
  }
  draft.tells('gpus');
  for (const { title, line, rows: table } of tables) {
    const section = sections.find(([pattern]) => pattern.test(title));
    if (section === undefined) continue;
    const problem = addTable(draft, name, line, section, table);
    if (problem !== null) return err([problem]);
  }
  return ok(draft.finish());
}

function addTable(
  draft: TopologyDraft,
  file: string,
  titleLine: number,
  [, name, means]: (typeof sections)[number],
  lines: readonly TextLine[],
): Problem | null {
  const [header, ...body] = lines;
  if (header === undefined) {
    draft.warn(titleLine, 'the table has no rows: part of the text is missing');
    return null;
  }
  const columns = header.text.trim().split(/\s+/);
  const rows = body.map(({ line, text }) => ({ line, words: text.trim().split(/\s+/) }));
  const short = rows.find(({ words }) => words.length !== columns.length + 1);
  if (short !== undefined)
    return {
      file,
      line: short.line,
      column: 1,
      message: `the row ${short.words[0] ?? ''} has ${short.words.length - 1} of ${columns.length} cells: the table is cut off, paste it whole`,
    };
  if (rows.length < columns.length)
    draft.warn(titleLine, `${columns.length} GPUs are named, ${rows.length} have a row: the table is not whole`);
  const id = (label: string): string => `gpu:${label.slice(3)}`;
  const isText = means === 'path' || means === 'capability';
  draft.matrices.push({
    name,
    unit: means === 'hops' ? 'hops' : null,
    means,
    rows: rows.map(({ words }) => id(words[0] ?? '')),
    columns: columns.map(id),
    values: rows.flatMap(({ words }) =>
      words
        .slice(1)
        .map((word, i) => (words[0] === columns[i] && isText ? null : isText ? word : (parseInteger(word) ?? word))),
    ),
    from: atLine(titleLine),
  });
  if (name !== 'GPU link types') return null;
  draft.tells('links.xgmi');
  for (const { line, words } of rows) {
    words.slice(1).forEach((word, i) => {
      const [row = '', column = ''] = [words[0], columns[i]];
      if (word === 'XGMI' && row !== column)
        draft.link('xgmi', id(row), id(column), {
          origin: 'reported',
          note: 'reported by the driver for every pair within reach; which pairs have a wire is not told',
          from: atLine(line),
        });
    });
  }
  return null;
}
