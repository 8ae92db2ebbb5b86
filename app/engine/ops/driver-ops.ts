/** Operations of a driver on its device file and its memory. */
import { z } from 'zod';
import { arg, defineOp } from '../define-op.ts';
import { evictFrames } from '../mm/evict.ts';
import { lend } from '../mm/device-exclusive.ts';
import { eraseDeviceEntries } from '../mm/mirror.ts';
import { removeNotifier } from '../mm/notifier.ts';
import { resolvePlace } from '../place.ts';
import { ok } from '../tx.ts';

const everything = 2 ** 35;

export const closeDevice = defineOp(
  'close',
  'A process closes a device file: its mirror ends.',
  { context: arg.context },
  (tx, op) => {
    const context = tx.get('context', op.context);
    if (context === null || !context.open)
      return tx.refuse('EBADF', 'device.noContext', {
        why: `no open device file ${op.context}`,
        at: { context: op.context },
      });
    const cause = tx.emit(
      {
        kind: 'deviceClosed',
        rule: 'device.close',
        at: { context: op.context, space: context.space, device: context.device },
      },
      (w) => w.patch('context', op.context, { open: false }),
    );
    removeNotifier(tx, op.context, cause);
    eraseDeviceEntries(tx, op.context, 0, everything, cause, 'device.close');
    return ok;
  },
);

export const evict = defineOp(
  'evict',
  'A driver brings frames of its memory back to system memory, by number, whoever maps them.',
  {
    device: arg.name,
    first: z.number().int().min(0).default(0).describe('first frame, counted from the start of the device memory'),
    frames: z
      .number()
      .int()
      .min(1)
      .max(2 ** 30)
      .optional(),
  },
  (tx, op) => {
    const pool = tx.get('pool', tx.get('device', op.device)?.pool ?? '');
    if (pool === null)
      return tx.refuse('ENODEV', 'evict.pool', {
        why: `${op.device} has no memory of its own`,
        fn: 'migrate_device_range',
      });
    const first = pool.firstFrame + op.first;
    const last = Math.min(pool.firstFrame + pool.frames, first + (op.frames ?? pool.frames));
    if (first >= last)
      return tx.refuse('EINVAL', 'evict.range', {
        why: 'the frames lie outside the memory of the device',
        fn: 'migrate_device_range',
      });
    evictFrames(tx, op.device, first, last, null);
    return ok;
  },
);

export const makeExclusiveOp = defineOp(
  'makeExclusive',
  'A driver asks for sole access to pages of a range, for atomics of its device.',
  {
    context: arg.context,
    place: arg.place,
    owner: z
      .boolean()
      .default(false)
      .describe('true: the driver passes its token, and ignores the event that it causes'),
  },
  (tx, op) => {
    const context = tx.get('context', op.context);
    const span = resolvePlace(tx.world, op.place);
    if (context === null || !context.open)
      return tx.refuse('EBADF', 'device.noContext', { why: `no open device file ${op.context}` });
    if (span === null || span.space !== context.space)
      return tx.refuse('EINVAL', 'op.place', {
        why: `there is no ${op.place} in the address space that ${op.context} mirrors`,
      });
    return lend(
      tx,
      op.context,
      span.start,
      span.end,
      op.owner ? (tx.get('device', context.device)?.owner ?? null) : null,
    );
  },
);

export const failAllocation = defineOp(
  'failAllocation',
  'The next allocation of the driver is made to fail.',
  { device: arg.name, fail: z.boolean().default(true) },
  (tx, op) => {
    if (tx.get('device', op.device) === null)
      return tx.refuse('ENODEV', 'device.none', { why: `no device ${op.device} in this machine` });
    tx.emit(
      { kind: 'allocationFails', rule: 'device.failAllocation', at: { device: op.device }, args: { fail: op.fail } },
      (w) => w.patch('device', op.device, { failAlloc: op.fail }),
    );
    return ok;
  },
);
