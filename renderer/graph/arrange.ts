import type { Placed, Point } from './layout.ts';
import type { Size } from './sizes.ts';

export interface BlockSize extends Size {
  readonly id: string;
  /** A package: what hangs on it stands to its right. */
  readonly leads: boolean;
}

const gutter = 76;
const gap = 24;
/** Width to height that a picture should have: the room between the panels. */
const aspect = 1.25;

interface Cluster extends Size {
  readonly places: ReadonlyMap<string, Point>;
}

/** A package with the blocks that hang on it in a column beside it, or one block alone. */
function cluster(lead: BlockSize, followers: readonly BlockSize[]): Cluster {
  const places = new Map<string, Point>([[lead.id, { x: 0, y: 0 }]]);
  let y = 0;
  for (const block of followers) {
    places.set(block.id, { x: lead.width + gutter, y });
    y += block.height + gap;
  }
  const beside = Math.max(0, ...followers.map((block) => block.width));
  return {
    places,
    width: lead.width + (followers.length > 0 ? gutter + beside : 0),
    height: Math.max(lead.height, y - gap),
  };
}

/** Clusters in `columns` columns, each as tall as it becomes. */
function inColumns(
  clusters: readonly Cluster[],
  columns: number,
): { readonly places: ReadonlyMap<string, Point> } & Size {
  const places = new Map<string, Point>();
  const perColumn = Math.ceil(clusters.length / columns);
  let x = 0;
  let height = 0;
  for (let column = 0; column < columns; column++) {
    const own = clusters.slice(column * perColumn, (column + 1) * perColumn);
    let y = 0;
    for (const one of own) {
      for (const [id, at] of one.places) places.set(id, { x: x + at.x, y: y + at.y });
      y += one.height + gap;
    }
    height = Math.max(height, y - gap);
    x += Math.max(0, ...own.map((one) => one.width)) + gutter;
  }
  return { places, width: x - gutter, height };
}

/** Where each block stands: what hangs on a package beside it, and as many columns as suit the room. */
export function arrange(
  blocks: readonly BlockSize[],
  ties: readonly (readonly [string, string])[],
): ReadonlyMap<string, Point> {
  const leads = blocks.filter((block) => block.leads);
  const leadOf = new Map<string, string>();
  for (const [a, b] of ties) {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (leads.some((lead) => lead.id === one) && !leads.some((lead) => lead.id === other) && !leadOf.has(other))
        leadOf.set(other, one);
    }
  }
  const clusters = [
    ...leads.map((lead) =>
      cluster(
        lead,
        blocks.filter((block) => leadOf.get(block.id) === lead.id),
      ),
    ),
    ...blocks.filter((block) => !block.leads && !leadOf.has(block.id)).map((block) => cluster(block, [])),
  ];
  let best = inColumns(clusters, 1);
  for (let columns = 2; columns <= clusters.length; columns++) {
    const next = inColumns(clusters, columns);
    const off = (size: Size): number => Math.abs(Math.log(size.width / Math.max(1, size.height) / aspect));
    if (off(next) < off(best)) best = next;
  }
  return best.places;
}

/** A wire between two blocks: out of one side, through the gutter, into the other. Wires that share it stand apart. */
export function routeAcross(a: Placed, b: Placed, index: number): readonly Point[] {
  const shift = ((index % 5) - 2) * 6;
  const middle = (box: Placed): number => box.y + box.height / 2;
  if (b.x >= a.x + a.width || a.x >= b.x + b.width) {
    const rightwards = b.x >= a.x + a.width;
    const from = { x: rightwards ? a.x + a.width : a.x, y: middle(a) };
    const to = { x: rightwards ? b.x : b.x + b.width, y: middle(b) };
    if (Math.abs(from.y - to.y) < 2) return [from, to];
    const turn = to.x + (rightwards ? -1 : 1) * (gutter / 2) + shift;
    return [from, { x: turn, y: from.y }, { x: turn, y: to.y }, to];
  }
  const downwards = b.y >= a.y;
  const side = Math.max(a.x + a.width, b.x + b.width) + 10 + Math.abs(shift);
  return [
    { x: a.x + a.width, y: middle(a) + (downwards ? 6 : -6) },
    { x: side, y: middle(a) + (downwards ? 6 : -6) },
    { x: side, y: middle(b) },
    { x: b.x + b.width, y: middle(b) },
  ];
}
