/** Operations of processes on a device that is exposed as a character device or as a mediated VFIO device. */
import { z } from 'zod';
import { arg, defineOp } from '../define-op.ts';
import { charJob, compareExposures, mapIova, unmapIova } from '../owners/exposure.ts';
import { spanOf } from './process-ops.ts';

const device = arg.name;
const iova = z
  .number()
  .int()
  .min(0)
  .max(2 ** 36 - 1)
  .describe('page number of the I/O address');

export const charJobOp = defineOp(
  'charJob',
  'A process has a device work on a buffer through a character device: the driver copies in and out.',
  { device, place: arg.place, result: arg.value.describe('what the first page holds afterwards; it counts up') },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    return 'refusal' in span ? span.refusal : charJob(tx, op.by, op.device, span, op.result);
  },
);

export const iovaMap = defineOp(
  'iovaMap',
  'A process maps its memory for a device at an I/O address (VFIO): the pages are pinned.',
  { device, iova, place: arg.place },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    return 'refusal' in span ? span.refusal : mapIova(tx, op.by, op.device, op.iova, span);
  },
);

export const iovaUnmap = defineOp(
  'iovaUnmap',
  'A process takes an I/O address of a device back.',
  { device, iova },
  (tx, op) => unmapIova(tx, op.device, op.iova),
);

export const compareExposuresOp = defineOp(
  'compareExposures',
  'Somebody compares the ways in which a device is used: copies, pinned frames, who translates, who isolates.',
  { device },
  (tx, op) => compareExposures(tx, op.device),
);
