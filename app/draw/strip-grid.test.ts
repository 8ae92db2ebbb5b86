import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellAt, pageOfCell, stripGrid } from './strip-grid.ts';

describe('the grid of a strip', () => {
  it('gives every page a cell of its own while there is room', () => {
    expect(stripGrid(4, 240)).toMatchObject({ cells: 4, columns: 4, rows: 1, pitchX: 24 });
    expect(stripGrid(144, 640)).toMatchObject({ cells: 144, columns: 64, rows: 3 });
  });

  it('shares cells among the pages of a large mapping', () => {
    expect(stripGrid(1_000_000, 640)).toMatchObject({ cells: 512, columns: 64, rows: 8 });
  });

  it('stays within its room and finds each cell again where it is drawn (seed 5)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000_000 }),
        fc.integer({ min: 80, max: 1200 }),
        fc.nat(),
        (pages, room, pick) => {
          const grid = stripGrid(pages, room);
          expect(grid.width).toBeLessThanOrEqual(room);
          const cell = pick % grid.cells;
          const x = (cell % grid.columns) * grid.pitchX;
          const y = Math.floor(cell / grid.columns) * grid.pitchY;
          expect(cellAt(grid, x, y)).toBe(cell);
          expect(pageOfCell(grid, pages, cell)).toBeLessThan(pages);
        },
      ),
      { seed: 5 },
    );
  });
});
