/**
 * Transparent huge pages: one entry for 2 MiB, as long as everything about it stays alike.
 *
 *      given: mmap heap pages=512 align=512; madvise HUGEPAGE
 *      A .*512    --write [0]-->      A [S*512]       do_huge_pmd_anonymous_page, where the area is aligned and memory is whole
 *
 *      A [0*512]  --write [0]-->      A [S*512]       do_huge_pmd_wp_page: the huge zero page is replaced, CLEAR around it
 *      A [S*512]  --munmap [2..4)-->  A SS..S*508     __split_huge_pmd first, CLEAR over the 2 MiB
 *
 * Models do_huge_pmd_anonymous_page, do_huge_pmd_wp_page and __split_huge_pmd of mm/huge_memory.c, and
 * vma_adjust_trans_huge of mm/vma.c.
 */
import { folioOrder, frameFlag, readFrame, withOrder, writeFrame, type FrameState } from '../../model/frame-state.ts';
import { pmdPages, pudPages } from '../../model/ids.ts';
import { isMigration, pteFlag, pteKind, pteLevel, pteWord, withFlags, withLevel } from '../../model/pte.ts';
import { isFilled, type FilledRun } from '../../store/run.ts';
import type { Tx, Writer } from '../tx.ts';
import { areaAt, ownAnonVma, type Area } from './areas.ts';
import { again, type FaultOutcome, type FaultSpan } from './cpu-fault.ts';
import { allFrames, changeFrames, findBlock, frameAt, isFrame, systemPool, take } from './frames.ts';
import { poolFor } from './mempolicy.ts';
import { isHugetlb } from './hugetlb.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';
import { hold, moveEntries, rmapOf, setMigrationEntries, unusedToZeroPage, type Mapped } from './rmap.ts';
import { charge } from './rss.ts';

/** First page of the 2 MiB block that a page or frame lies in. */
export const blockOf = (page: number): number => Math.floor(page / pmdPages) * pmdPages;
const hugeOrder = 9;

const holdsBlock = (area: Area, block: number): boolean => area.start <= block && block + pmdPages <= area.end;

/** Whether the machine's setting and the area's advice ask for huge pages. */
export function wantsHuge(tx: Tx, area: Area): boolean {
  if (area.backing !== 'anon' || area.flags.includes('NOHUGEPAGE')) return false;
  const setting = tx.get('settings', 'machine')?.thp ?? 'never';
  return setting === 'always' || (setting === 'madvise' && area.flags.includes('HUGEPAGE'));
}

/** pmd_none: neither a page table nor a huge entry under the block. A table may be there without any entry. */
export const isPmdNone = (tx: Tx, space: string, block: number): boolean =>
  tx.pages('pteTable', space).get(block / pmdPages) === null && !isHugeAt(tx, space, block);

/** do_huge_pmd_anonymous_page; "fallback" where a huge page does not fit or is not to be had. */
export function hugeAnonymousFault(
  tx: Tx,
  { area, start: page, access, cause: from }: FaultSpan,
): FaultOutcome | 'fallback' {
  const { space } = area;
  const block = blockOf(page);
  const cause = tx.emit({
    kind: 'doHugePmdAnonymousPage',
    cause: from,
    rule: 'fault.cpu.huge',
    at: { space, start: page, pages: 1 },
    args: { access },
  });
  if (!holdsBlock(area, block)) return 'fallback';
  const at = { space, start: block, pages: pmdPages };
  if (access === 'read') {
    tx.emit({ kind: 'hugePageMapped', cause, rule: 'fault.cpu.huge.zero', at, fn: 'set_huge_zero_folio' }, (w) => {
      // vmf_anon_prepare comes before the choice of the zero page: a fork copies this area.
      ownAnonVma(w, area.id);
      w.fill('pte', space, block, block + pmdPages, [pteWord('PRESENT_ZERO', pteFlag.young | pteFlag.special, 1), 0]);
    });
    return again;
  }
  return mapFreshBlock(tx, area, block, cause, 'fault.cpu.huge.anonymous') ? again : 'fallback';
}

const writableHuge = pteWord('PRESENT', pteFlag.write | pteFlag.young | pteFlag.dirty | pteFlag.softDirty, 1);

/** A cleared huge page of our own in place of what the block had; false where memory has no whole block. */
function mapFreshBlock(tx: Tx, area: Area, block: number, cause: number, rule: string): boolean {
  const pool = poolFor(tx.world, area);
  const first = pool === null ? null : findBlock(tx.world, pool, pmdPages);
  if (pool === null || first === null) return false;
  const at = { space: area.space, start: block, pages: pmdPages };
  tx.emit({ kind: 'hugePageMapped', cause, rule, at, fn: 'map_anon_folio_pmd', args: { frame: first } }, (w) => {
    const flags = withOrder(frameFlag.anonExclusive, hugeOrder);
    const index = area.pgoff + (block - area.start);
    take(w, pool, [{ start: first, end: first + pmdPages }], {
      flags,
      refs: 1,
      maps: 1,
      pins: 0,
      anonVma: ownAnonVma(w, area.id),
      index,
      content: 0,
    });
    w.fill('pte', area.space, block, block + pmdPages, [writableHuge, first], [0, 1]);
    charge(w, area.space, 'anon', pmdPages);
  });
  return true;
}

/** do_huge_pmd_wp_page: the zero page is replaced, a sole user goes on in place, all else is split and copied page by page. */
export function hugeWriteProtectFault(
  tx: Tx,
  { area, start: page, cause: from }: FaultSpan,
): FaultOutcome | 'fallback' {
  const { space } = area;
  const block = blockOf(page);
  const at = { space, start: block, pages: pmdPages };
  const cause = tx.emit({
    kind: 'doHugePmdWpPage',
    cause: from,
    rule: 'fault.cpu.huge.writeProtect',
    at: { space, start: page, pages: 1 },
  });
  const [word = 0, first = 0] = tx.pages('pte', space).get(block) ?? [];
  if (pteKind(word) === 'PRESENT_ZERO') {
    const pool = poolFor(tx.world, area);
    if (pool !== null && findBlock(tx.world, pool, pmdPages) !== null) {
      const range: RangeEvent = {
        event: 'CLEAR',
        space,
        start: block,
        end: block + pmdPages,
        cause,
        rule: 'fault.cpu.huge.zeroWrite',
      };
      rangeStart(tx, range);
      mapFreshBlock(tx, area, block, cause, 'fault.cpu.huge.zeroWrite');
      rangeEnd(tx, range);
      return again;
    }
  } else if (isSole(tx, first)) {
    tx.emit({ kind: 'wpPageReuse', cause, rule: 'fault.cpu.huge.reuse', at }, (w) => {
      w.fill(
        'pte',
        space,
        block,
        block + pmdPages,
        [withFlags(word, pteFlag.write | pteFlag.young | pteFlag.dirty), first],
        [0, 1],
      );
      changeFrames(w, first, first + pmdPages, (f) => ({ ...f, flags: f.flags | frameFlag.anonExclusive }));
    });
    return again;
  }
  splitPmd(tx, space, block, page, cause);
  return 'fallback';
}

/** Every page of the block is ours alone. */
const isSole = (tx: Tx, first: number): boolean =>
  tx
    .pages('frame', allFrames)
    .occupied(first, first + pmdPages)
    .every((run) => (run.values[0] ?? 0) & frameFlag.anonExclusive || run.values[1] === 1);

/** __split_huge_pmd: the huge entry, if it is one, becomes 512 entries; CLEAR over the 2 MiB in any case. */
export function splitPmd(tx: Tx, space: string, block: number, page: number, from: number | null): void {
  const cause = tx.emit({
    kind: 'splitHugePmd',
    cause: from,
    rule: 'huge.split',
    at: { space, start: page, pages: 1 },
  });
  const range: RangeEvent = { event: 'CLEAR', space, start: block, end: block + pmdPages, cause, rule: 'huge.split' };
  rangeStart(tx, range);
  emitPmdSplit(tx, space, block, cause);
  rangeEnd(tx, range);
}

/** __split_huge_pmd_locked: small entries in place of the huge one. */
function emitPmdSplit(tx: Tx, space: string, block: number, cause: number): void {
  tx.emit({ kind: 'pmdSplit', cause, rule: 'huge.split', at: { space, start: block, pages: pmdPages } }, (w) => {
    w.rewrite('pte', space, block, block + pmdPages, (run) => ({
      values: [withLevel(run.values[0] ?? 0, 0), run.values[1] ?? 0],
    }));
  });
}

/** The entry at a page is a huge one of transparent memory. */
export function isHugeAt(tx: Tx, space: string, page: number): boolean {
  const word = tx.pages('pte', space).column(page, 0);
  return word !== null && pteLevel(word) === 1;
}

/**
 * vma_adjust_trans_huge: where [start, end) will cut an area inside a 2 MiB block that the area holds, the block is
 * split first, huge or not.
 */
export function splitAtBorders(tx: Tx, space: string, start: number, end: number, cause: number | null): void {
  const cut = (at: number, from: number): void => {
    const area = areaAt(tx.world, space, at);
    const block = blockOf(at);
    if (area === null || at === area.start || at === block || isHugetlb(area)) return;
    if (Math.max(area.start, from) <= block && block + pmdPages <= area.end && hasPmdTable(tx, space, block))
      splitPmd(tx, space, block, at, cause);
  };
  cut(start, 0);
  const upper = areaAt(tx.world, space, end);
  // After the first cut the area that is cut at the end starts where the range does.
  cut(end, upper !== null && upper.start < start ? start : 0);
}

/** mm_find_pmd finds one where anything of the gigabyte was ever touched. */
export const hasPmdTable = (tx: Tx, space: string, page: number): boolean =>
  tx.pages('pmdTable', space).get(Math.floor(page / pudPages)) !== null;

/**
 * split_folio of a large folio, however it is mapped: unmapped everywhere, split, mapped again. Pages of system memory
 * that hold nothing but zeroes are given back, and the zero page is mapped instead. A driver is told once for each piece
 * of its own folio. False where somebody holds it; a fault that waits may hold `faultFrame`.
 */
export function splitFolio(
  tx: Tx,
  frame: number,
  device: string | null,
  extra: number,
  faultFrame: number | null,
  cause: number,
): boolean {
  const head = blockOf(frame);
  if (!canSplitFolio(tx, head, faultFrame)) return false;
  const used = tx.pages('frame', allFrames).occupied(head, head + pmdPages);
  tx.emit({ kind: 'folioLocked', cause, rule: 'huge.splitFolio', at: { start: head, pages: pmdPages } }, (w) =>
    hold(w, head, head + pmdPages),
  );
  const places = rmapOf(tx, used[0]?.start ?? head, used[used.length - 1]?.end ?? head);
  for (const place of places) {
    const { space, page, pages } = place;
    const range: RangeEvent = { event: 'CLEAR', space, start: page, end: page + pages, cause, rule: 'huge.splitFolio' };
    rangeStart(tx, range);
    const huge = isHugeAt(tx, space, page) && mapsFolio(tx, place, head).length > 0;
    if (huge) emitPmdSplit(tx, space, blockOf(page), cause);
    setMigrationEntries(tx, place, mapsFolio(tx, place, head), huge, tx.group(pages), cause);
    rangeEnd(tx, range);
  }
  orderFolio(tx, head, device, extra, cause);
  if (device === null) unusedToZeroPage(tx, head, head + pmdPages, cause);
  // Each stretch of frames that one mapping holds is put back by itself.
  const cuts = [
    ...new Set([head, head + pmdPages, ...places.flatMap((place) => [place.frame, place.frame + place.pages])]),
  ].sort((a, b) => a - b);
  for (const [index, start] of cuts.entries()) {
    for (const run of tx.pages('frame', allFrames).occupied(start, cuts[index + 1] ?? start))
      moveEntries(tx, run.start, run.end, run.start, cause);
  }
  return true;
}

/** Nobody else than those who map it has a reference to the folio (folio_expected_ref_count); `faultFrame` is not asked. */
export function canSplitFolio(tx: Tx, frame: number, faultFrame: number | null): boolean {
  const head = blockOf(frame);
  const used = tx.pages('frame', allFrames).occupied(head, head + pmdPages);
  const others = used.filter((run) => faultFrame === null || faultFrame < run.start || run.end <= faultFrame);
  return !others.some((run) => isHeldElsewhere(readFrame(run.values)));
}

/** Somebody else than those who map the page has a reference. */
const isHeldElsewhere = (frame: FrameState): boolean =>
  frame.pins > 0 || frame.refs > frame.maps + (isFrame(frame, 'swapCache') ? 1 : 0) || isFrame(frame, 'locked');

/** Entries of a stretch that map the folio. */
const mapsFolio = (tx: Tx, { space, page, pages }: Mapped, head: number): readonly FilledRun[] =>
  tx
    .pages('pte', space)
    .occupied(page, page + pages)
    .filter((run) => {
      const word = run.values[0] ?? 0;
      const frame = run.values[1] ?? 0;
      return pteKind(word) !== 'PRESENT_ZERO' && !isMigration(word) && frame >= head && frame < head + pmdPages;
    });

/** The folio's frames become folios of their own. */
export function orderFolio(tx: Tx, head: number, device: string | null, pieces: number, cause: number): void {
  const kind = device === null ? 'folioOrdered' : 'folioSplit';
  tx.emit({ kind, cause, rule: 'huge.splitFolio', at: { start: head, pages: pmdPages }, args: { pieces } }, (w) => {
    w.rewrite('frame', allFrames, head, head + pmdPages, (run) => {
      const state = readFrame(run.values);
      return { values: writeFrame({ ...state, flags: withOrder(state.flags, 0) }) };
    });
  });
}

/** The frame is part of a huge folio whose pages are mapped one by one. */
export const isLarge = (tx: Tx, frame: number): boolean => {
  const state = frameAt(tx.world, frame);
  return state !== null && !isFrame(state, 'pageCache') && folioOrder(state.flags) === hugeOrder;
};

/** MADV_COLLAPSE of one block: 512 pages of ours become one huge page, CLEAR around it. */
export function collapse(tx: Tx, area: Area, block: number, cause: number): boolean {
  const { space } = area;
  if (isHugeAt(tx, space, block)) return true;
  const entries = tx.pages('pte', space).runs(block, block + pmdPages);
  const ours = entries.every((run) => run.values !== null && pteKind(run.values[0] ?? 0) === 'PRESENT');
  // A page that somebody holds besides its mappings cannot be replaced (SCAN_PAGE_COUNT).
  const free = entries.filter(isFilled).every((run) =>
    tx
      .pages('frame', allFrames)
      .occupied(run.values[1] ?? 0, (run.values[1] ?? 0) + (run.end - run.start))
      .every((part) => !isHeldElsewhere(readFrame(part.values))),
  );
  const pool = systemPool(tx.world);
  const to = pool === null ? null : findBlock(tx.world, pool, pmdPages);
  if (!ours || !free || pool === null || to === null) return false;
  const range: RangeEvent = {
    event: 'CLEAR',
    space,
    start: block,
    end: block + pmdPages,
    cause,
    rule: 'madvise.COLLAPSE',
  };
  rangeStart(tx, range);
  tx.emit(
    { kind: 'collapsed', cause, rule: 'madvise.COLLAPSE', at: { space, start: block, pages: pmdPages }, args: { to } },
    (w) => {
      const index = area.pgoff + (block - area.start);
      copyToBlock(w, pool, space, block, to, ownAnonVma(w, area.id), index);
      const word = area.write ? writableHuge : withFlags(writableHuge, 0, pteFlag.write);
      w.fill('pte', space, block, block + pmdPages, [word, to], [0, 1]);
    },
  );
  rangeEnd(tx, range);
  return true;
}

/** Contents of the block's pages go to the frames from `to` on; the old frames lose a mapping. */
function copyToBlock(
  w: Writer,
  pool: string,
  space: string,
  block: number,
  to: number,
  anonVma: number,
  index: number,
): void {
  for (const run of w.world.pages.pte[space]?.occupied(block, block + pmdPages) ?? []) {
    const first = run.values[1] ?? 0;
    for (const part of w.world.pages.frame[allFrames]?.occupied(first, first + (run.end - run.start)) ?? []) {
      const offset = run.start - block + (part.start - first);
      const flags = withOrder(frameFlag.anonExclusive | frameFlag.dirty, hugeOrder);
      const span = { start: to + offset, end: to + offset + (part.end - part.start) };
      take(
        w,
        pool,
        [span],
        { flags, refs: 1, maps: 1, pins: 0, anonVma, index: index + offset, content: part.values[6] ?? 0 },
        part.strides[6] === 1,
      );
      changeFrames(w, part.start, part.end, (f) => ({ ...f, refs: f.refs - 1, maps: f.maps - 1 }));
    }
  }
}
