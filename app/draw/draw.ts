/** Chooses how much of a machine is drawn, and in what shape, so that it can be read in the room that there is. */
import type { GraphNode } from '../contract/frame.ts';
import { cardOf, frameRoom, type } from './card.ts';
import { asDrawn, fold, noWishes, type Wishes } from './fold.ts';
import { Layout, type Detail, type Drawing } from './layout.ts';
import { isInside, type DrawnPicture, type Picture, type Placed, type Size } from './picture.ts';

const level = (
  name: string,
  form: Detail['form'],
  lines: number,
  labels: Detail['labels'],
  stacks: readonly [devices: number, bridges: number, packages: number],
  closed: Detail['closed'] = [],
  wrap = 0,
): Detail => ({
  name,
  form,
  wrap,
  lines,
  labels,
  stacks: { devices: stacks[0], bridges: stacks[1], packages: stacks[2] },
  closed,
});

/** Up to this text is read at a desk. */
const desk = 12;

/** So many levels draw everything, with ever less about each thing. */
const unfolded = 9;

/**
 * From all there is to the least. The first that draws everything and can be read at first sight is taken; where none
 * can, the one that draws most of it.
 */
export const details: readonly Detail[] = [
  level('whole lines', 'full', 2, 'wire', [9, 0, 0], [], 330),
  level('broken lines', 'full', 2, 'wire', [9, 0, 0], [], 215),
  level('everything', 'full', 2, 'wire', [9, 0, 0]),
  level('one line', 'full', 1, 'wire', [9, 0, 0]),
  level('no lines', 'full', 0, 'wire', [9, 0, 0]),
  level('narrow', 'compact', 0, 'wire', [9, 0, 0]),
  level('cards', 'compact', 0, 'card', [13, 0, 0]),
  level('chips', 'chip', 0, 'none', [17, 0, 0]),
  level('names', 'name', 0, 'none', [17, 0, 0]),
  level('counted', 'compact', 0, 'wire', [2, 0, 0]),
  level('alike branches', 'compact', 0, 'card', [2, 2, 0]),
  level('closed switches', 'chip', 0, 'none', [2, 2, 0], ['switch']),
  level('closed bridges', 'chip', 0, 'none', [2, 2, 0], ['switch', 'host-bridge']),
  level('closed packages', 'chip', 0, 'none', [2, 2, 0], ['switch', 'host-bridge', 'package']),
  level('closed groups', 'chip', 0, 'none', [2, 2, 0], ['switch', 'host-bridge', 'package', 'group']),
  level('alike packages', 'compact', 0, 'none', [2, 2, 2], ['switch']),
  level('least', 'chip', 0, 'none', [2, 2, 3], ['switch', 'host-bridge', 'package', 'group']),
];

export interface Wanted {
  /** The room that the picture should fill, in pixels. */
  readonly room: Size;
  /** Height of what stands above the machine, as it is drawn: processes, as soon as there are any. */
  readonly above: number;
  /** Pixels that its smallest text should have on the screen. */
  readonly leastText: number;
  readonly wishes: Wishes;
  /** Nodes that a story is about: they are never folded away. */
  readonly keep: ReadonlySet<string>;
  /** The level of detail to take, by its name, whatever the room. */
  readonly detail?: string;
}

const defaultRoom: Size = { width: 700, height: 780 };
const defaultWanted: Wanted = { room: defaultRoom, above: 0, leastText: 10, wishes: noWishes, keep: new Set() };

export interface Drawn {
  readonly picture: DrawnPicture;
  readonly drawing: Drawing;
  readonly detail: Detail;
  /** Scale at which it fills the room. */
  readonly scale: number;
}

const rooms = [230, 330, 450, 620, 900, 1400] as const;
const memoryRooms = [160, 330, 700] as const;

/** The largest scale at which a picture fits, and the shape that allows it; null where its cards alone are too many. */
function fit(
  layout: Layout,
  room: Size,
  above: number,
  leastScale: number,
): { readonly drawing: () => Drawing; readonly scale: number } | null {
  if (layout.area() * leastScale ** 2 > room.width * room.height) return null;
  let best: { readonly drawing: () => Drawing; readonly scale: number } | null = null;
  for (const { width, height, draw: drawing } of layout.shapes(rooms, memoryRooms)) {
    const scale = Math.min(room.width / Math.max(1, width), room.height / Math.max(1, height + above));
    if (best === null || scale > best.scale + 0.005) best = { drawing, scale };
  }
  return best;
}

/** More than this many nodes are not worth trying: they would be dust. */
const mostNodes = 400;

interface Candidate {
  readonly picture: DrawnPicture;
  readonly drawing: () => Drawing;
  readonly detail: Detail;
  readonly scale: number;
}

/** The picture of a machine for a room. What a person opens or closes changes no other part of it. */
export function draw(picture: Picture, wanted: Partial<Wanted> = {}): Drawn {
  const whole = { ...defaultWanted, ...wanted };
  const { wishes } = whole;
  const sizes = new Map<string, Size>();
  const first = choose(picture, { ...whole, wishes: noWishes }, sizes);
  if (first === null) return nothing;
  const chosen =
    wishes.closed.size + wishes.stacked.size === 0 ? first : (attempt(picture, first.detail, whole, 0, sizes) ?? first);
  return { picture: chosen.picture, drawing: chosen.drawing(), detail: chosen.detail, scale: chosen.scale };
}

function choose(picture: Picture, wanted: Wanted, sizes: Map<string, Size>): Candidate | null {
  const { leastText, detail: named } = wanted;
  let best: Candidate | null = null;
  for (const [index, detail] of details.entries()) {
    if (named !== undefined && detail.name !== named) continue;
    // What says more must be read a little more easily; what says least may be as small as can be read.
    const comfort = detail.wrap > 0 ? 1.15 : detail.labels === 'wire' ? 1.1 : 1;
    const leastScale = (leastText / type.small.size) * comfort;
    const isLast = index === details.length - 1 || named !== undefined;
    const next = attempt(picture, detail, wanted, isLast ? 0 : leastScale * 0.6, sizes);
    if (next === null) continue;
    // Half a pixel less is better than folding parts away; on a stage it is not.
    const yielded = index === unfolded - 1 && leastText <= desk ? 0.95 : 1;
    if (next.scale >= leastScale * yielded && index < unfolded) return next;
    if (best === null || isBetter(next, best, leastScale)) best = next;
  }
  return best;
}

/** One level of detail in its best shape; null where even its cards alone do not fit at `least`. */
function attempt(
  picture: Picture,
  detail: Detail,
  { room, above, wishes, keep }: Wanted,
  least: number,
  sizes: Map<string, Size>,
): Candidate | null {
  const drawn = fold(picture, detail, wishes, keep);
  if (drawn.nodes.length > mostNodes && least > 0) return null;
  const found = fit(new Layout(drawn, detail, picture.nodes.filter(isInside), sizes), room, above, least);
  return found === null ? null : { picture: drawn, detail, ...found };
}

/** What can be read is better than what cannot; of two that can, the one that draws more; of two that cannot, the larger. */
function isBetter(next: Candidate, best: Candidate, leastScale: number): boolean {
  const readable = best.scale >= leastScale;
  if (next.scale < leastScale) return !readable && next.scale > best.scale * 1.08;
  return !readable || next.picture.nodes.length > best.picture.nodes.length;
}

const nothing: Drawn = {
  picture: { nodes: [], edges: [], standIn: new Map() },
  drawing: { nodes: new Map(), forms: new Map(), wires: [], routes: new Map(), width: 0, height: 0 },
  detail: level('nothing', 'full', 0, 'none', [0, 0, 0]),
  scale: 1,
};

const processGap = 28;

/** Processes stand in rows above the machine, each where it stays; they come and go without moving it. */
export function placeProcesses(nodes: readonly GraphNode[], machine: Size): ReadonlyMap<string, Placed> {
  const placed = new Map<string, Placed>();
  const rows: { id: string; size: Size }[][] = [];
  let used = 0;
  for (const node of nodes) {
    if (node.kind !== 'process') continue;
    const { width, height } = cardOf(asDrawn(node), [], {
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

/**
 * Height that the processes of a story need above a machine, whenever they live: one card for all buffers of a process.
 * `tables` are the buffers, "PROCESS.BUFFER", and `width` the pixels of the room.
 */
export function roomForProcesses(
  tables: readonly { readonly id: string; readonly pages: number }[],
  width: number,
): number {
  const strips = new Map<string, GraphNode['strips'][number][]>();
  for (const { id, pages } of tables) {
    const process = id.slice(0, Math.max(0, id.indexOf('.')));
    const own = strips.get(process);
    const strip = { id, label: id, start: 0, pages };
    if (own === undefined) strips.set(process, [strip]);
    else own.push(strip);
  }
  const nodes = [...strips].map(([process, own]): GraphNode => ({
    id: process,
    kind: 'process',
    subkind: null,
    parent: null,
    title: `Process ${process}`,
    subtitle: 'pid 1000 · 100 pages resident',
    facts: [],
    strips: own,
    count: 1,
    alerts: [],
  }));
  return Math.max(0, ...[...placeProcesses(nodes, { width, height: 0 }).values()].map((place) => -place.y));
}

/** A card with the line below it that says what is wrong with it. */
export const withAlert = (node: Pick<GraphNode, 'alerts'>, box: Placed): Placed =>
  node.alerts.length === 0 ? box : { ...box, height: box.height + 11 };

/** What a label must not lie upon: cards, and the heads of frames. */
export function labelObstacles({ picture, drawing, detail }: Drawn, more: Iterable<Placed>): readonly Placed[] {
  const { head } = frameRoom(detail.form);
  const boxes = picture.nodes.flatMap((node): readonly Placed[] => {
    const box = drawing.nodes.get(node.id);
    if (box === undefined) return [];
    return [drawing.forms.get(node.id) === 'card' ? withAlert(node, box) : { ...box, height: head }];
  });
  return [...boxes, ...more];
}
