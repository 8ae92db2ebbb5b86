/** Operations of a device on memory, and the opening of its file. */
import { z } from 'zod';
import { deviceFlag, devicePteWord } from '../../model/device-pte.ts';
import { hasFrame } from '../../model/pte.ts';
import { valueAt } from '../../store/run.ts';
import { arg, defineOp } from '../define-op.ts';
import { deviceAccess } from '../device/access.ts';
import { deviceAtomic } from '../device/atomic.ts';
import { poolOf } from '../mm/frames.ts';
import { insertNotifier } from '../mm/notifier.ts';
import { ok } from '../tx.ts';
import { mirroredSpan, through } from './mirrored-place.ts';

const everything = 2 ** 35;

export const openDevice = defineOp(
  'open',
  'A process opens a device file; its context mirrors the address space of the process.',
  {
    device: arg.name,
    as: z
      .string()
      .regex(/^[A-Za-z][\w-]{0,63}$/)
      .optional()
      .describe('name of the context, DEVICE:NAME; without it the name of the process. A second file needs its own'),
    notifier: z
      .boolean()
      .default(true)
      .describe('false: the driver registers no notifier and writes raw physical mappings'),
    callbackSleeps: z
      .boolean()
      .default(false)
      .describe('true: the callback waits for the driver lock even where it must not sleep, which is a bug'),
  },
  (tx, op) => {
    const process = tx.get('process', op.by);
    const there = tx.get('device', op.device) !== null && tx.get('hotFunction', op.device)?.gone !== true;
    if (process === null || !process.alive || !there)
      return tx.refuse('ENODEV', 'device.open', {
        why: process === null || !process.alive ? `no process ${op.by}` : `no device ${op.device} in this machine`,
      });
    const key = `${op.device}:${op.as ?? op.by}`;
    if (tx.get('context', key)?.open === true)
      return tx.refuse('EEXIST', 'device.open.name', {
        why: `${key} is open already: name the second file with "as"`,
        at: { context: key },
      });
    if (tx.get('device', op.device)?.mirrors === false && op.notifier)
      return tx.refuse('EOPNOTSUPP', 'device.noMirror', {
        why: `the driver of ${op.device} keeps no mirror: bind the device to the process instead (svaBind)`,
      });
    const cause = tx.emit(
      { kind: 'deviceOpened', rule: 'device.open', at: { context: key, space: process.space, device: op.device } },
      (w) => {
        w.put('context', key, {
          device: op.device,
          space: process.space,
          open: true,
          mirrored: op.notifier,
          driverLock: null,
          callbackSleeps: op.callbackSleeps,
          snapshot: null,
          faults: 0,
          cpages: 0,
        });
      },
    );
    return op.notifier ? insertNotifier(tx, key, process.space, 0, everything, cause) : ok;
  },
);

export const rawMap = defineOp(
  'rawMap',
  'A driver without a notifier writes the frames that a range has now into its device table, for good.',
  through,
  (tx, op) => {
    const span = mirroredSpan(tx, op.context, op.place);
    if ('refusal' in span) return span.refusal;
    const { space, start, end } = span;
    const device = tx.get('context', op.context)?.device ?? '';
    tx.emit(
      { kind: 'rawMapped', rule: 'device.raw', at: { context: op.context, space, start, pages: end - start } },
      (w) => {
        for (const run of w.world.pages.pte[space]?.occupied(start, end) ?? []) {
          if (!hasFrame(run.values[0] ?? 0)) continue;
          const frame = valueAt(run, run.start, 1);
          const target = poolOf(w.world, frame)?.device === device ? 'LOCAL' : 'SYS';
          w.fill(
            'devicePte',
            op.context,
            run.start,
            run.end,
            [devicePteWord(target, deviceFlag.read | deviceFlag.write), frame],
            [0, run.strides[1] ?? 0],
          );
        }
      },
    );
    return ok;
  },
);

export const deviceRead = defineOp(
  'deviceRead',
  'A device reads every page of a range through its own table, faulting where it must.',
  {
    ...through,
    unlockable: z.boolean().default(false).describe('the mirror sleeps where a userfaultfd handler has to answer'),
  },
  (tx, op) => {
    const span = mirroredSpan(tx, op.context, op.place);
    return 'refusal' in span
      ? span.refusal
      : deviceAccess(tx, {
          key: op.context,
          ...span,
          access: 'read',
          value: null,
          counting: false,
          unlockable: op.unlockable,
        });
  },
);

export const deviceWrite = defineOp(
  'deviceWrite',
  'A device writes every page of a range through its own table, faulting where it must.',
  { ...through, value: arg.value, count: arg.count },
  (tx, op) => {
    const span = mirroredSpan(tx, op.context, op.place);
    return 'refusal' in span
      ? span.refusal
      : deviceAccess(tx, { key: op.context, ...span, access: 'write', value: op.value, counting: op.count });
  },
);

export const deviceAtomicOp = defineOp(
  'deviceAtomic',
  'A device adds to every page of a range with atomic operations.',
  {
    ...through,
    add: arg.value.default(1),
    times: z.number().int().min(1).max(1_000_000).default(1),
  },
  (tx, op) => {
    const span = mirroredSpan(tx, op.context, op.place);
    return 'refusal' in span
      ? span.refusal
      : deviceAtomic(tx, { key: op.context, start: span.start, end: span.end, add: op.add, times: op.times });
  },
);
