/**
 * Faults that a program resolves itself.
 *
 *      given: userfaultfd missing
 *      A ....  --read [1]! waits-->              A ....   handle_userfault: the thread sleeps until its handler answers
 *      A ....  --read [1]; uffdCopy [1]-->       A .S..   mfill_atomic_pte_copy: no mirror is told, nothing was mapped
 *      A ....  --uffdZeropage [1]-->             A .0..   mfill_atomic_pte_zeropage
 *      A ....  --uffdPoison [1]; read [1]! SIGBUS-->   A .!..   mfill_atomic_pte_poison
 *      A ....  --migrateToDevice-->              A ....   a hole that a handler waits for is not filled
 *
 *      given: write [0..2); deviceRead [0..2); userfaultfd wp
 *      A SS.. gpu0 SS..  --uffdWriteProtect-->             A ss.. gpu0 ....   PROTECTION_VMA; what is not there gets a marker
 *      A SS.. gpu0 SS..  --uffdWriteProtect; write [0]! waits-->   A ss.. gpu0 ....   handle_userfault
 *      A SS.. gpu0 SS..  --uffdWriteProtect; write [0]; uffdWriteProtect [0] on=false-->   A Ss.. gpu0 ....
 *
 * Models handle_userfault of fs/userfaultfd.c, mfill_atomic and mwriteprotect_range of mm/userfaultfd.c. A mirror or a
 * pin does not wait: EFAULT, unless the mirror may let go of the mmap lock.
 */
import { frameFlag } from '../../model/frame-state.ts';
import { pudPages } from '../../model/ids.ts';
import { hasFlag, pteFlag, pteKind, pteWord, withFlags } from '../../model/pte.ts';
import { isFilled } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import type { SpaceSpan } from '../place.ts';
import { ok, type Tx, type Writer } from '../tx.ts';
import { areaAt, areasIn, ownAnonVma, splitAt, type Area } from './areas.ts';
import type { FaultOutcome, FaultSpan } from './cpu-fault.ts';
import { allFrames, findFree, systemPool, take } from './frames.ts';
import { splitAtBorders } from './huge.ts';
import { mergeAreas } from './merge-areas.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';
import { charge } from './rss.ts';

const flagOf = { missing: 'UFFD_MISSING', wp: 'UFFD_WP' } as const;
export type UffdMode = keyof typeof flagOf;

/** UFFDIO_REGISTER with modes, UFFDIO_UNREGISTER with none: flags of the areas; what waited is woken. */
export function registerUffd(tx: Tx, { space, start, end }: SpaceSpan, modes: readonly UffdMode[]): OpResult {
  const at = { space, start, pages: end - start };
  const cause = tx.emit({ kind: 'userfaultfd', rule: 'uffd.register', at, args: { modes: [...modes] } });
  if (
    areasIn(tx.world, space, start, end).some((area) =>
      ['pfnmap', 'devicePages', 'hugetlb2M', 'hugetlb1G'].includes(area.backing),
    )
  )
    return tx.refuse('EINVAL', 'uffd.register', {
      cause,
      at,
      why: 'this mapping cannot have a handler',
      fn: 'vma_can_userfault',
    });
  splitAtBorders(tx, space, start, end, cause);
  if (!modes.includes('wp')) protect(tx, { space, start, end }, false, cause);
  const flags = modes.map((mode) => flagOf[mode]);
  tx.emit({ kind: 'vmaFlags', cause, rule: 'uffd.register', at, fn: 'userfaultfd_register', args: { flags } }, (w) => {
    splitAt(w, space, start);
    splitAt(w, space, end);
    for (const area of areasIn(w.world, space, start, end))
      w.patch('vma', area.id, { flags: [...area.flags.filter((flag) => !flag.startsWith('UFFD_')), ...flags] });
  });
  mergeAreas(tx, space, start, end, cause);
  if (modes.length === 0) wake(tx, space, start, end, cause);
  return ok;
}

/** The fault goes to the handler, and the thread sleeps; a caller that cannot sleep gets a SIGBUS (EFAULT). */
export function toHandler(tx: Tx, fault: FaultSpan, protectedPage: boolean): FaultOutcome {
  const { area, start, access, cause, vmaLock } = fault;
  if (!vmaLock && fault.unlockable !== true) return { signal: 'SIGBUS' };
  const at = { space: area.space, start, pages: 1 };
  tx.emit({ kind: 'userfault', cause, rule: 'uffd.fault', at, args: { access, protected: protectedPage } }, (w) =>
    w.put('userfault', String(w.count('nextUserfault', 1)), {
      space: area.space,
      page: start,
      by: tx.by,
      write: access === 'write',
      protectedPage,
    }),
  );
  return { blocked: 'userfault' };
}

/** First touch of a page that a handler provides. */
export const isMissing = (area: Area): boolean => area.flags.includes('UFFD_MISSING');
/** A write to a page that a handler watches. */
export const isWatched = (area: Area, word: number): boolean =>
  area.flags.includes('UFFD_WP') && hasFlag(word, pteFlag.uffdWp);

/** The handler has answered for a range: whoever waits for a page of it tries again. */
function wake(tx: Tx, space: string, start: number, end: number, cause: number): void {
  const waiting = Object.entries(tx.world.records.userfault).filter(
    ([, fault]) => fault.space === space && start <= fault.page && fault.page < end,
  );
  if (waiting.length === 0) return;
  tx.emit({ kind: 'userfaultWoken', cause, rule: 'uffd.wake', at: { space, start, pages: end - start } }, (w) => {
    for (const [key] of waiting) w.put('userfault', key, null);
  });
}

export type Fill =
  | { readonly kind: 'copy'; readonly value: number; readonly count: boolean }
  | { readonly kind: 'zeropage' }
  | { readonly kind: 'poison' };

const fills = {
  copy: 'mfill_atomic_pte_copy',
  zeropage: 'mfill_atomic_pte_zeropage',
  poison: 'mfill_atomic_pte_poison',
} as const;

/** UFFDIO_COPY, ZEROPAGE and POISON. ENOENT: no handler is registered here; EEXIST: something is there already. */
export function fill(tx: Tx, { space, start, end }: SpaceSpan, what: Fill): OpResult {
  const at = { space, start, pages: end - start };
  const fn = fills[what.kind];
  const area = areaAt(tx.world, space, start);
  if (
    area === null ||
    end > area.end ||
    area.backing !== 'anon' ||
    !area.flags.some((flag) => flag.startsWith('UFFD_'))
  )
    return tx.refuse('ENOENT', 'uffd.fill.area', { at, why: 'no handler is registered for anonymous memory here', fn });
  if (
    tx
      .pages('pte', space)
      .occupied(start, end)
      .some((run) => pteKind(run.values[0] ?? 0) !== 'MARKER_UFFD_WP')
  )
    return tx.refuse('EEXIST', 'uffd.fill.there', { at, why: 'a page is there already', fn });
  const pages = end - start;
  const pool = systemPool(tx.world);
  const spans = pool === null || what.kind !== 'copy' ? [] : findFree(tx.world, pool, pages);
  if (pool === null || spans === null) return tx.refuse('ENOMEM', 'uffd.fill.memory', { at, why: 'no free frame', fn });
  const held = what.kind === 'copy' ? { value: what.value, counting: what.count } : {};
  const args = { with: what.kind, ...held };
  const cause = tx.emit({ kind: 'userfaultFilled', rule: 'uffd.fill', at, fn, args }, (w) => {
    if (what.kind === 'poison') return w.fill('pte', space, start, end, [pteWord('MARKER_POISONED'), 0]);
    if (what.kind === 'zeropage')
      return w.fill('pte', space, start, end, [pteWord('PRESENT_ZERO', pteFlag.special), 0]);
    const flags = frameFlag.anonExclusive | frameFlag.dirty;
    const index = area.pgoff + (start - area.start);
    const anonVma = ownAnonVma(w, area.id);
    take(w, pool, spans, { flags, refs: 1, maps: 1, pins: 0, anonVma, index, content: what.value }, what.count);
    const word = pteWord('PRESENT', pteFlag.dirty | (area.write ? pteFlag.write : 0));
    let page = start;
    for (const span of spans) {
      const length = span.end - span.start;
      w.fill('pte', space, page, page + length, [word, span.start], [0, length > 1 ? 1 : 0]);
      page += length;
    }
    charge(w, space, 'anon', pages);
  });
  wake(tx, space, start, end, cause);
  return ok;
}

/** UFFDIO_WRITEPROTECT: watch the writes of a range, or no longer. ENOENT: no handler is registered for that here. */
export function writeProtect(tx: Tx, span: SpaceSpan, on: boolean): OpResult {
  const { space, start, end } = span;
  const at = { space, start, pages: end - start };
  if (!areasIn(tx.world, space, start, end).every((area) => area.flags.includes('UFFD_WP')))
    return tx.refuse('ENOENT', 'uffd.writeProtect', {
      at,
      why: 'no handler watches writes here',
      fn: 'mwriteprotect_range',
    });
  const cause = tx.emit({ kind: 'userfaultWriteProtect', rule: 'uffd.writeProtect', at, args: { on } });
  protect(tx, span, on, cause);
  if (!on) wake(tx, space, start, end, cause);
  return ok;
}

/** change_protection with MM_CP_UFFD_WP: PROTECTION_VMA from the first gigabyte on that has anything. */
function protect(tx: Tx, { space, start, end }: SpaceSpan, on: boolean, cause: number): void {
  const table = tx.pages('pte', space);
  let from: number | null = null;
  for (let chunk = Math.floor(start / pudPages) * pudPages; chunk < end && from === null; chunk += pudPages) {
    const next = table.next(chunk);
    if (next !== null && next < chunk + pudPages) from = Math.max(start, chunk);
  }
  if (
    !on &&
    !table
      .occupied(start, end)
      .some((run) => hasFlag(run.values[0] ?? 0, pteFlag.uffdWp) || isMarker(run.values[0] ?? 0))
  )
    return;
  if (from === null && !on) return;
  const first = from ?? start;
  const range: RangeEvent = { event: 'PROTECTION_VMA', space, start: first, end, cause, rule: 'uffd.writeProtect' };
  if (from !== null) rangeStart(tx, range);
  tx.emit(
    { kind: 'entriesProtected', cause, rule: 'uffd.writeProtect', at: { space, start: first, pages: end - first } },
    (w) => {
      for (const run of w.world.pages.pte[space]?.runs(start, end) ?? []) {
        if (isFilled(run)) changeRun(w, space, run.start, run.end, run.values[0] ?? 0, on);
        else if (on) w.fill('pte', space, run.start, run.end, [pteWord('MARKER_UFFD_WP'), 0]);
      }
    },
  );
  if (from !== null) rangeEnd(tx, range);
}

const isMarker = (word: number): boolean => pteKind(word) === 'MARKER_UFFD_WP';

function changeRun(w: Writer, space: string, start: number, end: number, word: number, on: boolean): void {
  if (isMarker(word)) return on ? undefined : w.fill('pte', space, start, end, null);
  const kind = pteKind(word);
  if (kind === 'MARKER_POISONED' || kind === 'MARKER_GUARD' || kind === 'HWPOISON') return;
  w.rewrite('pte', space, start, end, ({ values: [now = 0, frame = 0] }) => {
    if (on) return { values: [withFlags(now, pteFlag.uffdWp, pteFlag.write), frame] };
    const own = ((w.world.pages.frame[allFrames]?.column(frame, 0) ?? 0) & frameFlag.anonExclusive) !== 0;
    const writable = kind === 'PRESENT' && own && (areaAt(w.world, space, start)?.write ?? false);
    return { values: [withFlags(now, writable ? pteFlag.write : 0, pteFlag.uffdWp), frame] };
  });
}

/** hmm_range_fault_unlockable at its deadline: sleepers of the context end with EBUSY. EINVAL: nobody sleeps there. */
export function giveUp(tx: Tx, context: string): OpResult {
  const sleepers = Object.entries(tx.world.records.waiting).filter(
    ([, { op, on }]) => on === 'userfault' && (op as { readonly context?: string }).context === context,
  );
  const at = { context };
  const why = 'the time for a userfaultfd handler to answer is over';
  if (sleepers.length === 0)
    return tx.refuse('EINVAL', 'mirror.timeout.none', { at, why: 'nobody waits for a handler here' });
  const actors = new Set(sleepers.map(([, { op }]) => (op as { readonly by: string }).by));
  tx.emit({ kind: 'userfaultWoken', rule: 'mirror.timeout', at }, (w) => {
    for (const [key] of sleepers) w.put('waiting', key, null);
    for (const [key, fault] of Object.entries(w.world.records.userfault))
      if (actors.has(fault.by)) w.put('userfault', key, null);
  });
  for (const by of actors) tx.refuse('EBUSY', 'mirror.timeout', { by, at, why, fn: 'hmm_range_fault' });
  return ok;
}
