/** Operations of a driver on its device file and its memory. */
import { z } from 'zod';
import { arg, defineOp } from '../define-op.ts';
import { evictFrames } from '../mm/evict.ts';
import { frameFlag } from '../../model/frame-state.ts';
import { pteFlag, pteWord } from '../../model/pte.ts';
import { newVmaId, unmappedBelow } from '../mm/areas.ts';
import { findFree, systemPool, take } from '../mm/frames.ts';
import { charge } from '../mm/rss.ts';
import { lend } from '../mm/device-exclusive.ts';
import { isUnderWay } from '../mm/notifier.ts';
import { driverNames, driverPresets } from '../../model/driver-presets.ts';
import { closeContext } from '../mm/close-context.ts';
import { ok } from '../tx.ts';
import { mirroredSpan, through } from './mirrored-place.ts';

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
    // The last close removes the interval notifier, which waits for invalidations that are under way.
    const interval = tx.get('notifier', op.context);
    if (interval !== null && isUnderWay(tx, interval.space)) return { blocked: 'invalidation' };
    closeContext(tx, op.context, null);
    return ok;
  },
);

export const mmapDevice = defineOp(
  'mmapDevice',
  'A process maps a device file: the driver inserts ordinary pages of its own.',
  {
    context: arg.context,
    as: arg.name,
    pages: z
      .number()
      .int()
      .min(1)
      .max(2 ** 20),
  },
  (tx, op) => {
    const context = tx.get('context', op.context);
    const space = context === null ? null : tx.get('space', context.space);
    if (context === null || !context.open || space === null)
      return tx.refuse('EBADF', 'device.noContext', { why: `no open device file ${op.context}` });
    const name = `${op.by}.${op.as}`;
    if (tx.get('buffer', name) !== null)
      return tx.refuse('EEXIST', 'mmap.name', { why: `there is a buffer ${name} already`, fn: 'do_mmap' });
    const pool = systemPool(tx.world);
    const spans = pool === null ? null : findFree(tx.world, pool, op.pages);
    if (pool === null || spans === null)
      return tx.refuse('ENOMEM', 'device.mmap', {
        why: 'no free frames for the driver to insert',
        fn: 'vm_insert_page',
      });
    const start = unmappedBelow(tx.world, context.space, space.mmapBase, op.pages);
    tx.emit(
      {
        kind: 'mmapped',
        rule: 'device.mmap',
        at: { space: context.space, start, pages: op.pages },
        args: { name, prot: 'rw-' },
      },
      (w) => {
        w.put('vma', newVmaId(w, context.space), {
          space: context.space,
          start,
          end: start + op.pages,
          read: true,
          write: true,
          exec: false,
          shared: false,
          backing: 'devicePages',
          file: null,
          pgoff: 0,
          anonVmas: [],
          flags: ['MIXEDMAP'],
        });
        w.put('buffer', name, { space: context.space, start, pages: op.pages });
        w.patch('space', context.space, { mmapBase: start });
        take(w, pool, spans, {
          flags: frameFlag.pageCache,
          refs: 1,
          maps: 1,
          pins: 0,
          anonVma: 0,
          index: 0,
          content: 0,
        });
        let page = start;
        for (const span of spans) {
          w.fill(
            'pte',
            context.space,
            page,
            page + (span.end - span.start),
            [pteWord('PRESENT', pteFlag.young), span.start],
            [0, span.end - span.start > 1 ? 1 : 0],
          );
          page += span.end - span.start;
        }
        charge(w, context.space, 'file', op.pages);
      },
    );
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
    const stayed = evictFrames(tx, op.device, first, last, null);
    return stayed === 0
      ? ok
      : tx.refuse('ENOMEM', 'evict.noMemory', {
          why: `no frame in system memory for ${stayed} pages: they stay on the device`,
          fn: 'migrate_device_range',
        });
  },
);

export const makeExclusiveOp = defineOp(
  'makeExclusive',
  'A driver asks for sole access to pages of a range, for atomics of its device.',
  {
    ...through,
    owner: z
      .boolean()
      .default(false)
      .describe('true: the driver passes its token, and ignores the event that it causes'),
  },
  (tx, op) => {
    const span = mirroredSpan(tx, op.context, op.place);
    if ('refusal' in span) return span.refusal;
    const device = tx.get('context', op.context)?.device ?? '';
    const owner = op.owner ? (tx.get('device', device)?.owner ?? null) : null;
    return lend(tx, op.context, span.start, span.end, owner);
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

export const driverOp = defineOp(
  'driver',
  'Another driver is bound to a device: it behaves as that one from here on.',
  { device: arg.name, name: z.enum(driverNames) },
  (tx, op) => {
    if (tx.get('device', op.device) === null)
      return tx.refuse('ENODEV', 'device.none', { why: `no device ${op.device} in this machine` });
    if (
      Object.values(tx.world.records.context).some(
        (context) => context.open && context.device === op.device && op.name === 'sva',
      )
    )
      return tx.refuse('EBUSY', 'driver.open', {
        why: `device files of ${op.device} are open`,
        fn: 'device_driver_attach',
      });
    tx.emit({ kind: 'driverChosen', rule: 'driver', at: { device: op.device }, args: { name: op.name } }, (w) =>
      w.patch('device', op.device, driverPresets[op.name].rules),
    );
    return ok;
  },
);
