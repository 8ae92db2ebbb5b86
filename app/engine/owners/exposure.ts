/**
 * One device, and ways to let a process use it.
 *
 *      char      A s    job      A s     two copies a job, nothing held after it
 *      mdev      A s    map      A s     the frame is pinned as long as the I/O address stands
 *
 * A uacce queue (uacce.ts) and a memory region (../sharing/regions.ts) are the other two. Models copy_from_user and
 * copy_to_user of a character driver, and vfio_dma_do_map and vfio_dma_do_unmap of drivers/vfio/vfio_iommu_type1.c.
 */
import type { JsonObject } from '../../base/json.ts';
import { exposureKinds, exposures, type ExposureKind } from '../../model/exposures.ts';
import { hasFrame } from '../../model/pte.ts';
import { valueAt } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { faultIn } from '../mm/cpu-fault.ts';
import { changeFrames, storeContent } from '../mm/frames.ts';
import { pin } from '../mm/pin.ts';
import type { SpaceSpan } from '../place.ts';
import { isOk, ok, type Tx } from '../tx.ts';

/** Frames behind a stretch, as runs. */
const framesBehind = (tx: Tx, { space, start, end }: SpaceSpan) =>
  tx
    .pages('pte', space)
    .occupied(start, end)
    .filter((run) => hasFrame(run.values[0] ?? 0))
    .map((run) => ({ page: run.start, first: valueAt(run, run.start, 1), pages: run.end - run.start }));

/** One job by ioctl: the driver copies the input in, lets the device work, and copies the result out. */
export function charJob(tx: Tx, by: string, device: string, span: SpaceSpan, result: number): OpResult {
  const at = { device, space: span.space, start: span.start, pages: span.end - span.start };
  if (tx.get('device', device) === null)
    return tx.refuse('ENODEV', 'exposure.char', { at: { device }, why: `no device ${device} in this machine` });
  const there = faultIn(tx, { space: span.space, start: span.start, end: span.end, access: 'write' }, null);
  if (!isOk(there))
    return tx.refuse('EFAULT', 'exposure.char.copy', { at, why: 'the buffer cannot be copied', fn: 'copy_from_user' });
  const pages = span.end - span.start;
  const key = `${device}:${by}`;
  const before = tx.get('charJobs', key);
  tx.emit({ kind: 'jobCopied', rule: 'exposure.char', at, args: { in: pages, out: pages } }, (w) => {
    for (const { page, first, pages: n } of framesBehind(tx, span))
      storeContent(w, first, first + n, result + (page - span.start), n > 1);
    w.put('charJobs', key, {
      device,
      jobs: (before?.jobs ?? 0) + 1,
      copiedPages: (before?.copiedPages ?? 0) + 2 * pages,
    });
  });
  return ok;
}

/** VFIO_IOMMU_MAP_DMA: the pages are pinned for the life of the mapping. EEXIST where the address is taken. */
export function mapIova(tx: Tx, by: string, device: string, iova: number, span: SpaceSpan): OpResult {
  const fn = 'vfio_dma_do_map';
  const at = { device, space: span.space, start: span.start, pages: span.end - span.start };
  if (tx.get('device', device) === null)
    return tx.refuse('ENODEV', 'exposure.iova', { at: { device }, why: `no device ${device} in this machine`, fn });
  const end = iova + (span.end - span.start);
  const taken = Object.entries(tx.world.records.iovaMapping).some(([key, mapping]) => {
    const first = Number(key.slice(key.indexOf(':') + 1));
    return mapping.device === device && first < end && iova < first + mapping.pages;
  });
  if (taken) return tx.refuse('EEXIST', 'exposure.iova', { at, why: 'the I/O address is mapped already', fn });
  const held = pin(tx, span, ['pin', 'write', 'longterm']);
  if (!isOk(held)) return held;
  tx.emit({ kind: 'iovaMapped', rule: 'exposure.iova', at, args: { iova } }, (w) =>
    w.put('iovaMapping', `${device}:${iova}`, {
      device,
      holder: by,
      pages: span.end - span.start,
      frames: framesBehind(tx, span).map(({ first, pages }) => ({ first, pages })),
    }),
  );
  return ok;
}

/** VFIO_IOMMU_UNMAP_DMA: the pages may move again. */
export function unmapIova(tx: Tx, device: string, iova: number, cause: number | null = null): OpResult {
  const key = `${device}:${iova}`;
  const mapping = tx.get('iovaMapping', key);
  if (mapping === null)
    return tx.refuse('ENOENT', 'exposure.iova.unmap', {
      cause,
      at: { device },
      why: `nothing is mapped at I/O page ${iova}`,
      fn: 'vfio_dma_do_unmap',
    });
  tx.emit({ kind: 'iovaUnmapped', cause, rule: 'exposure.iova.unmap', at: { device }, args: { iova } }, (w) => {
    w.put('iovaMapping', key, null);
    for (const { first, pages } of mapping.frames)
      changeFrames(w, first, first + pages, (f) => ({ ...f, refs: f.refs - 1, pins: f.pins - 1 }));
  });
  return ok;
}

/** A process that ends closes its container: everything that it mapped is unmapped. */
export function closeContainer(tx: Tx, name: string, cause: number | null): void {
  for (const [key, mapping] of Object.entries(tx.world.records.iovaMapping))
    if (mapping.holder === name) unmapIova(tx, mapping.device, Number(key.slice(key.indexOf(':') + 1)), cause);
}

/** How many users an exposure of the device has, what they have copied, and how many frames they hold. */
function usage(
  tx: Tx,
  device: string,
  kind: ExposureKind,
): { readonly users: number; readonly copied: number; readonly pinned: number } {
  const { charJobs, iovaMapping, queue, memoryRegion } = tx.world.records;
  const mine = <T extends { readonly device: string }>(table: Readonly<Record<string, T>>): readonly T[] =>
    Object.values(table).filter((record) => record.device === device);
  if (kind === 'char') {
    const jobs = mine(charJobs);
    return { users: jobs.length, copied: jobs.reduce((sum, job) => sum + job.copiedPages, 0), pinned: 0 };
  }
  if (kind === 'mdev') {
    const maps = mine(iovaMapping);
    return { users: maps.length, copied: 0, pinned: maps.reduce((sum, map) => sum + map.pages, 0) };
  }
  if (kind === 'uacce') return { users: mine(queue).length, copied: 0, pinned: 0 };
  const regions = mine(memoryRegion);
  const pinned = regions.reduce((sum, each) => sum + (each.kind === 'pinned' ? each.pages : 0), 0);
  return { users: regions.length, copied: 0, pinned };
}

/** The ways that are in use for a device, side by side. */
export function compareExposures(tx: Tx, device: string): OpResult {
  const rows = exposureKinds.flatMap((kind): readonly JsonObject[] => {
    const { users, copied, pinned } = usage(tx, device, kind);
    const { translates, isolates, reset } = exposures[kind];
    return users === 0 ? [] : [{ kind, copied, pinned, translates, isolates, reset }];
  });
  tx.emit({ kind: 'exposuresCompared', rule: 'exposure.compare', at: { device }, args: { rows } });
  return ok;
}
