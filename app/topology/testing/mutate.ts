/** A stream of whole numbers below `limit`, the same for the same seed (mulberry32). */
export function numbersFrom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

const tokens = [
  '\0',
  '\u001b[31m',
  '\r\n',
  '\n',
  '\uFFFD',
  '-1',
  '99999999999999999999',
  '0xffffffffffffffff',
  '0xf...f',
  '&lt;',
  '&bomb;',
  ']]>',
  '<!--',
  '<object type="PU"/>',
  '"',
  "'",
  '{',
  '[',
  ': ',
  '&a ',
  '*a',
  '__proto__',
  'constructor',
  'NaN',
  ' '.repeat(300),
  '['.repeat(300),
  '<a>'.repeat(300),
  '../../..',
].map((text) => new TextEncoder().encode(text));

const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** One to four injuries: cut off, flipped bits, bytes changed, pieces doubled, lost, moved, or taken from another input. */
export function mutate(input: Uint8Array, other: Uint8Array, next: (limit: number) => number): Uint8Array {
  // A copy in any case: slice of a Buffer would share its bytes.
  let bytes: Uint8Array = new Uint8Array(input);
  for (let i = 0, injuries = 1 + next(4); i < injuries; i += 1) {
    const at = next(bytes.length + 1);
    const length = 1 + next(Math.max(1, Math.min(bytes.length - at, 512)));
    const from = next(other.length + 1);
    switch (next(9)) {
      case 0:
        bytes = bytes.subarray(0, at);
        break;
      case 1:
        if (bytes.length > 0) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << next(8));
        break;
      case 2:
        if (bytes.length > 0) bytes[at % bytes.length] = next(256);
        break;
      case 3:
        bytes = joined(bytes.subarray(0, at + length), bytes.subarray(at));
        break;
      case 4:
        bytes = joined(bytes.subarray(0, at), bytes.subarray(at + length));
        break;
      case 5:
        bytes = joined(bytes.subarray(0, at), other.subarray(from, from + length * 4), bytes.subarray(at));
        break;
      case 6:
        bytes = joined(bytes.subarray(0, at), tokens[next(tokens.length)] ?? new Uint8Array(0), bytes.subarray(at));
        break;
      case 7: {
        // A digit becomes another: counts, indexes and addresses that no longer fit.
        const digit = bytes.findIndex((byte, index) => index >= at && byte >= 0x30 && byte <= 0x39);
        if (digit !== -1) bytes[digit] = 0x30 + next(10);
        break;
      }
      default:
        bytes = joined(bytes.subarray(0, at), other.subarray(from));
    }
  }
  return bytes;
}
