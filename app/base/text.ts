import { strFromU8, strToU8 } from 'fflate';

/** Text from outside: decoded, with what was wrong with its bytes. */
export interface DecodedText {
  readonly text: string;
  /** First line with bytes that are not valid UTF-8 (they read as U+FFFD); null: all are. */
  readonly invalidLine: number | null;
}

/** The line of a position in a text, both from their usual origin: position from 0, line from 1. */
function lineAt(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** Decodes UTF-8, or UTF-16 where a byte order mark says so (a redirect of PowerShell); a mark is dropped. */
export function decodeText(bytes: Uint8Array): DecodedText {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { text: decodeUtf16(bytes.subarray(2), 0), invalidLine: null };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { text: decodeUtf16(bytes.subarray(2), 1), invalidLine: null };
  const decoded = strFromU8(bytes);
  const text = decoded.startsWith('\uFEFF') ? decoded.slice(1) : decoded;
  const replaced = text.indexOf('\uFFFD');
  return { text, invalidLine: replaced === -1 ? null : lineAt(text, replaced) };
}

function decodeUtf16(bytes: Uint8Array, highByte: 0 | 1): string {
  const parts: string[] = [];
  const chunk: number[] = [];
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    chunk.push(((bytes[at + 1 - highByte] ?? 0) << 8) | (bytes[at + highByte] ?? 0));
    if (chunk.length === 8192) parts.push(String.fromCharCode(...chunk.splice(0)));
  }
  return parts.join('') + String.fromCharCode(...chunk);
}

/** A text as UTF-8 bytes. */
export const encodeText = (text: string): Uint8Array => strToU8(text);
