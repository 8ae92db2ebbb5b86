/**
 * Peer-to-peer between the functions of a world: the decision of p2pdma.ts asked of its records, and the way that the
 * bytes take.
 *
 *      BUS_ADDR            gpu0 ─ port ─ switch ─ port ─ nic0                    the root complex never sees them
 *      THRU_HOST_BRIDGE    gpu0 ─ … ─ root port ─ root complex ─ … ─ nic0        up to the root and down again
 *      NOT_SUPPORTED       no way: a copy in main memory instead
 */
import type { PciDevice } from '../../model/fabric.ts';
import type { World } from '../../model/world.ts';
import { edgeBetween } from './graph.ts';
import { decidePeer, type PciNode, type PciTree, type PeerDecision } from './p2pdma.ts';
import { measured, shortestRoute, type Hop, type Route } from './route.ts';

/** The PCI functions of a world as the peer-to-peer decision sees them; a node goes by its name. */
export function pciTree(world: World): PciTree {
  const { pci, hostBridge, settings } = world.records;
  return {
    node: (name) => {
      const device = pci[name];
      return device === undefined ? null : nodeOf(name, device);
    },
    rootDevice: (name) => hostBridge[name]?.firstDevice ?? null,
    cpuForwardsPeers: settings['machine']?.cpuForwardsPeers ?? false,
  };
}

const nodeOf = (name: string, device: PciDevice): PciNode => ({
  bdf: name,
  upstream: device.above,
  hostBridge: device.hostBridge,
  acsCtrl: device.acs?.control ?? null,
});

const notPci = (rule: string): PeerDecision => ({ mapType: 'NOT_SUPPORTED', distance: null, acs: [], rule });

/** Computes afresh; `provider` and `client` are names of PCI functions. What is no PCI function cannot be a peer. */
export function peerDecision(world: World, provider: string, client: string): PeerDecision {
  const tree = pciTree(world);
  const [a, b] = [tree.node(provider), tree.node(client)];
  if (a === null) return notPci('refuse.peer.providerNotPci');
  return b === null ? notPci('refuse.peer.notPci') : decidePeer(tree, a, b);
}

/** The function and the bridges above it, nearest first. */
function chain(world: World, name: string): readonly string[] {
  const path: string[] = [];
  for (let at: string | null = name; at !== null && !path.includes(at);) {
    path.push(at);
    at = world.records.pci[at]?.above ?? null;
  }
  return path;
}

/** The links from place to place of a path that is known; null where two neighbours share none. */
function along(world: World, places: readonly string[]): Route | null {
  const [first] = places;
  const last = places[places.length - 1];
  if (first === undefined || last === undefined) return null;
  const hops: Hop[] = [];
  for (let i = 1; i < places.length; i++) {
    const [from = '', to = ''] = [places[i - 1], places[i]];
    const edge = edgeBetween(world, from, to);
    if (edge === null) return null;
    hops.push({ link: edge.key, from, to });
  }
  return routeAlong(world, first, last, hops);
}

/** From a function up to its root complex; null where the description breaks off. */
export function climbRoute(world: World, name: string): Route | null {
  const bridge = world.records.pci[name]?.hostBridge;
  return bridge === undefined ? null : along(world, [...chain(world, name), bridge]);
}

/** A route from its links. */
export function routeAlong(world: World, from: string, to: string, hops: readonly Hop[]): Route {
  const links = hops.flatMap(({ link }) => world.records.link[link] ?? []);
  return measured(from, to, hops, links);
}

/** Two routes one after the other, the second from where the first ends. */
export const joined = (world: World, first: Route, second: Route): Route =>
  routeAlong(world, first.from, second.to, [...first.hops, ...second.hops]);

/**
 * The way that a client's DMA to a provider's BAR memory takes under a map type; null where it may not go.
 * An ACS redirect sends it up to the root complex although both are below one switch.
 */
export function peerRoute(
  world: World,
  provider: string,
  client: string,
  decision: PeerDecision = peerDecision(world, provider, client),
): Route | null {
  if (decision.mapType === 'NOT_SUPPORTED') return null;
  const [up, down] = [chain(world, client), chain(world, provider)];
  const meet = up.findIndex((name) => down.includes(name));
  if (decision.mapType === 'BUS_ADDR' && meet !== -1) {
    const ancestor = up[meet] ?? client;
    return along(world, [...up.slice(0, meet + 1), ...down.slice(0, down.indexOf(ancestor)).reverse()]);
  }
  const [a, b] = [world.records.pci[client]?.hostBridge, world.records.pci[provider]?.hostBridge];
  if (a === undefined || b === undefined) return null;
  const climb = along(world, [...up, a]);
  const descent = along(world, [b, ...[...down].reverse()]);
  const across = a === b ? null : shortestRoute(world, a, b, { links: ({ kind }) => kind !== 'pcie' });
  if (climb === null || descent === null || (a !== b && across === null)) return null;
  return routeAlong(world, client, provider, [...climb.hops, ...(across?.hops ?? []), ...descent.hops]);
}
