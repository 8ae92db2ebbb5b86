/**
 * Faults on mappings of files and of shared memory.
 *
 *      given: file log pages=4; mmap heap pages=4 file=log shared=true
 *      A ....  --read [0]-->   A ffff   do_read_fault: what the page cache has around the fault is mapped with it, read only
 *      A ....  --write [0]-->  A F...   do_shared_fault: the page of the cache itself, writable
 *
 *      given: mmap heap pages=4 shared=true; write; madvise PAGEOUT
 *      A .... swapArea.swap0.free 4092  --read [0]-->  A F... swapArea.swap0.free 4093   filemap_add_folio: read from its slot
 *
 *      given: file log pages=4; mmap heap pages=4 file=log
 *      A ....  --write [0]-->  A S...   do_cow_fault: a copy; nothing was mapped, so no mirror holds anything
 *
 * Models do_fault, do_read_fault, do_cow_fault, do_shared_fault and do_fault_around of mm/memory.c.
 */
import { frameColumn, frameFlag } from '../../model/frame-state.ts';
import { pmdPages } from '../../model/ids.ts';
import { pteFlag, pteWord } from '../../model/pte.ts';
import type { Tx, Writer } from '../tx.ts';
import { ownAnonVma, type Area } from './areas.ts';
import { again, type FaultOutcome, type FaultSpan } from './cpu-fault.ts';
import { addMapping, allFrames, findFree, frameAt, isFrame, systemPool, take } from './frames.ts';
import { charge } from './rss.ts';
import { dropSlots, slotColumn, slots } from './swap-slots.ts';
import { isFilled } from '../../store/run.ts';

/** Pages of a window that a read fault maps (fault_around_bytes, 64 KiB). */
const aroundPages = 16;

const indexOf = (area: Area, page: number): number => area.pgoff + (page - area.start);

export function fileFault(tx: Tx, fault: FaultSpan): FaultOutcome {
  return fault.access === 'read' ? readFaults(tx, fault) : writeFaults(tx, fault);
}

/** The frame that the page cache has for a page, or null. */
const cached = (w: Writer | Tx, area: Area, page: number): number | null =>
  w.world.pages.pageCache[area.file ?? '']?.column(indexOf(area, page), 0) ?? null;

const isLocked = (w: Writer | Tx, frame: number): boolean => {
  const state = frameAt(w.world, frame);
  return state !== null && isFrame(state, 'locked');
};

/** Read faults one after the other: what the first maps around itself does not fault any more. */
function readFaults(tx: Tx, fault: FaultSpan): FaultOutcome {
  const { area } = fault;
  // Shared memory needs no note of the first write, so that even a read maps it writable (vma_wants_writenotify).
  const writable = area.shared && area.write && tx.get('file', area.file ?? '')?.shmem === true ? pteFlag.write : 0;
  for (let page = fault.start; page < fault.end; page++) {
    if (tx.pages('pte', area.space).has(page)) continue;
    const found = provide(tx, area, page, page + 1, fault.cause, null);
    if (found !== null) return found;
    const at = { space: area.space, start: page, pages: 1 };
    const cause = tx.emit({ kind: 'doFault', cause: fault.cause, rule: 'fault.cpu.file', at });
    tx.emit({ kind: 'doReadFault', cause, rule: 'fault.cpu.file.read', at }, (w) => {
      const [from, to] = faultWindow(page, area.start, area.end);
      for (let around = from; around < to; around++) {
        const frame = cached(w, area, around);
        if (frame === null || isLocked(w, frame) || (w.world.pages.pte[area.space]?.has(around) ?? false)) continue;
        mapCached(
          w,
          area,
          around,
          around + 1,
          frame,
          pteWord('PRESENT', writable | (around === page ? pteFlag.young : 0)),
        );
      }
    });
  }
  return again;
}

/** do_fault_around: a window aligned to its size, cut where the area [start, end) and the page-table page end. */
export function faultWindow(page: number, start: number, end: number): readonly [number, number] {
  const aligned = Math.floor(page / aroundPages) * aroundPages;
  const from = Math.max(aligned, start, Math.floor(page / pmdPages) * pmdPages);
  return [from, Math.min(from + aroundPages, end, (Math.floor(page / pmdPages) + 1) * pmdPages)];
}

/** The page cache gets what it lacks: shared memory a cleared page; beyond the end of a file there is nothing to get. */
function provide(
  tx: Tx,
  area: Area,
  start: number,
  end: number,
  cause: number | null,
  group: number | null,
): FaultOutcome | null {
  const name = area.file ?? '';
  const file = tx.get('file', name);
  if (file === null || indexOf(area, end - 1) >= file.pages) return { signal: 'SIGBUS' };
  for (let page = start; page < end; page++) {
    const present = cached(tx, area, page);
    // A migration holds the folio: filemap_fault waits, and finds another folio in the cache afterwards.
    if (present !== null && isLocked(tx, present)) return { blocked: 'folioLock' };
    if (present !== null) continue;
    let upto = page + 1;
    while (upto < end && cached(tx, area, upto) === null) upto++;
    const index = indexOf(area, page);
    const stored = storedAt(tx, name, index, index + (upto - page));
    upto = page + (stored.end - index);
    const pool = systemPool(tx.world);
    const spans = pool === null ? null : findFree(tx.world, pool, upto - page);
    if (pool === null || spans === null)
      return tx.refuse('ENOMEM', 'fault.cpu.outOfMemory', {
        cause,
        at: { space: area.space, start: page, pages: 1 },
        why: 'no free frame for the page cache',
        fn: 'filemap_add_folio',
      });
    tx.emit(
      {
        kind: 'pageCached',
        cause,
        group,
        rule: 'fault.cpu.file.cache',
        at: { space: area.space, start: page, pages: upto - page },
        args: { from: stored.from },
      },
      (w) => {
        const flags = frameFlag.pageCache | (file.shmem ? frameFlag.swapBacked : 0);
        // Shared memory that was in swap is dirty: its slots go at once.
        const dirty = stored.slot === null ? 0 : frameFlag.dirty;
        const held = { flags: flags | dirty, refs: 1, maps: 0, pins: 0, anonVma: file.number, index };
        take(w, pool, spans, { ...held, content: stored.content }, stored.counts);
        if (stored.slot !== null) {
          w.fill('shmemSlot', name, index, stored.end, null);
          dropSlots(w, stored.slot, stored.end - index);
        }
        if (stored.from === 'disk') w.fill('fileBlock', name, index, stored.end, null);
        let at = index;
        for (const span of spans) {
          const length = span.end - span.start;
          w.fill('pageCache', name, at, at + length, [span.start], [length > 1 ? 1 : 0]);
          at += length;
        }
      },
    );
    page = upto - 1;
  }
  return null;
}

/** Where pages from `index` on are that the page cache does not have, as far as it is the same place. */
interface Stored {
  readonly end: number;
  readonly from: 'nowhere' | 'swap' | 'disk';
  readonly slot: number | null;
  readonly content: number;
  readonly counts: boolean;
}

function storedAt(tx: Tx, name: string, index: number, last: number): Stored {
  const [inSwap] = tx.pages('shmemSlot', name).runs(index, last);
  if (inSwap !== undefined && isFilled(inSwap)) {
    const slot = inSwap.values[0] ?? 0;
    const [part] = slots(tx.world).runs(slot, slot + (inSwap.end - index));
    const end = part === undefined ? inSwap.end : index + (part.end - slot);
    const content = part?.values?.[slotColumn.content] ?? 0;
    return { end, from: 'swap', slot, content, counts: part?.strides?.[slotColumn.content] === 1 };
  }
  const upto = inSwap?.end ?? last;
  const [onDisk] = tx.pages('fileBlock', name).runs(index, upto);
  if (onDisk !== undefined && isFilled(onDisk))
    return {
      end: onDisk.end,
      from: 'disk',
      slot: null,
      content: onDisk.values[0] ?? 0,
      counts: onDisk.strides[0] === 1,
    };
  return { end: onDisk?.end ?? upto, from: 'nowhere', slot: null, content: 0, counts: false };
}

/** Maps frames of the page cache that count up from `frame` on. */
function mapCached(w: Writer, area: Area, start: number, end: number, frame: number, word: number): void {
  const pages = end - start;
  w.fill('pte', area.space, start, end, [word, frame], [0, pages > 1 ? 1 : 0]);
  addMapping(w, frame, frame + pages);
  charge(w, area.space, w.get('file', area.file ?? '')?.shmem === true ? 'shmem' : 'file', pages);
}

function writeFaults(tx: Tx, fault: FaultSpan): FaultOutcome {
  const { area, start, end, group } = fault;
  const at = { space: area.space, start, pages: end - start };
  const missing = provide(tx, area, start, end, fault.cause, group);
  if (missing !== null) return missing;
  const cause = tx.emit({ kind: 'doFault', cause: fault.cause, group, rule: 'fault.cpu.file', at });
  if (area.shared) {
    tx.emit({ kind: 'doSharedFault', cause, group, rule: 'fault.cpu.file.shared', at }, (w) => {
      for (const run of w.world.pages.pageCache[area.file ?? '']?.occupied(indexOf(area, start), indexOf(area, end)) ??
        []) {
        const page = area.start + (run.start - area.pgoff);
        mapCached(
          w,
          area,
          page,
          page + (run.end - run.start),
          run.values[0] ?? 0,
          pteWord('PRESENT', pteFlag.write | pteFlag.young | pteFlag.dirty),
        );
      }
    });
    return again;
  }
  const pool = systemPool(tx.world);
  const spans = pool === null ? null : findFree(tx.world, pool, end - start);
  if (pool === null || spans === null)
    return tx.refuse('ENOMEM', 'fault.cpu.outOfMemory', {
      cause,
      at,
      why: 'no free frame of system memory to copy to',
      fn: 'do_cow_fault',
    });
  tx.emit({ kind: 'doCowFault', cause, group, rule: 'fault.cpu.file.cow', at }, (w) => {
    const anonVma = ownAnonVma(w, area.id);
    let page = start;
    for (const span of spans) {
      for (let frame = span.start; frame < span.end; frame++, page++) {
        const source = cached(w, area, page);
        const content =
          source === null ? 0 : (w.world.pages.frame[allFrames]?.column(source, frameColumn.content) ?? 0);
        take(w, pool, [{ start: frame, end: frame + 1 }], {
          flags: frameFlag.anonExclusive | frameFlag.dirty,
          refs: 1,
          maps: 1,
          pins: 0,
          anonVma,
          index: indexOf(area, page),
          content,
        });
        w.fill('pte', area.space, page, page + 1, [
          pteWord('PRESENT', pteFlag.write | pteFlag.young | pteFlag.dirty),
          frame,
        ]);
      }
    }
    charge(w, area.space, 'anon', end - start);
  });
  return again;
}
