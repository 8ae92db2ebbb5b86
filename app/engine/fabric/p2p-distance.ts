/**
 * The three questions that drivers ask of peer-to-peer, and what the kernel keeps of its answers.
 *
 *      mapType(provider, client)            the kept type; computed only where none is kept
 *      distanceMany(provider, clients)      always computed afresh, and kept: 4 + 0 = 4, or -1
 *      findProvider(clients)                of the published providers the nearest; ties by chance
 *
 * A change of ACS bits reaches nobody until a distance is asked again.
 * Models pci_p2pdma_map_type, pci_p2pdma_distance_many and pci_p2pmem_find_many of drivers/pci/p2pdma.c.
 */
import type { World } from '../../model/world.ts';
import type { Tx } from '../tx.ts';
import type { MapType, PeerDecision } from './p2pdma.ts';
import { peerDecision } from './peers.ts';

const mapTypeKey = (provider: string, client: string): string => `${provider}>${client}`;

/** How a pair is decided; a test may break it to see that a case notices. */
export type Decide = (world: World, provider: string, client: string) => PeerDecision;

/** Computes and, where the provider has registered memory, keeps. */
function compute(tx: Tx, provider: string, client: string, cause: number | null, decide: Decide): PeerDecision {
  const decision = decide(tx.world, provider, client);
  const { mapType, distance, acs, rule } = decision;
  tx.emit(
    {
      kind: 'p2pMapTypeComputed',
      cause,
      rule: `p2p.${rule}`,
      at: { device: client },
      args: { provider, client, mapType, distance, acs },
    },
    (w) => {
      if (w.get('p2pMemory', provider) !== null && mapType !== 'NONE')
        w.put('p2pMapType', mapTypeKey(provider, client), { provider, client, mapType, distance });
    },
  );
  return decision;
}

/**
 * The map type for memory of `provider` and DMA by `client`; the client itself has to be a PCI function.
 * A provider that registered nothing is not supported.
 */
export function mapType(
  tx: Tx,
  provider: string,
  client: string,
  cause: number | null = null,
  decide: Decide = peerDecision,
): MapType {
  const answer = (type: MapType, rule: string, kept: boolean, because: number | null): MapType => {
    tx.emit({
      kind: 'p2pMapTypeFound',
      cause: because,
      rule,
      at: { device: client },
      args: { provider, client, mapType: type, kept },
    });
    return type;
  };
  if (tx.get('p2pMemory', provider) === null) return answer('NOT_SUPPORTED', 'p2p.mapType.notRegistered', false, cause);
  if (tx.get('pci', client) === null) return answer('NOT_SUPPORTED', 'p2p.mapType.notPci', false, cause);
  const kept = tx.get('p2pMapType', mapTypeKey(provider, client));
  if (kept !== null) return answer(kept.mapType, 'p2p.mapType.kept', true, cause);
  const computed = compute(tx, provider, client, cause, decide);
  return answer(computed.mapType, 'p2p.mapType.computed', false, tx.events.length - 1);
}

/** The PCI function that a name stands for, or that what it names belongs to (find_parent_pci_dev); null: none. */
export function pciParent(world: World, name: string): string | null {
  if (world.records.pci[name] !== undefined) return name;
  return world.records.osNode[name]?.above ?? null;
}

/** The distances of all clients added up; -1: no client, one without a PCI function, or one that may not. */
export function distanceMany(
  tx: Tx,
  provider: string,
  clients: readonly string[],
  cause: number | null = null,
  decide: Decide = peerDecision,
): number {
  let total = 0;
  let refused: string | null = clients.length === 0 ? 'p2p.distance.noClients' : null;
  let last = cause;
  for (const name of clients) {
    const client = pciParent(tx.world, name);
    if (client === null) {
      refused = 'p2p.distance.notPci';
      break;
    }
    const { mapType: type, distance } = compute(tx, provider, client, cause, decide);
    last = tx.events.length - 1;
    if (type === 'NOT_SUPPORTED') {
      refused = 'p2p.distance.notSupported';
      break;
    }
    total += distance ?? 0;
  }
  const distance = refused === null ? total : -1;
  tx.emit({
    kind: 'p2pDistance',
    cause: last,
    rule: refused ?? 'p2p.distance',
    at: { device: provider },
    args: { provider, clients, distance },
  });
  return distance;
}

/** A 32-bit mixer: the stand-in for get_random_u32_below, the same for the same seed. */
function chosen(seed: number, below: number): number {
  let mixed = (seed + 0x9e3779b9) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return ((mixed ^ (mixed >>> 15)) >>> 0) % below;
}

const byAddress =
  (world: World) =>
  (a: string, b: string): number => {
    const [x, y] = [world.records.pci[a]?.bdf ?? a, world.records.pci[b]?.bdf ?? b];
    return x < y ? -1 : x > y ? 1 : 0;
  };

/** The nearest published provider that all clients may reach, or null; `seed` decides between equals. */
export function findProvider(
  tx: Tx,
  clients: readonly string[],
  seed: number,
  cause: number | null = null,
  decide: Decide = peerDecision,
): string | null {
  const published = Object.keys(tx.world.records.p2pMemory)
    .filter((name) => tx.get('p2pMemory', name)?.published === true)
    .sort(byAddress(tx.world));
  let nearest: readonly string[] = [];
  let least: number | null = null;
  for (const provider of published) {
    const distance = distanceMany(tx, provider, clients, cause, decide);
    if (distance < 0 || (least !== null && distance > least)) continue;
    nearest = distance === least ? [...nearest, provider] : [provider];
    least = distance;
  }
  const provider = nearest[nearest.length === 0 ? 0 : chosen(seed, nearest.length)] ?? null;
  tx.emit({
    kind: 'p2pProviderFound',
    cause: tx.events.length === 0 ? cause : tx.events.length - 1,
    rule: provider === null ? 'p2p.find.none' : nearest.length > 1 ? 'p2p.find.tie' : 'p2p.find.nearest',
    ...(provider === null ? {} : { at: { device: provider } }),
    args: { clients, provider, distance: least, nearest },
  });
  return provider;
}
