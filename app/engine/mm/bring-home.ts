/**
 * Pages of a range that are in the memory of another device come to system memory before they can go on.
 *
 *      given: write; migrateToDevice gpu1; driver gpu0 drm_gpusvm
 *      A DDDD gpu1 DDDD  --migrateToDevice-->   A DDDD gpu0 DDDD gpu1 ....   device to device, through system memory
 *
 *      given: write; migrateToDevice gpu1; driver gpu0 amdkfd; migrateSetup gpu1 [0] select=private
 *      A MDDD  --migrateToDevice! EDEADLK-->    A MSSS   a page that does not come within three tries ends it
 *
 * Models svm_migrate_vram_to_vram of kfd_migrate.c and drm_gpusvm_range_evict of drm_gpusvm.c.
 */
import { isMigration, isDevPrivate } from '../../model/pte.ts';
import type { Device } from '../../model/world.ts';
import type { OpResult } from '../event.ts';
import type { SpaceSpan } from '../place.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { poolOf, systemPool } from './frames.ts';
import { callKey, migrateCopy, migrateFinalize, migratePages, migrateSetup } from './migrate-vma.ts';
import { contextsOf, eraseDeviceEntries } from './mirror.ts';

/** How often KFD tries before it gives up. */
const bounceTries = 3;

/** Brings pages of other devices home, as far as the driver of `device` does that. EDEADLK: some did not come. */
export function bringHome(tx: Tx, device: Device, span: SpaceSpan): OpResult {
  if (device.elsewhere === 'skip') return ok;
  const tries = device.elsewhere === 'bounce' ? bounceTries : 1;
  for (let n = 0; n < tries; n++) {
    const stretches = foreign(tx, device, span);
    if (stretches.length === 0) return ok;
    for (const stretch of stretches) fetch(tx, span.space, stretch);
  }
  if (device.elsewhere !== 'bounce' || foreign(tx, device, span).length === 0) return ok;
  return tx.refuse('EDEADLK', 'migrate.bounce', {
    at: { space: span.space, start: span.start, pages: span.end - span.start },
    why: `pages are still on another device after ${bounceTries} tries`,
    fn: 'svm_migrate_vram_to_vram',
  });
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly device: string;
}

/** Stretches of the span that are in private memory of another device, also while they move. */
function foreign(tx: Tx, device: Device, { space, start, end }: SpaceSpan): readonly Stretch[] {
  return tx
    .pages('pte', space)
    .occupied(start, end)
    .flatMap((run) => {
      const word = run.values[0] ?? 0;
      if (!isDevPrivate(word) && !isMigration(word)) return [];
      const pool = poolOf(tx.world, run.values[1] ?? 0);
      const away = pool !== null && pool.registration === 'private' && pool.id !== device.pool;
      return away && pool.device !== null ? [{ start: run.start, end: run.end, device: pool.device }] : [];
    });
}

function fetch(tx: Tx, space: string, { start, end, device }: Stretch): void {
  const context = `${device}:${space}`;
  const owner = tx.get('device', device)?.owner;
  const system = systemPool(tx.world);
  if (owner === undefined || system === null) return;
  const key = callKey(tx, context);
  const select = ['private'] as const;
  const setup = migrateSetup(tx, { context, key, space, start, end, owner, select, faultFrame: null, cause: null });
  if (!isOk(setup)) return;
  migrateCopy(tx, key, system, null);
  migratePages(tx, key, null);
  for (const id of contextsOf(tx, context, space)) eraseDeviceEntries(tx, id, start, end, null, 'migrate.toSystem');
  migrateFinalize(tx, key, null);
}
