/**
 * The peer mapping callback of the 2019 thread: an importer's driver asks the exporter's for a buffer, and gets it.
 *
 *      the exporter allows       the peer may, and the BAR shows the buffer       PEER_BUS or PEER_HOST, stays in VRAM
 *      the exporter falls back   no way, or not visible                           SYS, the buffer moves to main memory
 *
 * The importer asks the same way and succeeds in both; only where the buffer lies differs. Proposed as
 * vm_operations_struct.p2p_map; what was merged instead is dma_buf_map_attachment.
 */
import { pageBytes } from '../../model/ids.ts';
import type { DmaMapping } from '../../model/fabric.ts';
import type { OpResult } from '../event.ts';
import { stretches } from '../sharing/object-frames.ts';
import { moveObject } from '../sharing/moving.ts';
import { lastVisibleFrame } from '../sharing/peer.ts';
import { ok, isOk, type Tx } from '../tx.ts';
import { mapAsMemory } from './dma-map.ts';
import { peerDecision } from './peers.ts';

const fn = 'vm_operations_struct.p2p_map';

/** Why an exporter does not allow it; null: it does. */
function reasonToFallBack(tx: Tx, exporter: string, importer: string, object: string): string | null {
  if (peerDecision(tx.world, exporter, importer).mapType === 'NOT_SUPPORTED') return 'noPath';
  const pool = tx.get('device', exporter)?.pool ?? '';
  const last = lastVisibleFrame(tx.world, pool);
  return stretches(tx.world, 'objectPage', object).every(({ frame, pages }) => frame + pages <= last)
    ? null
    : 'notVisible';
}

/** The bus address of the first byte of an object through its device's BAR. */
function busAddress(tx: Tx, exporter: string, object: string): number {
  const pool = tx.get('device', exporter)?.pool ?? '';
  const bar = Object.values(tx.world.records.bar).find((each) => each.pool === pool && each.start !== null);
  const first = stretches(tx.world, 'objectPage', object)[0]?.frame ?? 0;
  const inMemory = (first - (tx.get('pool', pool)?.firstFrame ?? 0)) * pageBytes;
  return (bar?.start ?? 0) + inMemory - (bar?.offset ?? 0);
}

/** Errors: EINVAL (no such object), and what a move to main memory may end with (ENOMEM, EBUSY where it is pinned). */
export function mapPeerBuffer(tx: Tx, importer: string, objectName: string, name: string): OpResult {
  const object = tx.get('object', objectName);
  const at = { device: importer };
  if (object?.device == null)
    return tx.refuse('EINVAL', 'peer.map.none', { at, fn, why: `there is no buffer object ${objectName} of a device` });
  if (object.device === importer)
    return tx.refuse('EINVAL', 'peer.map.own', { at, fn, why: `${objectName} is memory of ${importer} itself` });
  if (tx.get('dmaMapping', name) !== null)
    return tx.refuse('EEXIST', 'peer.map.name', { at, why: `there is a mapping ${name} already` });
  const bytes = object.pages * pageBytes;
  const base: Omit<DmaMapping, 'target' | 'address' | 'iommuPages'> = {
    client: importer,
    memory: objectName,
    bytes,
    frames: [],
  };
  const why = object.placement === 'vram' ? reasonToFallBack(tx, object.device, importer, objectName) : 'inMainMemory';
  if (why === null) {
    const { mapType } = peerDecision(tx.world, object.device, importer);
    const target = mapType === 'THRU_HOST_BRIDGE' ? 'PEER_HOST' : 'PEER_BUS';
    const allowed = tx.emit({
      kind: 'peerMapAllowed',
      rule: 'peer.map.allow',
      by: `driver:${object.device}`,
      at,
      args: { object: objectName, importer, target },
    });
    return mapAsMemory(tx, name, base, target, busAddress(tx, object.device, objectName), allowed);
  }
  tx.emit({
    kind: 'peerMapFellBack',
    rule: `peer.map.${why}`,
    by: `driver:${object.device}`,
    at,
    args: { object: objectName, importer, why },
  });
  const cause = tx.events.length - 1;
  if (object.placement === 'vram') {
    const moved = moveObject(tx, objectName, 'system');
    if (!isOk(moved)) return moved;
  }
  const first = stretches(tx.world, 'objectPage', objectName)[0]?.frame ?? 0;
  const mapped = mapAsMemory(tx, name, base, 'SYS', first * pageBytes, cause);
  return isOk(mapped) ? ok : mapped;
}
