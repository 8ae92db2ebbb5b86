/**
 * Who can work on a memory, and by which way: memory and engine are independent, the edge between them decides.
 *
 *                      mirror      SVA         DMA           access   ns
 *      system          yes         yes         yes           rw, a    by the route
 *      private, own    yes         fault       own           rwa
 *      private, other  fault       fault       BUS_ADDR, THRU_HOST_BRIDGE or no
 *      coherent        yes         yes         yes           as the links have it
 *
 * "fault": the entry is not a present one; an access brings the page to main memory first (do_swap_page).
 */
import { pageBytes } from '../../model/ids.ts';
import type { Pool, World } from '../../model/world.ts';
import { atomicsRefusal } from './atomics.ts';
import { peerDecision } from './peers.ts';
import { reachFrom, routeOf, type Route } from './route.ts';

export type Ability = 'yes' | 'no' | 'fault';

export interface DriverOf {
  readonly device: string;
  /** Its driver mirrors page tables, and the device reaches such pages where they are. */
  readonly mirror: Ability;
  /** It can use the page tables of a process. */
  readonly sva: Ability;
  /** How plain DMA gets there: own memory, ordinary memory, or as the peer-to-peer rules say. */
  readonly dma: 'own' | 'yes' | 'BUS_ADDR' | 'THRU_HOST_BRIDGE' | 'no';
  readonly read: boolean;
  readonly write: boolean;
  readonly atomic: boolean;
  /** ns, one way; null: no wire leads there. */
  readonly latencyNs: number | null;
}

/** AtomicOps of the two widths that everybody has. */
const widths = [32, 64] as const;

/** Every PCI function that works on memory, those that reach it in the most ways first, the nearer first among them. */
export function driversOf(world: World, name: string): readonly DriverOf[] {
  const pool = world.records.pool[name];
  if (pool === undefined) return [];
  const reach = reachFrom(world, [name]);
  const rows = Object.entries(world.records.pci)
    .filter(([device, { role }]) => role === 'endpoint' && world.records.device[device] !== undefined)
    .map(([device]) => rowOf(world, name, pool, device, routeOf(reach, device)));
  const far = Number.POSITIVE_INFINITY;
  return rows.sort((a, b) => waysOf(b) - waysOf(a) || (a.latencyNs ?? far) - (b.latencyNs ?? far));
}

/** How many of the columns say yes. */
const waysOf = ({ mirror, sva, dma, read, write, atomic }: DriverOf): number =>
  [mirror === 'yes', sva === 'yes', dma !== 'no', read, write, atomic].filter(Boolean).length;

function rowOf(world: World, name: string, pool: Pool, device: string, route: Route | null): DriverOf {
  const mirror = mirrorOf(world, pool, device);
  const sva = svaOf(world, pool, device);
  const dma = route === null ? 'no' : dmaOf(world, name, pool, device);
  const reaches = route !== null && (mirror === 'yes' || sva === 'yes' || dma !== 'no');
  return {
    device,
    mirror,
    sva,
    dma,
    read: reaches,
    write: reaches,
    atomic: reaches && hasAtomics(world, pool, device, route),
    latencyNs: route?.latencyNs ?? null,
  };
}

const ownerOf = (world: World, device: string | null): string | null =>
  device === null ? null : (world.records.device[device]?.owner ?? null);

/** hmm_range_fault: private pages are valid for drivers of the same owner only; all others fault. */
function mirrorOf(world: World, pool: Pool, device: string): Ability {
  if (world.records.device[device]?.mirrors !== true) return 'no';
  if (pool.registration !== 'private') return 'yes';
  return ownerOf(world, pool.device) === ownerOf(world, device) ? 'yes' : 'fault';
}

/** iommu_sva_bind_device, then page requests for what is not present. */
function svaOf(world: World, pool: Pool, device: string): Ability {
  const pci = world.records.pci[device];
  const able =
    pci !== undefined &&
    pci.iommuGroup !== null &&
    (pci.maxPasids ?? 0) > 0 &&
    world.records.settings['machine']?.iommu === true;
  return !able ? 'no' : pool.registration === 'private' ? 'fault' : 'yes';
}

function dmaOf(world: World, name: string, pool: Pool, device: string): DriverOf['dma'] {
  if (pool.device === device) return 'own';
  if (pool.registration !== 'private') return 'yes';
  const bars = Object.values(world.records.bar).filter((bar) => bar.pool === name && bar.start !== null);
  if (pool.device === null || !bars.some((bar) => bar.bytes >= pageBytes)) return 'no';
  const { mapType } = peerDecision(world, pool.device, device);
  return mapType === 'BUS_ADDR' || mapType === 'THRU_HOST_BRIDGE' ? mapType : 'no';
}

/** Links say it of themselves; of PCI Express the ports on the way up, and none of them for what lies behind a BAR. */
function hasAtomics(world: World, pool: Pool, device: string, route: Route): boolean {
  if (pool.device === device) return true;
  const links = route.hops.map(({ link }) => world.records.link[link]);
  const pcie = links.some((link) => link?.kind === 'pcie');
  if (links.some((link) => link?.kind !== 'pcie' && link?.kind !== 'internal' && link?.atomics !== true)) return false;
  return !pcie || (pool.registration !== 'private' && atomicsRefusal(world, device, widths) === null);
}
