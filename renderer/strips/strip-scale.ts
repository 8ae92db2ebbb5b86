import { createContext, useContext, useSyncExternalStore } from 'react';

/** How much larger than its own size a strip is shown, in steps of two: pictures that zoom provide it. */
export const StripZoom = createContext(1);

/** The step of two at or above a zoom, from a quarter to four. */
export const zoomStep = (zoom: number): number => Math.min(4, Math.max(0.25, 2 ** Math.ceil(Math.log2(zoom) - 0.01)));

const watch = (changed: () => void): (() => void) => {
  const query = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
};

/** Pixels of the screen for a pixel of a strip. */
export const useStripScale = (): number =>
  useContext(StripZoom) * useSyncExternalStore(watch, () => window.devicePixelRatio || 1);
