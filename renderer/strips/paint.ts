import { legend } from '../../app/model/legend.ts';
import { glyphShape, stateStyle, type ThemeName } from '../../app/draw/state-style.ts';
import type { StripGrid } from '../../app/draw/strip-grid.ts';

type Row = (typeof legend)[number];
const byCode: ReadonlyMap<number, Row> = new Map(legend.map((row) => [row.code, row]));

/** Cells of this width or more carry their glyph. */
const glyphFrom = 12;

function cell(
  context: CanvasRenderingContext2D,
  row: Row,
  theme: ThemeName,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const paint = stateStyle[row.id][theme];
  context.fillStyle = paint.fill;
  context.fillRect(x, y, width, height);
  if (row.id === 'none') {
    context.strokeStyle = paint.edge;
    context.setLineDash([2, 2]);
    context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
    context.setLineDash([]);
  }
  if (row.glyph === 'plain' || row.glyph === 'dotted') return;
  if (width + 1 >= glyphFrom) glyph(context, row, paint.ink, x, y, width, height);
  else if (row.glyph === 'hatched' && width >= 4) hatch(context, paint.ink, x, y, width, height);
}

function glyph(
  context: CanvasRenderingContext2D,
  row: Row,
  ink: string,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const shape = glyphShape[row.glyph];
  const side = Math.min(width, height);
  context.save();
  context.translate(x + (width - side) / 2, y + (height - side) / 2);
  context.scale(side / 16, side / 16);
  const path = new Path2D(shape.path);
  if (shape.draw === 'fill') {
    context.fillStyle = ink;
    context.fill(path);
  } else {
    context.strokeStyle = ink;
    context.lineWidth = 1.5;
    context.stroke(path);
  }
  context.restore();
}

function hatch(
  context: CanvasRenderingContext2D,
  ink: string,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  context.strokeStyle = ink;
  context.globalAlpha = 0.55;
  context.beginPath();
  context.moveTo(x, y + height);
  context.lineTo(x + width, y);
  context.stroke();
  context.globalAlpha = 1;
}

/** Paints all cells of a strip, or those of [first, last). The context is scaled to CSS pixels. */
export function paintStrip(
  context: CanvasRenderingContext2D,
  grid: StripGrid,
  codes: Uint8Array,
  theme: ThemeName,
  first = 0,
  last = grid.cells,
): void {
  for (let index = first; index < Math.min(last, codes.length); index++) {
    const row = byCode.get(codes[index] ?? 0);
    if (row === undefined) continue;
    const x = (index % grid.columns) * grid.pitchX;
    const y = Math.floor(index / grid.columns) * grid.pitchY;
    context.clearRect(x, y, grid.pitchX, grid.pitchY);
    cell(context, row, theme, x, y, grid.pitchX - 1, grid.pitchY - 1);
  }
}

/** What a strip shows, in words: "3 system RAM, 1 device-private of 4 cells". */
export function describeCodes(codes: Uint8Array): string {
  const counts = new Map<string, number>();
  for (const code of codes) {
    const word = byCode.get(code)?.word ?? 'unknown';
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, n]) => `${n} ${word}`).join(', ');
}
