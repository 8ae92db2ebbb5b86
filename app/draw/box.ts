/** Boxes before they have a place: what holds what, in rows. */
import type { DrawnNode, Size } from './picture.ts';

/** Between two lanes of links, in pixels. */
export const laneStep = 7;

export interface Kid {
  readonly box: Box;
  /** From the box that holds it. */
  readonly x: number;
  readonly y: number;
  readonly row: number;
}

/** How a box is drawn and how wires reach what it holds. */
export type BoxForm =
  /** A card: holds nothing. */
  | 'card'
  /** A bridge or a switch: its left edge is the bus on which all that it holds hangs. */
  | 'bridge'
  /** A package or a group: its CPU above its memory. */
  | 'package'
  /** Not drawn: things that stand together. */
  | 'bare'
  /** Not drawn, but with a bus along its left side: what hangs on a package. */
  | 'hangers';

export interface Box extends Size {
  readonly form: BoxForm;
  /** What it stands for; null where it is not drawn. */
  readonly node: DrawnNode | null;
  readonly kids: readonly Kid[];
  /** Where the lanes of its fabric begin, from its left edge; 0: it has none. */
  readonly lanesAt: number;
}

export interface Flow extends Size {
  readonly kids: readonly Kid[];
  readonly rows: number;
  /** True where every row holds one box. */
  readonly isColumn: boolean;
}

/** Boxes in rows of at most `room` pixels; a card and a frame never share a row. */
export function flow(boxes: readonly Box[], room: number, gapX: number, gapY: number): Flow {
  const rows: Box[][] = [];
  let used = 0;
  for (const box of boxes) {
    const row = rows[rows.length - 1];
    const before = row?.[row.length - 1];
    const fits = before !== undefined && used + gapX + box.width <= room && isCard(before) === isCard(box);
    if (row !== undefined && fits) {
      row.push(box);
      used += gapX + box.width;
    } else {
      rows.push([box]);
      used = box.width;
    }
  }
  const kids: Kid[] = [];
  let y = 0;
  let width = 0;
  rows.forEach((row, index) => {
    let x = 0;
    for (const box of row) {
      kids.push({ box, x, y, row: index });
      x += box.width + gapX;
    }
    width = Math.max(width, x - gapX);
    y += Math.max(...row.map((box) => box.height)) + gapY;
  });
  return {
    kids,
    rows: rows.length,
    isColumn: rows.every((row) => row.length === 1),
    width,
    height: Math.max(0, y - gapY),
  };
}

const isCard = (box: Box): boolean => box.form === 'card';

/** Boxes in a number of columns: by rows where they are equally high or `byRows` says so, else column after column. */
export function inColumns(boxes: readonly Box[], columns: number, gapX: number, gapY: number, byRows = false): Flow {
  const heights = boxes.map((box) => box.height);
  const even = byRows || Math.max(...heights) - Math.min(...heights) < 8;
  const perColumn = Math.ceil(boxes.length / columns);
  const place = (i: number): readonly [column: number, row: number] =>
    even ? [i % columns, Math.floor(i / columns)] : [Math.floor(i / perColumn), i % perColumn];
  const widths: number[] = [];
  const heightOf = new Map<string, number>();
  boxes.forEach((box, i) => {
    const [column, row] = place(i);
    widths[column] = Math.max(widths[column] ?? 0, box.width);
    const key = even ? String(row) : `${column} ${row}`;
    heightOf.set(key, Math.max(heightOf.get(key) ?? 0, box.height));
  });
  const kids = boxes.map((box, i): Kid => {
    const [column, row] = place(i);
    const x = widths.slice(0, column).reduce((sum, width) => sum + width + gapX, 0);
    let y = 0;
    for (let above = 0; above < row; above++)
      y += (heightOf.get(even ? String(above) : `${column} ${above}`) ?? 0) + gapY;
    return { box, x, y, row };
  });
  return {
    kids,
    rows: even ? Math.ceil(boxes.length / columns) : perColumn,
    isColumn: columns === 1,
    width: widths.reduce((sum, width) => sum + width + gapX, -gapX),
    height: Math.max(0, ...kids.map((kid) => kid.y + kid.box.height)),
  };
}
