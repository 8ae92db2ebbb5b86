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
import { pteFlag, pteKind, withFlags } from '../../model/pte.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import type { Area } from './areas.ts';
import { allFrames } from './frames.ts';
import { splitFolio, blockOf, isHugeAt } from './huge.ts';
import { isHugetlb } from './hugetlb.ts';
import { pmdPages } from '../../model/ids.ts';
import { shrinkFrames } from './reclaim.ts';
import { readMissing } from './swap-in.ts';
import type { Span } from '../../base/span.ts';

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
  if (isHugetlb(area) || area.flags.includes('LOCKED') || area.flags.includes('PFNMAP'))
    return tx.refuse('EINVAL', `madvise.${advice}`, {
      cause,
      at,
      why: 'pages of this mapping are not reclaimed',
      fn: 'can_madv_lru_vma',
    });
  splitPartly(tx, space, start, end, cause);
  const own = ownFrames(tx, space, start, end);
  tx.emit({ kind: 'entriesAged', cause, rule: `madvise.${advice}`, at }, (w) =>
    w.rewrite('pte', space, start, end, ({ values: [word = 0, frame = 0] }) => ({
      values: [pteKind(word) === 'PRESENT' ? withFlags(word, 0, pteFlag.young) : word, frame],
    })),
  );
  if (advice === 'PAGEOUT') for (const span of own) shrinkFrames(tx, span.start, span.end, cause);
  return ok;
}

/** A huge page of which only a part is advised is split first. */
function splitPartly(tx: Tx, space: string, start: number, end: number, cause: number): void {
  for (const block of new Set([blockOf(start), blockOf(end - 1)])) {
    const page = Math.max(start, block);
    const [word = 0, frame = 0] = tx.pages('pte', space).get(page) ?? [];
    const whole = start <= block && block + pmdPages <= end;
    if (!whole && isHugeAt(tx, space, page) && pteKind(word) === 'PRESENT') splitFolio(tx, frame, null, 0, null, cause);
  }
}

/** Frames that present entries of the range map and nobody else does, in the order of the pages. */
function ownFrames(tx: Tx, space: string, start: number, end: number): readonly Span[] {
  return tx
    .pages('pte', space)
    .occupied(start, end)
    .filter((run) => pteKind(run.values[0] ?? 0) === 'PRESENT' || pteKind(run.values[0] ?? 0) === 'PROTNONE')
    .flatMap((run) => {
      const first = run.values[1] ?? 0;
      return tx
        .pages('frame', allFrames)
        .occupied(first, first + (run.end - run.start))
        .filter((part) => part.values[2] === 1)
        .map((part) => ({ start: part.start, end: part.end }));
    });
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
