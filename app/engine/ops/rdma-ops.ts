/** Operations on memory regions of network adapters. */
import { z } from 'zod';
import { regionKinds } from '../../model/rdma.ts';
import { arg, defineOp } from '../define-op.ts';
import { accessRegion, deregister, register } from '../sharing/regions.ts';
import { spanOf } from './process-ops.ts';
import { reachedPages } from './reached-pages.ts';

const region = arg.context.describe('adapter and name: nic0:mr');

export const regMr = defineOp(
  'regMr',
  'A process registers memory with a network adapter, so that a remote peer can reach it.',
  {
    device: arg.name,
    as: z.string().regex(/^[A-Za-z][\w-]{0,31}$/, 'a region is named by letters, digits, "_" or "-"'),
    kind: z.enum(regionKinds),
    place: arg.place.optional().describe('memory of the process'),
    fd: arg.fd.optional().describe('a dma-buf, by descriptor'),
    write: z.boolean().default(true).describe('false: the peer may only read'),
    invalidates: z.boolean().default(true).describe('false: the adapter has no invalidate callback'),
    hugetlb: z.boolean().default(false).describe('ask for pages of the size of hugetlb pages'),
  },
  (tx, op) => {
    if (tx.get('process', op.by)?.alive !== true)
      return tx.refuse('ESRCH', 'region.noProcess', { why: `no process ${op.by} is running` });
    const span = op.place === undefined ? null : spanOf(tx, op.place);
    if (span !== null && 'refusal' in span) return span.refusal;
    return register(tx, {
      key: `${op.device}:${op.as}`,
      device: op.device,
      kind: op.kind,
      span,
      fd: op.fd ?? null,
      write: op.write,
      invalidates: op.invalidates,
      hugetlb: op.hugetlb,
    });
  },
);

export const deregMr = defineOp('deregMr', 'A process ends a memory region.', { region }, (tx, op) =>
  deregister(tx, op.region, null),
);

const through = { region, ...reachedPages };

export const rdmaRead = defineOp(
  'rdmaRead',
  'A remote peer reads pages of a region; the adapter fetches them.',
  through,
  (tx, op) => accessRegion(tx, { ...op, access: 'read', value: 0, count: false }),
);

export const rdmaWrite = defineOp(
  'rdmaWrite',
  'A remote peer writes pages of a region; the adapter stores them.',
  { ...through, value: arg.value, count: arg.count },
  (tx, op) => accessRegion(tx, { ...op, access: 'write' }),
);
