/** Whether an importer reaches the memory of an exporter by itself, and how its DMA gets there. */
import type { DeviceTarget } from '../../model/device-pte.ts';
import { pageBytes } from '../../model/ids.ts';
import type { World } from '../../model/world.ts';
import { peerDecision } from '../fabric/peers.ts';

/** How a device addresses the memory of another; null: it cannot. No device is behind memory of processes (udmabuf). */
export function peerTarget(world: World, exporter: string | null, importer: string): DeviceTarget | null {
  if (exporter === null) return null;
  if (exporter === importer) return 'LOCAL';
  const { mapType } = peerDecision(world, exporter, importer);
  return mapType === 'BUS_ADDR' ? 'PEER_BUS' : mapType === 'THRU_HOST_BRIDGE' ? 'PEER_HOST' : null;
}

/**
 * One past the last frame of a device's memory that its BAR shows: a BAR smaller than the memory is a window onto its
 * beginning. Without a BAR onto the memory all of it is taken to be visible.
 */
export function lastVisibleFrame(world: World, poolId: string): number {
  const pool = world.records.pool[poolId];
  if (pool === undefined) return 0;
  const bar = Object.values(world.records.bar).find((b) => b.pool === poolId && b.start !== null);
  const shown = bar === undefined ? pool.frames : Math.floor((bar.offset + bar.bytes) / pageBytes);
  return pool.firstFrame + Math.min(pool.frames, shown);
}
