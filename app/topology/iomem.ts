import type { Problem, Result } from '../base/result.ts';
import { err, ok } from '../base/result.ts';
import type { AddressRange, Provenance, Topology } from '../model/topology.ts';
import { TopologyDraft } from './draft.ts';
import type { TopologyInput } from './formats.ts';
import { parseBdf, pciId } from './pci.ts';
import { plainText } from './text-lines.ts';

const row = /^( *)([0-9a-f]{4,16})-([0-9a-f]{4,16}) : (.*)$/i;
const maxRanges = 200_000;

/** Rows of /proc/iomem in any text: two blanks a level, the end inclusive. */
export function parseIomem(
  text: string,
  fromLine: (line: number) => readonly Provenance[],
  warn: (line: number, message: string) => void,
): readonly AddressRange[] {
  const ranges: AddressRange[] = [];
  let zeros = 0;
  let base: number | null = null;
  text.split(/\r?\n/).forEach((content, i) => {
    const line = i + 1;
    const match = row.exec(content.trimEnd());
    if (match === null) {
      if (content.trim() !== '' && !content.startsWith('# ') && content.trim() !== '...')
        warn(line, `not a row of /proc/iomem: ${JSON.stringify(content.trim().slice(0, 60))} is left out`);
      return;
    }
    const [, indent = '', first = '', last = '', label = ''] = match;
    const start = BigInt(`0x${first}`);
    const end = BigInt(`0x${last}`) + 1n;
    if (start === 0n && end === 1n) {
      zeros += 1;
      return;
    }
    if (end <= start || end > BigInt(Number.MAX_SAFE_INTEGER)) {
      warn(line, 'the range ends before it starts, or is beyond 2^53: it is left out');
      return;
    }
    if (ranges.length >= maxRanges) return;
    base ??= indent.length;
    const bdf = parseBdf(label);
    const depth = Math.max(0, Math.floor((indent.length - base) / 2));
    ranges.push({
      start: Number(start),
      end: Number(end),
      label,
      depth: Math.min(depth, 64),
      object: bdf === null || !label.includes(':') ? null : pciId(bdf),
      from: fromLine(line),
    });
  });
  if (zeros > 0) warn(1, `${zeros} rows are all zero: /proc/iomem shows addresses to root only`);
  return ranges;
}

/** True where one of the first lines is a row of the map. */
export function isIomem({ bytes }: TopologyInput): boolean {
  const rows = plainText(bytes.subarray(0, 8192))
    .split(/\r?\n/)
    .filter((content) => content.trim() !== '' && !content.startsWith('# ') && content.trim() !== '...');
  return rows[0] !== undefined && row.test(rows[0].trimEnd());
}

export function readIomem({ name, bytes }: TopologyInput): Result<Topology, readonly Problem[]> {
  const draft = new TopologyDraft(name, 'iomem');
  const text = plainText(bytes, draft);
  const ranges = parseIomem(
    text,
    (line) => [{ source: 0, line, path: null }],
    (line, message) => draft.warn(line, message),
  );
  if (ranges.length === 0) {
    const all = text.includes(' : ') && /0{8,16}-0{8,16} : /.test(text);
    return err([
      {
        file: name,
        line: 1,
        column: 1,
        message: all
          ? 'every address is zero: read /proc/iomem as root'
          : 'no row of /proc/iomem: "00001000-0009fbff : System RAM"',
      },
    ]);
  }
  draft.addMachine();
  addOwners(draft, ranges);
  for (const range of ranges) draft.addressRanges.push(range);
  return ok(draft.finish());
}

/** Functions that own ranges; their kind and BAR numbers the map does not tell. */
function addOwners(draft: TopologyDraft, ranges: readonly AddressRange[]): void {
  for (const { object, label, from } of ranges) {
    if (object === null || draft.has(object)) continue;
    draft.add({
      kind: 'misc',
      id: object,
      parent: 'machine',
      name: label,
      facts: { bdf: label },
      from,
      subtype: 'PCI function',
    });
  }
}
