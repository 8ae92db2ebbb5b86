/** Operations on queues that devices give to processes. */
import { z } from 'zod';
import { arg, defineOp } from '../define-op.ts';
import {
  closeQueue,
  mapRegion,
  openQueue,
  putQueue,
  removeUacce,
  setIsolateStrategy,
  startQueue,
  uacceRegister,
} from '../owners/uacce.ts';
import { nodeFile } from './node-ops.ts';

const device = arg.name;
const queue = nodeFile.describe('a queue: its node and who opened it, "zip-0:A"');

export const uacceRegisterOp = defineOp(
  'uacceRegister',
  'A driver offers queues of its device to processes.',
  {
    device,
    name: z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'an interface name has lower-case letters, digits and "_"'),
    sva: z.boolean().default(true).describe('queues use the address space of the process'),
    regionPages: z
      .array(z.number().int().min(0).max(1024))
      .max(2)
      .default([1, 1])
      .describe('pages of region 0 (MMIO) and region 1 (DUS); 0: there is none'),
  },
  (tx, op) => uacceRegister(tx, op),
);

export const uacceRemove = defineOp(
  'uacceRemove',
  'The parent device of queues goes away.',
  { device, racing: z.boolean().default(false).describe('an open has found the number already, and comes after') },
  (tx, op) => removeUacce(tx, op.device, op.racing),
);

export const queueOpen = defineOp('queueOpen', 'A process opens a queue of a device.', { node: arg.name }, (tx, op) =>
  openQueue(tx, op.by, op.node),
);

export const queueStart = defineOp(
  'queueStart',
  'A process starts its queue (UACCE_CMD_START_Q).',
  { queue, fails: z.boolean().default(false).describe('the start of the driver fails') },
  (tx, op) => startQueue(tx, op.by, op.queue, op.fails),
);

export const queuePut = defineOp('queuePut', 'A process gives its queue back (UACCE_CMD_PUT_Q).', { queue }, (tx, op) =>
  putQueue(tx, op.by, op.queue),
);

export const queueMmap = defineOp(
  'queueMmap',
  'A process maps a region of its queue: 0 is MMIO, 1 is memory that it shares with the device.',
  { queue, region: z.number().int().min(0).max(255), as: arg.name },
  (tx, op) => mapRegion(tx, op.by, op.queue, op.region, op.as),
);

export const queueClose = defineOp('queueClose', 'A process closes its queue.', { queue }, (tx, op) =>
  closeQueue(tx, op.by, op.queue),
);

export const isolateStrategy = defineOp(
  'isolateStrategy',
  'Somebody writes the number of errors from which on a device is isolated.',
  {
    device,
    value: z
      .number()
      .int()
      .min(0)
      .max(2 ** 31),
  },
  (tx, op) => setIsolateStrategy(tx, op.device, op.value),
);
