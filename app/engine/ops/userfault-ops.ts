/** Operations of a process and of its userfaultfd handler. */
import { z } from 'zod';
import { arg, defineOp } from '../define-op.ts';
import { fill, giveUp, registerUffd, writeProtect, type Fill } from '../mm/userfaultfd.ts';
import type { OpResult } from '../event.ts';
import type { Tx } from '../tx.ts';
import { spanOf } from './process-ops.ts';

export const userfaultfd = defineOp(
  'userfaultfd',
  'A process has a handler for faults on a range: missing pages, or writes that it watches. Without a mode it has none.',
  { place: arg.place, mode: z.enum(['missing', 'wp', 'both', 'none']).default('missing') },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    if ('refusal' in span) return span.refusal;
    const modes = { missing: ['missing'], wp: ['wp'], both: ['missing', 'wp'], none: [] } as const;
    return registerUffd(tx, span, modes[op.mode]);
  },
);

function filled(tx: Tx, place: string, what: Fill): OpResult {
  const span = spanOf(tx, place);
  return 'refusal' in span ? span.refusal : fill(tx, span, what);
}

export const uffdCopy = defineOp(
  'uffdCopy',
  'The handler provides pages with what they hold (UFFDIO_COPY).',
  { place: arg.place, value: arg.value, count: arg.count },
  (tx, op) => filled(tx, op.place, { kind: 'copy', value: op.value, count: op.count }),
);

export const uffdZeropage = defineOp(
  'uffdZeropage',
  'The handler provides pages as the zero page (UFFDIO_ZEROPAGE).',
  { place: arg.place },
  (tx, op) => filled(tx, op.place, { kind: 'zeropage' }),
);

export const uffdPoison = defineOp(
  'uffdPoison',
  'The handler says that pages cannot be had: an access is a SIGBUS (UFFDIO_POISON).',
  { place: arg.place },
  (tx, op) => filled(tx, op.place, { kind: 'poison' }),
);

export const uffdWriteProtect = defineOp(
  'uffdWriteProtect',
  'The handler watches writes to pages, or no longer does (UFFDIO_WRITEPROTECT).',
  { place: arg.place, on: z.boolean().default(true) },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    return 'refusal' in span ? span.refusal : writeProtect(tx, span, op.on);
  },
);

export const mirrorTimeout = defineOp(
  'mirrorTimeout',
  'The time that a mirror may wait for a userfaultfd handler is over (1000 ms): whoever sleeps in it gives up.',
  { context: arg.context },
  (tx, op) => giveUp(tx, op.context),
);
