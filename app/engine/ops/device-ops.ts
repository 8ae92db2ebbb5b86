/** Operations of devices and their drivers. */
import { z } from 'zod';
import { deviceFlag, devicePteWord } from '../../model/device-pte.ts';
import { arg, defineOp } from '../define-op.ts';
import { deviceAccess } from '../device/access.ts';
import { deviceAtomic } from '../device/atomic.ts';
import type { OpResult } from '../event.ts';
import { systemPool } from '../mm/frames.ts';
import { beginRead, contextsOf, eraseDeviceEntries, hmmRangeFault, programEntries } from '../mm/mirror.ts';
import { source } from '../mm/migrate-collect.ts';
import { driverRange, wholeRanges } from '../mm/driver-range.ts';
import { bringHome } from '../mm/bring-home.ts';
import { callKey, migrateCopy, migrateFinalize, migratePages, migrateSetup } from '../mm/migrate-vma.ts';
import { insertNotifier } from '../mm/notifier.ts';
import { resolvePlace, type SpaceSpan } from '../place.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { hasFrame } from '../../model/pte.ts';
import { poolOf } from '../mm/frames.ts';
import { valueAt, type FilledRun } from '../../store/run.ts';

const everything = 2 ** 35;
const through = { context: arg.context, place: arg.place };

function spanIn(tx: Tx, context: string, place: string): SpaceSpan | { readonly refusal: OpResult } {
  const open = tx.get('context', context);
  if (open === null || !open.open)
    return {
      refusal: tx.refuse('EBADF', 'device.noContext', { why: `no open device file ${context}: open the device first` }),
    };
  const span = resolvePlace(tx.world, place);
  if (span === null || span.space !== open.space)
    return {
      refusal: tx.refuse('EINVAL', 'op.place', {
        why: `there is no ${place} in the address space that ${context} mirrors`,
      }),
    };
  return span;
}

export const openDevice = defineOp(
  'open',
  'A process opens a device file; its context mirrors the address space of the process.',
  {
    device: arg.name,
    as: z
      .string()
      .regex(/^[A-Za-z][\w-]{0,63}$/)
      .optional()
      .describe('name of the context, DEVICE:NAME; without it the name of the process. A second file needs its own'),
    notifier: z
      .boolean()
      .default(true)
      .describe('false: the driver registers no notifier and writes raw physical mappings'),
    callbackSleeps: z
      .boolean()
      .default(false)
      .describe('true: the callback waits for the driver lock even where it must not sleep, which is a bug'),
  },
  (tx, op) => {
    const process = tx.get('process', op.by);
    if (process === null || !process.alive || tx.get('device', op.device) === null)
      return tx.refuse('ENODEV', 'device.open', {
        why: process === null || !process.alive ? `no process ${op.by}` : `no device ${op.device} in this machine`,
      });
    const key = `${op.device}:${op.as ?? op.by}`;
    if (tx.get('context', key)?.open === true)
      return tx.refuse('EEXIST', 'device.open.name', {
        why: `${key} is open already: name the second file with "as"`,
        at: { context: key },
      });
    if (tx.get('device', op.device)?.mirrors === false && op.notifier)
      return tx.refuse('EOPNOTSUPP', 'device.noMirror', {
        why: `the driver of ${op.device} keeps no mirror: bind the device to the process instead (svaBind)`,
      });
    const cause = tx.emit(
      { kind: 'deviceOpened', rule: 'device.open', at: { context: key, space: process.space, device: op.device } },
      (w) => {
        w.put('context', key, {
          device: op.device,
          space: process.space,
          open: true,
          mirrored: op.notifier,
          driverLock: null,
          callbackSleeps: op.callbackSleeps,
          snapshot: null,
          faults: 0,
          cpages: 0,
        });
      },
    );
    return op.notifier ? insertNotifier(tx, key, process.space, 0, everything, cause) : ok;
  },
);

export const rawMap = defineOp(
  'rawMap',
  'A driver without a notifier writes the frames that a range has now into its device table, for good.',
  through,
  (tx, op) => {
    const span = spanIn(tx, op.context, op.place);
    if ('refusal' in span) return span.refusal;
    const { space, start, end } = span;
    const device = tx.get('context', op.context)?.device ?? '';
    tx.emit(
      { kind: 'rawMapped', rule: 'device.raw', at: { context: op.context, space, start, pages: end - start } },
      (w) => {
        for (const run of w.world.pages.pte[space]?.occupied(start, end) ?? []) {
          if (!hasFrame(run.values[0] ?? 0)) continue;
          const frame = valueAt(run, run.start, 1);
          const target = poolOf(w.world, frame)?.device === device ? 'LOCAL' : 'SYS';
          w.fill(
            'devicePte',
            op.context,
            run.start,
            run.end,
            [devicePteWord(target, deviceFlag.read | deviceFlag.write), frame],
            [0, run.strides[1] ?? 0],
          );
        }
      },
    );
    return ok;
  },
);

export const deviceRead = defineOp(
  'deviceRead',
  'A device reads every page of a range through its own table, faulting where it must.',
  {
    ...through,
    unlockable: z.boolean().default(false).describe('the mirror sleeps where a userfaultfd handler has to answer'),
  },
  (tx, op) => {
    const span = spanIn(tx, op.context, op.place);
    return 'refusal' in span
      ? span.refusal
      : deviceAccess(tx, {
          key: op.context,
          ...span,
          access: 'read',
          value: null,
          counting: false,
          unlockable: op.unlockable,
        });
  },
);

export const deviceWrite = defineOp(
  'deviceWrite',
  'A device writes every page of a range through its own table, faulting where it must.',
  { ...through, value: arg.value, count: z.boolean().default(false) },
  (tx, op) => {
    const span = spanIn(tx, op.context, op.place);
    return 'refusal' in span
      ? span.refusal
      : deviceAccess(tx, { key: op.context, ...span, access: 'write', value: op.value, counting: op.count });
  },
);

export const deviceAtomicOp = defineOp(
  'deviceAtomic',
  'A device adds to every page of a range with atomic operations.',
  {
    ...through,
    add: arg.value.default(1),
    times: z.number().int().min(1).max(1_000_000).default(1),
  },
  (tx, op) => {
    const span = spanIn(tx, op.context, op.place);
    return 'refusal' in span
      ? span.refusal
      : deviceAtomic(tx, { key: op.context, start: span.start, end: span.end, add: op.add, times: op.times });
  },
);

export const readBeginOp = defineOp(
  'readBegin',
  'The driver notes the sequence of its interval; it sleeps while an invalidation is under way.',
  { context: arg.context },
  (tx, op) => beginRead(tx, op.context, null),
);

export const hmmRangeFaultOp = defineOp(
  'hmmRangeFault',
  'The driver asks for the entries of a range.',
  { ...through, request: z.enum(['snapshot', 'read', 'write']).default('read') },
  (tx, op) => {
    const span = spanIn(tx, op.context, op.place);
    return 'refusal' in span ? span.refusal : hmmRangeFault(tx, op.context, span.start, span.end, op.request, null);
  },
);

export const program = defineOp(
  'program',
  'Under its lock, the driver checks the sequence and writes the words that it got into the device table.',
  { ...through, check: z.boolean().default(true).describe('false: the driver does not check, which is the bug') },
  (tx, op) => {
    const span = spanIn(tx, op.context, op.place);
    return 'refusal' in span
      ? span.refusal
      : programEntries(tx, op.context, span.start, span.end, { check: op.check, write: false }, null);
  },
);

export const driverLock = defineOp(
  'driverLock',
  'The driver takes its lock, the one that its invalidate callback takes, and keeps it.',
  { context: arg.context },
  (tx, op) => {
    const context = tx.get('context', op.context);
    if (context === null) return tx.refuse('EBADF', 'device.noContext', { why: `no open device file ${op.context}` });
    if (context.driverLock !== null) return { blocked: 'driverLock' };
    tx.emit({ kind: 'locked', rule: 'driver.lock', at: { context: op.context }, args: { lock: 'driver' } }, (w) =>
      w.patch('context', op.context, { driverLock: op.by }),
    );
    return ok;
  },
);

export const driverUnlock = defineOp(
  'driverUnlock',
  'The driver releases its lock.',
  { context: arg.context },
  (tx, op) => {
    tx.emit({ kind: 'unlocked', rule: 'driver.lock', at: { context: op.context }, args: { lock: 'driver' } }, (w) =>
      w.patch('context', op.context, { driverLock: null }),
    );
    return ok;
  },
);

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
    const span = spanIn(tx, op.context, op.place);
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

/** Where a context's migration goes: its device's memory, or system memory. */
function targetPool(tx: Tx, context: string, to: 'device' | 'system'): string | null {
  return to === 'system'
    ? systemPool(tx.world)
    : (tx.get('device', tx.get('context', context)?.device ?? '')?.pool ?? null);
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
function mapMigrated(tx: Tx, key: string, cause: number | null): void {
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
function migrateRange(tx: Tx, context: string, span: SpaceSpan, to: 'device' | 'system'): OpResult {
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

export const migrateToDevice = defineOp(
  'migrateToDevice',
  'The driver moves a range to its device memory, as far as its pages can go.',
  through,
  (tx, op) => {
    const span = spanIn(tx, op.context, op.place);
    return 'refusal' in span ? span.refusal : migrateRange(tx, op.context, span, 'device');
  },
);

export const migrateToSystem = defineOp(
  'migrateToSystem',
  'The driver moves its own pages of a range back to system memory.',
  through,
  (tx, op) => {
    const span = spanIn(tx, op.context, op.place);
    return 'refusal' in span ? span.refusal : migrateRange(tx, op.context, span, 'system');
  },
);
