/** Operations that move bytes without mapping anything: transfers side by side, and collectives. */
import { z } from 'zod';
import { arg, defineOp } from '../define-op.ts';
import { allReduce, transfer } from '../costs/collective.ts';

const bytes = z
  .number()
  .int()
  .min(1)
  .max(2 ** 45);
const place = z
  .string()
  .regex(/^[A-Za-z][\w.:-]{0,63}$/, 'a device ("gpu0"), a memory ("dram0") or a package ("package:0")');

export const transferOp = defineOp(
  'transfer',
  'Transfers between devices and memories that start together and share the wires that they have in common.',
  {
    ships: z
      .array(z.strictObject({ from: place, to: place, bytes }))
      .min(1)
      .max(256),
  },
  (tx, op) => transfer(tx, op.ships),
);

export const allReduceOp = defineOp(
  'allReduce',
  'Devices add up a buffer that each of them has, round a ring in the order given.',
  { devices: z.array(arg.name).min(2).max(64), bytes },
  (tx, op) => allReduce(tx, op.devices, op.bytes),
);
