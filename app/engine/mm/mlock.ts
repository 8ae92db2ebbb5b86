/**
 * Memory that must stay in memory.
 *
 *      A SD0.  --mlock-->                         A SSSS   mlock_fixup, then every page is there, as after a write
 *
 *      given: write; mlock
 *      A SSSS  --reclaim 4-->                     A SSSS   reclaim passes it over
 *      A SSSS  --madvise PAGEOUT! EINVAL-->       A SSSS
 *      A SSSS  --madvise DONTNEED! EINVAL-->      A SSSS
 *      A SSSS  --migrateToDevice-->               A DDDD   a driver may move it all the same
 *      A SSSS  --munlock; madvise PAGEOUT-->      A wwww
 *      A SSSS  --fork B; B: write B[0..4); B: madvise B[0..4) PAGEOUT-->   A ssss B wwww   a child's memory is not locked
 *
 * Models do_mlock, apply_vma_lock_flags and mlock_fixup of mm/mlock.c, and __mm_populate of mm/gup.c.
 */
import type { OpResult } from '../event.ts';
import type { SpaceSpan } from '../place.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { areaAt, areasIn, isSpecial, splitAt, type Area } from './areas.ts';
import { faultIn } from './cpu-fault.ts';
import { splitAtBorders } from './huge.ts';
import { isHugetlb } from './hugetlb.ts';
import { mergeAreas } from './merge-areas.ts';

export const isLocked = (area: Area): boolean => area.flags.includes('LOCKED');

/**
 * Locks a range or lets go of it. ENOMEM: at a hole, with what lies before it changed and no page brought in, or where a
 * page cannot be had.
 */
export function mlock(tx: Tx, { space, start, end }: SpaceSpan, on: boolean): OpResult {
  const at = { space, start, pages: end - start };
  const cause = tx.emit({ kind: on ? 'mlocked' : 'munlocked', rule: 'mlock', at });
  for (let page = start; page < end;) {
    const area = areaAt(tx.world, space, page);
    if (area === null)
      return tx.refuse('ENOMEM', 'mlock.hole', {
        cause,
        at: { space, start: page, pages: 1 },
        why: 'the range has a hole; what lies before it is changed already',
        fn: 'apply_vma_lock_flags',
      });
    const stop = Math.min(end, area.end);
    // Special and huge TLB mappings are there anyway.
    if (isLocked(area) !== on && !isSpecial(area) && !isHugetlb(area)) setLocked(tx, space, page, stop, on, cause);
    page = stop;
  }
  return on ? populate(tx, { space, start, end }, cause) : ok;
}

function setLocked(tx: Tx, space: string, start: number, end: number, on: boolean, cause: number): void {
  const at = { space, start, pages: end - start };
  const args = on ? { set: 'LOCKED', clear: null } : { set: null, clear: 'LOCKED' };
  splitAtBorders(tx, space, start, end, cause);
  tx.emit({ kind: 'vmaFlags', cause, rule: 'mlock', at, fn: 'mlock_fixup', args }, (w) => {
    splitAt(w, space, start);
    splitAt(w, space, end);
    for (const { id, flags } of areasIn(w.world, space, start, end))
      w.patch('vma', id, { flags: on ? [...flags, 'LOCKED'] : flags.filter((flag) => flag !== 'LOCKED') });
  });
  mergeAreas(tx, space, start, end, cause);
}

/** __mm_populate: pages that can be written privately as for a write, so that no copy is owed later; others as for a read. */
function populate(tx: Tx, { space, start, end }: SpaceSpan, cause: number): OpResult {
  for (const area of areasIn(tx.world, space, start, end)) {
    if (area.flags.includes('PFNMAP') || area.flags.includes('IO')) continue;
    const span = { space, start: Math.max(start, area.start), end: Math.min(end, area.end) };
    const got = faultIn(
      tx,
      { ...span, access: area.write && !area.shared ? 'write' : 'read', unlockable: true },
      cause,
    );
    if ('blocked' in got) return got;
    if (!isOk(got))
      return tx.refuse('errno' in got && got.errno === 'ENOMEM' ? 'EAGAIN' : 'ENOMEM', 'mlock.populate', {
        cause,
        at: { space, start: span.start, pages: span.end - span.start },
        why: 'a page of the range cannot be had; the range is locked all the same',
        fn: '__mm_populate',
      });
  }
  return ok;
}
