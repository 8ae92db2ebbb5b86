import type { Span } from '../base/span.ts';

/** No machine has more CPUs or nodes; a set without end stops here. */
const setLimit = 1 << 20;

const append = (spans: { start: number; end: number }[], start: number, end: number): void => {
  const last = spans.at(-1);
  if (last !== undefined && last.end === start) last.end = end;
  else spans.push({ start, end });
};

/**
 * A bitmap as hwloc and sysfs write it: 32-bit hex words, most significant first, separated by commas; an empty word is 0;
 * "0xf...f" in front means that all higher bits are set. Null where the text is none.
 */
export function parseBitmap(text: string): readonly Span[] | null {
  const words = text.trim().split(',');
  const infinite = words[0] === '0xf...f';
  if (infinite) words.shift();
  if (words.length === 0 && !infinite) return null;
  if (words.length * 32 > setLimit || words.some((word) => !/^(0x)?[0-9a-f]{0,8}$/i.test(word))) {
    // One word of any length: some tools write no commas.
    if (words.length !== 1 || !/^(0x)?[0-9a-f]{1,4096}$/i.test(words[0] ?? '')) return null;
    const digits = (words[0] ?? '').replace(/^0x/i, '');
    return parseBitmap(
      (digits.length % 8 === 0 ? digits : digits.padStart(digits.length + 8 - (digits.length % 8), '0'))
        .match(/.{8}/g)
        ?.join(',') ?? '0',
    );
  }
  const spans: { start: number; end: number }[] = [];
  words.reverse().forEach((word, index) => {
    const value = Number.parseInt(word.replace(/^0x/i, '') || '0', 16);
    if (value === 0) return;
    for (let bit = 0; bit < 32; bit += 1)
      if ((value / 2 ** bit) & 1) append(spans, index * 32 + bit, index * 32 + bit + 1);
  });
  if (infinite) append(spans, words.length * 32, setLimit);
  return spans;
}

/** A list as sysfs writes it: "0-3,8,10-11". Null where the text is none; empty text is the empty set. */
export function parseCpuList(text: string): readonly Span[] | null {
  if (text.trim() === '') return [];
  const spans: { start: number; end: number }[] = [];
  for (const part of text.trim().split(/[,\s]+/)) {
    const match = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part);
    if (match === null) return null;
    const start = Number(match[1]);
    const end = Number(match[2] ?? match[1]) + 1;
    if (end <= start || end > setLimit) return null;
    spans.push({ start, end });
  }
  return uniteSpans(spans);
}

/** Sorted, without overlaps. */
function uniteSpans(spans: readonly Span[]): readonly Span[] {
  const united: { start: number; end: number }[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = united.at(-1);
    if (last !== undefined && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else united.push({ ...span });
  }
  return united;
}

export const countOf = (spans: readonly Span[]): number => spans.reduce((sum, span) => sum + span.end - span.start, 0);

export const sameSpans = (a: readonly Span[], b: readonly Span[]): boolean =>
  a.length === b.length && a.every((span, i) => span.start === b[i]?.start && span.end === b[i]?.end);

/** "0-3,8" */
export const printCpuList = (spans: readonly Span[]): string =>
  spans.map(({ start, end }) => (end - start === 1 ? `${start}` : `${start}-${end - 1}`)).join(',');

export const contains = (spans: readonly Span[], value: number): boolean =>
  spans.some((span) => span.start <= value && value < span.end);
