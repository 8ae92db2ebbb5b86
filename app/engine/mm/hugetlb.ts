/**
 * Faults on hugetlb mappings: one entry for a whole huge page, taken from memory at once.
 *
 *      given: mmap heap pages=512 hugetlb=2M
 *      A .*512  --write [0]-->  A [S*512]   hugetlb_no_page: 512 (or 262,144) base pages in one entry
 *
 * Models hugetlb_fault, hugetlb_no_page and hugetlb_wp of mm/hugetlb.c.
 */
import { frameFlag, readFrame, withOrder } from '../../model/frame-state.ts';
import { pmdPages, pudPages } from '../../model/ids.ts';
import { hasFlag, pteFlag, pteWord, pteKind } from '../../model/pte.ts';
import type { Vma } from '../../model/world.ts';
import type { Tx } from '../tx.ts';
import { ownAnonVma, type Area } from './areas.ts';
import { again, type Access, type FaultOutcome } from './cpu-fault.ts';
import { allFrames, changeFrames, dropMapping, findBlock, isFrame, systemPool, take } from './frames.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';
import { charge } from './rss.ts';

export const isHugetlb = (vma: Vma): boolean => vma.backing === 'hugetlb2M' || vma.backing === 'hugetlb1G';
/** Base pages of a huge page of the area. */
export const hugetlbPages = (vma: Vma): number => (vma.backing === 'hugetlb1G' ? pudPages : pmdPages);
const levelOf = (vma: Vma): number => (vma.backing === 'hugetlb1G' ? 2 : 1);

/** A range that starts or ends inside a huge page of an area: such an area cannot be cut there (hugetlb_vm_op_split). */
export const cutsHugePage = (area: Vma | null, ...borders: readonly number[]): boolean =>
  area !== null &&
  isHugetlb(area) &&
  borders.some((at) => area.start < at && at < area.end && at % hugetlbPages(area) !== 0);

/** One fault on the huge page that holds `page`. */
export function hugetlbFault(tx: Tx, area: Area, page: number, access: Access, from: number | null): FaultOutcome {
  const { space } = area;
  const size = hugetlbPages(area);
  const start = Math.floor(page / size) * size;
  const cause = tx.emit({
    kind: 'hugetlbFault',
    cause: from,
    rule: 'fault.cpu.hugetlb',
    at: { space, start: page, pages: 1 },
    args: { access },
  });
  const entry = tx.pages('pte', space).get(start);
  if (entry === null) return noPage(tx, area, start, size, access, cause);
  // VM_FAULT_HWPOISON_LARGE: one bad page takes the huge page with it.
  if (pteKind(entry[0] ?? 0) === 'HWPOISON') return { signal: 'SIGBUS' };
  if (access === 'write' && !hasFlag(entry[0] ?? 0, pteFlag.write))
    return writeProtected(tx, area, start, size, entry[1] ?? 0, cause);
  return again;
}

/** hugetlb_fault for pages whose huge page is there already: called for each, and finds nothing to do. */
export function spuriousHugetlbFaults(tx: Tx, area: Area, start: number, end: number, cause: number | null): void {
  if (start < end)
    tx.emit({
      kind: 'hugetlbFault',
      cause,
      group: tx.group(end - start),
      rule: 'fault.cpu.hugetlb.spurious',
      at: { space: area.space, start, pages: end - start },
    });
}

function noPage(tx: Tx, area: Area, start: number, size: number, access: Access, cause: number): FaultOutcome {
  const { space } = area;
  const at = { space, start, pages: size };
  const pool = systemPool(tx.world);
  const first = pool === null ? null : findBlock(tx.world, pool, size);
  // The pool of huge pages is empty: a huge page is never made of smaller ones.
  if (pool === null || first === null) return { signal: 'SIGBUS' };
  tx.emit(
    {
      kind: 'hugePageMapped',
      cause,
      rule: 'fault.cpu.hugetlb.noPage',
      at,
      fn: 'hugetlb_no_page',
      args: { frame: first },
    },
    (w) => {
      const anonVma = ownAnonVma(w, area.id);
      const flags = withOrder(frameFlag.anonExclusive, levelOf(area) * 9);
      take(w, pool, [{ start: first, end: first + size }], {
        flags,
        refs: 1,
        maps: 1,
        pins: 0,
        anonVma,
        index: area.pgoff + (start - area.start),
        content: 0,
      });
      const write = area.shared || access === 'write' ? pteFlag.write | pteFlag.dirty : 0;
      w.fill(
        'pte',
        space,
        start,
        start + size,
        [pteWord('PRESENT', pteFlag.young | (area.write ? write : 0), levelOf(area)), first],
        [0, 1],
      );
      charge(w, space, 'anon', size);
    },
  );
  return again;
}

/** hugetlb_wp: the sole user writes in place; otherwise the whole huge page is copied, with CLEAR around it. */
function writeProtected(tx: Tx, area: Area, start: number, size: number, frame: number, cause: number): FaultOutcome {
  const { space } = area;
  const at = { space, start, pages: size };
  const sole = tx
    .pages('frame', allFrames)
    .occupied(frame, frame + size)
    .map((run) => readFrame(run.values))
    .every((state) => isFrame(state, 'anonExclusive') || state.refs === 1);
  const word = pteWord('PRESENT', pteFlag.young | pteFlag.write | pteFlag.dirty, levelOf(area));
  if (sole || area.shared) {
    tx.emit({ kind: 'wpPageReuse', cause, rule: 'fault.cpu.hugetlb.reuse', at, fn: 'hugetlb_wp' }, (w) => {
      w.fill('pte', space, start, start + size, [word, frame], [0, 1]);
      if (!area.shared)
        changeFrames(w, frame, frame + size, (f) => ({ ...f, flags: f.flags | frameFlag.anonExclusive }));
    });
    return again;
  }
  const pool = systemPool(tx.world);
  const to = pool === null ? null : findBlock(tx.world, pool, size);
  if (pool === null || to === null) return { signal: 'SIGBUS' };
  const range: RangeEvent = { event: 'CLEAR', space, start, end: start + size, cause, rule: 'fault.cpu.hugetlb.cow' };
  rangeStart(tx, range);
  tx.emit(
    { kind: 'entryReplaced', cause, rule: 'fault.cpu.hugetlb.cow', at, fn: 'hugetlb_wp', args: { from: frame, to } },
    (w) => {
      const contents = w.world.pages.frame[allFrames]?.occupied(frame, frame + size) ?? [];
      const anonVma = ownAnonVma(w, area.id);
      for (const part of contents) {
        const first = to + (part.start - frame);
        const index = area.pgoff + (start - area.start) + (part.start - frame);
        const flags = withOrder(frameFlag.anonExclusive | frameFlag.dirty, levelOf(area) * 9);
        take(
          w,
          pool,
          [{ start: first, end: first + (part.end - part.start) }],
          { flags, refs: 1, maps: 1, pins: 0, anonVma, index, content: part.values[6] ?? 0 },
          part.strides[6] === 1,
        );
      }
      w.fill('pte', space, start, start + size, [word, to], [0, 1]);
      dropMapping(w, frame, frame + size);
    },
  );
  rangeEnd(tx, range);
  return again;
}
