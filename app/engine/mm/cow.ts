/**
 * A write to a page that is mapped read only.
 *
 *      A 0...          --write [0]-->  A S...          wp_page_copy: a frame of its own, CLEAR before it
 *
 *      given: write [0]; fork B
 *      A s... B s...   --write [0]-->  A S... B s...   wp_page_copy: the frame is shared, CLEAR before the entry changes
 *
 *      given: write [0]; fork B; B: exit
 *      A s...          --write [0]-->  A S...          wp_page_reuse: the sole user keeps the frame, no event
 *
 * Models do_wp_page of mm/memory.c: the event starts before the entry changes, so that no mirror is left with the old
 * frame.
 */
import { frameFlag } from '../../model/frame-state.ts';
import { pteFlag, pteKind, pteWord, withFlags } from '../../model/pte.ts';
import type { FilledRun } from '../../store/run.ts';
import type { Tx } from '../tx.ts';
import { ownAnonVma } from './areas.ts';
import { again, type FaultOutcome, type FaultSpan } from './cpu-fault.ts';
import { allFrames, changeFrames, dropMapping, findFree, frameAt, isFrame, take } from './frames.ts';
import { poolFor } from './mempolicy.ts';
import { charge, residentKind } from './rss.ts';
import { cachedFrames, freeSwapCache } from './swap-slots.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';
import { readFrame } from '../../model/frame-state.ts';
import { isFilled } from '../../store/run.ts';

export function writeProtectFault(tx: Tx, fault: FaultSpan): FaultOutcome {
  const { area, start, end, run, group } = fault;
  if (run === null) throw new Error('a write-protect fault needs an entry');
  const cause = tx.emit({
    kind: 'doWpPage',
    cause: fault.cause,
    group,
    rule: 'fault.cpu.writeProtect',
    at: { space: area.space, start, pages: end - start },
  });
  if (pteKind(run.values[0] ?? 0) === 'PRESENT_ZERO') return copy(tx, fault, run, start, end, cause);
  leaveSwapCache(tx, run, start, end, cause);
  for (const piece of bySharing(tx, run, start, end, area.shared)) {
    if (piece.sole) reuse(tx, fault, piece.start, piece.end, cause);
    else {
      const outcome = copy(tx, fault, run, piece.start, piece.end, cause);
      if (!('again' in outcome)) return outcome;
    }
  }
  return again;
}

/** A frame whose only other user is the swap cache leaves it, to be the writer's alone (wp_can_reuse_anon_folio). */
function leaveSwapCache(tx: Tx, run: FilledRun, start: number, end: number, cause: number): void {
  const first = (run.values[1] ?? 0) + (start - run.start);
  const unused = cachedFrames(tx.world, first, first + (end - start)).filter(({ count }) => count === 0);
  if (unused.length === 0) return;
  const pages = unused.reduce((sum, cached) => sum + cached.pages, 0);
  tx.emit({ kind: 'swapFreed', cause, rule: 'fault.cpu.swapCache', at: { start: first, pages } }, (w) => {
    for (const { frame, pages: length } of unused)
      freeSwapCache(w, frame, frame + length, (f) => f.maps === 1 && f.refs === 2);
  });
}

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly sole: boolean;
}

/** Cuts the stretch where frames change from "ours alone" to "shared". */
function bySharing(tx: Tx, run: FilledRun, start: number, end: number, shared: boolean): readonly Piece[] {
  const frame = run.values[1] ?? 0;
  const pieces: Piece[] = [];
  for (const part of tx.pages('frame', allFrames).runs(frame, frame + (end - start))) {
    const state = isFilled(part) ? readFrame(part.values) : null;
    // Provably sole user: one mapping and no other reference, and it is anonymous memory.
    // A shared mapping writes to the page of the cache itself (wp_page_shared).
    const sole =
      state !== null &&
      (shared || (!isFrame(state, 'pageCache') && (isFrame(state, 'anonExclusive') || state.refs === 1)));
    pieces.push({ start: start + (part.start - frame), end: start + (part.end - frame), sole });
  }
  return pieces;
}

/** wp_page_reuse: permission only grows, so nobody needs to be told. */
function reuse(tx: Tx, { area, group }: FaultSpan, start: number, end: number, cause: number): void {
  tx.emit(
    {
      kind: 'wpPageReuse',
      cause,
      group,
      rule: 'fault.cpu.reuse',
      at: { space: area.space, start, pages: end - start },
    },
    (w) => {
      w.rewrite('pte', area.space, start, end, (run) => {
        const frame = run.values[1] ?? 0;
        changeFrames(w, frame, frame + (run.end - run.start), (f) => ({
          ...f,
          flags: f.flags | (area.shared ? 0 : frameFlag.anonExclusive),
        }));
        return { values: [withFlags(run.values[0] ?? 0, pteFlag.write | pteFlag.young | pteFlag.dirty), frame] };
      });
    },
  );
}

/** wp_page_copy: allocate and copy, tell the mirrors, replace the entry, let the old frame go. */
function copy(
  tx: Tx,
  { area, group }: FaultSpan,
  run: FilledRun,
  start: number,
  end: number,
  wp: number,
): FaultOutcome {
  const pages = end - start;
  const at = { space: area.space, start, pages };
  const zero = pteKind(run.values[0] ?? 0) === 'PRESENT_ZERO';
  const old = zero ? null : (run.values[1] ?? 0) + (start - run.start);
  const pool = poolFor(tx.world, area);
  const spans = pool === null ? null : findFree(tx.world, pool, pages);
  if (pool === null || spans === null)
    return tx.refuse('ENOMEM', 'fault.cpu.outOfMemory', {
      cause: wp,
      at,
      why: 'no free frame of system memory to copy to',
      fn: 'wp_page_copy',
    });
  const cause = tx.emit({
    kind: 'wpPageCopy',
    cause: wp,
    group,
    rule: zero ? 'fault.cpu.zeroWrite' : 'fault.cpu.cow',
    at,
    args: { from: old },
  });
  const range: RangeEvent = { event: 'CLEAR', space: area.space, start, end, cause, group, rule: 'fault.cpu.cow' };
  rangeStart(tx, range);
  tx.emit(
    {
      kind: 'entryReplaced',
      cause,
      group,
      rule: 'fault.cpu.cow',
      at,
      fn: 'wp_page_copy',
      args: { from: old, to: spans[0]?.start ?? null },
    },
    (w) => {
      const anonVma = ownAnonVma(w, area.id);
      let page = start;
      for (const span of spans) {
        for (let frame = span.start; frame < span.end;) {
          // Frames that hold counting values are copied run by run.
          const source =
            old === null
              ? null
              : w.world.pages.frame[allFrames]?.runs(
                  old + (page - start),
                  old + (page - start) + (span.end - frame),
                )[0];
          const length = source === null || source === undefined ? span.end - frame : source.end - source.start;
          const content = source !== null && source !== undefined && isFilled(source) ? source : null;
          take(
            w,
            pool,
            [{ start: frame, end: frame + length }],
            {
              flags: frameFlag.anonExclusive | frameFlag.dirty,
              refs: 1,
              maps: 1,
              pins: 0,
              anonVma,
              index: area.pgoff + (page - area.start),
              content: content?.values[6] ?? 0,
            },
            content !== null && content.strides[6] === 1,
          );
          w.fill(
            'pte',
            area.space,
            page,
            page + length,
            [pteWord('PRESENT', pteFlag.write | pteFlag.young | pteFlag.dirty), frame],
            [0, length > 1 ? 1 : 0],
          );
          frame += length;
          page += length;
        }
      }
      charge(w, area.space, 'anon', pages);
      if (old !== null)
        for (const part of w.world.pages.frame[allFrames]?.occupied(old, old + pages) ?? [])
          charge(w, area.space, residentKind(part.values[0] ?? 0), -(part.end - part.start));
      if (old !== null) {
        if (frameAt(w.world, old)?.maps === 0) throw new Error(`frame ${old} was mapped by nobody`);
        dropMapping(w, old, old + pages);
      }
    },
  );
  rangeEnd(tx, range);
  return again;
}
