/** Messages between a web page and its host, as text: JSON in which bytes are base64 under a key of their own. */

const tag = '$bytes';
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    text += `${alphabet[a >> 2]}${alphabet[((a & 3) << 4) | ((b ?? 0) >> 4)]}${b === undefined ? '=' : alphabet[((b & 15) << 2) | ((c ?? 0) >> 6)]}${c === undefined ? '=' : alphabet[c & 63]}`;
  }
  return text;
}

const digits = new Map([...alphabet].map((letter, value) => [letter, value]));

function decodeBase64(text: string): Uint8Array {
  const clean = text.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((clean.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of clean) {
    bits = ((bits << 6) | (digits.get(letter) ?? 0)) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = (bits >> held) & 0xff;
    }
  }
  return bytes;
}

export const encodeMessage = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (inner instanceof Uint8Array ? { [tag]: encodeBase64(inner) } : inner));

/** Throws a SyntaxError on what is not JSON. */
export function decodeMessage(text: string): unknown {
  return JSON.parse(text, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || !(tag in inner)) return inner;
    const { [tag]: bytes } = inner as { readonly [tag]: unknown };
    return typeof bytes === 'string' && Object.keys(inner).length === 1 ? decodeBase64(bytes) : inner;
  });
}
