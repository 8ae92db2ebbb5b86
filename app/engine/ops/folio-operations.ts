/** Locks of folios, as I/O takes them: part of ../operations.ts. */
import { arg, defineOp } from '../define-op.ts';
import { lockFolios, unlockFolios } from '../mm/folio-lock.ts';
import { spanOf } from './process-ops.ts';

export const folioOperations = {
  folioLock: defineOp(
    'folioLock',
    'Somebody works on the pages of a range, as I/O does, and keeps their folios locked.',
    { place: arg.place },
    (tx, op) => {
      const span = spanOf(tx, op.place);
      return 'refusal' in span ? span.refusal : lockFolios(tx, span);
    },
  ),
  folioUnlock: defineOp(
    'folioUnlock',
    'The work on the pages of a range is done: their folios are unlocked.',
    { place: arg.place },
    (tx, op) => {
      const span = spanOf(tx, op.place);
      return 'refusal' in span ? span.refusal : unlockFolios(tx, span);
    },
  ),
} as const;
