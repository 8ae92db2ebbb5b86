/** Where mappings, transfers, invalidations and refusals are drawn, and where their labels stand. */
import type { GraphRelation } from '../contract/frame.ts';
import { labelObstacles, type Drawn } from './draw.ts';
import { isInside, type Picture, type Placed, type Point } from './picture.ts';
import { textWidth } from './text-width.ts';
import { curveBetween, freeSpot, joinWires, roundedPath } from './wires.ts';

/** A relation with its way through the picture. */
export interface DrawnRelation {
  readonly relation: GraphRelation;
  readonly path: string;
  readonly text: string;
  readonly label: Placed;
}

export function drawRelations(
  relations: readonly GraphRelation[],
  picture: Picture,
  drawn: Drawn,
  places: ReadonlyMap<string, Placed>,
): readonly DrawnRelation[] {
  const owners = new Map(picture.nodes.filter(isInside).map((node) => [node.id, node.parent ?? node.id]));
  const place = (id: string): Placed | undefined => {
    const outer = owners.get(id) ?? id;
    return places.get(drawn.picture.standIn.get(outer) ?? outer);
  };
  const taken: Placed[] = [
    ...labelObstacles(
      drawn,
      [...places].flatMap(([id, box]) => (drawn.drawing.nodes.has(id) ? [] : [box])),
    ),
  ];
  for (const wire of drawn.drawing.wires) {
    if (wire.label === null) continue;
    const width = Math.max(...wire.label.lines.map((line) => textWidth(line, { size: 11 }))) + 6;
    const height = wire.label.lines.length * 14;
    const left = wire.label.anchor === 'middle' ? wire.label.x - width / 2 : wire.label.x;
    taken.push({ x: left, y: wire.label.y - height / 2, width, height });
  }
  return relations.flatMap((relation): readonly DrawnRelation[] => {
    const a = place(relation.source);
    const b = place(relation.target);
    if (a === undefined || b === undefined || a === b) return [];
    const along = joinWires(relation.route, drawn.drawing.routes, a);
    const curve = curveBetween(a, b);
    const way: readonly Point[] = along.length > 1 ? along : [curve.start, curve.label, curve.end];
    const text = relation.kind === 'refused' ? `✕ ${relation.label}` : relation.label;
    const size = { width: textWidth(text, { size: 11 }) + 16, height: 20 };
    const spot = freeSpot(way, size, taken);
    const label = { x: spot.x - size.width / 2, y: spot.y - size.height / 2, ...size };
    taken.push(label);
    return [{ relation, path: along.length > 1 ? roundedPath(along) : curve.path, text, label }];
  });
}
