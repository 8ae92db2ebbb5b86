/**
 * An exporter moves a buffer, or takes it away.
 *
 *      move      CPU mappings zapped, every importer told once, fence added, copied; old frames wait for the fence
 *      revoke    no new mapping; every importer told; who cannot be told keeps the memory alive
 *
 * Models ttm_bo_handle_move_mem, dma_buf_move_notify (dma_buf_invalidate_mappings) and vfio_pci_dma_buf_move.
 */
import { exporterRules, type Placement } from '../../model/dma-buf.ts';
import { PageMap } from '../../store/page-map.ts';
import type { OpResult } from '../event.ts';
import { findFree } from '../mm/frames.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { copyContents, dropFrames, findFreeBelow, putFrames, stretches, takeForDriver } from './object-frames.ts';
import { zapObject } from './object-mappings.ts';
import { letGoOfObject, poolFor } from './objects.ts';
import { lastVisibleFrame } from './peer.ts';
import {
  addFence,
  forgetAddresses,
  ghostKey,
  lockReservation,
  stopImporters,
  unlockReservation,
} from './reservation.ts';

const noObject = (tx: Tx, name: string, cause: number | null): OpResult =>
  tx.refuse('ENOENT', 'object.none', { cause, why: `there is no buffer object ${name}` });

/** Attachments of an object's dma-bufs, in order of their making. */
const attachmentsOf = (tx: Tx, objectName: string): readonly string[] =>
  Object.entries(tx.world.records.attachment).flatMap(([name, attachment]) =>
    tx.get('dmaBuf', attachment.dmaBuf)?.object === objectName ? [name] : [],
  );

/** The exporter moves a buffer on its own account (eviction, or back): EBUSY where it is pinned, ENOMEM without room. */
export function moveObject(tx: Tx, name: string, to: Placement): OpResult {
  const object = tx.get('object', name);
  if (object === null) return noObject(tx, name, null);
  const at = object.device === null ? {} : { device: object.device };
  if (!exporterRules[object.exporter].moves || object.frames !== 'own')
    return tx.refuse('EINVAL', 'object.move.never', { at, why: 'this exporter does not move its memory' });
  if (object.pins > 0)
    return tx.refuse('EBUSY', 'object.move.pinned', { at, why: 'it is pinned where it is', fn: 'ttm_bo_validate' });
  const locked = lockReservation(tx, name, tx.by, null);
  if (!isOk(locked)) return locked;
  const moved = object.placement === to ? ok : moveLocked(tx, name, to, { visible: false, cause: null });
  unlockReservation(tx, name, null);
  return moved;
}

/** The move itself, with the reservation lock held. `visible`: where its device's BAR shows it. */
export function moveLocked(
  tx: Tx,
  name: string,
  to: Placement,
  { visible, cause }: { readonly visible: boolean; readonly cause: number | null },
): OpResult {
  const object = tx.get('object', name);
  if (object === null) return noObject(tx, name, cause);
  const at = object.device === null ? {} : { device: object.device };
  const pool = poolFor(tx, object.device, to);
  const spans =
    pool === null
      ? null
      : visible
        ? findFreeBelow(tx.world, pool, object.pages, lastVisibleFrame(tx.world, pool))
        : findFree(tx.world, pool, object.pages);
  if (pool === null || spans === null)
    return tx.refuse('ENOMEM', 'object.move.full', {
      cause,
      at,
      why: visible ? 'the part of the memory that the BAR shows is full' : `no ${object.pages} free frames to move to`,
      fn: 'ttm_bo_validate',
    });
  const by = `driver:${object.device ?? 'kernel'}`;
  const moving = tx.emit({ kind: 'objectMoves', by, cause, rule: 'object.move', at, args: { object: name, to, pool } });
  zapObject(tx, name, moving);
  for (const attachment of attachmentsOf(tx, name)) tellImporter(tx, attachment, false, moving);
  const timeline = `${object.device ?? 'cpu'}.copy`;
  const seqno = addFence(tx, name, timeline, 'KERNEL', by, moving);
  tx.emit(
    {
      kind: 'objectCopied',
      by,
      cause: moving,
      rule: 'object.move',
      at,
      args: { object: name, from: poolFor(tx, object.device, object.placement), pool, pages: object.pages },
    },
    (w) => {
      const old = stretches(w.world, 'objectPage', name);
      takeForDriver(w, pool, spans);
      copyContents(w, old, spans);
      dropFrames(w, 'copyPage', name);
      for (const { page, frame, pages } of old)
        w.fill('ghostPage', ghostKey(name, seqno), page, page + pages, [frame], [pages > 1 ? 1 : 0]);
      putFrames(w, 'objectPage', name, spans);
      w.patch('object', name, { placement: to, newer: null });
    },
  );
  return ok;
}

/**
 * The importer's invalidate callback. A mapping becomes stale; whoever can drops it here and now, the others when the
 * fences have signaled. A pinned attachment that is told is told for good. False: it has no callback.
 */
function tellImporter(tx: Tx, name: string, permanent: boolean, cause: number | null): boolean {
  const attachment = tx.get('attachment', name);
  if (attachment === null || !attachment.invalidates) return false;
  const mapped = attachment.mapping === 'mapped';
  const told = tx.emit(
    {
      kind: 'importerInvalidated',
      by: `driver:${attachment.importer}`,
      cause,
      rule: permanent ? 'importer.invalidate.permanent' : 'importer.invalidate',
      at: { device: attachment.importer },
      args: { attachment: name, permanent },
    },
    (w) =>
      w.patch('attachment', name, {
        mapping: mapped ? 'stale' : attachment.mapping,
        revoked: attachment.revoked || permanent,
      }),
  );
  if (mapped && attachment.dropsAtOnce) dropAtOnce(tx, name, told);
  return true;
}

/** ib_umem_dmabuf_unmap_pages inside the callback: the NIC's entries go, and the mapping with them. */
function dropAtOnce(tx: Tx, name: string, cause: number): void {
  const attachment = tx.get('attachment', name);
  if (attachment === null) return;
  if (attachment.obeys) forgetAddresses(tx, name, cause);
  const objectName = tx.get('dmaBuf', attachment.dmaBuf)?.object ?? null;
  tx.emit(
    {
      kind: 'attachmentUnmapped',
      by: `driver:${attachment.importer}`,
      cause,
      rule: 'dmaBuf.unmap.callback',
      at: { device: attachment.importer },
      args: { attachment: name },
    },
    (w) => {
      w.rewrite('sgTable', name, 0, PageMap.limit, () => null);
      // Told for good, a pinned importer gives its pins back too.
      const pins = attachment.revoked ? attachment.pins : 0;
      w.patch('attachment', name, { mapping: 'none', pins: attachment.pins - pins });
      const object = objectName === null ? null : w.get('object', objectName);
      if (object !== null && objectName !== null && pins > 0)
        w.patch('object', objectName, { pins: object.pins - pins });
    },
  );
}

/**
 * The exporter takes a dma-buf away: no new mappings, and every importer that can be told must stop for good. EBUSY
 * where one cannot: its memory stays allocated.
 */
export function revoke(tx: Tx, name: string, cause: number | null): OpResult {
  const dmaBuf = tx.get('dmaBuf', name);
  if (dmaBuf === null) return tx.refuse('ENOENT', 'dmaBuf.none', { cause, why: `there is no dma-buf ${name}` });
  if (dmaBuf.object === null || dmaBuf.revoked) return ok;
  const objectName = dmaBuf.object;
  const locked = lockReservation(tx, objectName, tx.by, cause);
  if (!isOk(locked)) return locked;
  const at = dmaBuf.device === null ? {} : { device: dmaBuf.device };
  const revoked = tx.emit({ kind: 'dmaBufRevoked', cause, rule: 'dmaBuf.revoke', at, args: { dmaBuf: name } }, (w) =>
    w.patch('dmaBuf', name, { revoked: true }),
  );
  const deaf: string[] = [];
  for (const [key, attachment] of Object.entries(tx.world.records.attachment)) {
    if (attachment.dmaBuf !== name) continue;
    const told = tellImporter(tx, key, attachment.pins > 0, revoked);
    if (!told && attachment.mapping !== 'none') deaf.push(key);
  }
  stopImporters(tx, objectName, revoked);
  unlockReservation(tx, objectName, revoked);
  letGoOfObject(tx, objectName, revoked);
  if (deaf.length === 0) return ok;
  return tx.refuse('EBUSY', 'dmaBuf.revoke.deaf', {
    cause: revoked,
    at,
    why: `${deaf.join(', ')} cannot be told to stop: the memory stays allocated`,
    fn: 'dma_buf_invalidate_mappings',
  });
}

/** A revoked dma-buf can be mapped again (vfio, after a reset); EOPNOTSUPP where the exporter never gives back. */
export function restore(tx: Tx, name: string): OpResult {
  const dmaBuf = tx.get('dmaBuf', name);
  if (dmaBuf === null) return tx.refuse('ENOENT', 'dmaBuf.none', { why: `there is no dma-buf ${name}` });
  const at = dmaBuf.device === null ? {} : { device: dmaBuf.device };
  if (!exporterRules[dmaBuf.exporter].restores || dmaBuf.object === null)
    return tx.refuse('EOPNOTSUPP', 'dmaBuf.restore.never', {
      at,
      why: 'this exporter does not give back what it revoked',
    });
  if (!dmaBuf.revoked) return ok;
  const locked = lockReservation(tx, dmaBuf.object, tx.by, null);
  if (!isOk(locked)) return locked;
  const restored = tx.emit({ kind: 'dmaBufRestored', rule: 'dmaBuf.restore', at, args: { dmaBuf: name } }, (w) =>
    w.patch('dmaBuf', name, { revoked: false }),
  );
  for (const [key, attachment] of Object.entries(tx.world.records.attachment))
    if (attachment.dmaBuf === name) tellImporter(tx, key, false, restored);
  stopImporters(tx, dmaBuf.object, restored);
  unlockReservation(tx, dmaBuf.object, restored);
  return ok;
}
