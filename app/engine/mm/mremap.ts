/**
 * Moving a mapping to another address.
 *
 *      given: write; migrateToDevice [2..4); mmap other pages=4 at=4096
 *      A SSDD A.other ....  --mremap 4096-->  A .... A.other SSDD   entries move as they are; UNMAP over the old range
 *
 * Models move_vma and move_page_tables of mm/mremap.c. Mirrors of the new range start empty.
 */
import { isFilled } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import type { SpaceSpan } from '../place.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { areaAt, areasIn, dropUnmapped, linkAnonVma, newVmaId, splitAt, unlinkAnonVmas, type Area } from './areas.ts';
import { blockOf, isHugeAt, splitAtBorders, splitPmd } from './huge.ts';
import { pmdPages } from '../../model/ids.ts';
import { mergeAreas } from './merge-areas.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';
import { canDetach, detachAreas, zapRange } from './unmap.ts';
import { hugetlbPages, isHugetlb } from './hugetlb.ts';

/** Moves the pages of `from` to `to`; what was mapped there goes first. `dontUnmap` leaves an empty area behind. */
export function mremap(tx: Tx, from: SpaceSpan, to: number, dontUnmap: boolean, cause: number): OpResult {
  const { space, start } = from;
  const area = areaAt(tx.world, space, start);
  // The length of a hugetlb range is rounded up to huge pages.
  const unit = area !== null && isHugetlb(area) ? hugetlbPages(area) : 1;
  const end = start + Math.ceil((from.end - start) / unit) * unit;
  const pages = end - start;
  const at = { space, start, pages };
  if (area === null || end > area.end)
    return tx.refuse('EFAULT', 'mremap.area', { cause, at, why: 'the range is not one mapping', fn: 'mremap' });
  if (to < end && start < to + pages)
    return tx.refuse('EINVAL', 'mremap.overlap', { cause, at, why: 'the new place overlaps the old', fn: 'mremap' });
  if (start % unit !== 0 || to % unit !== 0)
    return tx.refuse('EINVAL', 'mremap.hugetlb', {
      cause,
      at,
      why: 'hugetlb memory moves from and to a border of its huge pages',
      fn: 'mremap',
    });
  if (dontUnmap && isHugetlb(area))
    return tx.refuse('EINVAL', 'mremap.dontUnmap', {
      cause,
      at,
      why: 'hugetlb memory leaves nothing behind',
      fn: 'mremap',
    });
  if (areasIn(tx.world, space, to, to + pages).length > 0) {
    const can = canDetach(tx, space, to, to + pages, cause);
    if (!isOk(can)) return can;
    detachAreas(tx, space, to, to + pages, cause);
    const cleared = zapRange(tx, 'UNMAP', space, to, to + pages, cause, 'mremap.target');
    if (!isOk(cleared)) return cleared;
    dropUnmapped(tx, cause);
  }
  splitAtBorders(tx, space, start, end, cause);
  copyArea(tx, area, start, to, pages, cause);
  const range: RangeEvent = { event: 'UNMAP', space, start, end, cause, rule: 'mremap.move' };
  rangeStart(tx, range);
  splitUnaligned(tx, space, start, end, to, cause);
  tx.emit({ kind: 'entriesMoved', cause, rule: 'mremap.move', at, args: { to } }, (w) => {
    const runs = tx.pages('pte', space).runs(start, end);
    w.setRuns(
      'pte',
      space,
      to,
      to + pages,
      runs.map((run) => ({ ...run, start: run.start + (to - start), end: run.end + (to - start) })),
    );
    if (runs.some(isFilled)) w.fill('pte', space, start, end, null);
  });
  rangeEnd(tx, range);
  if (dontUnmap) {
    // What is left behind is an area without pages (dontunmap_complete).
    const left = areaAt(tx.world, space, start);
    if (left !== null && left.start === start && left.end === end) {
      tx.emit({ kind: 'vmaFlags', cause, rule: 'mremap.dontUnmap', at }, (w) => {
        unlinkAnonVmas(w, left);
        w.patch('vma', left.id, { anonVmas: [], flags: left.flags.filter((flag) => flag !== 'LOCKED') });
      });
    }
    return ok;
  }
  detachAreas(tx, space, start, end, cause);
  return zapRange(tx, 'UNMAP', space, start, end, cause, 'mremap.source');
}

/** A huge entry moves as one only to an address that is aligned as it is. */
function splitUnaligned(tx: Tx, space: string, start: number, end: number, to: number, cause: number): void {
  const area = areaAt(tx.world, space, start);
  if ((to - start) % pmdPages === 0 || (area !== null && isHugetlb(area))) return;
  for (let block = blockOf(start); block < end; block += pmdPages)
    if (isHugeAt(tx, space, Math.max(block, start))) splitPmd(tx, space, block, Math.max(block, start), cause);
}

/** copy_vma: the new area keeps the page offset, so that the reverse map finds the moved pages. It merges with its neighbours. */
function copyArea(tx: Tx, area: Area, start: number, to: number, pages: number, cause: number): void {
  const { id: _id, ...vma } = area;
  tx.emit(
    {
      kind: 'vmaMoved',
      cause,
      rule: 'mremap.area',
      at: { space: area.space, start: to, pages },
      args: { from: start },
    },
    (w) => {
      splitAt(w, area.space, start);
      splitAt(w, area.space, start + pages);
      const copy = newVmaId(w, area.space);
      // Memory that was never touched has no place in a reverse map to keep.
      const untouched = area.backing === 'anon' && area.anonVmas.length === 0;
      const pgoff = untouched ? to : area.pgoff + (start - area.start);
      w.put('vma', copy, { ...vma, start: to, end: to + pages, pgoff });
      for (const number of area.anonVmas) linkAnonVma(w, number, copy);
    },
  );
  mergeAreas(tx, area.space, to, to + pages, cause);
}
