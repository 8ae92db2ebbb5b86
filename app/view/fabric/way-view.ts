/** Routes as tables of their links, and as lines of the graph. */
import type { DrawnWay, WayView } from '../../contract/fabric-queries.ts';
import type { Route } from '../../engine/fabric/route.ts';
import type { LinkKind } from '../../model/topology.ts';
import type { World } from '../../model/world.ts';
import { linkKindWords } from '../parts/part-words.ts';
import type { FabricPlaces } from './places.ts';

/** Ways that are drawn together, and the places that they join. */
export function drawnWay(
  world: World,
  places: FabricPlaces,
  marked: readonly string[],
  routes: readonly Pick<Route, 'from' | 'hops'>[],
  narrowest: Route['hops'][number] | null = null,
): DrawnWay {
  const nodes = marked.flatMap((name) => places.node(name) ?? []);
  return {
    marked: [...new Set(nodes)],
    lines: routes.flatMap((route) => places.way(world, route)),
    narrowest: narrowest === null ? null : places.wire(world, narrowest),
  };
}

/** As its makers write it; inside one thing it is no wire. */
const kindOf = (kind: LinkKind | 'internal'): string => (kind === 'internal' ? kind : linkKindWords[kind]);

/** "package:0 – package:1 (UPI)" */
export function linkTitle(world: World, key: string): string {
  const link = world.records.link[key];
  if (link === undefined) return key;
  const word = kindOf(link.kind);
  return `${link.a} – ${link.b}${word === '' ? '' : ` (${word})`}`;
}

export function wayView(world: World, places: FabricPlaces, route: Route): WayView {
  const narrow = route.hops.find(({ link }) => link === route.bottleneck) ?? null;
  return {
    hops: route.hops.flatMap(({ link: key, from, to }) => {
      const link = world.records.link[key];
      if (link === undefined) return [];
      const { kind, latencyNs, latencyFrom, gbs, gbsFrom } = link;
      const toKind = places.kind(world, to);
      return [
        {
          from,
          to,
          toKind,
          link: kindOf(kind),
          latencyNs,
          latencyFrom,
          gbs,
          gbsFrom,
          narrowest: key === route.bottleneck,
        },
      ];
    }),
    latencyNs: route.latencyNs,
    gbs: route.gbs,
    bottleneck: route.bottleneck === null ? null : linkTitle(world, route.bottleneck),
    untold: route.untold.length,
    drawn: drawnWay(world, places, [route.from, route.to], [route], narrow),
  };
}
