/**
 * Changing the permissions of a range.
 *
 *      A SSD. gpu0 SSD.  --mprotect r-- -->  A ssd. gpu0 ....   PROTECTION_VMA before the entries change
 *      A SS..            --mprotect --- -->  A nn..             no access at all
 *      A ....            --mprotect r-- -->  A ....             silent where nothing of the gigabyte was ever touched
 *
 * Models mprotect_fixup, change_pud_range and change_pte_range of mm/mprotect.c.
 */
import { frameFlag } from '../../model/frame-state.ts';
import { pudPages } from '../../model/ids.ts';
import { pteFlag, pteKind, withFlags, withKind } from '../../model/pte.ts';
import type { Vma } from '../../model/world.ts';
import { valueAt, type FilledRun } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx, type Writer } from '../tx.ts';
import { areaAt, areasIn, splitAt, type Area } from './areas.ts';
import { faultIn } from './cpu-fault.ts';
import { allFrames } from './frames.ts';
import { mergeAreas } from './merge-areas.ts';
import { isLocked } from './mlock.ts';
import { hasPmdTable, splitAtBorders } from './huge.ts';
import { cutsHugePage } from './hugetlb.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';

export interface Protection {
  readonly read: boolean;
  readonly write: boolean;
  readonly exec: boolean;
}

/** ENOMEM at the first hole: the areas before it are changed already. */
export function mprotect(
  tx: Tx,
  space: string,
  start: number,
  end: number,
  protection: Protection,
  cause: number,
): OpResult {
  for (let at = start; at < end;) {
    const area = areaAt(tx.world, space, at);
    if (area === null)
      return tx.refuse('ENOMEM', 'mprotect.hole', {
        cause,
        at: { space, start: at, pages: 1 },
        why: 'the range has a hole; what lies before it is changed already',
        fn: 'do_mprotect_pkey',
      });
    const stop = Math.min(end, area.end);
    if (cutsHugePage(area, at, stop))
      return tx.refuse('EINVAL', 'mprotect.hugetlb', {
        cause,
        at: { space, start: at, pages: stop - at },
        why: 'a hugetlb mapping is cut between its huge pages only; what lies before is changed already',
        fn: 'hugetlb_vm_op_split',
      });
    protectArea(tx, area, at, stop, protection, cause);
    populateLocked(tx, area, at, stop, protection.write, cause);
    at = stop;
  }
  return ok;
}

function protectArea(tx: Tx, area: Area, start: number, end: number, protection: Protection, cause: number): void {
  const { space } = area;
  if (area.read === protection.read && area.write === protection.write && area.exec === protection.exec) return;
  splitAtBorders(tx, space, start, end, cause);
  tx.emit(
    {
      kind: 'vmaProtected',
      cause,
      rule: 'mprotect.area',
      at: { space, start, pages: end - start },
      args: { ...protection },
    },
    (w) => {
      splitAt(w, space, start);
      splitAt(w, space, end);
      for (const part of areasIn(w.world, space, start, end)) {
        const stays = !part.shared && part.file !== null && part.write && !part.flags.includes('ACCOUNT');
        w.patch('vma', part.id, { ...protection, ...(stays ? { flags: [...part.flags, 'ACCOUNT'] } : {}) });
      }
    },
  );
  mergeAreas(tx, space, start, end, cause);
  const from = firstTouched(tx, space, start, end);
  if (from === null) return;
  const range: RangeEvent = { event: 'PROTECTION_VMA', space, start: from, end, cause, rule: 'mprotect.entries' };
  rangeStart(tx, range);
  tx.emit(
    { kind: 'entriesProtected', cause, rule: 'mprotect.entries', at: { space, start: from, pages: end - from } },
    (w) => {
      const vma = areaAt(w.world, space, from);
      if (vma !== null) for (const run of w.world.pages.pte[space]?.occupied(from, end) ?? []) change(w, vma, run);
    },
  );
  rangeEnd(tx, range);
}

/** Locked memory must be there: what becomes writable is copied now, not at the first write. */
function populateLocked(tx: Tx, area: Area, start: number, end: number, write: boolean, cause: number): void {
  if (isLocked(area) && write && !area.write && !area.shared)
    faultIn(tx, { space: area.space, start, end, access: 'write' }, cause);
}

/** change_pud_range: where the event starts; nothing at all is told of gigabytes without a page-table page. */
function firstTouched(tx: Tx, space: string, start: number, end: number): number | null {
  for (let chunk = Math.floor(start / pudPages) * pudPages; chunk < end; chunk += pudPages) {
    if (hasPmdTable(tx, space, chunk)) return Math.max(start, chunk);
  }
  return null;
}

/** change_pte_range: entries follow their area. Write is given only where no copy could be owed (can_change_pte_writable). */
function change(w: Writer, vma: Vma, run: FilledRun): void {
  const word = run.values[0] ?? 0;
  const set = (next: number, start = run.start, end = run.end): void =>
    w.rewrite('pte', vma.space, start, end, (entry) => ({ values: [next, entry.values[1] ?? 0] }));
  switch (pteKind(word)) {
    case 'PRESENT':
    case 'PROTNONE': {
      if (!vma.read && !vma.write && !vma.exec) return set(withKind(withFlags(word, 0, pteFlag.write), 'PROTNONE'));
      const present = withFlags(withKind(word, 'PRESENT'), 0, pteFlag.write);
      if (!vma.write) return set(present);
      const first = valueAt(run, run.start, 1);
      for (const part of w.world.pages.frame[allFrames]?.occupied(first, first + (run.end - run.start)) ?? []) {
        const owed =
          ((part.values[0] ?? 0) & frameFlag.anonExclusive) === 0 &&
          !(vma.shared && (vma.backing === 'shmem' || (word & pteFlag.dirty) !== 0));
        const start = run.start + (part.start - first);
        set(owed ? present : withFlags(present, pteFlag.write), start, start + (part.end - part.start));
      }
      return;
    }
    case 'DEVPRIV_WRITE':
      return vma.write ? undefined : set(withKind(word, 'DEVPRIV_READ'));
    case 'MIGRATION_WRITE':
      return vma.write ? undefined : set(withKind(word, vma.shared ? 'MIGRATION_READ' : 'MIGRATION_READ_EXCL'));
    default:
      return;
  }
}
