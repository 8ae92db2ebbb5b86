import { costFigures, type CostFigure, type CostName } from '../../model/costs.ts';
import type { FabricLink } from '../../model/fabric.ts';
import type { World } from '../../model/world.ts';

/** A figure as it holds for a world: the default, or what the machine's description says. */
export const figure = (world: World, name: CostName): number =>
  world.records.costFigure[name]?.value ?? costFigures[name].value;

/** The figure with its source: an overridden one is the description's own. */
export function sourcedFigure(world: World, name: CostName): CostFigure {
  const told = world.records.costFigure[name];
  return told === undefined
    ? costFigures[name]
    : { ...costFigures[name], value: told.value, basis: 'source', source: "the machine's description" };
}

/** What a link lets through in one direction, bytes a ns; Infinity: it never limits. */
export function linkRate(world: World, link: FabricLink): number {
  if (link.kind === 'internal') return Number.POSITIVE_INFINITY;
  const told = link.gbs ?? figure(world, `link.${link.kind}`);
  return link.kind === 'pcie' ? told * figure(world, 'link.payload') : told;
}

/** The figure that stands in for a rate that is not told, or null. */
export const assumedRate = (link: FabricLink): CostName | null =>
  link.kind === 'internal' || link.gbs !== null ? null : `link.${link.kind}`;
