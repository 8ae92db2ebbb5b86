/** Functions that come and go while the machine runs: part of ../operations.ts. */
import { z } from 'zod';
import { deviceKinds, engineKinds } from '../../model/topology.ts';
import { arg, defineOp } from '../define-op.ts';
import { loadBitstream } from '../owners/hotplug.ts';

const pcieFunction = z.strictObject({
  as: arg.name.describe('how it is called: "gpu0"'),
  kind: z.enum(deviceKinds),
  engines: z.array(z.enum(engineKinds)).max(16).default([]),
  memory: z
    .strictObject({
      kind: z.enum(['vram', 'hbm', 'sram']).default('vram'),
      bytes: z
        .number()
        .int()
        .min(4096)
        .max(2 ** 40),
      registration: z.enum(['private', 'coherent']).default('private'),
    })
    .nullable()
    .default(null),
  pasids: z
    .number()
    .int()
    .min(0)
    .max(2 ** 20)
    .nullable()
    .default(null)
    .describe('PASIDs that it can use; null: not told'),
  ats: z.boolean().nullable().default(null),
  pri: z.boolean().nullable().default(null),
});

const loadBitstreamOp = defineOp(
  'loadBitstream',
  'Somebody programs an FPGA: the functions of the bitstream before go, those of the new one appear.',
  {
    device: arg.name.describe('the FPGA'),
    name: arg.name.describe('the bitstream'),
    functions: z.array(pcieFunction).max(7).default([]).describe('what it makes; none: an empty region'),
  },
  (tx, op) => loadBitstream(tx, op.device, op.name, op.functions),
);

export const hotplugOperations = { loadBitstream: loadBitstreamOp } as const;
