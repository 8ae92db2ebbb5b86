import { describe, expect, it } from 'vitest';
import { isInside, isSameViewport } from './fit.ts';

const window = { clientWidth: 400, clientHeight: 300 };

describe('the fit of a picture to its window', () => {
  it('shows all of what lies between the edges, at any zoom', () => {
    expect(isInside({ x: 0, y: 0, width: 400, height: 300 }, { x: 0, y: 0, zoom: 1 }, window)).toBe(true);
    expect(isInside({ x: -100, y: -50, width: 200, height: 150 }, { x: 200, y: 100, zoom: 2 }, window)).toBe(true);
  });

  it.each([
    ['left', { x: -1, y: 0, width: 10, height: 10 }],
    ['top', { x: 0, y: -1, width: 10, height: 10 }],
    ['right', { x: 391, y: 0, width: 10, height: 10 }],
    ['bottom', { x: 0, y: 291, width: 10, height: 10 }],
  ])('is lost where the picture grows out at the %s', (_side, bounds) => {
    expect(isInside(bounds, { x: 0, y: 0, zoom: 1 }, window)).toBe(false);
  });

  it('is the viewer’s own once it is moved by a pixel or zoomed by a hundredth', () => {
    const set = { x: 18, y: 20.4, zoom: 1.2 };
    expect(isSameViewport(set, { ...set, y: 20.3999 })).toBe(true);
    expect(isSameViewport(set, { ...set, x: 19 })).toBe(false);
    expect(isSameViewport(set, { ...set, y: 21.4 })).toBe(false);
    expect(isSameViewport(set, { ...set, zoom: 1.21 })).toBe(false);
  });
});
