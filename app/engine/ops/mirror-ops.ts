/** Operations of a driver that mirrors an address space, step by step: the sequence, the fault, its lock, its table. */
import { z } from 'zod';
import { arg, defineOp } from '../define-op.ts';
import { beginRead, hmmRangeFault, programEntries } from '../mm/mirror.ts';
import { ok } from '../tx.ts';
import { mirroredSpan, through } from './mirrored-place.ts';

export const readBeginOp = defineOp(
  'readBegin',
  'The driver notes the sequence of its interval; it sleeps while an invalidation is under way.',
  { context: arg.context },
  (tx, op) => beginRead(tx, op.context, null),
);

export const hmmRangeFaultOp = defineOp(
  'hmmRangeFault',
  'The driver asks for the entries of a range.',
  { ...through, request: z.enum(['snapshot', 'read', 'write']).default('read') },
  (tx, op) => {
    const span = mirroredSpan(tx, op.context, op.place);
    return 'refusal' in span ? span.refusal : hmmRangeFault(tx, op.context, span.start, span.end, op.request, null);
  },
);

export const program = defineOp(
  'program',
  'Under its lock, the driver checks the sequence and writes the words that it got into the device table.',
  { ...through, check: z.boolean().default(true).describe('false: the driver does not check, which is the bug') },
  (tx, op) => {
    const span = mirroredSpan(tx, op.context, op.place);
    return 'refusal' in span
      ? span.refusal
      : programEntries(tx, op.context, span.start, span.end, { check: op.check, write: false }, null);
  },
);

export const driverLock = defineOp(
  'driverLock',
  'The driver takes its lock, the one that its invalidate callback takes, and keeps it.',
  { context: arg.context },
  (tx, op) => {
    const context = tx.get('context', op.context);
    if (context === null) return tx.refuse('EBADF', 'device.noContext', { why: `no open device file ${op.context}` });
    if (context.driverLock !== null) return { blocked: 'driverLock' };
    tx.emit({ kind: 'locked', rule: 'driver.lock', at: { context: op.context }, args: { lock: 'driver' } }, (w) =>
      w.patch('context', op.context, { driverLock: op.by }),
    );
    return ok;
  },
);

export const driverUnlock = defineOp(
  'driverUnlock',
  'The driver releases its lock.',
  { context: arg.context },
  (tx, op) => {
    tx.emit({ kind: 'unlocked', rule: 'driver.lock', at: { context: op.context }, args: { lock: 'driver' } }, (w) =>
      w.patch('context', op.context, { driverLock: null }),
    );
    return ok;
  },
);
