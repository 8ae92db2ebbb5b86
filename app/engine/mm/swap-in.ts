/**
 * A CPU, a pin or a mirror touches a page that is in swap.
 *
 *      A ww.. space.A.swapped 2  --read-->                       A SS00 space.A.swapped 0   swap_read_folio
 *      A ww.. gpu0 ....          --deviceRead [0..2)-->          A SS.. gpu0 SS..           hmm_range_fault faults it in
 *
 *      given: write; madvise PAGEOUT; fork B
 *      A wwww B wwww   --read [0..2)-->     A ssww B wwww
 *
 * Models do_swap_page of mm/memory.c without its read-ahead. An entry that is known to be the only one is writable
 * again where the area is; of several each gets the same frame, read only, by the swap cache.
 */
import { frameFlag } from '../../model/frame-state.ts';
import { hasFlag, pteFlag, pteWord } from '../../model/pte.ts';
import { valueAt, type FilledRun } from '../../store/run.ts';
import type { Tx, Writer } from '../tx.ts';
import { again, type FaultOutcome, type FaultSpan } from './cpu-fault.ts';
import { writeProtectFault } from './cow.ts';
import { addMapping, allFrames, changeFrames, findFree, frameAt, take } from './frames.ts';
import { poolFor } from './mempolicy.ts';
import { charge, chargeSwap } from './rss.ts';
import { freeSwapCache, isSwapFull, slotColumn, slots, swapArea } from './swap-slots.ts';
import { ownAnonVma } from './areas.ts';

export function swapIn(tx: Tx, fault: FaultSpan): FaultOutcome {
  const { area, start, end, run, access, group } = fault;
  if (run === null) throw new Error('a swap fault needs an entry');
  const at = { space: area.space, start, pages: end - start };
  const cause = tx.emit({
    kind: 'doSwapPage',
    cause: fault.cause,
    group,
    rule: 'fault.cpu.swap',
    at,
    args: { access },
  });
  const missing = readMissing(tx, fault, run, cause);
  if (missing !== null) return missing;
  tx.emit({ kind: 'swapEntryRemoved', cause, group, rule: 'fault.cpu.swap', at }, (w) => {
    const first = valueAt(run, start, 1);
    for (const part of slots(w.world).occupied(first, first + (end - start)))
      mapCachedSlots(w, fault, run.values[0] ?? 0, start + (part.start - first), part);
  });
  if (access === 'read' || !area.write) return again;
  // A page that others have too is copied in the same fault.
  for (const shared of tx.pages('pte', area.space).occupied(start, end)) {
    if (hasFlag(shared.values[0] ?? 0, pteFlag.write)) continue;
    const outcome = writeProtectFault(tx, { ...fault, start: shared.start, end: shared.end, run: shared, cause });
    if (!('again' in outcome)) return outcome;
  }
  return again;
}

/** Slots that no frame caches are read into fresh frames, which enter the swap cache; null: all are there now. */
export function readMissing(tx: Tx, fault: FaultSpan, run: FilledRun, cause: number): FaultOutcome | null {
  const { area, start, end, group } = fault;
  const first = valueAt(run, start, 1);
  for (const part of slots(tx.world).occupied(first, first + (end - start))) {
    if (part.values[slotColumn.frame] !== 0) continue;
    const pages = part.end - part.start;
    const page = start + (part.start - first);
    const at = { space: area.space, start: page, pages };
    const pool = poolFor(tx.world, area);
    const spans = pool === null ? null : findFree(tx.world, pool, pages);
    if (pool === null || spans === null)
      return tx.refuse('ENOMEM', 'fault.cpu.outOfMemory', {
        cause,
        at,
        why: 'no free frame of system memory to read the page into',
        fn: 'do_swap_page',
      });
    tx.emit({ kind: 'swapRead', cause, group, rule: 'fault.cpu.swap', at, args: { slot: part.start } }, (w) => {
      const { count: names = 0, content = 0 } = { count: part.values[0], content: part.values[2] };
      const counts = part.strides[slotColumn.content] ?? 0;
      const flags = frameFlag.swapCache;
      const index = area.pgoff + (page - area.start);
      // What others may map too belongs to the oldest anon_vma, through which all of them are found (__folio_set_anon).
      const own = ownAnonVma(w, area.id);
      const oldest = area.anonVmas[area.anonVmas.length - 1] ?? own;
      const anonVma = hasFlag(run.values[0] ?? 0, pteFlag.exclusive) ? own : oldest;
      const fresh = { flags, refs: 1, maps: 0, pins: 0, anonVma, index, content };
      take(w, pool, spans, fresh, counts === 1);
      let slot = part.start;
      for (const span of spans) {
        const length = span.end - span.start;
        const value = content + (counts === 1 ? slot - part.start : 0);
        const strides = [0, length > 1 ? 1 : 0, length > 1 ? counts : 0];
        w.fill('swapSlot', swapArea, slot, slot + length, [names, span.start, value], strides);
        slot += length;
      }
    });
  }
  return null;
}

/** Entries of the pages from `page` on name the frames that cache the slots; the entries no longer name the slots. */
function mapCachedSlots(w: Writer, { area, access }: FaultSpan, word: number, page: number, part: FilledRun): void {
  const pages = part.end - part.start;
  const frame = part.values[slotColumn.frame] ?? 0;
  dropSlotNames(w, part);
  addMapping(w, frame, frame + pages);
  if (access === 'write' || isSwapFull(w.world)) freeSwapCache(w, frame, frame + pages, (f) => f.refs === 2);
  for (const now of w.world.pages.frame[allFrames]?.occupied(frame, frame + pages) ?? []) {
    const state = frameAt(w.world, now.start);
    const at = page + (now.start - frame);
    const length = now.end - now.start;
    const alone = hasFlag(word, pteFlag.exclusive) || state?.refs === 1;
    const write = alone && area.write && !hasFlag(word, pteFlag.uffdWp);
    const kept = word & (pteFlag.softDirty | pteFlag.uffdWp);
    const written = write && access === 'write' ? pteFlag.dirty : 0;
    w.fill(
      'pte',
      area.space,
      at,
      at + length,
      [pteWord('PRESENT', kept | pteFlag.young | (write ? pteFlag.write : 0) | written), now.start],
      [0, length > 1 ? 1 : 0],
    );
    const own = alone ? frameFlag.anonExclusive : 0;
    changeFrames(w, now.start, now.end, (f) => ({ ...f, flags: f.flags | own }));
  }
  charge(w, area.space, 'anon', pages);
  chargeSwap(w, area.space, -pages);
}

/** The mapping that is about to be made keeps the frames: the slots lose a name, and stay as long as they are cached. */
function dropSlotNames(w: Writer, part: FilledRun): void {
  w.rewrite('swapSlot', swapArea, part.start, part.end, ({ values: [count = 0, ...rest] }) => ({
    values: [count - 1, ...rest],
  }));
}
