/**
 * Resident pages of an address space, by what they hold.
 *
 *      A .... space.A.rss.anon 0  --write [0..2); read [2]-->  A SS0. space.A.rss.anon 2   the zero page is not counted
 *      A SS.. space.A.rss.anon 2  --migrateToDevice [0]-->     A DS.. space.A.rss.anon 2   device memory is
 *
 * Models mm_counter of include/linux/mm.h.
 */
import { frameFlag } from '../../model/frame-state.ts';
import type { Writer } from '../tx.ts';

export type ResidentKind = 'anon' | 'file' | 'shmem';

/** Of a frame by its flags: anonymous memory (also on a device), the page cache, shared memory. */
export function residentKind(flags: number): ResidentKind {
  if ((flags & frameFlag.pageCache) === 0) return 'anon';
  return (flags & frameFlag.swapBacked) === 0 ? 'file' : 'shmem';
}

/** Adds (or, negative, takes) resident pages. */
export function charge(w: Writer, space: string, kind: ResidentKind, pages: number): void {
  const mm = w.get('space', space);
  if (mm !== null && pages !== 0) w.patch('space', space, { rss: { ...mm.rss, [kind]: mm.rss[kind] + pages } });
}

/** Adds (or takes) pages of the address space that are in swap (MM_SWAPENTS). */
export function chargeSwap(w: Writer, space: string, pages: number): void {
  const mm = w.get('space', space);
  if (mm !== null && pages !== 0) w.patch('space', space, { swapped: mm.swapped + pages });
}
