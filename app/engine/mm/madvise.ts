/**
 * Advice about a range.
 *
 *      A SSD0  --madvise DONTNEED-->        A ....   CLEAR, then the entries go; the area stays
 *      A S...  --madvise POPULATE_WRITE-->  A SSSS   as if each page were written
 *
 * Models madvise_vma_behavior of mm/madvise.c.
 */
import type { OpResult } from '../event.ts';
import type { SpaceSpan } from '../place.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { areaAt, areasIn, splitAt, type Area } from './areas.ts';
import { faultIn } from './cpu-fault.ts';
import { blockOf, collapse, splitAtBorders } from './huge.ts';
import { cutsHugePage, hugetlbPages, isHugetlb } from './hugetlb.ts';
import { pmdPages } from '../../model/ids.ts';
import { installGuards, removeGuards } from './guard.ts';
import { lazyFree } from './lazy-free.ts';
import { mergeAreas } from './merge-areas.ts';
import { isLocked } from './mlock.ts';
import { advise, readAhead } from './page-out.ts';
import { dontNeed, zapRange } from './unmap.ts';

export const advices = [
  'DONTNEED',
  'FREE',
  'COLD',
  'PAGEOUT',
  'WILLNEED',
  'GUARD_INSTALL',
  'GUARD_REMOVE',
  'HUGEPAGE',
  'NOHUGEPAGE',
  'POPULATE_READ',
  'POPULATE_WRITE',
  'COLLAPSE',
  'DONTFORK',
  'DOFORK',
  'WIPEONFORK',
  'KEEPONFORK',
] as const;
export type Advice = (typeof advices)[number];

/** Which flag of the area an advice sets and which it clears. */
const flagChanges: { readonly [A in Advice]?: readonly [set: string | null, clear: string | null] } = {
  HUGEPAGE: ['HUGEPAGE', 'NOHUGEPAGE'],
  NOHUGEPAGE: ['NOHUGEPAGE', 'HUGEPAGE'],
  DONTFORK: ['DONTCOPY', null],
  DOFORK: [null, 'DONTCOPY'],
  WIPEONFORK: ['WIPEONFORK', null],
  KEEPONFORK: [null, 'WIPEONFORK'],
};

/** Such an advice is about the area and takes the mmap lock for writing; others are about pages (get_lock_mode). */
export const changesArea = (advice: Advice): boolean => flagChanges[advice] !== undefined;

/** ENOMEM for a hole, after what lies around it was advised. */
export function madvise(tx: Tx, { space, start, end }: SpaceSpan, advice: Advice, cause: number): OpResult {
  let hole = false;
  for (let at = start; at < end;) {
    const area = areaAt(tx.world, space, at);
    if (area === null) {
      hole = true;
      at = Math.min(end, ...areasIn(tx.world, space, at, end).map((next) => next.start));
      continue;
    }
    const stop = Math.min(end, area.end);
    const result = adviseArea(tx, area, at, stop, advice, cause);
    if (!isOk(result)) return result;
    at = stop;
  }
  return hole
    ? tx.refuse('ENOMEM', 'madvise.hole', {
        cause,
        at: { space, start, pages: end - start },
        why: 'the range has a hole; the rest was advised',
        fn: 'madvise_walk_vmas',
      })
    : ok;
}

function adviseArea(tx: Tx, area: Area, start: number, end: number, advice: Advice, cause: number): OpResult {
  const { space } = area;
  const change = flagChanges[advice];
  const no = (why: string, fn: string): OpResult =>
    tx.refuse('EINVAL', `madvise.${advice}`, { cause, at: { space, start, pages: end - start }, why, fn });
  if (change !== undefined && cutsHugePage(area, start, end))
    return no('a hugetlb mapping is cut between its huge pages only', 'hugetlb_vm_op_split');
  if (isHugetlb(area) && (advice === 'HUGEPAGE' || advice === 'NOHUGEPAGE'))
    return no('hugetlb memory is huge already', 'hugepage_madvise');
  if (advice === 'WIPEONFORK' && (area.file !== null || area.shared || isHugetlb(area)))
    return no('only private anonymous memory can be wiped at fork', 'madvise_vma_behavior');
  if (change !== undefined) {
    const [set, clear] = change;
    splitAtBorders(tx, space, start, end, cause);
    tx.emit(
      {
        kind: 'vmaFlags',
        cause,
        rule: `madvise.${advice}`,
        at: { space, start, pages: end - start },
        args: { set, clear },
      },
      (w) => {
        splitAt(w, space, start);
        splitAt(w, space, end);
        for (const part of areasIn(w.world, space, start, end)) {
          const kept = part.flags.filter((flag) => flag !== clear && flag !== set);
          w.patch('vma', part.id, { flags: set === null ? kept : [...kept, set] });
        }
      },
    );
    mergeAreas(tx, space, start, end, cause);
    return ok;
  }
  if ((advice === 'DONTNEED' || advice === 'FREE') && isLocked(area))
    return no('locked memory is not given up', 'madvise_dontneed_free_valid_vma');
  if (advice === 'DONTNEED') {
    // What is advised of hugetlb memory begins with a huge page, and its end is rounded down.
    if (cutsHugePage(area, start))
      return no('the range must start with a huge page', 'madvise_dontneed_free_valid_vma');
    const stop = cutsHugePage(area, end) ? end - (end % hugetlbPages(area)) : end;
    return stop > start ? zapRange(tx, 'CLEAR', space, start, stop, cause, 'madvise.DONTNEED', dontNeed) : ok;
  }
  if (advice === 'COLLAPSE' && area.backing !== 'anon')
    return no('only anonymous memory collapses here', 'madvise_collapse');
  if (advice === 'COLLAPSE') return collapseBlocks(tx, area, start, end, cause);
  if (advice === 'FREE') return lazyFree(tx, area, start, end, cause);
  if (advice === 'COLD' || advice === 'PAGEOUT') return advise(tx, area, start, end, advice, cause);
  if (advice === 'GUARD_INSTALL') return installGuards(tx, area, start, end, cause);
  if (advice === 'GUARD_REMOVE') return removeGuards(tx, area, start, end, cause);
  if (advice === 'WILLNEED') return readAhead(tx, area, start, end, cause);
  const access = advice === 'POPULATE_WRITE' ? 'write' : 'read';
  return faultIn(tx, { space, start, end, access, unlockable: true }, cause);
}

/** madvise_collapse: each aligned 2 MiB of the range; EINVAL where one cannot be had. */
function collapseBlocks(tx: Tx, area: Area, start: number, end: number, cause: number): OpResult {
  for (let block = blockOf(start + pmdPages - 1); block + pmdPages <= end; block += pmdPages) {
    if (!collapse(tx, area, block, cause)) {
      return tx.refuse('EINVAL', 'madvise.COLLAPSE', {
        cause,
        at: { space: area.space, start: block, pages: pmdPages },
        why: 'not all pages are there and ours, or memory has no whole 2 MiB',
        fn: 'madvise_collapse',
      });
    }
  }
  return ok;
}
