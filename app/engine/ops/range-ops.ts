/** Operations of a process on ranges of its address space: permissions, pins. */
import { z } from 'zod';
import { arg, defineOp } from '../define-op.ts';
import { advices, madvise } from '../mm/madvise.ts';
import { mlock } from '../mm/mlock.ts';
import { reclaim } from '../mm/reclaim.ts';
import { mremap } from '../mm/mremap.ts';
import { mprotect } from '../mm/mprotect.ts';
import { pin, unpin } from '../mm/pin.ts';
import { ok } from '../tx.ts';
import { spanOf } from './process-ops.ts';

export const mprotectOp = defineOp(
  'mprotect',
  'A process changes the permissions of a range.',
  { place: arg.place, prot: arg.prot },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    if ('refusal' in span) return span.refusal;
    const { space, start, end } = span;
    const cause = tx.emit({
      kind: 'mprotected',
      rule: 'mprotect',
      at: { space, start, pages: end - start },
      args: { prot: op.prot },
    });
    return mprotect(
      tx,
      space,
      start,
      end,
      { read: op.prot.includes('r'), write: op.prot.includes('w'), exec: op.prot.includes('x') },
      cause,
    );
  },
);

export const madviseOp = defineOp(
  'madvise',
  'A process gives advice about a range.',
  { place: arg.place, advice: z.enum(advices) },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    if ('refusal' in span) return span.refusal;
    const cause = tx.emit({
      kind: 'madvised',
      rule: 'madvise',
      at: { space: span.space, start: span.start, pages: span.end - span.start },
      args: { advice: op.advice },
    });
    return madvise(tx, span, op.advice, cause);
  },
);

export const mlockOp = defineOp(
  'mlock',
  'A process asks that a range stays in memory.',
  { place: arg.place },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    return 'refusal' in span ? span.refusal : mlock(tx, span, true);
  },
);

export const munlockOp = defineOp(
  'munlock',
  'A process no longer asks that a range stays in memory.',
  { place: arg.place },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    return 'refusal' in span ? span.refusal : mlock(tx, span, false);
  },
);

export const reclaimOp = defineOp(
  'reclaim',
  'Memory is short: the kernel takes pages back until so many frames are free, whoever maps them.',
  { pages: arg.pages },
  (tx, op) => {
    const cause = tx.emit({ kind: 'reclaimed', rule: 'reclaim', args: { pages: op.pages } });
    reclaim(tx, op.pages, cause);
    return ok;
  },
);

export const mremapOp = defineOp(
  'mremap',
  'A process moves a mapping to another address.',
  {
    place: arg.place,
    to: z
      .number()
      .int()
      .min(16)
      .max(2 ** 35 - 1)
      .describe('virtual page number of the new place'),
    dontUnmap: z.boolean().default(false),
  },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    if ('refusal' in span) return span.refusal;
    const cause = tx.emit({
      kind: 'mremapped',
      rule: 'mremap',
      at: { space: span.space, start: span.start, pages: span.end - span.start },
      args: { to: op.to },
    });
    return mremap(tx, span, op.to, op.dontUnmap, cause);
  },
);

/** get: a plain reference (FOLL_GET); pin: FOLL_PIN. */
const hold = z
  .array(z.enum(['get', 'pin', 'write', 'longterm']))
  .min(1)
  .max(4);

export const pinOp = defineOp(
  'pin',
  'The kernel takes hold of the pages of a range for somebody (get_user_pages, pin_user_pages).',
  { place: arg.place, flags: hold.default(['pin', 'write']) },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    return 'refusal' in span ? span.refusal : pin(tx, span, op.flags);
  },
);

export const unpinOp = defineOp(
  'unpin',
  'The holder of pinned pages lets them go.',
  { place: arg.place, flags: hold.default(['pin']) },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    return 'refusal' in span ? span.refusal : unpin(tx, span, op.flags);
  },
);
