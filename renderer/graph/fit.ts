import type { Viewport } from '@xyflow/react';
import type { Placed } from '../../app/draw/picture.ts';

/** The part of the picture's plane that a window shows, and what it was chosen for. */
export interface Fitted {
  readonly key: string;
  /** What the viewer had opened and closed by then. */
  readonly wishes: unknown;
  readonly viewport: Viewport;
}

/** Within what rounding leaves: a quarter of a pixel, a thousandth of the zoom. */
export const isSameViewport = (a: Viewport, b: Viewport): boolean =>
  Math.abs(a.x - b.x) < 0.25 && Math.abs(a.y - b.y) < 0.25 && Math.abs(a.zoom - b.zoom) < 0.001;

/** Whether a window of this size, in pixels, shows all of these bounds. */
export function isInside(
  bounds: Placed,
  { x, y, zoom }: Viewport,
  window: { readonly clientWidth: number; readonly clientHeight: number },
): boolean {
  const [left, top] = [bounds.x * zoom + x, bounds.y * zoom + y];
  return (
    left >= 0 &&
    top >= 0 &&
    left + bounds.width * zoom <= window.clientWidth &&
    top + bounds.height * zoom <= window.clientHeight
  );
}
