import type { Placed, Point, Size } from './picture.ts';

/** A line through points with rounded corners, as an SVG path. */
export function roundedPath(points: readonly Point[], radius = 6): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${first.x},${first.y}`;
  rest.forEach((point, i) => {
    const before = points[i];
    const after = rest[i + 1];
    if (before === undefined || after === undefined) {
      path += `L${point.x},${point.y}`;
      return;
    }
    const enter = towards(point, before, radius);
    const leave = towards(point, after, radius);
    path += `L${enter.x},${enter.y}Q${point.x},${point.y} ${leave.x},${leave.y}`;
  });
  return path;
}

/** The point `distance` from `from` on the way to `to`, at most half way, or the share `most` of it. */
function towards(from: Point, to: Point, distance: number, most = 0.5): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(distance, length * most) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

/** The point half way along a line. */
function halfWay(way: readonly Point[]): Point {
  const lengths = way.map((point, i) => {
    const next = way[i + 1];
    return next === undefined ? 0 : Math.hypot(next.x - point.x, next.y - point.y);
  });
  let left = lengths.reduce((sum, length) => sum + length, 0) / 2;
  for (const [i, length] of lengths.entries()) {
    const [a, b] = [way[i], way[i + 1]];
    if (a !== undefined && b !== undefined && left <= length) return towards(a, b, left, 1);
    left -= length;
  }
  return way[0] ?? { x: 0, y: 0 };
}

/**
 * Where a label of something that travels stands: near the middle of its way, on none of the boxes; where there is no
 * such place, on the middle itself. Places that other labels took are boxes too.
 */
export function freeSpot(way: readonly Point[], size: Size, boxes: readonly Placed[]): Point {
  const stops: Point[] = [];
  way.forEach((point, i) => {
    const next = way[i + 1];
    if (next === undefined) return;
    for (const share of [0.5, 0.25, 0.75])
      stops.push({ x: point.x + (next.x - point.x) * share, y: point.y + (next.y - point.y) * share });
  });
  const middle = halfWay(way);
  const away = (point: Point): number => Math.hypot(point.x - middle.x, point.y - middle.y);
  const isFree = ({ x, y }: Point): boolean =>
    boxes.every(
      (box) =>
        x + size.width / 2 <= box.x ||
        x - size.width / 2 >= box.x + box.width ||
        y + size.height / 2 <= box.y ||
        y - size.height / 2 >= box.y + box.height,
    );
  for (const shift of [0, 16, -16, 32, -32, 52, -52, 80, -80]) {
    const free = stops
      .flatMap((stop) => [
        { x: stop.x, y: stop.y + shift },
        { x: stop.x + shift * 3, y: stop.y },
      ])
      .filter(isFree)
      .sort((a, b) => away(a) - away(b));
    if (free[0] !== undefined) return free[0];
  }
  return nearestFree(middle, away, isFree);
}

/** The free place nearest to a point, in rings around it; the point itself where there is none within reach. */
function nearestFree(middle: Point, away: (point: Point) => number, isFree: (point: Point) => boolean): Point {
  const step = 12;
  for (let ring = 1; ring <= 40; ring++) {
    const free: Point[] = [];
    for (let i = -ring; i <= ring; i++)
      for (const [dx, dy] of [
        [i, -ring],
        [i, ring],
        [-ring, i],
        [ring, i],
      ] as const) {
        const spot = { x: middle.x + dx * step, y: middle.y + dy * step };
        if (isFree(spot)) free.push(spot);
      }
    const [best] = free.sort((a, b) => away(a) - away(b));
    if (best !== undefined) return best;
  }
  return middle;
}

/** How far a point is from a box; 0: it is inside. */
const distance = (point: Point, box: Placed): number =>
  Math.hypot(
    Math.max(box.x - point.x, 0, point.x - box.x - box.width),
    Math.max(box.y - point.y, 0, point.y - box.y - box.height),
  );
const apart = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
const near = 0.01;

/**
 * Wires one after the other as one line, each turned the way it is travelled. Where two of them end at different sides
 * of what they have in common, the line turns at right angles; where both run along one bus, it does not go to the end
 * of the bus and back.
 */
export function joinWires(
  route: readonly string[],
  wires: ReadonlyMap<string, readonly Point[]>,
  from: Placed,
): readonly Point[] {
  const told = route.flatMap((id) => {
    const wire = wires.get(id);
    return wire === undefined || wire.length < 2 ? [] : [{ id, wire }];
  });
  const points: Point[] = [];
  told.forEach(({ id, wire }, i) => {
    const [first, last] = [wire[0], wire[wire.length - 1]];
    if (first === undefined || last === undefined) return;
    const at = points[points.length - 1];
    const forward =
      at === undefined ? startsAt(first, last, from, told[i + 1]?.wire) : apart(first, at) <= apart(last, at);
    const way = forward ? [...wire] : wire.toReversed();
    // Back over the wire that it came by is a way too: up to the root and down again.
    if (told[i - 1]?.id !== id) withoutDetour(points, way);
    const end = points[points.length - 1];
    const next = way[0];
    if (end !== undefined && next !== undefined) points.push(...corners(points, end, way));
    points.push(...(end !== undefined && next !== undefined && apart(end, next) < near ? way.slice(1) : way));
  });
  return points;
}

/** Whether a way that begins in a box begins at the first end of its first wire. */
function startsAt(first: Point, last: Point, from: Placed, next: readonly Point[] | undefined): boolean {
  const [a, b] = [distance(first, from), distance(last, from)];
  const ends = [next?.[0], next?.[next.length - 1]].filter((point) => point !== undefined);
  if (Math.abs(a - b) > near || ends.length === 0) return a <= b;
  const reach = (point: Point): number => Math.min(...ends.map((end) => apart(point, end)));
  return reach(last) <= reach(first);
}

/** Cuts what the end of one wire and the beginning of the next have in common, from both. */
function withoutDetour(points: Point[], way: Point[]): void {
  for (;;) {
    const [before, end] = [points[points.length - 2], points[points.length - 1]];
    const [start, after] = way;
    if (before === undefined || end === undefined || start === undefined || after === undefined) return;
    const back = { x: before.x - end.x, y: before.y - end.y };
    const on = { x: after.x - start.x, y: after.y - start.y };
    const along = back.x * on.x + back.y * on.y > 0 && Math.abs(back.x * on.y - back.y * on.x) < near;
    if (apart(end, start) > near || !along) return;
    const [came, goes] = [Math.hypot(back.x, back.y), Math.hypot(on.x, on.y)];
    if (came <= goes + near) points.pop();
    if (goes <= came + near) way.shift();
    if (came > goes + near) points[points.length - 1] = after;
    else way[0] = before;
  }
}

/** Right angles from the end of a line to where the next wire begins. */
function corners(points: readonly Point[], end: Point, way: readonly Point[]): readonly Point[] {
  const [start, after] = way;
  const before = points[points.length - 2];
  if (start === undefined || Math.abs(end.x - start.x) < near || Math.abs(end.y - start.y) < near) return [];
  const upright = before !== undefined && Math.abs(before.x - end.x) < near;
  const leavesUpright = after !== undefined && Math.abs(after.x - start.x) < near;
  if (upright && leavesUpright) {
    const y = (end.y + start.y) / 2;
    return [
      { x: end.x, y },
      { x: start.x, y },
    ];
  }
  if (!upright && !leavesUpright) {
    const x = (end.x + start.x) / 2;
    return [
      { x, y: end.y },
      { x, y: start.y },
    ];
  }
  return [upright ? { x: end.x, y: start.y } : { x: start.x, y: end.y }];
}

/**
 * Between a box above and one below, at right angles: down in the middle of the lower one, where the heads of the frames
 * that it lies in have no text. Null where neither lies below the other.
 */
export function elbowBetween(a: Placed, b: Placed): readonly Point[] | null {
  if (b.y + b.height + 12 <= a.y) return elbowBetween(b, a)?.toReversed() ?? null;
  const bottom = a.y + a.height;
  if (b.y < bottom + 12) return null;
  const x = b.x + b.width / 2;
  if (x > a.x + 12 && x < a.x + a.width - 12)
    return [
      { x, y: bottom },
      { x, y: b.y },
    ];
  const from = x < a.x ? a.x + 24 : a.x + a.width - 24;
  const lane = bottom + 14;
  return [
    { x: from, y: bottom },
    { x: from, y: lane },
    { x, y: lane },
    { x, y: b.y },
  ];
}

/** The shortest line from a label to the way that it belongs to; null where it lies upon it. */
export function leaderOf(way: readonly Point[], label: Placed): readonly [from: Point, to: Point] | null {
  let best: readonly [from: Point, to: Point] | null = null;
  way.forEach((a, i) => {
    const b = way[i + 1];
    if (b === undefined) return;
    const steps = Math.max(1, Math.ceil(apart(a, b) / 4));
    for (let step = 0; step <= steps; step++) {
      const on = { x: a.x + ((b.x - a.x) * step) / steps, y: a.y + ((b.y - a.y) * step) / steps };
      const edge = {
        x: Math.min(Math.max(on.x, label.x), label.x + label.width),
        y: Math.min(Math.max(on.y, label.y), label.y + label.height),
      };
      if (best === null || apart(edge, on) < apart(...best)) best = [edge, on];
    }
  });
  return best === null || apart(...(best as readonly [Point, Point])) < 4 ? null : best;
}

/** A curve between two boxes, from edge to edge, for what follows no wire. */
export function curveBetween(
  a: Placed,
  b: Placed,
): { readonly path: string; readonly label: Point; readonly start: Point; readonly end: Point } {
  const from = { x: a.x + a.width / 2, y: a.y + a.height / 2 };
  const to = { x: Math.min(Math.max(from.x, b.x + 40), b.x + b.width - 40), y: b.y + b.height / 2 };
  const up = to.y < from.y;
  const start = { x: from.x, y: up ? a.y : a.y + a.height };
  const end = { x: to.x, y: up ? b.y + b.height : b.y };
  const bend = Math.max(40, Math.abs(end.y - start.y) / 2);
  const way = up ? -1 : 1;
  return {
    path: `M${start.x},${start.y}C${start.x},${start.y + way * bend} ${end.x},${end.y - way * bend} ${end.x},${end.y}`,
    label: { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 },
    start,
    end,
  };
}
