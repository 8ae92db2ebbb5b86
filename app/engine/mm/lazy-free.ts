/**
 * Pages that nobody needs any more, but that may stay as long as memory is plentiful (MADV_FREE).
 *
 *      A SSD. gpu0 SSD.  --madvise FREE-->                          A SSD. gpu0 ....   CLEAR; device-private pages stay as they are
 *      A SS..            --madvise FREE; madvise PAGEOUT-->         A ....             reclaim drops them
 *      A SS..            --madvise FREE; write [0]; madvise PAGEOUT-->  A S...         but not what was written since
 *      A ww..            --madvise FREE-->                          A ....             what is in swap goes at once
 *
 * Models madvise_free_single_vma and madvise_free_pte_range of mm/madvise.c.
 */
import { frameFlag } from '../../model/frame-state.ts';
import { pteFlag, pteKind, withFlags } from '../../model/pte.ts';
import type { OpResult } from '../event.ts';
import { isOk, ok, type Tx, type Writer } from '../tx.ts';
import { advisedEntries } from './advised-entries.ts';
import type { Area } from './areas.ts';
import { allFrames, changeFrames, isFrame } from './frames.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';
import { chargeSwap } from './rss.ts';
import { dropSlots, freeSwapCache } from './swap-slots.ts';
import type { FilledRun } from '../../store/run.ts';

/** EINVAL for anything but anonymous memory. */
export function lazyFree(tx: Tx, area: Area, start: number, end: number, cause: number): OpResult {
  const { space } = area;
  const at = { space, start, pages: end - start };
  if (area.backing !== 'anon')
    return tx.refuse('EINVAL', 'madvise.FREE', {
      cause,
      at,
      why: 'only anonymous memory can be freed lazily',
      fn: 'madvise_free_single_vma',
    });
  const range: RangeEvent = { event: 'CLEAR', space, start, end, cause, rule: 'madvise.FREE' };
  const started = rangeStart(tx, range);
  if (!isOk(started)) return started;
  const entries = advisedEntries(tx, space, start, end, cause);
  tx.emit({ kind: 'entriesCleaned', cause, rule: 'madvise.FREE', at }, (w) => {
    for (const run of entries) giveUp(w, space, run);
  });
  rangeEnd(tx, range);
  return ok;
}

/** Present pages of ours alone become clean and may be dropped; swap entries go; others are left alone. */
function giveUp(w: Writer, space: string, run: FilledRun): void {
  const [word = 0, first = 0] = run.values;
  if (pteKind(word) === 'SWAP') {
    chargeSwap(w, space, run.start - run.end);
    dropSlots(w, first, run.end - run.start);
    return w.rewrite('pte', space, run.start, run.end, () => null);
  }
  if (pteKind(word) === 'HWPOISON' || pteKind(word) === 'MARKER_POISONED')
    return w.rewrite('pte', space, run.start, run.end, () => null);
  if (pteKind(word) !== 'PRESENT') return;
  freeSwapCache(w, first, first + (run.end - run.start), (f) => f.maps === 1);
  w.rewrite('pte', space, run.start, run.end, (entry) => ({
    values: [withFlags(entry.values[0] ?? 0, 0, pteFlag.young | pteFlag.dirty), entry.values[1] ?? 0],
  }));
  for (const part of w.world.pages.frame[allFrames]?.occupied(first, first + (run.end - run.start)) ?? [])
    changeFrames(w, part.start, part.end, (f) =>
      f.maps === 1 && !isFrame(f, 'swapCache') ? { ...f, flags: (f.flags & ~frameFlag.dirty) | frameFlag.lazyFree } : f,
    );
}
