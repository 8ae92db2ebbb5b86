import { decodeText } from '../base/text.ts';

const lookAhead = 256 * 1024;

/** Name of the first element in the first 256 KiB, past declaration, comments and document type; null where this is no XML. */
export function rootElementOf(bytes: Uint8Array): string | null {
  let { text } = decodeText(bytes.subarray(0, lookAhead));
  for (;;) {
    text = text.trimStart();
    const skipped = /^(?:<!--[^]*?-->|<\?[^>]*>|<![^>[]*(?:\[[^\]]*\]\s*)?>)/.exec(text)?.[0];
    if (skipped === undefined) break;
    text = text.slice(skipped.length);
  }
  return /^<([A-Za-z_][\w.-]*)/.exec(text)?.[1] ?? null;
}
