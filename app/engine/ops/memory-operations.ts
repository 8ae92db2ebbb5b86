/** Where memory comes from, and who can work on it: part of ../operations.ts. */
import { z } from 'zod';
import { crossover, turnCosts, type TurnCost } from '../costs/ping-pong.ts';
import { setTimeslice } from '../mm/timeslice.ts';
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
  timeslice: defineOp(
    'timeslice',
    'The time for which a driver keeps what has come to its device begins, or is over.',
    { device: arg.name, on: z.boolean().default(true) },
    (tx, op) => setTimeslice(tx, op.device, op.on),
  ),
  comparePolicies: defineOp(
    'comparePolicies',
    'Somebody asks what it costs when a CPU and a device take turns on the same bytes, under each policy.',
    {
      device: arg.name,
      from: arg.name.describe('the memory that the CPU has them in'),
      bytes: z.number().int().min(1).max(4096).default(64),
    },
    (tx, op) => {
      const own = tx.get('device', op.device)?.pool ?? null;
      if (own === null || tx.get('pool', op.from) === null)
        return tx.refuse('ENODEV', 'policies.none', {
          why: own === null ? `${op.device} has no memory of its own` : `there is no memory ${op.from}`,
        });
      const costs = turnCosts(tx.world, op.device, op.from, own, op.bytes);
      const [migrate, huge, remote] = costs;
      const from = (a: TurnCost | undefined): number | null =>
        a === undefined || remote === undefined ? null : crossover(a, remote);
      tx.emit({
        kind: 'policiesCompared',
        rule: 'policies',
        at: { device: op.device },
        args: {
          rows: costs.map(({ policy, turnNs, accessNs }) => ({ kind: policy, turnNs, accessNs })),
          migratePaysFrom: from(migrate),
          hugePaysFrom: from(huge),
        },
      });
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
