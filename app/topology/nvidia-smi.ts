import type { Problem, Result } from '../base/result.ts';
import { err, ok } from '../base/result.ts';
import type { Topology } from '../model/topology.ts';
import { atLine, TopologyDraft } from './draft.ts';
import type { TopologyInput } from './formats.ts';
import { firstLines, textLines } from './text-lines.ts';

const pathCell = /^(X|NV\d+|PIX|PXB|PHB|NODE|SYS|SOC)$/;
const capabilityCell = /^(X|OK|CNS|GNS|TNS|NS|DR|U)$/;

/** Column names of the header, or null where the line is no header. Old drivers write the names of NICs. */
function headerOf(text: string): { readonly devices: readonly string[]; readonly tabs: boolean } | null {
  if (!/^\s*GPU0\b/.test(text) || /^\s*GPU0\s+X\b/.test(text)) return null;
  const tabs = text.includes('\t');
  const words = (tabs ? text.split('\t') : text.split(/ {2,}/))
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const end = words.findIndex((word) => /^(CPU|NUMA|GPU NUMA)\b/.test(word));
  return { devices: end === -1 ? words : words.slice(0, end), tabs };
}

export const isNvidiaSmi = ({ bytes }: TopologyInput): boolean => {
  const lines = firstLines(bytes);
  const header = lines.findIndex((text) => headerOf(text) !== null);
  return (
    header !== -1 &&
    lines.slice(header + 1).some((text) => /^\s*GPU\d+\s+(X|[A-Z]{1,4}\d*)\b/.test(text)) &&
    !lines.some((text) => text.includes('between two GPUs'))
  );
};

const maxDevices = 512;

interface Row {
  readonly line: number;
  readonly label: string;
  readonly cells: readonly string[];
  readonly rest: readonly string[];
}

/** `nvidia-smi topo -m`, `-mp` and `-p2p`: how GPUs and NICs reach each other, without their addresses. */
export function readNvidiaSmi({ name, bytes }: TopologyInput): Result<Topology, readonly Problem[]> {
  const draft = new TopologyDraft(name, 'nvidia-smi-topo');
  const lines = textLines(bytes, draft);
  const at = lines.findIndex(({ text }) => headerOf(text) !== null);
  const header = headerOf(lines[at]?.text ?? '');
  if (header === null)
    return err([
      {
        file: name,
        line: 1,
        column: 1,
        message: 'no row of column names "GPU0 GPU1 …": give the output of "nvidia-smi topo -m"',
      },
    ]);
  const { devices } = header;
  if (devices.length > maxDevices)
    return err([
      {
        file: name,
        line: lines[at]?.line ?? 1,
        column: 1,
        message: `${devices.length} devices: no machine has more than ${maxDevices}`,
      },
    ]);
  const rows: Row[] = [];
  const nicNames = new Map<string, string>();
  for (const { line, text } of lines.slice(at + 1)) {
    const legend = /^\s*(NIC\d+):\s*(\S+)\s*$/.exec(text);
    if (legend !== null) nicNames.set(legend[1] ?? '', legend[2] ?? '');
    const row = rowOf(line, text, devices);
    if (row === null) continue;
    if (row.cells.length < devices.length) {
      return err([
        {
          file: name,
          line,
          column: 1,
          message: `the row ${row.label} has ${row.cells.length} of ${devices.length} cells: the table is cut off, paste it whole`,
        },
      ]);
    }
    rows.push(row);
  }
  if (rows.length === 0)
    return err([
      {
        file: name,
        line: lines[at]?.line ?? 1,
        column: 1,
        message: 'there are column names but no rows: the table is cut off',
      },
    ]);
  if (rows.length < devices.length)
    draft.warn(
      rows.at(-1)?.line ?? null,
      `${devices.length} devices are named, ${rows.length} have a row: the table is not whole`,
    );
  const isPeer = rows.every((row) => row.cells.every((cell) => capabilityCell.test(cell)));
  const strange = rows.flatMap((row) =>
    row.cells
      .filter((cell) => !pathCell.test(cell) && !capabilityCell.test(cell))
      .map((cell) => ({ line: row.line, cell })),
  );
  for (const { line, cell } of strange.slice(0, 20)) draft.warn(line, `"${cell}" is no path that is known`);

  draft.addMachine(lines[at]?.line);
  for (const device of devices)
    addDevice(
      draft,
      device,
      rows.find((row) => row.label === device) ?? null,
      lines[at]?.line ?? 1,
      nicNames.get(device) ?? null,
    );
  const known = rows.filter((row) => devices.includes(row.label));
  draft.matrices.push({
    name: isPeer ? 'GPU peer-to-peer' : 'GPU paths',
    unit: null,
    means: isPeer ? 'capability' : 'path',
    rows: known.map((row) => idOf(row.label)),
    columns: devices.map(idOf),
    values: known.flatMap((row) => row.cells.map((cell) => (cell === 'X' ? null : cell))),
    from: atLine(lines[at]?.line ?? 1),
  });
  draft.tells('gpus');
  if (!isPeer) draft.tells('nics');
  // -mp leaves NVLink out of the table and of its legend.
  const showsNvlink =
    lines.some(({ text }) => /NV#\s*=/.test(text)) ||
    known.some((row) => row.cells.some((cell) => cell.startsWith('NV')));
  if (!isPeer && showsNvlink) {
    draft.tells('links.nvlink');
    addNvlinks(draft, known, devices);
  }
  return ok(draft.finish());
}

function rowOf(line: number, text: string, devices: readonly string[]): Row | null {
  const [label = '', ...words] = text.trim().split(/\s+/);
  if (!devices.includes(label) && !/^(GPU|NIC)\d+$/.test(label)) return null;
  const cells = words.slice(0, devices.length);
  const first = cells.findIndex((cell) => !/^[A-Z]{1,4}\d*$/.test(cell));
  const end = first === -1 ? cells.length : first;
  return end === 0 ? null : { line, label, cells: cells.slice(0, end), rest: words.slice(end) };
}

const idOf = (label: string): string =>
  /^GPU\d+$/.test(label) ? `gpu:${label.slice(3)}` : `nic:${label.replace(/^NIC/, '')}`;

function addDevice(
  draft: TopologyDraft,
  label: string,
  row: Row | null,
  headerLine: number,
  nicName: string | null,
): void {
  const isGpu = /^GPU\d+$/.test(label);
  const [cpus, node, gpuNode] = row?.rest ?? [];
  const facts = Object.fromEntries(
    [
      ['CPU affinity', cpus],
      ['NUMA affinity', node],
      ['GPU NUMA id', gpuNode],
      ['device', nicName ?? undefined],
    ].flatMap(([key, value]) => (value === undefined || value === 'N/A' ? [] : [[key, value]])),
  );
  draft.add({
    kind: 'osDevice',
    id: idOf(label),
    parent: 'machine',
    name: label,
    facts: facts as Readonly<Record<string, string>>,
    from: atLine(row?.line ?? headerLine),
    classes: [isGpu ? 'gpu' : 'network'],
    subtype: isGpu ? 'gpu' : 'nic',
  });
}

/** Pairs joined by NVLink; through a switch or directly the table does not tell. */
function addNvlinks(draft: TopologyDraft, rows: readonly Row[], devices: readonly string[]): void {
  for (const row of rows) {
    row.cells.forEach((cell, i) => {
      const count = /^NV(\d+)$/.exec(cell);
      const other = devices[i];
      if (count === null || other === undefined || other === row.label) return;
      draft.link('nvlink', idOf(row.label), idOf(other), {
        origin: 'reported',
        count: Number(count[1]),
        note: 'NVLinks bonded; whether a switch is between is not told',
        from: atLine(row.line),
      });
    });
  }
}
