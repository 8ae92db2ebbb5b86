import type { Acs, Bar, BridgeWindow, PciBridge, PciLink } from '../../model/topology.ts';
import { draftLimits } from '../draft.ts';
import { parseBytes } from '../../base/size.ts';
import { parseHex, parseInteger } from '../numbers.ts';
import { pciClassByName } from '../pci-class-names.ts';
import { parseBdf } from '../pci.ts';
import type { TextLine } from '../text-lines.ts';

/** One function of `lspci -v…` or of a hex dump, as its lines tell it. */
export interface DeviceBlock {
  readonly line: number;
  readonly bdf: string;
  readonly name: string;
  readonly class: number | null;
  readonly vendor: number | null;
  readonly device: number | null;
  readonly revision: number | null;
  readonly lines: readonly TextLine[];
  readonly hex: Uint8Array | null;
}

const header =
  /^((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7])\s+(?:"?)([^:"]+?)(?: \[([0-9a-f]{4})\])?:\s(.*)$/i;
const hexRow = /^([0-9a-f]{2,3}):((?: [0-9a-f]{2}){1,16})\s*$/i;

export const isHeader = (text: string): boolean => header.test(text);

const configBytes = 4096;

/** Cuts the text into functions. Lines before the first header belong to a function whose header is missing. */
export function blocksOf(lines: readonly TextLine[]): {
  readonly blocks: readonly DeviceBlock[];
  readonly orphans: readonly TextLine[];
} {
  const blocks: DeviceBlock[] = [];
  const orphans: TextLine[] = [];
  let open: {
    readonly head: RegExpExecArray;
    readonly line: number;
    readonly lines: TextLine[];
    readonly hex: { readonly at: number; readonly bytes: readonly number[] }[];
  } | null = null;
  const close = (): void => {
    if (open !== null) blocks.push(blockOf(open.head, open.line, open.lines, assemble(open.hex)));
  };
  for (const entry of lines) {
    const head = header.exec(entry.text);
    if (head !== null) {
      close();
      open = { head, line: entry.line, lines: [], hex: [] };
      if (blocks.length >= draftLimits.pci) break;
      continue;
    }
    if (entry.text.trim() === '') continue;
    if (open === null) {
      orphans.push(entry);
      continue;
    }
    const row = hexRow.exec(entry.text);
    if (row === null) {
      open.lines.push(entry);
      continue;
    }
    const at = Number.parseInt(row[1] ?? '0', 16);
    const bytes = (row[2] ?? '')
      .trim()
      .split(' ')
      .map((byte) => Number.parseInt(byte, 16));
    if (at + bytes.length <= configBytes) open.hex.push({ at, bytes });
  }
  close();
  return { blocks, orphans };
}

/** The rows of a hex dump as one piece; what no row covers is 0. */
function assemble(rows: readonly { readonly at: number; readonly bytes: readonly number[] }[]): Uint8Array | null {
  if (rows.length === 0) return null;
  const whole = new Uint8Array(Math.max(...rows.slice(0, configBytes).map(({ at, bytes }) => at + bytes.length)));
  for (const { at, bytes } of rows.slice(0, configBytes)) whole.set(bytes, at);
  return whole;
}

function blockOf(head: RegExpExecArray, line: number, lines: readonly TextLine[], hex: Uint8Array | null): DeviceBlock {
  const [, address = '', className = '', classCode, description = ''] = head;
  const ids = /\[([0-9a-f]{4}):([0-9a-f]{4})\](?= \(|$)/i.exec(description);
  const named = /^Class ([0-9a-f]{4})$/i.exec(className.trim());
  return {
    line,
    bdf: parseBdf(address) ?? address,
    name: description
      .replace(/ \((?:rev|prog-if) [0-9a-f]+\b.*$/i, '')
      .replace(/ \[[0-9a-f]{4}:[0-9a-f]{4}\]$/i, '')
      .trim(),
    class: parseHex(classCode ?? named?.[1]) ?? pciClassByName[className.trim()] ?? null,
    vendor: parseHex(ids?.[1]),
    device: parseHex(ids?.[2]),
    revision: parseHex(/\(rev ([0-9a-f]{1,2})\)/i.exec(description)?.[1]),
    lines,
    hex,
  };
}

/** First captured group of the first line that matches, or null. */
export function find(lines: readonly TextLine[], pattern: RegExp): RegExpExecArray | null {
  for (const { text } of lines) {
    const match = pattern.exec(text);
    if (match !== null) return match;
  }
  return null;
}

const romIndex = 6;

/** "Region 1: Memory at 52000000000 (64-bit, prefetchable) [size=64G]", I/O ports, the expansion ROM. */
export function barsIn(lines: readonly TextLine[]): readonly Bar[] {
  const offered = resizableIn(lines);
  return lines.flatMap(({ text }): readonly Bar[] => {
    const region = /^\s*(?:Region (\d{1,2})|Expansion ROM)(?::| at)\s*(.*)$/.exec(text);
    if (region === null) return [];
    const index = region[1] === undefined ? romIndex : Number(region[1]);
    const rest = region[2] ?? '';
    const isIo = rest.startsWith('I/O');
    const address = /(?:^|at )(<\w+>|[0-9a-f]{1,16})\b/i.exec(rest)?.[1] ?? '';
    const start = parseHex(address);
    const assigned = /<(unassigned|ignored)>|^virtual/.test(address) ? false : start !== null;
    return [
      {
        index,
        type:
          index === romIndex
            ? 'rom'
            : isIo
              ? 'io'
              : rest.includes('64-bit')
                ? 'mem64'
                : rest.includes('32-bit')
                  ? 'mem32'
                  : 'mem',
        prefetchable: isIo
          ? false
          : index === romIndex
            ? null
            : rest.includes('non-prefetchable')
              ? false
              : rest.includes('prefetchable')
                ? true
                : null,
        bytes: parseBytes(/\[size=([^\]]+)\]/.exec(rest)?.[1]),
        start: assigned ? start : null,
        assigned,
        resizableBytes: offered.get(index) ?? null,
        backing: null,
      },
    ];
  });
}

/** "BAR 1: current size: 16GB, supported: 64MB 128MB …" of the Resizable BAR capability. */
function resizableIn(lines: readonly TextLine[]): ReadonlyMap<number, readonly number[]> {
  const sizes = new Map<number, readonly number[]>();
  for (const { text } of lines) {
    const match = /^\s*BAR (\d): current size: \S+, supported: (.*)$/.exec(text);
    if (match !== null)
      sizes.set(
        Number(match[1]),
        (match[2] ?? '')
          .trim()
          .split(/\s+/)
          .flatMap((size) => parseBytes(size) ?? []),
      );
  }
  return sizes;
}

/** "Memory behind bridge: c6000000-c9ffffff [size=64M]"; the end is inclusive, "None" and "[disabled]" are no window. */
export function windowsIn(lines: readonly TextLine[]): readonly BridgeWindow[] {
  return lines.flatMap(({ text }): readonly BridgeWindow[] => {
    const match = /^\s*(I\/O|Memory|Prefetchable memory) behind bridge: ([0-9a-f]{4,16})-([0-9a-f]{4,16})/i.exec(text);
    const [start, last] = [parseHex(match?.[2]), parseHex(match?.[3])];
    if (match === null || start === null || last === null || last < start || text.includes('[disabled]')) return [];
    return [{ type: match[1] === 'I/O' ? 'io' : match[1] === 'Memory' ? 'mem' : 'prefetch', start, end: last + 1 }];
  });
}

export function linkIn(lines: readonly TextLine[]): PciLink | null {
  const speed = (match: RegExpExecArray | null): number | null => (match?.[1] === undefined ? null : Number(match[1]));
  const width = (match: RegExpExecArray | null): number | null => {
    const value = parseInteger(match?.[2]);
    return value === null || value === 0 || value > 32 ? null : value;
  };
  const capability = find(lines, /^\s*LnkCap:.*Speed (\d{1,3}(?:\.\d)?)GT\/s.*Width x(\d{1,2})/);
  const status = find(lines, /^\s*LnkSta:\s*Speed (\d{1,3}(?:\.\d)?)GT\/s[^,]*, Width x(\d{1,2})/);
  if (capability === null && status === null) return null;
  return {
    currentSpeed: speed(status),
    currentWidth: width(status),
    maxSpeed: speed(capability),
    maxWidth: width(capability),
    statedGBs: null,
  };
}

const acsWords: readonly (readonly [string, number])[] = [
  ['SrcValid', 1],
  ['TransBlk', 2],
  ['ReqRedir', 4],
  ['CmpltRedir', 8],
  ['UpstreamFwd', 16],
  ['EgressCtrl', 32],
  ['DirectTrans', 64],
];

/** Whether the capabilities beyond the first 256 bytes are in the listing: they have addresses of three digits. */
export const showsExtended = (lines: readonly TextLine[]): boolean =>
  find(lines, /^\s*Capabilities: \[[0-9a-f]{3}/) !== null;

export function acsIn(lines: readonly TextLine[]): Acs {
  const bits = (text: string | undefined): number =>
    acsWords.reduce((sum, [word, bit]) => sum + (text?.includes(`${word}+`) === true ? bit : 0), 0);
  const capability = find(lines, /^\s*ACSCap:\s*(.*)$/);
  const control = find(lines, /^\s*ACSCtl:\s*(.*)$/);
  if (capability !== null && control !== null)
    return { kind: 'present', capability: bits(capability[1]), control: bits(control[1]) };
  return { kind: showsExtended(lines) ? 'absent' : 'unknown' };
}

export function roleIn(lines: readonly TextLine[]): PciBridge['role'] {
  const type = find(lines, /Express \(v\d\) (Root Port|Upstream Port|Downstream Port|PCI-Express to PCI)/)?.[1];
  if (type === 'Root Port') return 'rootPort';
  if (type === 'Upstream Port') return 'upstream';
  return type === 'Downstream Port' ? 'downstream' : 'bridge';
}
