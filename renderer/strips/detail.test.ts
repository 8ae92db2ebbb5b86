import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { legend } from '../../app/model/legend.ts';
import { stripGrid } from '../../app/draw/strip-grid.ts';
import { detailAt, detailCells, detailOf, fillDetail, mostCells, paletteOf } from './detail.ts';
import { zoomStep } from './strip-scale.ts';

const sizes = fc.record({
  pages: fc.integer({ min: 1, max: 3_000_000 }),
  room: fc.integer({ min: 80, max: 1200 }),
  scale: fc.constantFrom(0.25, 0.5, 1, 2, 4, 8),
});

describe('the finer cells of a strip', () => {
  it('are there only where pages share a cell', () => {
    expect(detailOf(stripGrid(512, 640), 512, 4)).toBeNull();
    expect(detailOf(stripGrid(1_000_000, 640), 1_000_000, 1)).toEqual({ across: 5, down: 5 });
    expect(detailOf(stripGrid(1_000_000, 640), 1_000_000, 4)).toEqual({ across: 16, down: 16 });
  });

  it('are never more than pages or than a message carries, and at least those of the grid (seed 3)', () => {
    fc.assert(
      fc.property(sizes, ({ pages, room, scale }) => {
        const grid = stripGrid(pages, room);
        const detail = detailOf(grid, pages, scale);
        if (detail === null) return;
        const cells = detailCells(grid, detail);
        expect(cells).toBeGreaterThanOrEqual(grid.cells);
        expect(cells).toBeLessThanOrEqual(mostCells);
        expect(detail.across * detail.down).toBeLessThanOrEqual(Math.ceil(pages / grid.cells));
      }),
      { seed: 3 },
    );
  });

  it('keep every page in its block, and are found again where they are painted (seed 4)', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), ({ pages, room, scale }, pick) => {
        const grid = stripGrid(pages, room);
        const detail = detailOf(grid, pages, scale);
        if (detail === null) return;
        const cells = detailCells(grid, detail);
        const chosen = pick % cells;
        const codes = new Uint8Array(cells);
        codes[chosen] = 1;
        const pixels = new Uint32Array(cells);
        fillDetail(pixels, grid, detail, codes, Uint32Array.of(7, 9));
        const at = pixels.indexOf(9);
        expect(pixels.lastIndexOf(9)).toBe(at);
        expect(pixels.filter((pixel) => pixel === 7)).toHaveLength(cells - 1);
        const stride = grid.columns * detail.across;
        const x = (((at % stride) + 0.5) / detail.across) * grid.pitchX;
        const y = ((Math.floor(at / stride) + 0.5) / detail.down) * grid.pitchY;
        expect(detailAt(grid, detail, x, y)).toBe(chosen);
        const block = Math.floor(y / grid.pitchY) * grid.columns + Math.floor(x / grid.pitchX);
        expect(Math.floor((chosen * grid.cells) / cells)).toBe(block);
      }),
      { seed: 4, numRuns: 40 },
    );
  });

  it('have the paint of their state in both themes', () => {
    for (const theme of ['light', 'dark'] as const) {
      const bytes = new Uint8Array(paletteOf(theme).buffer);
      for (const { code } of legend) expect(bytes[code * 4 + 3], `${theme} ${code}`).toBe(255);
      expect(new Set(legend.map(({ code }) => paletteOf(theme)[code])).size).toBe(legend.length);
    }
    const system = legend.find(({ id }) => id === 'system')!.code;
    expect([...new Uint8Array(paletteOf('light').buffer).slice(system * 4, system * 4 + 3)]).toEqual([
      0x00, 0x71, 0xbe,
    ]);
  });

  it('follow the zoom in steps of two', () => {
    expect([0.1, 0.25, 0.6, 1, 1.3, 3, 9].map(zoomStep)).toEqual([0.25, 0.25, 1, 1, 2, 4, 4]);
  });
});
