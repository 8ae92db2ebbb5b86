import { Gunzip } from 'fflate';

const pushed = 16_384;

export interface Unpacked {
  readonly bytes: Uint8Array;
  /** Why unpacking stopped before the end, or null. */
  readonly cutOff: string | null;
}

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Unpacks gzip, stopping as soon as more than `limit` bytes come out. What came out before a fault is kept. */
export function gunzip(bytes: Uint8Array, limit: number): Unpacked {
  const chunks: Uint8Array[] = [];
  let total = 0;
  let ended = false;
  const stream = new Gunzip((chunk, final) => {
    chunks.push(chunk);
    total += chunk.length;
    ended ||= final;
  });
  let cutOff: string | null = null;
  try {
    for (let at = 0; at < bytes.length && total <= limit; at += pushed)
      stream.push(bytes.subarray(at, at + pushed), at + pushed >= bytes.length);
  } catch (error) {
    // The library reports damaged data only by throwing.
    cutOff = `the gzip data is damaged (${error instanceof Error ? error.message : 'unknown'})`;
  }
  if (total > limit) cutOff = `more than ${limit} bytes come out of it`;
  else if (!ended && cutOff === null) cutOff = 'the gzip data ends too early';
  const whole = new Uint8Array(Math.min(total, limit));
  let filled = 0;
  for (const chunk of chunks) {
    const part = chunk.subarray(0, whole.length - filled);
    whole.set(part, filled);
    filled += part.length;
  }
  return { bytes: whole, cutOff };
}
