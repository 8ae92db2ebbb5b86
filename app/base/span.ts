/** Half-open stretches of integers: [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const spanLength = (s: Span): number => s.end - s.start;

export const intersects = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end;

/** The common part, or null where there is none. */
export function intersect(a: Span, b: Span): Span | null {
  const start = Math.max(a.start, b.start);
  const end = Math.min(a.end, b.end);
  return start < end ? { start, end } : null;
}
