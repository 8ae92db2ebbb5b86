import type { Span } from '../base/span.ts';
import type { World } from '../model/world.ts';

/** A stretch of an address space, in virtual page numbers. */
export interface SpaceSpan extends Span {
  readonly space: string;
}

const form = /^([A-Za-z][\w-]*\.[A-Za-z][\w-]*)(?:\[(\d+)(?:\.\.(\d+))?\])?$/;

/** "A.heap", "A.heap[3]" or "A.heap[0..4]" as a span; null where no buffer has that name or the pages lie outside it. */
export function resolvePlace(world: World, text: string): SpaceSpan | null {
  const [, name, first, last] = form.exec(text) ?? [];
  const buffer = name === undefined ? undefined : world.records.buffer[name];
  if (buffer === undefined) return null;
  const start = first === undefined ? 0 : Number(first);
  const end = first === undefined ? buffer.pages : last === undefined ? start + 1 : Number(last);
  if (start >= end || end > buffer.pages) return null;
  return { space: buffer.space, start: buffer.start + start, end: buffer.start + end };
}

/** The name of a stretch, by the buffer that it lies in: "A.heap[84..112)"; null where no one buffer covers it. */
export function namePlace(
  world: World,
  at: { readonly space?: string; readonly start?: number; readonly pages?: number },
): string | null {
  const { space, start, pages } = at;
  if (space === undefined || start === undefined || pages === undefined) return null;
  const found = Object.entries(world.records.buffer).find(
    ([, b]) => b.space === space && b.start <= start && start + pages <= b.start + b.pages,
  );
  if (found === undefined) return null;
  const [name, buffer] = found;
  const first = start - buffer.start;
  if (first === 0 && pages === buffer.pages) return name;
  return pages === 1 ? `${name}[${first}]` : `${name}[${first}..${first + pages})`;
}
