/** Operations of a driver that migrates memory: as a whole, or step by step. */
import { z } from 'zod';
import { arg, defineOp } from '../define-op.ts';
import { mapMigrated, migrateRange, targetPool } from '../mm/driver-migration.ts';
import { migrateCopy, migrateFinalize, migratePages, migrateSetup } from '../mm/migrate-vma.ts';
import { isOk, type Tx } from '../tx.ts';
import { mirroredSpan, through } from './mirrored-place.ts';

const select = z
  .array(z.enum(['system', 'private', 'coherent', 'compound']))
  .min(1)
  .max(4)
  .default(['system']);

export const migrateSetupOp = defineOp(
  'migrateSetup',
  'The driver collects the pages of a range for migration (migrate_vma_setup).',
  { ...through, select },
  (tx, op) => {
    const span = mirroredSpan(tx, op.context, op.place);
    if ('refusal' in span) return span.refusal;
    if (tx.get('migration', op.context) !== null)
      return tx.refuse('EBUSY', 'migrate.setup.again', { why: 'a migration of this context is under way already' });
    const owner = tx.get('device', tx.get('context', op.context)?.device ?? '')?.owner ?? '';
    const setup = migrateSetup(tx, {
      context: op.context,
      key: op.context,
      space: span.space,
      start: span.start,
      end: span.end,
      owner,
      select: op.select,
      faultFrame: null,
      cause: null,
    });
    if (isOk(setup)) lockMmap(tx, span.space, op.by, true);
    return setup;
  },
);

/** The mmap lock is held for reading from setup through finalize: nobody can unmap, protect or fork in between. */
function lockMmap(tx: Tx, space: string, by: string, take: boolean): void {
  tx.emit(
    { kind: take ? 'locked' : 'unlocked', rule: 'lock.mmap', at: { space }, args: { lock: 'mmap', mode: 'read' } },
    (w) => {
      const now = w.get('space', space);
      if (now !== null)
        w.put('space', space, {
          ...now,
          mmapReaders: take ? [...now.mmapReaders, by] : now.mmapReaders.filter((name) => name !== by),
        });
    },
  );
}

export const migrateCopyOp = defineOp(
  'migrateCopy',
  'The driver allocates destinations and copies what was collected.',
  { context: arg.context, to: z.enum(['device', 'system']).default('device') },
  (tx, op) => {
    const pool = targetPool(tx, op.context, op.to);
    return pool === null
      ? tx.refuse('ENOMEM', 'migrate.copy.pool', { why: 'the device has no memory of its own' })
      : migrateCopy(tx, op.context, pool, null);
  },
);

export const migratePagesOp = defineOp(
  'migratePages',
  'The mapping moves to the destination frames (migrate_vma_pages); the driver writes its own entries.',
  { context: arg.context },
  (tx, op) => {
    const result = migratePages(tx, op.context, null);
    if (isOk(result)) mapMigrated(tx, op.context, null);
    return result;
  },
);

export const migrateFinalizeOp = defineOp(
  'migrateFinalize',
  'Migration entries become entries again (migrate_vma_finalize).',
  { context: arg.context },
  (tx, op) => {
    const space = tx.get('context', op.context)?.space;
    const result = migrateFinalize(tx, op.context, null);
    if (isOk(result) && space !== undefined) lockMmap(tx, space, op.by, false);
    return result;
  },
);

export const migrateToDevice = defineOp(
  'migrateToDevice',
  'The driver moves a range to its device memory, as far as its pages can go.',
  through,
  (tx, op) => {
    const span = mirroredSpan(tx, op.context, op.place);
    return 'refusal' in span ? span.refusal : migrateRange(tx, op.context, span, 'device');
  },
);

export const migrateToSystem = defineOp(
  'migrateToSystem',
  'The driver moves its own pages of a range back to system memory.',
  through,
  (tx, op) => {
    const span = mirroredSpan(tx, op.context, op.place);
    return 'refusal' in span ? span.refusal : migrateRange(tx, op.context, span, 'system');
  },
);
