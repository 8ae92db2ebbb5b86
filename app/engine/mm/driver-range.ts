/**
 * Ranges that a driver works in, where it does not go page by page.
 *
 *      given: mmap heap pages=512 align=512; write; driver gpu0 drm_gpusvm
 *      A S*512 gpu0 .*512  --migrateToDevice [0]-->  A D*512 gpu0 D*512   the whole range goes
 *
 *      given: mmap heap pages=512 align=512; write; driver gpu0 drm_gpusvm; migrateToDevice
 *      A D*512 gpu0 D*512  --read [7]-->           A S*512 gpu0 .*512        and the whole range comes back
 *      A D*512 gpu0 D*512  --munmap [0..256)-->    A .*256D*256 gpu0 .*512   drm_gpusvm_range_remove: made again at the next fault
 *
 * Models drm_gpusvm_range_find_or_insert of drm_gpusvm.c and svm_range_split of kfd_svm.c.
 */
import type { Span } from '../../base/span.ts';
import type { Device } from '../../model/world.ts';
import type { Tx } from '../tx.ts';
import { areaAt } from './areas.ts';
import { eraseDeviceEntries } from './mirror.ts';

/**
 * The range that a page belongs to: the largest of the driver's sizes that fits its area when aligned. A driver with one
 * size clips it to the area. Null: the driver has no ranges, or the page no area.
 */
export function driverRange(tx: Tx, device: Device, space: string, page: number): Span | null {
  const area = areaAt(tx.world, space, page);
  if (area === null || device.rangePages.length === 0) return null;
  for (const size of device.rangePages) {
    const start = Math.floor(page / size) * size;
    if (area.start <= start && start + size <= area.end) return { start, end: start + size };
    if (device.rangePages.length === 1)
      return { start: Math.max(start, area.start), end: Math.min(start + size, area.end) };
  }
  return { start: page, end: page + 1 };
}

/** [start, end) grown to whole ranges of the driver. */
export function wholeRanges(tx: Tx, device: Device, space: string, { start, end }: Span): Span {
  const first = driverRange(tx, device, space, start);
  const last = driverRange(tx, device, space, end - 1);
  return { start: first?.start ?? start, end: last?.end ?? end };
}

/** Before a part of a range is unmapped: which whole ranges drivers have there, by context. */
export function rangesCut(tx: Tx, space: string, { start, end }: Span): readonly (Span & { readonly key: string })[] {
  return Object.entries(tx.world.records.context).flatMap(([key, context]) => {
    const device = tx.get('device', context.device);
    if (!context.open || context.space !== space || device === null || device.partialUnmap === 'nothing') return [];
    return [start, end - 1].flatMap((page) => {
      const range = driverRange(tx, device, space, page);
      const cut = range !== null && (range.start < start || end < range.end);
      return cut ? [{ key, ...range }] : [];
    });
  });
}

/** After it was unmapped: the driver's worker cuts the range, or lets it go until the next fault. */
export function settleRanges(tx: Tx, cut: ReturnType<typeof rangesCut>, cause: number | null): void {
  const seen = new Set<string>();
  for (const { key, start, end } of cut) {
    const context = tx.get('context', key);
    const device = context === null ? null : tx.get('device', context.device);
    if (context === null || device === null || seen.has(`${key} ${start}`)) continue;
    seen.add(`${key} ${start}`);
    const destroy = device.partialUnmap === 'destroy';
    const at = { context: key, space: context.space, start, pages: end - start };
    const by = `driver:${context.device}`;
    const settled = tx.emit({
      kind: 'driverRange',
      by,
      cause,
      rule: destroy ? 'driver.range.destroy' : 'driver.range.split',
      at,
      fn: destroy ? 'drm_gpusvm_range_remove' : 'svm_range_split',
    });
    if (destroy) eraseDeviceEntries(tx, key, start, end, settled, 'driver.range.destroy');
  }
}
