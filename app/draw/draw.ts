/** Chooses how much of a machine is drawn, and in what shape, so that it can be read in the room that there is. */
import type { GraphNode } from '../contract/frame.ts';
import { cardOf } from './card.ts';
import { fold, noWishes, type Wishes } from './fold.ts';
import { Layout, type Detail, type Drawing } from './layout.ts';
import { isInside, type DrawnPicture, type Picture, type Placed, type Size } from './picture.ts';

/** From all there is to the least; the first that can be read at first sight is taken. */
const level = (
  name: string,
  form: Detail['form'],
  lines: number,
  labels: Detail['labels'],
  stacks: readonly [devices: number, bridges: number, packages: number],
  closed: Detail['closed'] = [],
): Detail => ({
  name,
  form,
  lines,
  labels,
  stacks: { devices: stacks[0], bridges: stacks[1], packages: stacks[2] },
  closed,
});

/** From all there is to the least; the first that can be read at first sight is taken. */
export const details: readonly Detail[] = [
  level('everything', 'full', 2, 'wire', [9, 0, 0]),
  level('one line', 'full', 1, 'wire', [9, 0, 0]),
  level('no lines', 'full', 0, 'wire', [9, 0, 0]),
  level('narrow', 'compact', 0, 'wire', [9, 0, 0]),
  level('cards', 'compact', 0, 'card', [13, 0, 0]),
  level('chips', 'chip', 0, 'none', [17, 0, 0]),
  level('counted', 'compact', 0, 'wire', [2, 0, 0]),
  level('alike branches', 'compact', 0, 'card', [2, 2, 0]),
  level('closed switches', 'chip', 0, 'none', [2, 2, 0], ['switch']),
  level('closed bridges', 'chip', 0, 'none', [2, 2, 0], ['switch', 'host-bridge']),
  level('alike packages', 'compact', 0, 'none', [2, 2, 2], ['switch']),
  level('closed packages', 'chip', 0, 'none', [2, 2, 0], ['switch', 'host-bridge', 'package']),
  level('least', 'chip', 0, 'none', [2, 2, 3], ['switch', 'host-bridge', 'package', 'group']),
];

export interface Wanted {
  /** The room that the picture should fill, in pixels. */
  readonly room: Size;
  /** Scale below which its text is too small to read. */
  readonly leastScale: number;
  readonly wishes: Wishes;
  /** Nodes that a story is about: they are never folded away. */
  readonly keep: ReadonlySet<string>;
}

export const defaultRoom: Size = { width: 700, height: 780 };
export const defaultWanted: Wanted = { room: defaultRoom, leastScale: 0.92, wishes: noWishes, keep: new Set() };

export interface Drawn {
  readonly picture: DrawnPicture;
  readonly drawing: Drawing;
  readonly detail: Detail;
  /** Scale at which it fills the room. */
  readonly scale: number;
}

const rooms = [230, 330, 450, 620, 900, 1400] as const;
const memoryRooms = [160, 330, 700] as const;

/** The largest scale at which a picture fits, and the shape that allows it. */
function fit(layout: Layout, room: Size): { readonly drawing: Drawing; readonly scale: number } {
  let best: { readonly drawing: Drawing; readonly scale: number } | null = null;
  for (const memoryRoom of memoryRooms) {
    for (const width of rooms) {
      let before: Size | null = null;
      for (let columns = 1; columns <= 12; columns++) {
        const drawing = layout.place({ room: width, memoryRoom, columns });
        if (before !== null && before.width === drawing.width && before.height === drawing.height) break;
        before = drawing;
        const scale = Math.min(room.width / Math.max(1, drawing.width), room.height / Math.max(1, drawing.height));
        if (best === null || scale > best.scale + 0.005) best = { drawing, scale };
      }
    }
  }
  return best ?? { drawing: layout.place({ room: room.width, memoryRoom: room.width, columns: 1 }), scale: 1 };
}

/** More than this many nodes are not worth trying: they would be dust. */
const mostNodes = 400;

export function draw(picture: Picture, wanted: Partial<Wanted> = {}): Drawn {
  const { room, leastScale, wishes, keep } = { ...defaultWanted, ...wanted };
  const inside = picture.nodes.filter(isInside);
  let best: Drawn | null = null;
  for (const detail of details) {
    const drawn = fold(picture, detail, wishes, keep);
    const isLast = detail === details[details.length - 1];
    if (drawn.nodes.length > mostNodes && !isLast) continue;
    const { drawing, scale } = fit(new Layout(drawn, detail, inside), room);
    const result = { picture: drawn, drawing, detail, scale };
    if (scale >= leastScale) return result;
    if (best === null || scale > best.scale * 1.08) best = result;
  }
  return (
    best ?? {
      picture: { nodes: [], edges: [], standIn: new Map() },
      drawing: { nodes: new Map(), forms: new Map(), wires: [], routes: new Map(), width: 0, height: 0 },
      detail: level('nothing', 'full', 0, 'none', [0, 0, 0]),
      scale: 1,
    }
  );
}

const processGap = 28;

/** Processes stand in rows above the machine, each where it stays; they come and go without moving it. */
export function placeProcesses(nodes: readonly GraphNode[], machine: Size): ReadonlyMap<string, Placed> {
  const placed = new Map<string, Placed>();
  const rows: { id: string; size: Size }[][] = [];
  let used = 0;
  for (const node of nodes) {
    if (node.kind !== 'process') continue;
    const { width, height } = cardOf({ ...node, open: null, holds: [], alike: null, stands: [node.id] }, [], {
      form: 'full',
      lines: 0,
      link: null,
    });
    const size = { width: Math.max(width, 240), height };
    const row = rows[rows.length - 1];
    if (row === undefined || used + processGap + size.width > Math.max(machine.width, 640)) {
      rows.push([{ id: node.id, size }]);
      used = size.width;
    } else {
      row.push({ id: node.id, size });
      used += processGap + size.width;
    }
  }
  let bottom = -processGap;
  for (const row of rows.toReversed()) {
    const height = Math.max(...row.map(({ size }) => size.height));
    let x = 0;
    for (const { id, size } of row) {
      placed.set(id, { x, y: bottom - height, ...size });
      x += size.width + processGap;
    }
    bottom -= height + 12;
  }
  return placed;
}
