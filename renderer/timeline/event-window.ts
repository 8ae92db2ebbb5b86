import type { EventWindow } from './marks.ts';

/** The fewest events that a screen is filled with: closer there is nothing more to see. */
const fewest = 8;

/** Brought within the history, as wide as it was where that can be. */
export function clampEvents({ from, to }: EventWindow, total: number): EventWindow {
  const width = Math.min(Math.max(1, total), Math.max(Math.min(fewest, Math.max(1, total)), to - from));
  const start = Math.min(Math.max(0, from), Math.max(1, total) - width);
  return { from: start, to: start + width };
}

export const allEvents = (total: number): EventWindow => ({ from: 0, to: Math.max(1, total) });

/** Closer (`factor` below 1) or farther, with the event at `at` staying where it is. */
export function zoomEvents({ from, to }: EventWindow, factor: number, at: number, total: number): EventWindow {
  const by = Math.max(factor, Math.min(1, fewest / (to - from)));
  return clampEvents({ from: at - (at - from) * by, to: at + (to - at) * by }, total);
}

export const panEvents = ({ from, to }: EventWindow, events: number, total: number): EventWindow =>
  clampEvents({ from: from + events, to: to + events }, total);

/** Moved so far that an event is in view, with a tenth of the screen before and after it. */
export function bringIntoView(window: EventWindow, event: number, total: number): EventWindow {
  const room = (window.to - window.from) / 10;
  if (event < window.from + room && window.from > 0) return panEvents(window, event - room - window.from, total);
  if (event > window.to - room && window.to < total) return panEvents(window, event + room - window.to, total);
  return window;
}

export const isAll = ({ from, to }: EventWindow, total: number): boolean => from <= 0 && to >= total;
