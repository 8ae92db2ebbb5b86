import type { MatrixHead } from '../../app/contract/machine-views.ts';

/** How many strengths of colour are told apart. */
export const heatLevels = 7;

/** True where less is nearer: distances, hops, weights. */
export const lessIsNearer = (means: MatrixHead['means']): boolean =>
  means === 'latency' || means === 'hops' || means === 'weight' || means === 'path' || means === 'capability';

export type Heat =
  | { readonly kind: 'level'; readonly level: number }
  /** Not told, the thing itself, or no direct link. */
  | { readonly kind: 'unknown' | 'self' | 'none' };

/**
 * The strength of a cell: the nearer or faster, the stronger. Where all known values are the same there is one strength,
 * in the middle.
 */
export function heatOf(head: MatrixHead, value: number | string | null, self: boolean): Heat {
  if (value === null) return { kind: self ? 'self' : 'unknown' };
  if (typeof value === 'string') {
    const at = head.words.indexOf(value);
    if (at < 0) return { kind: self ? 'self' : 'unknown' };
    return level(head.words.length === 1 ? 0.5 : 1 - at / (head.words.length - 1));
  }
  const { least, most } = head;
  if (self && (value === 0 || head.means === 'bandwidth')) return { kind: 'self' };
  if (value === 0 && head.means === 'bandwidth') return { kind: 'none' };
  if (least === null || most === null || (value === least && least === most)) return level(0.5);
  // The diagonal may lie outside of what the others span: itself is nearer than the nearest.
  const share = value <= least ? 0 : value >= most ? 1 : (value - least) / (most - least);
  return level(lessIsNearer(head.means) ? 1 - share : share);
}

const level = (share: number): Heat => ({ kind: 'level', level: Math.round(share * (heatLevels - 1)) });

/** A number as a cell has room for it: thousands as k, at most one decimal. */
export function printValue(value: number | string | null): string {
  if (value === null) return '?';
  if (typeof value === 'string') return value;
  if (Math.abs(value) >= 10_000) return `${Math.round(value / 100) / 10}k`;
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
