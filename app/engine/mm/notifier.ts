/**
 * Range notifier events and interval notifiers, with the kernel's sequence arithmetic.
 *
 *      A SS.. gpu0 SS.. subscriptions.A.seq 2  --munmapStart-->  A SS.. gpu0 .... subscriptions.A.seq 3   UNMAP before the zap
 *      A SS.. gpu0 SS.. subscriptions.A.seq 2  --munmap-->       A .... gpu0 .... subscriptions.A.seq 4   readers must retry
 *
 * Models mn_itree_invalidate, mn_itree_inv_end, mmu_interval_read_begin and mmu_interval_notifier_insert of
 * mm/mmu_notifier.c.
 */
import type { OpResult } from '../event.ts';
import { flushDeviceCaches } from '../sharing/page-requests.ts';
import { ok, type Tx, type Writer } from '../tx.ts';

/** `enum mmu_notifier_event`, in its order. */
export const notifierEvents = [
  'UNMAP',
  'CLEAR',
  'PROTECTION_VMA',
  'PROTECTION_PAGE',
  'SOFT_DIRTY',
  'RELEASE',
  'MIGRATE',
  'EXCLUSIVE',
] as const;
export type NotifierEvent = (typeof notifierEvents)[number];

export interface RangeEvent {
  readonly event: NotifierEvent;
  readonly space: string;
  readonly start: number;
  readonly end: number;
  /** Who caused a MIGRATE or EXCLUSIVE event: a driver with the same token may ignore it. */
  readonly owner?: string | null;
  readonly blockable?: boolean;
  readonly cause: number | null;
  /** Repeated page by page: one bracket for each page. */
  readonly group?: number | null;
  readonly rule: string;
}

const isOdd = (n: number): boolean => (n & 1) === 1;

/** Interval notifiers in the tree that the range hits, in order of their start. */
function hits(tx: Tx, range: RangeEvent): readonly string[] {
  return Object.entries(tx.world.records.notifier)
    .filter(([, n]) => n.inTree && n.space === range.space && n.start < range.end && range.start < n.end)
    .sort(([, a], [, b]) => a.start - b.start)
    .map(([id]) => id);
}

const brackets = (range: RangeEvent): number =>
  range.group === undefined || range.group === null ? 1 : range.end - range.start;
const place = (range: RangeEvent) => ({ space: range.space, start: range.start, pages: range.end - range.start });

/**
 * mmu_notifier_invalidate_range_start: the sequence becomes odd if an interval is hit, then every hit callback runs.
 * EAGAIN if the range may not block and a driver is busy; the bracket is closed then. Where it may block, the operation
 * sleeps until the driver lock is free: `tx.sleep`.
 */
export function rangeStart(tx: Tx, range: RangeEvent): OpResult {
  const { event, space, cause, group = null, rule, owner = null, blockable = true } = range;
  const hit = hits(tx, range);
  const start = tx.emit(
    { kind: 'notifierStart', cause, group, rule, at: place(range), args: { event, owner, blockable } },
    (w) => {
      const subs = w.get('subscriptions', space);
      if (subs === null) return;
      // Every bracket of a group that hits starts and ends a burst of its own, but the last, which has only started.
      const burst = hit.length === 0 || isOdd(subs.seq) ? 0 : subs.active > 0 ? 1 : 2 * brackets(range) - 1;
      w.put('subscriptions', space, { ...subs, active: subs.active + 1, seq: subs.seq + burst });
    },
  );
  for (const id of hit) {
    const context = tx.get('context', id);
    const busy = context !== null && context.driverLock !== null && !isOwn(tx, id, range);
    if (busy && (blockable || context.callbackSleeps)) {
      tx.sleep('driverLock', blockable ? null : id);
      return ok;
    }
    if (busy) {
      tx.emit({
        kind: 'notifierRefused',
        by: driverOf(tx, id),
        cause: start,
        rule: `${rule}.notBlockable`,
        at: { ...place(range), context: id },
        args: { event },
      });
      rangeEnd(tx, range, start);
      return { errno: 'EAGAIN' };
    }
    invalidate(tx, id, range, start);
  }
  return ok;
}

function driverOf(tx: Tx, context: string): string {
  return `driver:${tx.get('context', context)?.device ?? context}`;
}

/** A MIGRATE event that carries the driver's own token: its callback returns before it takes its lock. */
function isOwn(tx: Tx, id: string, range: RangeEvent): boolean {
  const device = tx.get('device', tx.get('context', id)?.device ?? '');
  return (
    range.event === 'MIGRATE' && range.owner !== undefined && range.owner !== null && range.owner === device?.owner
  );
}

/** The driver's callback: erases the device entries of the range, unless the event is its own. */
function invalidate(tx: Tx, id: string, range: RangeEvent, cause: number): void {
  const own = isOwn(tx, id, range);
  tx.emit(
    {
      kind: 'deviceInvalidate',
      by: driverOf(tx, id),
      cause,
      group: range.group ?? null,
      rule: own ? 'notifier.invalidate.own' : 'notifier.invalidate',
      at: { ...place(range), context: id },
      args: { event: range.event, ignored: own },
    },
    (w) => {
      const seq = w.get('subscriptions', range.space)?.seq ?? 0;
      w.patch('notifier', id, { seq });
      if (!own) w.rewrite('devicePte', id, range.start, range.end, () => null);
    },
  );
}

/** mmu_notifier_invalidate_range_end: after the last bracket the sequence is even again and sleepers wake. */
export function rangeEnd(tx: Tx, range: RangeEvent, cause: number | null = range.cause): void {
  const { event, space, group = null, rule } = range;
  flushDeviceCaches(tx, space, range.start, range.end, cause, group, rule);
  tx.emit({ kind: 'notifierEnd', cause, group, rule, at: place(range), args: { event } }, (w) => {
    const subs = w.get('subscriptions', space);
    if (subs === null) return;
    const active = subs.active - 1;
    const burstEnds = active === 0 && isOdd(subs.seq);
    w.put('subscriptions', space, { ...subs, active, seq: burstEnds ? subs.seq + 1 : subs.seq });
    if (burstEnds) applyDeferred(w, space);
  });
}

/** mn_itree_inv_end: inserts and removals that waited for the burst to end. */
function applyDeferred(w: Writer, space: string): void {
  const subs = w.get('subscriptions', space);
  if (subs === null || subs.deferred.length === 0) return;
  for (const { what, notifier } of subs.deferred) {
    if (what === 'insert') w.patch('notifier', notifier, { inTree: true });
    else w.put('notifier', notifier, null);
  }
  w.patch('subscriptions', space, { deferred: [] });
}

/** A whole event: start, what changes in between, end. */
export function bracket(tx: Tx, range: RangeEvent, change: () => void): OpResult {
  const started = rangeStart(tx, range);
  if (!('ok' in started)) return started;
  change();
  rangeEnd(tx, range);
  return ok;
}

/** mmu_interval_notifier_insert: EOVERFLOW for an empty interval, EINVAL on an address space that is going away. */
export function insertNotifier(
  tx: Tx,
  id: string,
  space: string,
  start: number,
  end: number,
  cause: number | null,
): OpResult {
  const at = { context: id, space, start, pages: end - start };
  const subs = tx.get('subscriptions', space);
  if (end <= start)
    return tx.refuse('EOVERFLOW', 'notifier.insert.empty', {
      cause,
      at,
      why: 'an interval needs at least one page',
      fn: 'mmu_interval_notifier_insert',
    });
  if (subs === null || (tx.get('space', space)?.users ?? 0) === 0) {
    return tx.refuse('EINVAL', 'notifier.insert.dead', {
      cause,
      at,
      why: 'the address space has no users',
      fn: 'mmu_interval_notifier_insert',
    });
  }
  tx.emit({ kind: 'notifierInsert', cause, rule: 'notifier.insert', at }, (w) => {
    if (subs.active === 0) {
      w.put('notifier', id, { space, start, end, seq: subs.seq - 1, inTree: true });
    } else if (isOdd(subs.seq)) {
      w.put('notifier', id, { space, start, end, seq: subs.seq, inTree: false });
      w.patch('subscriptions', space, { deferred: [...subs.deferred, { what: 'insert', notifier: id }] });
    } else {
      w.patch('subscriptions', space, { seq: subs.seq + 1 });
      w.put('notifier', id, { space, start, end, seq: subs.seq + 1, inTree: true });
    }
  });
  return ok;
}

/** An invalidation that hits an interval of the address space has started and not ended. */
export const isUnderWay = (tx: Pick<Tx, 'world'>, space: string): boolean =>
  isOdd(tx.world.records.subscriptions[space]?.seq ?? 0);

/** mmu_interval_notifier_remove: deferred while a burst is under way. */
export function removeNotifier(tx: Tx, id: string, cause: number | null): void {
  const notifier = tx.get('notifier', id);
  if (notifier === null) return;
  tx.emit(
    { kind: 'notifierRemove', cause, rule: 'notifier.remove', at: { context: id, space: notifier.space } },
    (w) => {
      const subs = w.get('subscriptions', notifier.space);
      const waiting = subs?.deferred.some((d) => d.what === 'insert' && d.notifier === id) ?? false;
      if (subs === null || !isOdd(subs.seq)) w.put('notifier', id, null);
      else if (waiting) {
        w.patch('subscriptions', notifier.space, { deferred: subs.deferred.filter((d) => d.notifier !== id) });
        w.put('notifier', id, null);
      } else {
        w.patch('notifier', id, { inTree: false });
        w.patch('subscriptions', notifier.space, { deferred: [...subs.deferred, { what: 'remove', notifier: id }] });
      }
    },
  );
}

/** mmu_interval_read_begin: the snapshot, or null where the reader must sleep until the burst ends. */
export function readBegin(tx: Tx, id: string): number | null {
  const notifier = tx.get('notifier', id);
  if (notifier === null) return null;
  return notifier.seq === tx.get('subscriptions', notifier.space)?.seq ? null : notifier.seq;
}

/** mmu_interval_read_retry: the snapshot is no longer good. A removed notifier is never good. */
export const readRetry = (tx: Tx, id: string, snapshot: number | null): boolean =>
  tx.get('notifier', id)?.seq !== snapshot;
