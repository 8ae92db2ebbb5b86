/**
 * Entries that an advice about pages is for (COLD, PAGEOUT, FREE): huge ones go as one or are split first.
 *
 *      given: mmap heap pages=512 align=512; madvise HUGEPAGE; write
 *      A [S*512]  --madvise [0] FREE-->                    A S*512     __folio_split: only a part is advised
 *      A [S*512]  --pin [5]; madvise [0] FREE; unpin [5]-->   A [S*512]   held, so that it cannot be split: left alone
 *      A [S*512]  --fork B; madvise [0] FREE-->            A [s*512]   others map it too: left alone
 *
 * Models what madvise_free_huge_pmd of mm/huge_memory.c and madvise_cold_or_pageout_pte_range of mm/madvise.c have in
 * common.
 */
import { frameColumn } from '../../model/frame-state.ts';
import { pmdPages } from '../../model/ids.ts';
import { pteKind, pteLevel } from '../../model/pte.ts';
import { valueAt, type FilledRun } from '../../store/run.ts';
import type { Tx } from '../tx.ts';
import { allFrames } from './frames.ts';
import { blockOf, isHugeAt, splitFolio } from './huge.ts';

/** Entries of [start, end), a huge page of which the range holds a part being split before. */
export function advisedEntries(tx: Tx, space: string, start: number, end: number, cause: number): readonly FilledRun[] {
  for (const block of new Set([blockOf(start), blockOf(end - 1)])) {
    const whole = start <= block && block + pmdPages <= end;
    const [word = 0, frame = 0] = tx.pages('pte', space).get(block) ?? [];
    if (!whole && isHugeAt(tx, space, block) && pteKind(word) === 'PRESENT' && !isShared(tx, frame))
      splitFolio(tx, frame, null, 0, null, cause);
  }
  return tx
    .pages('pte', space)
    .occupied(start, end)
    .flatMap((run) => (pteLevel(run.values[0] ?? 0) === 0 ? [run] : wholeBlocks(tx, run)));
}

/** Some page of the huge page is mapped more than once (folio_maybe_mapped_shared). */
const isShared = (tx: Tx, first: number): boolean =>
  tx
    .pages('frame', allFrames)
    .occupied(first, first + pmdPages)
    .some((run) => (run.values[frameColumn.maps] ?? 0) > 1);

/** Huge entries of a run that lie in it with all their pages and are nobody else's. */
function wholeBlocks(tx: Tx, run: FilledRun): readonly FilledRun[] {
  const blocks: FilledRun[] = [];
  for (let start = blockOf(run.start + pmdPages - 1); start + pmdPages <= run.end; start += pmdPages)
    if (!isShared(tx, valueAt(run, start, 1)))
      blocks.push({ ...run, start, end: start + pmdPages, values: run.values.map((_, c) => valueAt(run, start, c)) });
  return blocks;
}
