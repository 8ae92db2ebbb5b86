/**
 * A device reads or writes a buffer through the addresses that a mapping gave it.
 *
 *      mapped                    goes through; waits for the fence of a move
 *      stale, fence pending      a read is discarded, a write held back
 *      stale, no fence           an importer that obeys has no address any more; one that does not hits what lies there now
 */
import { devicePermits, deviceTarget } from '../../model/device-pte.ts';
import { frameColumn } from '../../model/frame-state.ts';
import type { OpResult } from '../event.ts';
import { allFrames, storeContent } from '../mm/frames.ts';
import { ok, type Tx } from '../tx.ts';
import { stretches } from './object-frames.ts';
import { hasFences } from './reservation.ts';

export interface DmaRequest {
  /** Attachment or memory region whose addresses the device uses. */
  readonly through: string;
  readonly device: string;
  readonly first: number;
  readonly pages: number;
  readonly access: 'read' | 'write';
  readonly value: number;
  readonly count: boolean;
  readonly cause: number | null;
  readonly rule: string;
}

/** First page of [first, first + pages) that the device has no address for, or may not access so; null: it has all. */
function missing(tx: Tx, { through, first, pages, access }: DmaRequest): number | null {
  let at = first;
  for (const run of tx.pages('importPte', through).occupied(first, first + pages)) {
    if (run.start > at || !devicePermits(run.values[0] ?? 0, access)) return at;
    at = run.end;
  }
  return at < first + pages ? at : null;
}

/** EFAULT where the device has no address; a mapping that an IOMMU has dropped faults there. */
export function dmaAccess(tx: Tx, request: DmaRequest): OpResult {
  const { through, device, first, pages, access, cause, rule } = request;
  const attachment = tx.get('attachment', through);
  const objectName = attachment === null ? null : (tx.get('dmaBuf', attachment.dmaBuf)?.object ?? null);
  const at = { device };
  const page = missing(tx, request);
  if (page !== null)
    return tx.refuse('EFAULT', `${rule}.noAddress`, {
      by: device,
      cause,
      at,
      why: `${device} has no address for page ${page} of ${through}`,
    });
  const pending = objectName !== null && hasFences(tx, objectName, ['KERNEL']);
  if (attachment?.mapping === 'mapped' && pending) return { blocked: 'fence' };
  const stale = attachment !== null && attachment.mapping !== 'mapped';
  const word = tx.pages('importPte', through).get(first)?.[0] ?? 0;
  const translated = tx.get('settings', 'machine')?.iommu === true && deviceTarget(word) !== 'PEER_BUS';
  if (translated && attachment?.mapping === 'none')
    return tx.refuse('EFAULT', `${rule}.iommuFault`, {
      by: device,
      cause,
      at,
      why: 'the IOMMU has no translation for the address any more',
      fn: 'report_iommu_fault',
    });
  const discarded = stale && pending && access === 'read';
  if (stale && pending && access === 'write' && attachment.obeys)
    return tx.refuse('EAGAIN', `${rule}.stale`, {
      by: device,
      cause,
      at,
      why: 'the importer was told that the buffer moves: it writes after it has mapped it again',
    });
  const entries = stretches(tx.world, 'importPte', through, first, first + pages);
  const frame = entries[0]?.frame;
  const seen = frame === undefined ? null : (tx.pages('frame', allFrames).column(frame, frameColumn.content) ?? null);
  tx.emit(
    {
      kind: access === 'read' ? 'dmaRead' : 'dmaWrite',
      by: device,
      cause,
      rule: stale ? `${rule}.stale` : rule,
      at,
      args: {
        through,
        first,
        pages,
        target: deviceTarget(word),
        value: access === 'write' ? request.value : discarded ? null : seen,
        discarded,
      },
    },
    (w) => {
      if (access === 'read') return;
      for (const { page: from, frame: to, pages: n } of stretches(w.world, 'importPte', through, first, first + pages))
        storeContent(w, to, to + n, request.value + (request.count ? from - first : 0), request.count);
    },
  );
  return ok;
}
