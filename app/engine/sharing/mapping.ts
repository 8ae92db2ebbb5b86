/**
 * An importer gets addresses for a buffer, or pins it where it is.
 *
 *      dynamic, peer-to-peer    weights in gpu0.vram     sg table of nic0: peer addresses
 *      dynamic, without         weights in dram0         moved first; sg table: main memory
 *      static                   weights in dram0, pin 1  moved and pinned first; no move until it is unmapped
 *
 * Models dma_buf_map_attachment, dma_buf_unmap_attachment, dma_buf_pin and dma_buf_unpin of drivers/dma-buf/dma-buf.c
 * and the placement that exporters choose (amdgpu_dma_buf_map).
 */
import { deviceFlag, devicePteWord, type DeviceTarget } from '../../model/device-pte.ts';
import { exporterRules, type Attachment, type BufferObject } from '../../model/dma-buf.ts';
import { PageMap } from '../../store/page-map.ts';
import type { OpResult } from '../event.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { moveLocked } from './moving.ts';
import { findFreeBelow, stretches } from './object-frames.ts';
import { lastVisibleFrame, peerTarget } from './peer.ts';
import { forgetAddresses, hasFences, lockReservation, unlockReservation } from './reservation.ts';

export interface Tie {
  readonly attachment: Attachment;
  readonly objectName: string;
  readonly object: BufferObject;
}

/** An attachment and the object behind it; null where the exporter took the memory away, or there is none. */
function tieOf(tx: Tx, name: string): Tie | null {
  const attachment = tx.get('attachment', name);
  const objectName = attachment === null ? null : (tx.get('dmaBuf', attachment.dmaBuf)?.object ?? null);
  const object = objectName === null ? null : tx.get('object', objectName);
  return attachment === null || objectName === null || object === null ? null : { attachment, objectName, object };
}

const noAttachment = (tx: Tx, name: string, fn: string): OpResult =>
  tx.refuse('EINVAL', 'dmaBuf.noAttachment', { why: `there is no attachment ${name}`, fn });

/** dma_resv_assert_held: says so where a caller does not hold the lock that it must. */
function assertHeld(tx: Tx, objectName: string, fn: string, cause: number | null): void {
  if (tx.get('reservation', objectName)?.lockedBy === tx.by) return;
  tx.emit({
    kind: 'lockNotHeld',
    cause,
    fn: 'dma_resv_assert_held',
    rule: 'reservation.assert',
    args: { object: objectName, caller: fn },
  });
}

/** Takes the lock, or checks that the caller has it; how it went. */
function enter(tx: Tx, objectName: string, takesLock: boolean, fn: string, cause: number | null): OpResult {
  if (takesLock) return lockReservation(tx, objectName, tx.by, cause);
  assertHeld(tx, objectName, fn, cause);
  return ok;
}

export interface MapRequest {
  /** False: the caller is to hold the reservation lock already (dma_buf_map_attachment without _unlocked). */
  readonly takesLock: boolean;
  readonly write: boolean;
  readonly cause: number | null;
}

/** ENODEV where it is revoked, EPERM or EBUSY where the exporter cannot place it; a static importer waits for fences. */
export function mapAttachment(tx: Tx, name: string, { takesLock, write, cause }: MapRequest): OpResult {
  const fn = 'dma_buf_map_attachment';
  const attachment = tx.get('attachment', name);
  if (attachment === null) return noAttachment(tx, name, fn);
  const at = { device: attachment.importer };
  const dmaBuf = tx.get('dmaBuf', attachment.dmaBuf);
  const objectName = dmaBuf?.object ?? null;
  const gone = dmaBuf === null || dmaBuf.revoked || dmaBuf.orphan || attachment.revoked || objectName === null;
  if (gone)
    return tx.refuse('ENODEV', 'dmaBuf.map.revoked', {
      cause,
      at,
      why: attachment.revoked ? 'the importer was told to stop for good' : 'the exporter has revoked it',
      fn,
    });
  const entered = enter(tx, objectName, takesLock, fn, cause);
  if (!isOk(entered)) return entered;
  const mapped = mapLocked(tx, name, objectName, write, cause);
  if (takesLock && !('blocked' in mapped)) unlockReservation(tx, objectName, cause);
  return mapped;
}

function mapLocked(tx: Tx, name: string, objectName: string, write: boolean, cause: number | null): OpResult {
  const fn = 'dma_buf_map_attachment';
  const attachment = tx.get('attachment', name);
  if (attachment === null) return noAttachment(tx, name, fn);
  const at = { device: attachment.importer };
  if (attachment.mapping === 'mapped')
    return tx.refuse('EINVAL', 'dmaBuf.map.again', { cause, at, why: 'it is mapped already', fn });
  if (attachment.mapping === 'stale') dropMapping(tx, name, attachment.obeys, cause);
  if (attachment.dynamic && !attachment.invalidates && attachment.pins === 0)
    return tx.refuse('EINVAL', 'dmaBuf.map.mustPin', {
      cause,
      at,
      why: 'an importer that cannot be told of a move must pin first',
      fn,
    });
  const placed = attachment.dynamic ? place(tx, name, cause) : placeAndPin(tx, name, cause);
  if (!isOk(placed)) return placed;
  if (!attachment.dynamic && hasFences(tx, objectName, ['KERNEL'])) return { blocked: 'fence' };
  const target = targetOf(tx, name);
  tx.emit(
    {
      kind: 'attachmentMapped',
      cause,
      rule: `dmaBuf.map.${target === 'SYS' ? 'system' : target === 'LOCAL' ? 'local' : 'peer'}`,
      at,
      args: { attachment: name, object: objectName, target },
    },
    (w) => {
      const word = devicePteWord(target, deviceFlag.read | (write ? deviceFlag.write : 0));
      for (const { page, frame, pages } of stretches(w.world, 'objectPage', objectName))
        for (const table of ['sgTable', 'importPte'] as const)
          w.fill(table, name, page, page + pages, [word, frame], [0, pages > 1 ? 1 : 0]);
      w.patch('attachment', name, { mapping: 'mapped' });
    },
  );
  return ok;
}

/** How an importer addresses the buffer where it is now. */
function targetOf(tx: Tx, name: string): DeviceTarget {
  const tie = tieOf(tx, name);
  if (tie === null || tie.object.placement === 'system') return 'SYS';
  return peerTarget(tx.world, tie.object.device, tie.attachment.importer) ?? 'ERROR';
}

/** Puts the buffer where the importer can reach it: where it is, in the visible part of the device's memory, or in main memory. */
function place(tx: Tx, name: string, cause: number | null): OpResult {
  const tie = tieOf(tx, name);
  if (tie === null) return noAttachment(tx, name, 'dma_buf_map_attachment');
  const { attachment, objectName, object } = tie;
  if (object.placement === 'system') return ok;
  const rules = exporterRules[object.exporter];
  const at = { device: attachment.importer };
  const local = object.device === attachment.importer;
  const reaches = local || (attachment.peer2peer && peerTarget(tx.world, object.device, attachment.importer) !== null);
  if (reaches && (local || isVisible(tx, objectName, object))) return ok;
  if (!reaches && rules.mapWithoutPeer !== 'system')
    return tx.refuse(rules.mapWithoutPeer, 'dmaBuf.map.noPeer', {
      cause,
      at,
      why: 'the exporter has the memory on its device only, and there is no peer-to-peer',
      fn: 'map_dma_buf',
    });
  if (object.pins > 0)
    return tx.refuse('EBUSY', 'dmaBuf.map.pinned', {
      cause,
      at,
      why: 'it is pinned in device memory that this importer cannot reach',
      fn: 'map_dma_buf',
    });
  if (reaches && hasVisibleRoom(tx, object)) return moveLocked(tx, objectName, 'vram', { visible: true, cause });
  return moveLocked(tx, objectName, 'system', { visible: false, cause });
}

function isVisible(tx: Tx, objectName: string, object: BufferObject): boolean {
  const pool = tx.get('device', object.device ?? '')?.pool ?? '';
  const last = lastVisibleFrame(tx.world, pool);
  return stretches(tx.world, 'objectPage', objectName).every(({ frame, pages }) => frame + pages <= last);
}

/** Whether the part of the device's memory that its BAR shows has room for another copy of the object. */
function hasVisibleRoom(tx: Tx, object: BufferObject): boolean {
  const pool = tx.get('device', object.device ?? '')?.pool ?? '';
  return findFreeBelow(tx.world, pool, object.pages, lastVisibleFrame(tx.world, pool)) !== null;
}

/** A static importer cannot follow moves: the exporter's pin callback puts the buffer where it can stay. */
function placeAndPin(tx: Tx, name: string, cause: number | null): OpResult {
  const tie = tieOf(tx, name);
  if (tie === null) return noAttachment(tx, name, 'dma_buf_map_attachment');
  if (exporterRules[tie.object.exporter].pin === null) return place(tx, name, cause);
  // Asleep in a wait for fences it was pinned already.
  return tie.attachment.pins > 0 ? ok : pinLocked(tx, name, cause);
}

function pinLocked(tx: Tx, name: string, cause: number | null): OpResult {
  const tie = tieOf(tx, name);
  if (tie === null) return noAttachment(tx, name, 'dma_buf_pin');
  const { attachment, objectName, object } = tie;
  const rules = exporterRules[object.exporter];
  if (rules.pin === 'system' && object.placement !== 'system') {
    if (object.pins > 0)
      return tx.refuse('EBUSY', 'dmaBuf.pin.elsewhere', {
        cause,
        at: { device: attachment.importer },
        why: 'it is pinned in device memory already',
        fn: 'dma_buf_pin',
      });
    const moved = moveLocked(tx, objectName, 'system', { visible: false, cause });
    if (!isOk(moved)) return moved;
  }
  tx.emit(
    {
      kind: 'attachmentPinned',
      cause,
      rule: 'dmaBuf.pin',
      at: { device: attachment.importer },
      args: { attachment: name, object: objectName },
    },
    (w) => {
      w.patch('attachment', name, { pins: attachment.pins + 1 });
      w.patch('object', objectName, { pins: (w.get('object', objectName)?.pins ?? 0) + 1 });
    },
  );
  return ok;
}

/** dma_buf_pin: for dynamic importers only; the exporter puts the buffer where everybody can use it. */
export function pinAttachment(tx: Tx, name: string, takesLock: boolean, cause: number | null): OpResult {
  const tie = tieOf(tx, name);
  if (tie === null) return noAttachment(tx, name, 'dma_buf_pin');
  const { attachment, objectName } = tie;
  if (!attachment.dynamic)
    return tx.refuse('EINVAL', 'dmaBuf.pin.static', {
      cause,
      at: { device: attachment.importer },
      why: 'only dynamic importers may pin',
      fn: 'dma_buf_pin',
    });
  if (tx.get('dmaBuf', attachment.dmaBuf)?.revoked === true)
    return tx.refuse('ENODEV', 'dmaBuf.pin.revoked', {
      cause,
      at: { device: attachment.importer },
      why: 'the exporter has revoked it',
      fn: 'dma_buf_pin',
    });
  const entered = enter(tx, objectName, takesLock, 'dma_buf_pin', cause);
  if (!isOk(entered)) return entered;
  const pinned = pinLocked(tx, name, cause);
  if (takesLock) unlockReservation(tx, objectName, cause);
  return pinned;
}

/** dma_buf_unpin; EINVAL where the attachment pins nothing. */
export function unpinAttachment(tx: Tx, name: string, cause: number | null): OpResult {
  const attachment = tx.get('attachment', name);
  if (attachment === null || attachment.pins === 0)
    return tx.refuse('EINVAL', 'dmaBuf.unpin.none', { cause, why: `${name} pins nothing`, fn: 'dma_buf_unpin' });
  const objectName = tx.get('dmaBuf', attachment.dmaBuf)?.object ?? null;
  tx.emit(
    {
      kind: 'attachmentUnpinned',
      cause,
      rule: 'dmaBuf.unpin',
      at: { device: attachment.importer },
      args: { attachment: name, object: objectName },
    },
    (w) => {
      w.patch('attachment', name, { pins: attachment.pins - 1 });
      const object = objectName === null ? null : w.get('object', objectName);
      if (object !== null && objectName !== null) w.patch('object', objectName, { pins: object.pins - 1 });
    },
  );
  return ok;
}

export interface UnmapRequest {
  /** False: the importing device keeps the addresses, which is the bug. */
  readonly forgets: boolean;
  readonly cause: number | null;
}

/** dma_buf_unmap_attachment; the pin that a static importer's mapping took ends with it. */
export function unmapAttachment(tx: Tx, name: string, { forgets, cause }: UnmapRequest): OpResult {
  const attachment = tx.get('attachment', name);
  if (attachment === null || attachment.mapping === 'none')
    return tx.refuse('EINVAL', 'dmaBuf.unmap.none', {
      cause,
      why: `${name} is not mapped`,
      fn: 'dma_buf_unmap_attachment',
    });
  const objectName = tx.get('dmaBuf', attachment.dmaBuf)?.object ?? null;
  const held = objectName !== null && tx.get('reservation', objectName)?.lockedBy === tx.by;
  if (objectName !== null && !held) {
    const locked = lockReservation(tx, objectName, tx.by, cause);
    if (!isOk(locked)) return locked;
  }
  dropMapping(tx, name, forgets, cause);
  if (!attachment.dynamic && attachment.pins > 0) unpinAttachment(tx, name, cause);
  if (objectName !== null && !held) unlockReservation(tx, objectName, cause);
  return ok;
}

/** The sg table goes back to the exporter. */
export function dropMapping(tx: Tx, name: string, forgets: boolean, cause: number | null): void {
  if (forgets) forgetAddresses(tx, name, cause);
  tx.emit(
    {
      kind: 'attachmentUnmapped',
      cause,
      rule: 'dmaBuf.unmap',
      at: { device: tx.get('attachment', name)?.importer ?? '' },
      args: { attachment: name },
    },
    (w) => {
      w.rewrite('sgTable', name, 0, PageMap.limit, () => null);
      w.patch('attachment', name, { mapping: 'none' });
    },
  );
}
