/**
 * The reservation of a buffer object: its lock, and the fences of work under way in it.
 *
 *      move      fence gpu0.copy#1     old frames still held, old addresses still answer
 *      signals   no fence              old frames free, importers that were told have let go of their addresses
 *
 * Models dma_resv_lock, dma_resv_add_fence and dma_fence_signal of drivers/dma-buf.
 */
import { PageMap } from '../../store/page-map.ts';
import type { FenceUsage } from '../../model/dma-buf.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import { dropFrames } from './object-frames.ts';

const place = (tx: Tx, object: string) => {
  const device = tx.get('object', object)?.device ?? null;
  return device === null ? {} : { device };
};

/** Takes the lock for `by`; "resv" where somebody else has it. Who has it already gets it once. */
export function lockReservation(tx: Tx, object: string, by: string, cause: number | null): OpResult {
  const holder = tx.get('reservation', object)?.lockedBy ?? null;
  if (holder !== null && holder !== by) return { blocked: 'reservation' };
  if (holder === by) return ok;
  tx.emit(
    {
      kind: 'locked',
      by,
      cause,
      fn: 'dma_resv_lock',
      rule: 'reservation.lock',
      at: place(tx, object),
      args: { lock: 'reservation', object },
    },
    (w) => w.patch('reservation', object, { lockedBy: by }),
  );
  return ok;
}

export function unlockReservation(tx: Tx, object: string, cause: number | null): void {
  const holder = tx.get('reservation', object)?.lockedBy ?? null;
  if (holder === null) return;
  tx.emit(
    {
      kind: 'unlocked',
      by: holder,
      cause,
      fn: 'dma_resv_unlock',
      rule: 'reservation.lock',
      at: place(tx, object),
      args: { lock: 'reservation', object },
    },
    (w) => w.patch('reservation', object, { lockedBy: null }),
  );
}

/** Whether fences of some uses are still under way. */
export const hasFences = (tx: Tx, object: string, usages: readonly FenceUsage[]): boolean =>
  (tx.get('reservation', object)?.fences ?? []).some((fence) => usages.includes(fence.usage));

/** The number of the fence that work of `timeline` will signal. */
export function addFence(
  tx: Tx,
  object: string,
  timeline: string,
  usage: FenceUsage,
  by: string,
  cause: number | null,
): number {
  let seqno = 0;
  tx.emit(
    {
      kind: 'fenceAdded',
      by,
      cause,
      rule: 'reservation.fence',
      at: place(tx, object),
      args: { object, timeline, usage, seqno: tx.get('counter', `fence.${timeline}`)?.value ?? 1 },
    },
    (w) => {
      seqno = w.count(`fence.${timeline}`, 1);
      const { fences } = w.get('reservation', object) ?? { fences: [] };
      w.patch('reservation', object, { fences: [...fences, { timeline, seqno, usage }] });
    },
  );
  return seqno;
}

/** Frames that a buffer object has left and that a fence still holds: key of the table `ghostPage`. */
export const ghostKey = (object: string, seqno: number): string => `${object}#${seqno}`;

/** All work in the object is done: its fences signal, and what waited for them happens. */
export function signalFences(tx: Tx, object: string, cause: number | null): void {
  const { fences } = tx.get('reservation', object) ?? { fences: [] };
  forgetStale(tx, object, cause);
  const signaled = tx.emit(
    {
      kind: 'fenceSignaled',
      by: 'kernel',
      cause,
      rule: 'reservation.signal',
      at: place(tx, object),
      args: { object, fences: fences.map((fence) => `${fence.timeline}#${fence.seqno}`) },
    },
    (w) => w.patch('reservation', object, { fences: [] }),
  );
  for (const fence of fences) {
    const key = ghostKey(object, fence.seqno);
    if (tx.pages('ghostPage', key).isEmpty) continue;
    tx.emit(
      {
        kind: 'oldFramesFreed',
        by: 'kernel',
        cause: signaled,
        rule: 'reservation.signal',
        at: place(tx, object),
        args: { object },
      },
      (w) => dropFrames(w, 'ghostPage', key),
    );
  }
}

/** Importers that were told to forget, and obey, let go of the old addresses once nothing is under way. */
export function stopImporters(tx: Tx, object: string, cause: number | null): void {
  if ((tx.get('reservation', object)?.fences ?? []).length === 0) forgetStale(tx, object, cause);
}

function forgetStale(tx: Tx, object: string, cause: number | null): void {
  for (const [name, attachment] of Object.entries(tx.world.records.attachment)) {
    if (tx.get('dmaBuf', attachment.dmaBuf)?.object !== object || attachment.mapping !== 'stale') continue;
    if (attachment.obeys) forgetAddresses(tx, name, cause);
  }
}

/** The importing device no longer has the addresses. */
export function forgetAddresses(tx: Tx, attachment: string, cause: number | null): void {
  if (tx.pages('importPte', attachment).isEmpty) return;
  const importer = tx.get('attachment', attachment)?.importer ?? '';
  tx.emit(
    {
      kind: 'addressesForgotten',
      by: `driver:${importer}`,
      cause,
      rule: 'importer.forget',
      at: { device: importer },
      args: { attachment },
    },
    (w) => w.rewrite('importPte', attachment, 0, PageMap.limit, () => null),
  );
}
