/**
 * Command submission: before the device works, no CPU entry of its buffers is left.
 *
 *      A bbbb   submit   A ....    fence gpu0.compute     CPU accesses wait for the fence
 *
 * Models what GPU drivers do around amdgpu_cs_ioctl; semantics 3.20.
 */
import type { OpResult } from '../event.ts';
import { storeContent } from '../mm/frames.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { stretches } from './object-frames.ts';
import { pushCopy, zapObject } from './object-mappings.ts';
import { addFence, lockReservation, unlockReservation } from './reservation.ts';

interface Job {
  readonly device: string;
  readonly objects: readonly string[];
  /** What the device writes to every page; null: it only reads. */
  readonly value: number | null;
  readonly count: boolean;
}

/** ENOENT where the process has no handle of a buffer; all buffers are locked while the job is prepared. */
export function submit(tx: Tx, { device, objects, value, count }: Job): OpResult {
  const at = { device };
  const strange = objects.find((name) => {
    const object = tx.get('object', name);
    return object === null || !object.handles.includes(tx.by) || object.device !== device;
  });
  if (strange !== undefined)
    return tx.refuse('ENOENT', 'submit.noHandle', {
      at,
      why: `${tx.by} has no handle of ${strange} on ${device}`,
      fn: 'amdgpu_cs_parser_bos',
    });
  const busy = objects.find((name) => (tx.get('reservation', name)?.lockedBy ?? null) !== null);
  if (busy !== undefined) return { blocked: 'reservation' };
  const job = tx.emit({ kind: 'jobSubmitted', rule: 'submit', at, args: { objects: [...objects] } });
  for (const name of objects) {
    const locked = lockReservation(tx, name, `driver:${device}`, job);
    if (!isOk(locked)) return locked;
    zapObject(tx, name, job);
    pushCopy(tx, name, job);
    addFence(tx, name, `${device}.compute`, value === null ? 'READ' : 'WRITE', `driver:${device}`, job);
  }
  tx.emit(
    { kind: 'jobRuns', by: device, cause: job, rule: 'submit.run', at, args: { objects: [...objects], value } },
    (w) => {
      if (value === null) return;
      for (const name of objects) {
        for (const { page, frame, pages } of stretches(w.world, 'objectPage', name))
          storeContent(w, frame, frame + pages, value + (count ? page : 0), count);
        const object = w.get('object', name);
        if (object !== null && object.placement === 'vram' && object.cpuFault === 'copy')
          w.patch('object', name, { newer: 'device' });
      }
    },
  );
  for (const name of objects) unlockReservation(tx, name, job);
  return ok;
}
