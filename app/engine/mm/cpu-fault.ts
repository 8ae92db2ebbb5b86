/**
 * A CPU access: goes through where the entry permits it, else takes the fault and tries again, as an instruction does.
 *
 *      A ....  --write [0..4)-->  A SSSS   do_anonymous_page
 *      A 00..  --write [0..2)-->  A SS..   do_wp_page, wp_page_copy (CLEAR)
 *      A DDDD  --read [2]-->      A DDSD   do_swap_page, migrate_to_ram
 *
 * Stretches of equal entries are taken together; events of one group stand for one fault after the other.
 * Models handle_mm_fault and do_*_page of mm/memory.c.
 */
import { isDevPrivate, pteFlag, permits, pteKind, pteLevel, withFlags, type PteKind } from '../../model/pte.ts';
import { isFilled, type FilledRun } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import { areaAt, type Area } from './areas.ts';
import { pmdPages } from '../../model/ids.ts';
import { blockOf, hugeAnonymousFault, hugeWriteProtectFault, isPmdNone, isHugeAt, wantsHuge } from './huge.ts';
import { hugetlbFault, isHugetlb, spuriousHugetlbFaults } from './hugetlb.ts';
import { fileFault } from './file-fault.ts';
import { anonymousFault } from './anonymous.ts';
import { restoreExclusive } from './device-exclusive.ts';
import { hugeMigrateToRam, migrateToRam } from './migrate-to-ram.ts';
import { swapIn } from './swap-in.ts';
import { isMissing, isWatched, toHandler } from './userfaultfd.ts';
import { writeProtectFault } from './cow.ts';
import { objectFault } from '../sharing/object-mappings.ts';

export type Access = 'read' | 'write';

/** A stretch of one area whose entries are alike. */
export interface FaultSpan {
  readonly area: Area;
  readonly start: number;
  readonly end: number;
  /** The entries; null: none. */
  readonly run: FilledRun | null;
  readonly access: Access;
  readonly cause: number | null;
  readonly group: number | null;
  /** The fault holds only the lock of its area (a CPU fault's first try), not the mmap lock. */
  readonly vmaLock: boolean;
  /** A kernel caller that may let go of the mmap lock and sleep for a userfaultfd handler. */
  readonly unlockable?: boolean;
}

/** "again": the entry may permit the access now. */
export type FaultOutcome = { readonly again: true } | OpResult;
export const again: FaultOutcome = { again: true };

type Handler = (tx: Tx, fault: FaultSpan) => FaultOutcome;

const wait: Handler = () => ({ blocked: 'migration' });
const bus: Handler = () => ({ signal: 'SIGBUS' });
const segv: Handler = () => ({ signal: 'SIGSEGV' });

/** An entry that only says that nothing can be had here (do_swap_page, handle_pte_marker). */
const marked =
  (signalName: 'SIGSEGV' | 'SIGBUS'): Handler =>
  (tx, { area, start, cause }) => {
    tx.emit({ kind: 'doSwapPage', cause, rule: 'fault.cpu.marker', at: { space: area.space, start, pages: 1 } });
    return { signal: signalName };
  };

/** Anonymous memory, a file behind the area, or a driver's buffer object. */
const firstTouch: Handler = (tx, fault) => {
  if (fault.area.backing === 'pfnmap') return objectFault(tx, fault);
  // Entries of a queue's region are made when it is mapped: once zapped, there is no handler to make them again.
  if (fault.area.backing === 'uacceRegion') return bus(tx, fault);
  if (isMissing(fault.area)) return toHandler(tx, fault, false);
  return fault.area.file === null ? anonymousFault(tx, fault) : fileFault(tx, fault);
};

/** A write to a page that is mapped read only, or that a handler watches. */
const writeToPresent: Handler = (tx, fault) =>
  isWatched(fault.area, fault.run?.values[0] ?? 0) ? toHandler(tx, fault, true) : writeProtectFault(tx, fault);

/** Which path a fault takes, by the entry that stands in the way. */
const handlers: { readonly [K in PteKind]: Handler } = {
  NONE: firstTouch,
  MARKER_UFFD_WP: firstTouch,
  PRESENT: writeToPresent,
  PRESENT_ZERO: writeToPresent,
  PROTNONE: segv,
  SWAP: swapIn,
  MIGRATION_READ: wait,
  MIGRATION_READ_EXCL: wait,
  MIGRATION_WRITE: wait,
  DEVPRIV_READ: migrateToRam,
  DEVPRIV_WRITE: migrateToRam,
  DEVEXCL: restoreExclusive,
  HWPOISON: marked('SIGBUS'),
  MARKER_POISONED: marked('SIGBUS'),
  MARKER_GUARD: marked('SIGSEGV'),
  PFNMAP: objectFault,
};

/** What a huge entry, or the lack of any, leads to first; "fallback": the page is handled by itself. */
function hugeFault(tx: Tx, fault: FaultSpan): FaultOutcome | 'fallback' {
  const { area, run, start } = fault;
  if (run === null && isMissing(area)) return 'fallback';
  if (run === null)
    return area.file === null && wantsHuge(tx, area) && isPmdNone(tx, area.space, blockOf(start))
      ? hugeAnonymousFault(tx, fault)
      : 'fallback';
  const word = run.values[0] ?? 0;
  if (pteLevel(word) === 0) return 'fallback';
  if (isDevPrivate(word)) return hugeMigrateToRam(tx, fault);
  const kind = pteKind(word);
  return kind === 'PRESENT' || kind === 'PRESENT_ZERO' ? hugeWriteProtectFault(tx, fault) : 'fallback';
}

/** The entries of the stretch as they are now: a huge one may have been split. */
function smallRun(tx: Tx, { area, start, end }: FaultSpan): FilledRun | null {
  return tx.pages('pte', area.space).occupied(start, end)[0] ?? null;
}

/** Takes the fault of one stretch (handle_mm_fault). */
function handleFault(tx: Tx, fault: FaultSpan): FaultOutcome {
  if (isHugetlb(fault.area)) return hugetlbFault(tx, fault.area, fault.start, fault.access, fault.cause);
  const huge = hugeFault(tx, fault);
  if (huge !== 'fallback') return huge;
  if (fault.run === null) return firstTouch(tx, fault);
  const word = tx.pages('pte', fault.area.space).get(fault.start)?.[0] ?? 0;
  return handlers[pteKind(word)](tx, { ...fault, run: smallRun(tx, fault) });
}

export interface CpuAccess {
  readonly space: string;
  readonly start: number;
  readonly end: number;
  readonly access: Access;
}

/** Makes every page of the range permit the access. A signal or a wait ends it where it stands. */
export function cpuAccess(tx: Tx, { space, start, end, access }: CpuAccess): OpResult {
  for (let at = start; at < end;) {
    const area = areaAt(tx.world, space, at);
    const place = { space, start: at, pages: 1 };
    if (area === null) return signal(tx, 'SIGSEGV', 'fault.cpu.noArea', place, 'no mapping at this address');
    if (!(access === 'write' ? area.write : area.read))
      return signal(tx, 'SIGSEGV', 'fault.cpu.forbidden', place, `the mapping does not permit a ${access}`);
    const first = tx.pages('pte', space).runs(at, Math.min(end, area.end))[0];
    if (first === undefined) return ok;
    const run = isFilled(first) ? first : null;
    if (run !== null && permits(run.values[0] ?? 0, access)) {
      at = run.end;
      continue;
    }
    const pages = together(tx, area, first.start, run, access, first.end - first.start);
    const group = tx.group(pages);
    const cause = tx.emit({
      kind: 'cpuFault',
      group,
      rule: 'fault.cpu',
      at: { space, start: at, pages },
      args: { access, present: run !== null && permits(run.values[0] ?? 0, 'read') },
    });
    const outcome = handleFault(tx, {
      area,
      start: first.start,
      end: first.start + pages,
      run,
      access,
      cause,
      group,
      vmaLock: true,
    });
    if ('again' in outcome || 'ok' in outcome) continue;
    if ('signal' in outcome)
      return signal(tx, outcome.signal, 'fault.cpu.signal', place, 'the fault could not be resolved', cause);
    return outcome;
  }
  markAccessed(tx, { space, start, end, access });
  return ok;
}

/** How many pages of a stretch fault alike, one after the other: a read of a file maps its neighbours, a driver brings back what it likes. */
function together(tx: Tx, area: Area, start: number, run: FilledRun | null, access: Access, pages: number): number {
  if (isHugetlb(area) || (run !== null && pteLevel(run.values[0] ?? 0) > 0)) return 1;
  if (run === null && wantsHuge(tx, area))
    return isPmdNone(tx, area.space, blockOf(start)) ? 1 : Math.min(pages, blockOf(start) + pmdPages - start);
  const alone = run === null ? area.file !== null && access === 'read' : isDevPrivate(run.values[0] ?? 0);
  return alone ? 1 : pages;
}

/**
 * Faults in pages on behalf of a kernel caller that holds the mmap lock (get_user_pages): as a CPU access, but no CPU
 * faulted. EFAULT where the area does not permit it or the fault fails. `unlockable`: the caller may sleep for a
 * userfaultfd handler.
 */
export function faultIn(
  tx: Tx,
  { space, start, end, access, unlockable = false }: CpuAccess & { readonly unlockable?: boolean },
  cause: number | null,
): OpResult {
  for (let at = start; at < end;) {
    const area = areaAt(tx.world, space, at);
    if (area === null || !(access === 'write' ? area.write : area.read)) return { errno: 'EFAULT' };
    const first = tx.pages('pte', space).runs(at, Math.min(end, area.end))[0];
    if (first === undefined) return ok;
    const run = isFilled(first) ? first : null;
    if (run !== null && permits(run.values[0] ?? 0, access)) {
      at = run.end;
      continue;
    }
    const pages = together(tx, area, first.start, run, access, first.end - first.start);
    const outcome = handleFault(tx, {
      area,
      start: first.start,
      end: first.start + pages,
      run,
      access,
      cause,
      group: tx.group(pages),
      vmaLock: false,
      unlockable,
    });
    if ('again' in outcome || 'ok' in outcome) continue;
    return 'signal' in outcome ? { errno: 'EFAULT' } : outcome;
  }
  return ok;
}

/**
 * handle_mm_fault once for each page of a stretch of one area, whether it needs it or not (hmm_vma_fault): what is
 * there already is left alone.
 */
export function faultEach(
  tx: Tx,
  area: Area,
  start: number,
  end: number,
  access: Access,
  cause: number | null,
  unlockable = false,
): FaultOutcome {
  if (isHugetlb(area)) {
    const outcome = hugetlbFault(tx, area, start, access, cause);
    if ('again' in outcome) spuriousHugetlbFaults(tx, area, start + 1, end, cause);
    return outcome;
  }
  for (let at = start; at < end;) {
    const first = tx.pages('pte', area.space).runs(at, end)[0];
    if (first === undefined) break;
    const run = isFilled(first) ? first : null;
    let pages = first.end - first.start;
    if (run === null || !permits(run.values[0] ?? 0, access)) {
      pages = together(tx, area, at, run, access, pages);
      const outcome = handleFault(tx, {
        area,
        start: at,
        end: at + pages,
        run,
        access,
        cause,
        group: tx.group(pages),
        vmaLock: false,
        unlockable,
      });
      if (!('again' in outcome || 'ok' in outcome)) return outcome;
    }
    at += pages;
  }
  return again;
}

function signal(
  tx: Tx,
  name: 'SIGSEGV' | 'SIGBUS',
  rule: string,
  at: { space: string; start: number; pages: number },
  why: string,
  cause: number | null = null,
): OpResult {
  tx.emit({ kind: 'signalled', cause, rule, at, args: { signal: name, why } });
  return { signal: name };
}

/** The hardware's accessed and dirty bits. */
function markAccessed(tx: Tx, { space, start: first, end: last, access }: CpuAccess): void {
  // A huge entry has one set of bits for all its pages.
  const start = isHugeAt(tx, space, first) ? blockOf(first) : first;
  const end = isHugeAt(tx, space, last - 1) ? blockOf(last - 1) + pmdPages : last;
  const set = access === 'write' ? pteFlag.young | pteFlag.dirty | pteFlag.softDirty : pteFlag.young;
  const stale = tx
    .pages('pte', space)
    .runs(start, end)
    .some((run) => isFilled(run) && ((run.values[0] ?? 0) & set) !== set);
  if (!stale) return;
  tx.emit({ kind: 'accessed', rule: 'access.cpu', at: { space, start, pages: end - start }, args: { access } }, (w) => {
    w.rewrite('pte', space, start, end, (run) => ({
      values: [withFlags(run.values[0] ?? 0, set), run.values[1] ?? 0],
    }));
  });
}
