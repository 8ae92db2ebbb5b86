/**
 * A driver's whole migration of a range, in blocks as large as it moves at a time, and its own table afterwards.
 *
 *      A SS.. gpu0 SS..  --migrateToDevice-->   A DDDD gpu0 DDDD   its entries name its own memory: it was not told to forget
 *      A DD.. gpu0 DD..  --migrateToSystem-->   A SS.. gpu0 ....
 *
 * Models dmirror_migrate_to_device, dmirror_migrate_to_system and dmirror_migrate_finalize_and_map of lib/test_hmm.c.
 */
import { deviceFlag, devicePteWord } from '../../model/device-pte.ts';
import { valueAt, type FilledRun } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import type { SpaceSpan } from '../place.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { bringHome } from './bring-home.ts';
import { driverRange, wholeRanges } from './driver-range.ts';
import { poolOf, systemPool } from './frames.ts';
import { source } from './migrate-collect.ts';
import { callKey, migrateCopy, migrateFinalize, migratePages, migrateSetup } from './migrate-vma.ts';
import { contextsOf, eraseDeviceEntries } from './mirror.ts';

/** Where a context's migration goes: its device's memory, or system memory. */
export function targetPool(tx: Tx, context: string, to: 'device' | 'system'): string | null {
  return to === 'system'
    ? systemPool(tx.world)
    : (tx.get('device', tx.get('context', context)?.device ?? '')?.pool ?? null);
}

/**
 * The part of a collected stretch that is still mapped. What was zapped since, the driver was told of, and must not map
 * again: no lock keeps MADV_DONTNEED or the OOM reaper from it.
 */
function stillThere(tx: Tx, space: string, src: FilledRun, dst: FilledRun): readonly FilledRun[] {
  const hole = ((src.values[0] ?? 0) & source.frame) === 0;
  return tx
    .pages('pte', space)
    .occupied(src.start, src.end)
    .filter((entry) => valueAt(entry, entry.start, 1) === valueAt(hole ? dst : src, entry.start, 1))
    .map((entry) => ({
      start: entry.start,
      end: entry.end,
      values: src.values.map((_, c) => valueAt(src, entry.start, c)),
      strides: src.strides,
    }));
}

/** The driver updates its own table for the pages that moved to its memory (dmirror_migrate_finalize_and_map). */
export function mapMigrated(tx: Tx, key: string, cause: number | null): void {
  const call = tx.get('migration', key);
  const id = call?.context ?? key;
  const context = tx.get('context', id);
  if (call === null || context === null) return;
  const moved = tx.pages('migrateDst', key).occupied(call.start, call.end);
  if (moved.length === 0) return;
  const sources = tx.pages('migrateSrc', key);
  tx.emit(
    {
      kind: 'deviceMap',
      by: `driver:${context.device}`,
      cause,
      rule: 'migrate.map',
      at: { context: id, space: call.space, start: call.start, pages: call.end - call.start },
    },
    (w) => {
      for (const run of moved) {
        const first = valueAt(run, run.start, 1);
        if (poolOf(w.world, first)?.device !== context.device) {
          w.rewrite('devicePte', id, run.start, run.end, () => null);
          continue;
        }
        for (const part of sources
          .occupied(run.start, run.end)
          .flatMap((src) => stillThere(tx, call.space, src, run))) {
          const word = part.values[0] ?? 0;
          const hole = (word & source.frame) === 0;
          // A page that did not move after all stays where the driver had it.
          if ((word & source.moved) === 0) continue;
          const area = Object.values(w.world.records.vma).find(
            (vma) => vma.space === call.space && vma.start <= part.start && part.end <= vma.end,
          );
          const writable = hole ? (area?.write ?? false) : (word & source.write) !== 0;
          const flags = deviceFlag.read | (writable ? deviceFlag.write : 0);
          w.fill(
            'devicePte',
            id,
            part.start,
            part.end,
            [devicePteWord('LOCAL', flags), first + (part.start - run.start)],
            [0, part.end - part.start > 1 ? 1 : 0],
          );
        }
      }
    },
  );
  // Its other files of the address space ignored the event too, and must not keep what was there.
  for (const other of contextsOf(tx, id, call.space))
    if (other !== id) eraseDeviceEntries(tx, other, call.start, call.end, cause, 'migrate.others');
}

/** A whole migration, in blocks as large as the driver moves at a time. */
export function migrateRange(tx: Tx, context: string, span: SpaceSpan, to: 'device' | 'system'): OpResult {
  const device = tx.get('device', tx.get('context', context)?.device ?? '');
  const pool = targetPool(tx, context, to);
  const key = callKey(tx, context);
  const id = tx.get('context', context)?.device ?? '';
  if (to === 'device' && tx.get('drmDevice', id)?.unplugged === true)
    return tx.refuse('ENODEV', 'migrate.unplugged', {
      at: { context, device: id },
      why: `${id} is unplugged: nothing is moved to it any more`,
      fn: 'drm_pagemap_populate_mm',
    });
  if (device === null || pool === null)
    return tx.refuse('ENOMEM', 'migrate.copy.pool', { why: 'the device has no memory of its own' });
  const own = device.memory === 'none' ? [] : [device.memory];
  const all = wholeRanges(tx, device, span.space, span);
  if (to === 'device') {
    const home = bringHome(tx, device, { space: span.space, ...all });
    if (!isOk(home)) return home;
  }
  for (let at = all.start, end; at < all.end; at = end) {
    const range = driverRange(tx, device, span.space, at);
    end = Math.min(all.end, range?.end ?? all.end, at + device.migratePages);
    const setup = migrateSetup(tx, {
      context,
      key,
      space: span.space,
      start: at,
      end,
      owner: device.owner,
      select: to === 'device' ? ['system', 'compound'] : own,
      faultFrame: null,
      cause: null,
    });
    if (!isOk(setup)) return setup;
    migrateCopy(tx, key, pool, null);
    migratePages(tx, key, null);
    if (to === 'device') mapMigrated(tx, key, null);
    else
      for (const id of contextsOf(tx, context, span.space))
        eraseDeviceEntries(tx, id, at, end, null, 'migrate.toSystem');
    migrateFinalize(tx, key, null);
  }
  return ok;
}
