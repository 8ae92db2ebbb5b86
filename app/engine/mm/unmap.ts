/**
 * Removing mappings.
 *
 *      A SSD0 pool.gpu0.vram.free 4095  --munmap-->  A .... pool.gpu0.vram.free 4096   zap_pte_range, within UNMAP
 *
 * Models unmap_vmas and zap_pte_range of mm/memory.c. Device-private frames are freed without being copied back.
 */
import { frameColumn } from '../../model/frame-state.ts';
import { countsInMapcount, countsInRss, pteKind } from '../../model/pte.ts';
import { valueAt } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx, type Writer } from '../tx.ts';
import { areaAt, areasIn, removeArea, splitAt } from './areas.ts';
import { allFrames, dropMapping } from './frames.ts';
import { blockOf, isHugeAt, splitAtBorders, splitPmd } from './huge.ts';
import { cutsHugePage, isHugetlb } from './hugetlb.ts';
import { freeTables, reclaimTables } from './page-table-pages.ts';
import { charge, chargeSwap, residentKind } from './rss.ts';
import { dropSlots } from './swap-slots.ts';
import { rangeEnd, rangeStart, type NotifierEvent, type RangeEvent } from './notifier.ts';

/** What goes along with the entries (zap_details). */
export interface ZapDetails {
  /** Guard markers too: they go with their area only. */
  readonly dropMarkers: boolean;
  /** Tables that are empty now too, though their areas stay: only MADV_DONTNEED asks for it. */
  readonly reclaimTables: boolean;
}
/** The areas go as well (unmap_vmas). */
const withAreas: ZapDetails = { dropMarkers: true, reclaimTables: false };
/** The areas stay. */
export const entriesOnly: ZapDetails = { dropMarkers: false, reclaimTables: false };
export const dontNeed: ZapDetails = { dropMarkers: false, reclaimTables: true };

/** zap_pte_range: entries go, and with them mappings, references and resident pages. */
export function zap(w: Writer, space: string, start: number, end: number, dropMarkers: boolean): void {
  for (const run of w.world.pages.pte[space]?.occupied(start, end) ?? []) {
    const word = run.values[0] ?? 0;
    const first = valueAt(run, run.start, 1);
    if (pteKind(word) === 'SWAP') {
      chargeSwap(w, space, run.start - run.end);
      dropSlots(w, first, run.end - run.start);
    }
    if (!countsInRss(word)) continue;
    for (const part of w.world.pages.frame[allFrames]?.occupied(first, first + (run.end - run.start)) ?? []) {
      charge(w, space, residentKind(part.values[frameColumn.flags] ?? 0), -(part.end - part.start));
      if (countsInMapcount(word)) dropMapping(w, part.start, part.end);
    }
  }
  w.rewrite('pte', space, start, end, (run) =>
    dropMarkers || pteKind(run.values[0] ?? 0) !== 'MARKER_GUARD' ? null : { values: run.values },
  );
}

/** zap with its event around it: UNMAP where the areas go too, CLEAR where they stay. */
export function zapRange(
  tx: Tx,
  event: NotifierEvent,
  space: string,
  start: number,
  end: number,
  cause: number | null,
  rule: string,
  details: ZapDetails = event === 'UNMAP' ? withAreas : entriesOnly,
): OpResult {
  const range: RangeEvent = { event, space, start, end, cause, rule };
  const started = rangeStart(tx, range);
  if (!('ok' in started)) return started;
  splitEnds(tx, space, start, end, cause);
  zapEntries(tx, space, start, end, cause, rule, details);
  rangeEnd(tx, range);
  return ok;
}

export function zapEntries(
  tx: Tx,
  space: string,
  start: number,
  end: number,
  cause: number | null,
  rule: string,
  details: ZapDetails = withAreas,
): void {
  tx.emit({ kind: 'zapped', cause, rule, at: { space, start, pages: end - start } }, (w) => {
    zap(w, space, start, end, details.dropMarkers);
    freeTables(w, space, start, end);
    if (details.reclaimTables) reclaimTables(w, space, start, end);
  });
}

/** zap_pmd_range: a huge entry of which only a part goes is split. */
export function splitEnds(tx: Tx, space: string, start: number, end: number, cause: number | null): void {
  for (const [at, page] of [
    [start, start],
    [end, end - 1],
  ] as const) {
    const area = areaAt(tx.world, space, page);
    if (at !== blockOf(at) && isHugeAt(tx, space, page) && !(area !== null && isHugetlb(area)))
      splitPmd(tx, space, blockOf(page), at === end ? blockOf(page) : start, cause);
  }
}

/** Whether the range can be cut out of its areas: EINVAL inside a hugetlb page. */
export function canDetach(tx: Tx, space: string, start: number, end: number, cause: number | null): OpResult {
  const cut = [start, end].find((at) => cutsHugePage(areaAt(tx.world, space, at), at));
  return cut === undefined
    ? ok
    : tx.refuse('EINVAL', 'unmap.hugetlb', {
        cause,
        at: { space, start: cut, pages: 1 },
        why: 'a hugetlb mapping is cut between its huge pages only',
        fn: 'hugetlb_vm_op_split',
      });
}

/** The areas of a range are taken out of the address space (under the mmap write lock). */
export function detachAreas(tx: Tx, space: string, start: number, end: number, cause: number | null): void {
  splitAtBorders(tx, space, start, end, cause);
  tx.emit({ kind: 'vmaRemoved', cause, rule: 'unmap.detach', at: { space, start, pages: end - start } }, (w) => {
    splitAt(w, space, start);
    splitAt(w, space, end);
    for (const area of areasIn(w.world, space, start, end)) removeArea(w, area);
  });
}
