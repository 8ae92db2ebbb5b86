import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { rowWindow, scrollToRow, tallest } from './row-window.ts';

const rowHeight = 30;
const viewport = 600;

describe('the window of rows in view', () => {
  it('is a few rows, wherever it is and however many there are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rows, share) => {
          const height = Math.min(rows * rowHeight, tallest);
          const window = rowWindow(rows, rowHeight, share * Math.max(height - viewport, 0), viewport, 4);
          expect(window.height).toBe(height);
          expect(window.start).toBeGreaterThanOrEqual(0);
          expect(window.end).toBeLessThanOrEqual(rows);
          expect(window.end - window.start).toBeLessThanOrEqual(viewport / rowHeight + 10);
        },
      ),
    );
  });

  it('leads from the first row to the last, also where a browser cannot make an element that tall', () => {
    const rows = 16_700_000;
    expect(rowWindow(rows, rowHeight, 0, viewport, 0).start).toBe(0);
    expect(rowWindow(rows, rowHeight, tallest - viewport, viewport, 0).end).toBe(rows);
  });

  it('puts a row of a small table where its pixels are', () => {
    expect(rowWindow(1000, rowHeight, 3000, viewport, 0)).toMatchObject({ start: 100, offset: 3000 });
  });
});

describe('scrolling to a row', () => {
  it('brings it into view', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 20_000_000 }),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        (rows, share) => {
          const row = Math.floor(share * rows);
          const window = rowWindow(rows, rowHeight, scrollToRow(rows, rowHeight, 0, viewport, row), viewport, 0);
          expect(row).toBeGreaterThanOrEqual(window.start);
          expect(row).toBeLessThan(window.end);
        },
      ),
    );
  });

  it('does not move what is in view already', () => {
    expect(scrollToRow(1000, rowHeight, 3000, viewport, 105)).toBe(3000);
  });
});
