/**
 * Memory that the hardware reports as bad.
 *
 *      A SSS    RAM frame of page 1 fails       A S!S      the entry says so: the next touch is a SIGBUS
 *      A DDD    device frame of page 1 fails    A DDD      the core says ENXIO: only the driver can do something
 *      gpu0 DDD   the driver's own handler      gpu0 D!D   its entry is an error; a CPU touch cannot migrate: SIGBUS
 *      A [S*512]  RAM frame of page 3 fails     A SSS!S*508   a huge page is split first; a hugetlb page goes wholly
 *
 * Models memory_failure, hwpoison_user_mappings and memory_failure_dev_pagemap of mm/memory-failure.c.
 */
import { deviceFlag, devicePteWord, deviceTarget } from '../../model/device-pte.ts';
import { frameFlag } from '../../model/frame-state.ts';
import { hasFrame, pteKind, pteLevel, pteWord } from '../../model/pte.ts';
import { valueAt } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { areaAt } from '../mm/areas.ts';
import { allFrames, changeFrames, frameAt, isFrame, poolOf } from '../mm/frames.ts';
import { canSplitFolio, isLarge, splitFolio } from '../mm/huge.ts';
import { hugetlbPages, isHugetlb } from '../mm/hugetlb.ts';
import { rangeEnd, rangeStart, type RangeEvent } from '../mm/notifier.ts';
import { rmapOf } from '../mm/rmap.ts';
import { charge, residentKind } from '../mm/rss.ts';
import { resolvePlace } from '../place.ts';
import { isOk, ok, type Tx } from '../tx.ts';

/** Frames behind the pages of a place, through the CPU's entries. */
function framesOf(tx: Tx, place: string): readonly number[] | null {
  const span = resolvePlace(tx.world, place);
  if (span === null) return null;
  const frames = new Set<number>();
  for (const run of tx.pages('pte', span.space).occupied(span.start, span.end)) {
    if (!hasFrame(run.values[0] ?? 0)) continue;
    for (let page = run.start; page < run.end; page++) frames.add(valueAt(run, page, 1));
  }
  return [...frames];
}

/** The kernel is told that the frames behind a place are bad. ENXIO for device memory whose driver has no handler. */
export function memoryFailure(tx: Tx, place: string): OpResult {
  const frames = framesOf(tx, place);
  if (frames === null || frames.length === 0)
    return tx.refuse('EINVAL', 'poison.place', { why: `no frame is behind ${place}`, fn: 'memory_failure' });
  for (const frame of frames) {
    const pool = poolOf(tx.world, frame);
    const at = { start: frame, pages: 1 };
    if (pool !== null && pool.registration !== 'system') {
      const handler = tx.get('poisonHandler', pool.device ?? '') !== null;
      if (!handler)
        return tx.refuse('ENXIO', 'poison.device.noHandler', {
          at,
          why: `the core cannot do anything about ${pool.id}: its driver has no handler`,
          fn: 'memory_failure_dev_pagemap',
        });
      devicePoison(tx, pool.device ?? '', frame, null);
      continue;
    }
    const done = systemPoison(tx, frame);
    if (!isOk(done)) return done;
  }
  return ok;
}

/**
 * Every mapping of a frame of main memory is replaced, after its mirrors were told. A huge page is split first, so that
 * the others stay; EBUSY where somebody holds it. A hugetlb page goes wholly.
 */
function systemPoison(tx: Tx, frame: number): OpResult {
  // A page of a hugetlb page that went before is free.
  if (frameAt(tx.world, frame) === null) return ok;
  const [place] = rmapOf(tx, frame, frame + 1);
  const area = place === undefined ? null : areaAt(tx.world, place.space, place.page);
  const hugetlb = area !== null && isHugetlb(area);
  // The failure keeps a reference, but to a huge page that it cannot split (put_page).
  const stuck = !hugetlb && isLarge(tx, frame) && !canSplitFolio(tx, frame, null);
  const kept = stuck ? 0 : 1;
  const cause = tx.emit(
    { kind: 'memoryFailed', rule: 'poison.system', at: { start: frame, pages: 1 }, args: { frame } },
    (w) =>
      changeFrames(w, frame, frame + 1, (f) => ({ ...f, flags: f.flags | frameFlag.poisoned, refs: f.refs + kept })),
  );
  if (hugetlb) {
    const size = hugetlbPages(area);
    const head = Math.floor(frame / size) * size;
    poisonEntries(tx, head, size, cause);
    return ok;
  }
  if (stuck || (isLarge(tx, frame) && !splitFolio(tx, frame, null, 0, frame, cause)))
    return tx.refuse('EBUSY', 'poison.huge.held', {
      cause,
      at: { start: frame, pages: 1 },
      why: 'somebody holds the huge page, so that it cannot be split',
      fn: 'try_to_split_thp_page',
    });
  poisonEntries(tx, frame, 1, cause);
  return ok;
}

/** Entries of frames [first, first + pages), which one entry each maps, say that the memory is bad. */
function poisonEntries(tx: Tx, first: number, pages: number, cause: number): void {
  for (const { space, page } of rmapOf(tx, first, first + pages)) {
    const [word = 0, frame = -1] = tx.pages('pte', space).get(page) ?? [];
    if (frame !== first || !['PRESENT', 'PROTNONE', 'DEVEXCL'].includes(pteKind(word))) continue;
    const range: RangeEvent = { event: 'CLEAR', space, start: page, end: page + pages, cause, rule: 'poison.unmap' };
    rangeStart(tx, range);
    tx.emit({ kind: 'entryPoisoned', cause, rule: 'poison.unmap', at: { space, start: page, pages } }, (w) => {
      charge(w, space, residentKind(frameAt(w.world, first)?.flags ?? 0), -pages);
      const counts = [0, pages > 1 ? 1 : 0];
      w.fill('pte', space, page, page + pages, [pteWord('HWPOISON', 0, pteLevel(word)), first], counts);
      changeFrames(w, first, first + pages, (f) => ({ ...f, maps: f.maps - 1, refs: f.refs - 1 }));
    });
    rangeEnd(tx, range);
  }
}

/** The driver hears from its device that memory is bad: its entries become errors, and it counts. */
function devicePoison(tx: Tx, device: string, frame: number, because: number | null): void {
  const by = `driver:${device}`;
  const cause = tx.emit(
    {
      kind: 'memoryFailed',
      by,
      cause: because,
      rule: 'poison.device',
      fn: 'dev_pagemap_ops.memory_failure',
      at: { device, start: frame, pages: 1 },
      args: { frame },
    },
    (w) => changeFrames(w, frame, frame + 1, (f) => ({ ...f, flags: f.flags | frameFlag.poisoned })),
  );
  for (const [key, table] of Object.entries(tx.world.pages.devicePte)) {
    const context = tx.get('context', key);
    if (context === null) continue;
    const page = table.occupied().flatMap((run) => {
      const first = valueAt(run, run.start, 1);
      const offset = frame - first;
      return offset >= 0 && offset < run.end - run.start && deviceTarget(run.values[0] ?? 0) !== 'ERROR'
        ? [run.start + offset]
        : [];
    })[0];
    if (page === undefined) continue;
    tx.emit(
      {
        kind: 'deviceEntryFailed',
        by,
        cause,
        rule: 'poison.device.entry',
        at: { context: key, space: context.space, start: page, pages: 1 },
      },
      (w) => {
        w.fill('devicePte', key, page, page + 1, [devicePteWord('ERROR', deviceFlag.read), frame]);
        w.put('contextError', key, { count: (w.get('contextError', key)?.count ?? 0) + 1 });
      },
    );
  }
  countError(tx, device, 'uncorrected', 1, cause);
}

/** Adds to the device's counter of that name; a device that reports none loses the count. */
function countError(tx: Tx, device: string, name: string, count: number, cause: number | null): boolean {
  const node = Object.entries(tx.world.records.rasNode).find(([, each]) => each.device === device)?.[0];
  const found = Object.entries(tx.world.records.rasCounter).find(
    ([key, counter]) => node !== undefined && key.startsWith(`${node}.`) && counter.name === name,
  );
  if (found === undefined) return false;
  const [key, counter] = found;
  tx.emit(
    {
      kind: 'errorCounted',
      by: device,
      cause,
      rule: 'ras.count',
      at: { device },
      args: { counter: key, name, value: counter.value + count },
    },
    (w) => w.patch('rasCounter', key, { value: counter.value + count }),
  );
  return true;
}

export type ErrorSeverity = 'corrected' | 'uncorrected';

/** The device itself finds an error. An uncorrected one ends the commands under way. */
export function injectError(tx: Tx, device: string, severity: ErrorSeverity, count: number): OpResult {
  const at = { device };
  if (tx.get('device', device) === null)
    return tx.refuse('ENODEV', 'ras.inject', { at, why: `no device ${device} in this machine` });
  const cause = tx.emit({ kind: 'errorInjected', rule: 'ras.inject', at, args: { severity, count } });
  const counted = countError(tx, device, severity, count, cause);
  if (!counted) tx.emit({ kind: 'errorLost', cause, rule: 'ras.inject.uncounted', at, args: { severity } });
  const own = tx.get('ownership', device);
  if (severity === 'uncorrected' && own !== null && own.commands.length > 0)
    tx.emit(
      { kind: 'commandsFailed', cause, rule: 'ras.inject.commands', at, args: { commands: [...own.commands] } },
      (w) => w.patch('ownership', device, { commands: [] }),
    );
  return ok;
}

/** A device finds a page of its own memory bad, behind a place of a process. */
export function poisonDevicePage(tx: Tx, device: string, place: string): OpResult {
  const frames = (framesOf(tx, place) ?? []).filter((frame) => poolOf(tx.world, frame)?.device === device);
  if (frames.length === 0)
    return tx.refuse('EINVAL', 'poison.place', { at: { device }, why: `no frame of ${device} is behind ${place}` });
  for (const frame of frames) devicePoison(tx, device, frame, null);
  return ok;
}

/** A driver gives its pages a memory_failure callback. */
export function offerPoisonHandler(tx: Tx, device: string): OpResult {
  if (tx.get('device', device) === null)
    return tx.refuse('ENODEV', 'poison.handler', { at: { device }, why: `no device ${device} in this machine` });
  tx.emit({ kind: 'poisonHandlerSet', rule: 'poison.handler', at: { device } }, (w) =>
    w.put('poisonHandler', device, { callback: true }),
  );
  return ok;
}

/** First page of a stretch of an address space whose frame is bad, or null: no device may touch it. */
export function poisonedPage(tx: Tx, space: string, start: number, end: number): number | null {
  for (const run of tx.pages('pte', space).occupied(start, end)) {
    if (pteKind(run.values[0] ?? 0) === 'HWPOISON') return run.start;
    if (!hasFrame(run.values[0] ?? 0)) continue;
    const first = valueAt(run, run.start, 1);
    for (const part of tx.pages('frame', allFrames).occupied(first, first + (run.end - run.start))) {
      const state = frameAt(tx.world, part.start);
      if (state !== null && isFrame(state, 'poisoned')) return run.start + (part.start - first);
    }
  }
  return null;
}
