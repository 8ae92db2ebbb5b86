/** Where mappings, transfers, invalidations and refusals are drawn, and where their labels stand. */
import type { GraphRelation } from '../contract/frame.ts';
import { type } from './card.ts';
import { labelObstacles, withAlert, type Drawn } from './draw.ts';
import { isInside, type Picture, type Placed, type Point } from './picture.ts';
import { labelBox } from './routes.ts';
import { textWidth } from './text-width.ts';
import { curveBetween, elbowBetween, freeSpot, joinWires, leaderOf, roundedPath } from './wires.ts';

/** A relation with its way through the picture. */
export interface DrawnRelation {
  readonly relation: GraphRelation;
  readonly path: string;
  readonly text: string;
  readonly label: Placed;
  /** From a label that found no place on its line to the line; null where it lies upon it. */
  readonly leader: readonly [from: Point, to: Point] | null;
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
      picture.nodes.flatMap((node) => {
        const box = node.kind === 'process' ? places.get(node.id) : undefined;
        return box === undefined ? [] : [withAlert(node, box)];
      }),
    ),
  ];
  for (const wire of drawn.drawing.wires) {
    if (wire.label === null) continue;
    taken.push(labelBox(wire.label));
  }
  return relations.flatMap((relation): readonly DrawnRelation[] => {
    const a = place(relation.source);
    const b = place(relation.target);
    if (a === undefined || b === undefined || a === b) return [];
    const along = joinWires(relation.route, drawn.drawing.routes, a);
    const isProcess = [relation.source, relation.target].some((id) => id.startsWith('process:'));
    const elbow = along.length > 1 ? along : isProcess ? elbowBetween(a, b) : null;
    const curve = curveBetween(a, b);
    const way: readonly Point[] = elbow ?? [curve.start, curve.label, curve.end];
    const text = relation.kind === 'refused' ? `✕ ${relation.label}` : relation.label;
    const size = { width: textWidth(text, type.small) + 18, height: 20 };
    const spot = freeSpot(way, size, taken);
    const label = { x: spot.x - size.width / 2, y: spot.y - size.height / 2, ...size };
    taken.push(label);
    const leader = leaderOf(way, label);
    return [{ relation, path: elbow === null ? curve.path : roundedPath(elbow), text, label, leader }];
  });
}
