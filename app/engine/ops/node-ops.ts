/** Operations on device nodes and on the tables that their numbers come from. */
import { z } from 'zod';
import { arg, defineOp } from '../define-op.ts';
import { drmInit, drmPut, drmRegister, drmUnregister } from '../owners/drm-device.ts';
import { callMinor, makeMinorTable, type MinorCall, type MinorRequest } from '../owners/minor-table.ts';
import { closeFile, ioctlNode, openNode } from '../owners/node-file.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';

const id = z
  .number()
  .int()
  .min(0)
  .max(2 ** 20 - 1);
const pointer = arg.name.nullable().describe('what the entry points to, by name; null is NULL');
export const nodeFile = z
  .string()
  .regex(/^[A-Za-z][\w-]*:[A-Za-z][\w.-]*$/, 'an open file looks like accel0:A: its node and who opened it');

const call = (tx: Tx, what: MinorCall, request: MinorRequest): OpResult => {
  const said = callMinor(tx, what, request);
  return 'refusal' in said ? said.refusal : ok;
};

export const minorTable = defineOp(
  'minorTable',
  'A driver core makes a table of minor numbers: an IDR, a plain XArray or an allocating one.',
  {
    name: arg.name,
    container: z.enum(['idr', 'xarray', 'xarrayAlloc']),
    last: id.default(255).describe('largest number that may be handed out'),
  },
  (tx, op) => makeMinorTable(tx, op.name, op.container, op.last),
);

export const minorAlloc = defineOp(
  'minorAlloc',
  'Takes the lowest free number of a table, with a pointer or with NULL behind it (idr_alloc, xa_alloc).',
  { table: arg.name, pointer: pointer.default(null) },
  (tx, op) => call(tx, 'alloc', op),
);

export const minorStore = defineOp(
  'minorStore',
  'Puts a pointer or NULL behind a number, whatever was there (idr_replace, xa_store).',
  { table: arg.name, id, pointer },
  (tx, op) => call(tx, 'store', op),
);

export const minorInsert = defineOp(
  'minorInsert',
  'Puts a pointer behind a number that nobody has (xa_insert).',
  { table: arg.name, id, pointer },
  (tx, op) => call(tx, 'insert', op),
);

export const minorCompareExchange = defineOp(
  'minorCompareExchange',
  'Puts a pointer behind a number if a certain one is there now (xa_cmpxchg).',
  { table: arg.name, id, expected: pointer, pointer },
  (tx, op) => call(tx, 'compareExchange', op),
);

export const minorLookup = defineOp(
  'minorLookup',
  'Asks what is behind a number (idr_find, xa_load).',
  { table: arg.name, id },
  (tx, op) => call(tx, 'lookup', op),
);

export const minorRelease = defineOp(
  'minorRelease',
  'Frees a number if nothing was ever published behind it (xa_release).',
  { table: arg.name, id },
  (tx, op) => call(tx, 'release', op),
);

export const minorErase = defineOp(
  'minorErase',
  'Frees a number (idr_remove, xa_erase).',
  { table: arg.name, id },
  (tx, op) => call(tx, 'erase', op),
);

export const drmInitOp = defineOp(
  'drmInit',
  'A driver sets up a device: its minor numbers are taken, with nothing behind them yet.',
  {
    device: arg.name,
    features: z
      .array(z.enum(['GEM', 'COMPUTE_ACCEL', 'RENDER', 'MODESET']))
      .max(4)
      .describe('DRIVER_* flags; COMPUTE_ACCEL asks for an accel node, RENDER for a render node'),
  },
  (tx, op) => drmInit(tx, op.device, op.features),
);

export const drmRegisterOp = defineOp(
  'drmRegister',
  'A driver publishes the nodes of a device: opens succeed from here on.',
  { device: arg.name },
  (tx, op) => drmRegister(tx, op.device),
);

export const drmUnregisterOp = defineOp(
  'drmUnregister',
  'A driver takes the nodes of a device out of sight; the numbers stay taken while files are open.',
  { device: arg.name, unplug: z.boolean().default(false).describe('the hardware is gone as well (drm_dev_unplug)') },
  (tx, op) => drmUnregister(tx, op.device, op.unplug),
);

export const drmPutOp = defineOp(
  'drmPut',
  'A driver lets go of a device; with the last reference its numbers are free.',
  { device: arg.name },
  (tx, op) => drmPut(tx, op.device),
);

export const nodeOpen = defineOp('nodeOpen', 'A process opens a device node.', { node: arg.name }, (tx, op) =>
  openNode(tx, op.by, op.node),
);

export const nodeIoctl = defineOp(
  'nodeIoctl',
  'A process asks something of a device through an open file.',
  { file: nodeFile },
  (tx, op) => ioctlNode(tx, op.by, op.file),
);

export const nodeClose = defineOp('nodeClose', 'A process closes a device file.', { file: nodeFile }, (tx, op) =>
  closeFile(tx, op.by, op.file),
);
