/** Where memory comes from, and who can work on it: part of ../operations.ts. */
import { arg, defineOp } from '../define-op.ts';
import { driversOf } from '../fabric/drivers-of.ts';
import { bindMemory } from '../mm/mempolicy.ts';
import { revocations } from '../sharing/revocations.ts';
import { ok } from '../tx.ts';
import { spanOf } from './process-ops.ts';

export const memoryOperations = {
  mbind: defineOp(
    'mbind',
    'A process wants the pages of a range that it has not touched yet from one memory, or from any again.',
    { place: arg.place, pool: arg.name.nullable().describe('a NUMA node: "hbm0"; null: no policy') },
    (tx, op) => {
      const span = spanOf(tx, op.place);
      return 'refusal' in span ? span.refusal : bindMemory(tx, span, op.pool);
    },
  ),
  whoCanDrive: defineOp(
    'whoCanDrive',
    'Somebody asks which devices can work on a memory, in which ways, and how far they are.',
    { pool: arg.name },
    (tx, op) => {
      if (tx.get('pool', op.pool) === null)
        return tx.refuse('ENODEV', 'drivers.none', { why: `there is no memory ${op.pool} in this machine` });
      const rows = driversOf(tx.world, op.pool).map(({ device, mirror, sva, dma, read, write, atomic, latencyNs }) => {
        const access = `${read ? 'r' : '-'}${write ? 'w' : '-'}${atomic ? 'a' : '-'}`;
        return { device, mirror, sva, dma, access, latencyNs };
      });
      tx.emit({ kind: 'driversCompared', rule: 'drivers', args: { pool: op.pool, rows } });
      return ok;
    },
  ),
  whoCanRevoke: defineOp(
    'whoCanRevoke',
    'Somebody asks which devices hold memory of others, and who can take it back.',
    { device: arg.name.optional().describe('only what this device holds, or others hold of it') },
    (tx, op) => {
      const { device } = op;
      const rows = revocations(tx.world)
        .filter((row) => device === undefined || row.device === device || row.from === device)
        .map((row) => ({ ...row }));
      tx.emit({ kind: 'revocationsListed', rule: 'revocations', args: { rows } });
      return ok;
    },
  ),
} as const;
