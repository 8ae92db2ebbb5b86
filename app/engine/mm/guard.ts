/**
 * Guard regions: pages that nobody may touch, without an area of their own.
 *
 *      A SS.. gpu0 SS..  --madvise [1..3) GUARD_INSTALL-->  A Snn. gpu0 S...   CLEAR, where anything was mapped
 *      A .... gpu0 ....  --madvise GUARD_INSTALL-->         A nnnn gpu0 ....    nothing was there: nobody is told
 *
 *      given: madvise GUARD_INSTALL
 *      A nnnn  --read [0]! SIGSEGV-->        A nnnn   do_swap_page
 *      A nnnn  --madvise DONTNEED-->         A nnnn   they go with their area only
 *      A nnnn  --madvise GUARD_REMOVE-->     A ....
 *
 * Models madvise_guard_install and madvise_guard_remove of mm/madvise.c. A page of such a region is EFAULT to a mirror.
 */
import { pteKind, pteWord } from '../../model/pte.ts';
import type { OpResult } from '../event.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { isSpecial, ownAnonVma, type Area } from './areas.ts';
import { isHugetlb } from './hugetlb.ts';
import { isLocked } from './mlock.ts';
import { zapRange } from './unmap.ts';

/** EINVAL for special, locked and hugetlb areas. What is mapped goes first. */
export function installGuards(tx: Tx, area: Area, start: number, end: number, cause: number): OpResult {
  const { space } = area;
  const at = { space, start, pages: end - start };
  if (isSpecial(area) || isHugetlb(area) || isLocked(area))
    return tx.refuse('EINVAL', 'madvise.GUARD_INSTALL', {
      cause,
      at,
      why: 'this kind of mapping has no guard regions',
      fn: 'madvise_guard_install',
    });
  const mapped = tx
    .pages('pte', space)
    .occupied(start, end)
    .some((run) => pteKind(run.values[0] ?? 0) !== 'MARKER_GUARD');
  if (mapped) {
    const zapped = zapRange(tx, 'CLEAR', space, start, end, cause, 'madvise.GUARD_INSTALL');
    if (!isOk(zapped)) return zapped;
  }
  tx.emit({ kind: 'guardsSet', cause, rule: 'madvise.GUARD_INSTALL', at }, (w) => {
    if (area.backing === 'anon') ownAnonVma(w, area.id);
    w.fill('pte', space, start, end, [pteWord('MARKER_GUARD'), 0]);
  });
  return ok;
}

export function removeGuards(tx: Tx, { space }: Area, start: number, end: number, cause: number): OpResult {
  const at = { space, start, pages: end - start };
  tx.emit({ kind: 'guardsRemoved', cause, rule: 'madvise.GUARD_REMOVE', at }, (w) =>
    w.rewrite('pte', space, start, end, (run) =>
      pteKind(run.values[0] ?? 0) === 'MARKER_GUARD' ? null : { values: run.values },
    ),
  );
  return ok;
}
