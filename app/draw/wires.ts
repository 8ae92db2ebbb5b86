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
  return middle;
}

/** Wires one after the other as one line, each turned the way it is travelled. */
export function joinWires(
  route: readonly string[],
  wires: ReadonlyMap<string, readonly Point[]>,
  from: Placed,
): readonly Point[] {
  const points: Point[] = [];
  let at: Point = { x: from.x + from.width / 2, y: from.y + from.height / 2 };
  for (const id of route) {
    const wire = wires.get(id);
    const [first] = wire ?? [];
    const last = wire?.[wire.length - 1];
    if (wire === undefined || first === undefined || last === undefined) continue;
    const forward = Math.hypot(first.x - at.x, first.y - at.y) <= Math.hypot(last.x - at.x, last.y - at.y);
    points.push(...(forward ? wire : [...wire].reverse()));
    at = forward ? last : first;
  }
  return points;
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
