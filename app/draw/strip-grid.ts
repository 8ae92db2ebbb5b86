/** How many cells a strip of pages has, how large they are, and where: a few pages are large, many share cells. */
export interface StripGrid {
  /** Cells of the whole strip; each stands for `pages / cells` pages. */
  readonly cells: number;
  readonly columns: number;
  readonly rows: number;
  /** Distance from one cell to the next, in CSS pixels; the cell itself is one pixel smaller. */
  readonly pitchX: number;
  readonly pitchY: number;
  readonly width: number;
  readonly height: number;
}

const largest = 24;
const maxColumns = 64;
const maxRows = 8;

/** The grid of `pages` pages in `room` pixels of width. */
export function stripGrid(pages: number, room: number): StripGrid {
  const columns = Math.max(1, Math.min(pages, maxColumns, Math.floor(room / 4)));
  const rowsWanted = Math.ceil(pages / columns);
  const rows = Math.min(maxRows, rowsWanted);
  const cells = rowsWanted <= maxRows ? pages : columns * rows;
  const pitchX = Math.min(largest, Math.floor(room / columns));
  const pitchY = rows > 1 ? Math.min(pitchX, 12) : Math.min(pitchX + 4, 16);
  return { cells, columns, rows, pitchX, pitchY, width: columns * pitchX, height: rows * pitchY };
}

/** First page that a cell stands for. */
export const pageOfCell = (grid: StripGrid, pages: number, cell: number): number =>
  Math.floor((cell * pages) / grid.cells);

/** The cell at a point of the strip, or null beside them. */
export function cellAt(grid: StripGrid, x: number, y: number): number | null {
  const column = Math.floor(x / grid.pitchX);
  const row = Math.floor(y / grid.pitchY);
  if (column < 0 || column >= grid.columns || row < 0 || row >= grid.rows) return null;
  const cell = row * grid.columns + column;
  return cell < grid.cells ? cell : null;
}
