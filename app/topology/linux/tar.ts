import { strFromU8 } from 'fflate';

/** A member of a tar archive that matters here. */
export type TarEntry =
  | { readonly kind: 'file'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'hardlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'directory'; readonly path: string };

export interface TarContents {
  readonly entries: readonly TarEntry[];
  /** Why reading stopped before the end, or null. */
  readonly cutOff: string | null;
}

const block = 512;
const maxEntries = 500_000;
const maxName = 4096;

/** POSIX ustar with the GNU long names and pax headers that tar writes by itself. Sees nothing but memory: names are not trusted. */
export function readTar(archive: Uint8Array): TarContents {
  const entries: TarEntry[] = [];
  let longName: string | null = null;
  let longTarget: string | null = null;
  for (let at = 0; at + block <= archive.length;) {
    const header = archive.subarray(at, at + block);
    if (header.every((byte) => byte === 0)) return { entries, cutOff: null };
    const size = octal(header, 124, 12);
    if (!hasChecksum(header) || size === null) return { entries, cutOff: `the tar header at byte ${at} is damaged` };
    const body = archive.subarray(at + block, at + block + size);
    at += block + Math.ceil(size / block) * block;
    if (entries.length >= maxEntries) return { entries, cutOff: `more than ${maxEntries} members` };
    const type = String.fromCharCode(header[156] ?? 0);
    const path = longName ?? ustarName(header);
    const target = longTarget ?? field(header, 157, 100);
    if (type === 'L') longName = field(body, 0, Math.min(body.length, maxName));
    else if (type === 'K') longTarget = field(body, 0, Math.min(body.length, maxName));
    else if (type === 'x') {
      const pax = paxRecords(body);
      longName = pax['path'] ?? longName;
      longTarget = pax['linkpath'] ?? longTarget;
    } else {
      if (type === '0' || type === '\0' || type === '7') {
        if (body.length < size) return { entries, cutOff: `the archive ends inside "${path}"` };
        entries.push({ kind: 'file', path, bytes: body });
      } else if (type === '1') entries.push({ kind: 'hardlink', path, target });
      else if (type === '2') entries.push({ kind: 'link', path, target });
      else if (type === '5') entries.push({ kind: 'directory', path });
      if (type !== 'g') {
        longName = null;
        longTarget = null;
      }
    }
  }
  return { entries, cutOff: 'the archive has no end mark' };
}

/** True where the first block of a file is a tar header. */
export const isTar = (bytes: Uint8Array): boolean =>
  bytes.length >= block && hasChecksum(bytes.subarray(0, block)) && octal(bytes, 124, 12) !== null;

function field(bytes: Uint8Array, at: number, length: number): string {
  const part = bytes.subarray(at, at + length);
  const end = part.indexOf(0);
  return strFromU8(end === -1 ? part : part.subarray(0, end));
}

function ustarName(header: Uint8Array): string {
  const prefix = field(header, 257, 5) === 'ustar' && header[263] === 0x30 ? field(header, 345, 155) : '';
  const name = field(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function octal(header: Uint8Array, at: number, length: number): number | null {
  const text = field(header, at, length).trim();
  if (!/^[0-7]{1,12}$/.test(text)) return text === '' ? 0 : null;
  return Number.parseInt(text, 8);
}

/** The sum of all bytes with the checksum field as blanks. */
function hasChecksum(header: Uint8Array): boolean {
  let sum = 0;
  for (let i = 0; i < block; i += 1) sum += i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0);
  return octal(header, 148, 8) === sum;
}

/** "27 path=some/name\n" records. */
function paxRecords(body: Uint8Array): Readonly<Record<string, string>> {
  const records = new Map<string, string>();
  for (let rest = strFromU8(body.subarray(0, 4 * maxName)); rest !== '';) {
    const match = /^(\d{1,5}) ([^=]{1,64})=/.exec(rest);
    const length = Number(match?.[1] ?? 0);
    if (match === null || length <= match[0].length) break;
    records.set(match[2] ?? '', rest.slice(match[0].length, length - 1));
    rest = rest.slice(length);
  }
  return Object.fromEntries(records);
}
