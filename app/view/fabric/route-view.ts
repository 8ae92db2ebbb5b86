/** The ways between two places: the nearest, the widest, and the one that peer DMA takes. */
import type { PeerView, RouteView } from '../../contract/fabric-queries.ts';
import { graphOf } from '../../engine/fabric/graph.ts';
import type { PeerDecision } from '../../engine/fabric/p2pdma.ts';
import { peerDecision, peerRoute } from '../../engine/fabric/peers.ts';
import { shortestRoute, widestRoute } from '../../engine/fabric/route.ts';
import type { World } from '../../model/world.ts';
import type { FabricPlaces } from './places.ts';
import { wayView } from './way-view.ts';

/** Why the kernel decides so (calc_map_type_and_dist). */
export function peerSentence({ rule, acs }: Pick<PeerDecision, 'rule' | 'acs'>): string {
  const redirect =
    acs.length === 0 ? '' : `ACS redirect at ${acs.slice(0, 4).join(', ')} sends it up to the root complex`;
  switch (rule) {
    case 'direct':
      return 'both hang below one bridge and no port between them redirects: the root complex never sees the bytes';
    case 'host.cpu':
      return `${redirect === '' ? 'the way crosses the root complex' : redirect}, and this CPU forwards between its root ports`;
    case 'host.whitelist':
      return `${redirect === '' ? 'the way crosses the root complex' : redirect}, and the kernel trusts this host bridge to forward`;
    case 'refuse.peer.acs':
      return `${redirect}, which the kernel does not trust to forward`;
    case 'refuse.peer.hostBridge':
      return 'the way crosses a root complex that the kernel does not trust to forward';
    default:
      return 'one of the two is no PCI function';
  }
}

export const noPlace = (name: string): string =>
  name === ''
    ? 'Name a device, a memory or a package.'
    : `There is no ${name} in this machine: name a device, a memory or a package.`;

function peerView(world: World, places: FabricPlaces, from: string, to: string): PeerView | null {
  const { pci } = world.records;
  if (pci[from] === undefined || pci[to] === undefined || from === to) return null;
  const decision = peerDecision(world, to, from);
  const route = peerRoute(world, to, from, decision);
  return {
    mapType: decision.mapType,
    distance: decision.distance,
    rule: decision.rule,
    said: peerSentence(decision),
    way: route === null ? null : wayView(world, places, route),
  };
}

export function routeView(world: World, places: FabricPlaces, from: string, to: string): RouteView {
  const none = { nearest: null, widest: null, same: false, peer: null } as const;
  const { numbers } = graphOf(world);
  const unknown = [from, to].find((name) => !numbers.has(name));
  if (unknown !== undefined) return { problem: noPlace(unknown), ...none };
  if (from === to) return { problem: 'Both ends are the same place: choose another one.', ...none };
  const nearest = shortestRoute(world, from, to);
  const widest = widestRoute(world, from, to);
  const links = (route: typeof nearest): string => (route?.hops ?? []).map(({ link }) => link).join(' ');
  return {
    problem: null,
    nearest: nearest === null ? null : wayView(world, places, nearest),
    widest: widest === null ? null : wayView(world, places, widest),
    same: nearest !== null && links(nearest) === links(widest),
    peer: peerView(world, places, from, to),
  };
}
