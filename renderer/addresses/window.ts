/** The stretch of the address picture that is on screen, as shares of its whole width. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

export const whole: Window = { from: 0, to: 1 };

/** The closest that one gets: beyond it a share of the width has no digits left. */
const narrowest = 1e-11;

/** Brought within the picture, its width kept where it can be. */
export function clampWindow({ from, to }: Window): Window {
  const width = Math.min(1, Math.max(narrowest, to - from));
  const start = Math.min(Math.max(0, from), 1 - width);
  return { from: start, to: start + width };
}

/** Closer (`factor` below 1) or farther, with the point at `x` (a share of the screen) staying where it is. */
export function zoomAt({ from, to }: Window, factor: number, x = 0.5): Window {
  const at = from + (to - from) * x;
  return clampWindow({ from: at - (at - from) * factor, to: at + (to - at) * factor });
}

export const pan = ({ from, to }: Window, share: number): Window => {
  const by = (to - from) * share;
  return clampWindow({ from: from + by, to: to + by });
};

/** A stretch with some room around it. */
export const around = (x0: number, x1: number, room: number): Window =>
  clampWindow({ from: x0 - (x1 - x0) * room, to: x1 + (x1 - x0) * room });

/** True where a stretch is on screen and wide enough to be seen. */
export const shows = ({ from, to }: Window, x0: number, x1: number, pixels: number): boolean =>
  x1 > from && x0 < to && x0 >= from - (x1 - x0) && ((x1 - x0) / (to - from)) * pixels >= 10;
