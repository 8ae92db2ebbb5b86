/**
 * Folios that somebody works on, as I/O does: locked and referenced until that is done.
 *
 *      A SS..  --folioLock [0]; migrateToDevice-->                     A SDDD   migrate_vma_collect_pmd passes it over
 *      A SS..  --folioLock [0]; folioUnlock [0]; migrateToDevice-->    A DDDD
 *
 *      given: mmap heap pages=512 align=512; madvise HUGEPAGE; write
 *      A [S*512]  --folioLock [5]; madvise PAGEOUT-->    A [S*512]   a huge page has one lock
 *
 * Stands for folio_lock and folio_unlock of mm/filemap.c, around a read or a writeback.
 */
import { folioOrder, frameFlag } from '../../model/frame-state.ts';
import { hasFrame } from '../../model/pte.ts';
import type { Hold } from '../../model/world.ts';
import type { OpResult } from '../event.ts';
import type { SpaceSpan } from '../place.ts';
import { ok, type Tx, type Writer } from '../tx.ts';
import { changeFrames, frameAt, isFrame } from './frames.ts';
import { framesOf } from './pin.ts';

/** Sleeps while somebody else has one of them; EFAULT where there is no page. */
export function lockFolios(tx: Tx, { space, start, end }: SpaceSpan): OpResult {
  const at = { space, start, pages: end - start };
  const entries = tx.pages('pte', space).occupied(start, end);
  const there = entries.reduce((sum, run) => sum + (hasFrame(run.values[0] ?? 0) ? run.end - run.start : 0), 0);
  if (there < end - start)
    return tx.refuse('EFAULT', 'folio.lock', { at, why: 'a page of the range has no frame', fn: 'folio_lock' });
  const pages = framesOf(tx, space, start, end);
  if (pages.some((part) => anyLocked(tx, part))) return { blocked: 'folioLock' };
  tx.emit({ kind: 'folioLocked', rule: 'folio.lock', fn: 'folio_lock', at }, (w) => {
    w.put('hold', String(w.count('nextHold', 1)), { space, pin: false, locked: true, pages });
    for (const part of pages) change(w, part, 1);
  });
  return ok;
}

/** Ends what began with the same range; EINVAL where nobody has just these folios locked. */
export function unlockFolios(tx: Tx, { space, start, end }: SpaceSpan): OpResult {
  const at = { space, start, pages: end - start };
  const found = Object.entries(tx.world.records.hold).find(
    ([, held]) =>
      held.locked === true &&
      held.space === space &&
      held.pages[0]?.start === start &&
      held.pages[held.pages.length - 1]?.end === end,
  );
  if (found === undefined)
    return tx.refuse('EINVAL', 'folio.unlock', { at, why: 'nobody locked just these folios', fn: 'folio_unlock' });
  const [key, held] = found;
  tx.emit({ kind: 'folioUnlocked', rule: 'folio.unlock', at }, (w) => {
    w.put('hold', key, null);
    for (const part of held.pages) change(w, part, -1);
  });
  return ok;
}

type Part = Hold['pages'][number];

function anyLocked(tx: Tx, { start, end, frame }: Part): boolean {
  for (let i = 0; frame !== null && i < end - start; i++) {
    const state = frameAt(tx.world, frame + i);
    if (state !== null && isFrame(state, 'locked')) return true;
  }
  return false;
}

function change(w: Writer, { start, end, frame }: Part, by: 1 | -1): void {
  if (frame === null) return;
  const last = frame + (end - start);
  changeFrames(w, frame, last, (f) => ({ ...f, refs: f.refs + by, flags: turn(f.flags, by) }));
  // The lock is of the whole folio, whichever of its pages it was taken by.
  for (let at = frame; at < last; at++) {
    const pages = 2 ** folioOrder(frameAt(w.world, at)?.flags ?? 0);
    const head = at - (at % pages);
    if (pages === 1) continue;
    changeFrames(w, head, head + pages, (f) =>
      2 ** folioOrder(f.flags) === pages ? { ...f, flags: turn(f.flags, by) } : f,
    );
    at = head + pages - 1;
  }
}

const turn = (flags: number, by: 1 | -1): number => (by === 1 ? flags | frameFlag.locked : flags & ~frameFlag.locked);
