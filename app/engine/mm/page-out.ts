/**
 * Advice about pages that will not be needed soon, or will be.
 *
 *      A SSD0 gpu0 SSDs  --madvise COLD-->      A SSD0 gpu0 SSDs   marks are taken off; nobody is told
 *      A SSD0 gpu0 SSDs  --madvise PAGEOUT-->   A wwD0 gpu0 ..Ds   CLEAR for each page: reclaimed now
 *      A ww..            --madvise WILLNEED-->  A ww..             swap_read_folio: in the swap cache, not mapped yet
 *
 * Models madvise_cold_or_pageout_pte_range and madvise_willneed of mm/madvise.c. A page that others map too is left
 * alone, as is what is not present.
 */
import { frameColumn } from '../../model/frame-state.ts';
import { pteFlag, pteKind, withFlags } from '../../model/pte.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import { advisedEntries } from './advised-entries.ts';
import type { Area } from './areas.ts';
import { allFrames } from './frames.ts';
import { isHugetlb } from './hugetlb.ts';
import { isLocked } from './mlock.ts';
import { shrinkFrames } from './reclaim.ts';
import { readMissing } from './swap-in.ts';
import type { FilledRun } from '../../store/run.ts';

/** EINVAL for huge TLB pages, locked and raw mappings. */
export function advise(
  tx: Tx,
  area: Area,
  start: number,
  end: number,
  advice: 'COLD' | 'PAGEOUT',
  cause: number,
): OpResult {
  const { space } = area;
  const at = { space, start, pages: end - start };
  if (isHugetlb(area) || isLocked(area) || area.flags.includes('PFNMAP'))
    return tx.refuse('EINVAL', `madvise.${advice}`, {
      cause,
      at,
      why: 'pages of this mapping are not reclaimed',
      fn: 'can_madv_lru_vma',
    });
  const own = advisedEntries(tx, space, start, end, cause).flatMap((run) => ownFrames(tx, run));
  if (advice === 'PAGEOUT') {
    for (const { frame, pages } of own) shrinkFrames(tx, frame, frame + pages, cause);
    return ok;
  }
  tx.emit({ kind: 'entriesAged', cause, rule: 'madvise.COLD', at }, (w) => {
    for (const { page, pages } of own)
      w.rewrite('pte', space, page, page + pages, ({ values: [word = 0, frame = 0] }) => ({
        values: [withFlags(word, 0, pteFlag.young), frame],
      }));
  });
  return ok;
}

interface Own {
  readonly page: number;
  readonly frame: number;
  readonly pages: number;
}

/** Pages of a stretch of present entries that nobody else maps. */
function ownFrames(tx: Tx, run: FilledRun): readonly Own[] {
  const kind = pteKind(run.values[0] ?? 0);
  if (kind !== 'PRESENT' && kind !== 'PROTNONE') return [];
  const first = run.values[1] ?? 0;
  return tx
    .pages('frame', allFrames)
    .occupied(first, first + (run.end - run.start))
    .filter((part) => part.values[frameColumn.maps] === 1)
    .map((part) => ({
      page: run.start + (part.start - first),
      frame: part.start,
      pages: part.end - part.start,
    }));
}

/** Pages in swap are read ahead into the swap cache; the next access finds them there. */
export function readAhead(tx: Tx, area: Area, start: number, end: number, cause: number): OpResult {
  for (const run of tx.pages('pte', area.space).occupied(start, end)) {
    if (pteKind(run.values[0] ?? 0) !== 'SWAP') continue;
    const group = tx.group(run.end - run.start);
    const span = { area, start: run.start, end: run.end, run, access: 'read', cause, group, vmaLock: false } as const;
    // Reading ahead is a favour: without a free frame nothing is read.
    readMissing(tx, span, run, cause);
  }
  return ok;
}
