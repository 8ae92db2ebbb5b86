/** Browsers stop at about 33 million pixels for one element; above this, the scroll bar stands for more than its pixels. */
export const tallest = 24_000_000;

export interface RowWindow {
  /** Height of the scrolled content in pixels. */
  readonly height: number;
  /** First and one past the last row to draw. */
  readonly start: number;
  readonly end: number;
  /** Where the first drawn row begins, in pixels from the top of the content. */
  readonly offset: number;
}

/**
 * Which rows of equal height are in view. Up to `tallest` pixels a scrolled pixel is a pixel of content; above,
 * the whole way of the scroll bar still leads from the first row to the last.
 */
export function rowWindow(
  rows: number,
  rowHeight: number,
  scrollTop: number,
  viewport: number,
  overscan: number,
): RowWindow {
  const full = rows * rowHeight;
  const height = Math.min(full, tallest);
  const way = Math.max(height - viewport, 0);
  const share = way === 0 ? 0 : Math.min(Math.max(scrollTop, 0), way) / way;
  const top = share * Math.max(full - viewport, 0);
  const first = Math.floor(top / rowHeight);
  const start = Math.max(first - overscan, 0);
  const end = Math.min(first + Math.ceil(viewport / rowHeight) + 1 + overscan, rows);
  return { height, start, end, offset: Math.min(Math.max(scrollTop, 0), way) - top + start * rowHeight };
}

/** The scroll position that brings `row` into view; the present one where it is in view already. */
export function scrollToRow(rows: number, rowHeight: number, scrollTop: number, viewport: number, row: number): number {
  const full = rows * rowHeight;
  const height = Math.min(full, tallest);
  const way = Math.max(height - viewport, 0);
  if (way === 0) return 0;
  const top = (Math.min(Math.max(scrollTop, 0), way) / way) * (full - viewport);
  if (row * rowHeight >= top && (row + 1) * rowHeight <= top + viewport) return scrollTop;
  const wanted = Math.min(Math.max(row * rowHeight - (viewport - rowHeight) / 3, 0), full - viewport);
  return (wanted / (full - viewport)) * way;
}
