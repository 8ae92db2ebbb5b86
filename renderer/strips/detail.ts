/**
 * Finer cells for strips of more pages than their grid has cells. Each cell of the grid becomes a block of smaller ones,
 * so that a page stays in its block however closely one looks:
 *
 *     one cell: pages 0..1952      0..64   64..128  ...       8 × 8 within the same square
 *                                  ...
 */
import { legend } from '../../app/model/legend.ts';
import { stateStyle, type ThemeName } from '../../app/draw/state-style.ts';
import type { StripGrid } from '../../app/draw/strip-grid.ts';

/** How many cells across and down each cell of the grid is divided into. */
export interface Detail {
  readonly across: number;
  readonly down: number;
}

/** Most cells of one strip: what one message carries and one frame paints without being noticed. */
export const mostCells = 1 << 17;
/** A finer cell is at least this many pixels of the screen wide and high. */
const least = 2;

/** How finely to divide at `scale` screen pixels for a CSS pixel; null: every page has a cell of its own already. */
export function detailOf(grid: StripGrid, pages: number, scale: number): Detail | null {
  if (pages <= grid.cells) return null;
  const perCell = Math.ceil(pages / grid.cells);
  const most = Math.min(perCell, Math.floor(mostCells / grid.cells));
  let across = Math.max(1, Math.floor((grid.pitchX * scale) / least));
  let down = Math.max(1, Math.floor((grid.pitchY * scale) / least));
  while (across * down > most) {
    if (across >= down) across -= 1;
    else down -= 1;
  }
  return { across: Math.max(1, across), down: Math.max(1, down) };
}

export const detailCells = (grid: StripGrid, { across, down }: Detail): number => grid.cells * across * down;

/** Index among the finer cells of a point of the strip, or null beside them. */
export function detailAt(grid: StripGrid, { across, down }: Detail, x: number, y: number): number | null {
  const column = Math.floor(x / grid.pitchX);
  const row = Math.floor(y / grid.pitchY);
  const cell = row * grid.columns + column;
  if (column < 0 || column >= grid.columns || row < 0 || cell >= grid.cells) return null;
  const inX = Math.min(across - 1, Math.floor(((x - column * grid.pitchX) / grid.pitchX) * across));
  const inY = Math.min(down - 1, Math.floor(((y - row * grid.pitchY) / grid.pitchY) * down));
  return (cell * down + inY) * across + inX;
}

const palettes = new Map<ThemeName, Uint32Array>();

const channels = (hex: string): readonly [number, number, number] => {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
};

/** Pixel values by legend code, as ImageData keeps them on this machine. */
export function paletteOf(theme: ThemeName): Uint32Array {
  const known = palettes.get(theme);
  if (known !== undefined) return known;
  const bytes = new Uint8ClampedArray(256 * 4);
  for (const { id, code } of legend) {
    const { fill, edge } = stateStyle[id][theme];
    // What is not mapped has the colour of the panel: a trace of its edge tells it from no strip at all.
    const trace = id === 'none' ? 0.18 : 0;
    const [from, to] = [channels(fill), channels(edge)];
    bytes.set([...from.map((value, i) => value + ((to[i] ?? value) - value) * trace), 255], code * 4);
  }
  const palette = new Uint32Array(bytes.buffer);
  palettes.set(theme, palette);
  return palette;
}

/** One pixel a finer cell, row by row of the picture: `pixels` has `columns * across` by `rows * down` of them. */
export function fillDetail(
  pixels: Uint32Array,
  grid: StripGrid,
  { across, down }: Detail,
  codes: Uint8Array,
  palette: Uint32Array,
): void {
  const stride = grid.columns * across;
  let at = 0;
  for (let cell = 0; cell < grid.cells; cell++) {
    const left = (cell % grid.columns) * across;
    const top = Math.floor(cell / grid.columns) * down;
    for (let y = 0; y < down; y++) {
      let to = (top + y) * stride + left;
      for (let x = 0; x < across; x++) pixels[to++] = palette[codes[at++] ?? 0] ?? 0;
    }
  }
}
