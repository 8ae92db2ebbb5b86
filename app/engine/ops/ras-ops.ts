/** Operations on the error reports of devices. */
import { z } from 'zod';
import { rasFormats } from '../../model/ras-formats.ts';
import { arg, defineOp } from '../define-op.ts';
import {
  rasCapabilities,
  rasClear,
  rasDump,
  rasGet,
  rasList,
  rasOffer,
  rasRegister,
  rasReport,
  rasUnregister,
} from '../owners/ras.ts';
import { injectError, memoryFailure, offerPoisonHandler, poisonDevicePage } from '../owners/poison.ts';

const node = z
  .number()
  .int()
  .min(0)
  .max(2 ** 20 - 1)
  .describe('node id, from 0');
const counter = z.number().int().min(0).max(4095).describe('error id within the node');
const admin = z.boolean().default(true).describe('who asks has CAP_NET_ADMIN');

export const rasRegisterOp = defineOp(
  'rasRegister',
  'A driver registers a part of its device that counts errors (drm_ras_node_register).',
  {
    device: arg.name,
    name: arg.name,
    first: counter.default(0),
    last: counter,
    counters: z.record(z.string().regex(/^\d{1,4}$/, 'a counter is named by its error id'), z.string().max(64)),
  },
  (tx, op) => rasRegister(tx, op),
);

export const rasUnregisterOp = defineOp(
  'rasUnregister',
  'A driver takes a node of counters back.',
  { node },
  (tx, op) => rasUnregister(tx, op.node),
);

export const rasListOp = defineOp('rasList', 'Somebody lists the nodes that count errors.', { admin }, (tx, op) =>
  rasList(tx, op.admin),
);

export const rasGetOp = defineOp('rasGet', 'Somebody asks for one error counter.', { node, counter, admin }, (tx, op) =>
  rasGet(tx, op.node, op.counter, op.admin),
);

export const rasDumpOp = defineOp(
  'rasDump',
  'Somebody asks for all error counters of a node.',
  { node, admin },
  (tx, op) => rasDump(tx, op.node, op.admin),
);

export const rasClearOp = defineOp(
  'rasClear',
  'Somebody sets an error counter back to 0.',
  { node, counter, admin },
  (tx, op) => rasClear(tx, op.node, op.counter, op.admin),
);

export const rasOfferOp = defineOp(
  'rasOffer',
  'A driver offers formats for its error reports, by the bits of the proposal of 2022.',
  { device: arg.name, mask: z.number().int().min(0).max(0xffff) },
  (tx, op) => rasOffer(tx, op.device, op.mask),
);

export const rasCapabilitiesOp = defineOp(
  'rasCapabilities',
  'Somebody asks by ioctl which formats a device reports errors in (proposal of 2022).',
  { device: arg.name },
  (tx, op) => rasCapabilities(tx, op.device),
);

export const rasReportOp = defineOp(
  'rasReport',
  'Somebody reads the errors of a device in one format of the menu of 2022.',
  { device: arg.name, format: z.enum(rasFormats) },
  (tx, op) => rasReport(tx, op.device, op.format),
);

export const injectErrorOp = defineOp(
  'injectError',
  'A device finds an error in itself: corrected, or not.',
  {
    device: arg.name,
    severity: z.enum(['corrected', 'uncorrected']),
    count: z.number().int().min(1).max(1_000_000).default(1),
  },
  (tx, op) => injectError(tx, op.device, op.severity, op.count),
);

export const memoryFailureOp = defineOp(
  'memoryFailure',
  'The kernel is told that the frames behind a place are bad (memory_failure).',
  { place: arg.place },
  (tx, op) => memoryFailure(tx, op.place),
);

export const poisonPage = defineOp(
  'poisonPage',
  'A device finds pages of its own memory bad, and its driver deals with it.',
  { device: arg.name, place: arg.place },
  (tx, op) => poisonDevicePage(tx, op.device, op.place),
);

export const poisonHandler = defineOp(
  'poisonHandler',
  'A driver registers a memory_failure callback for the pages of its device.',
  { device: arg.name },
  (tx, op) => offerPoisonHandler(tx, op.device),
);
