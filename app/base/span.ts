/** Half-open stretches of integers: [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The common part, or null where there is none. */
export function intersect(a: Span, b: Span): Span | null {
  const start = Math.max(a.start, b.start);
  const end = Math.min(a.end, b.end);
  return start < end ? { start, end } : null;
}
