/**
 * Device-exclusive access: a page of system memory lent to one device for atomics; any CPU access ends the lease.
 *
 *      s   exclusive(gpu0)   x        EXCLUSIVE, the entry is no longer present
 *      x   read              s        CLEAR with no owner: the device forgets first
 *
 * Models make_device_exclusive of mm/rmap.c and remove_device_exclusive_entry of mm/memory.c.
 */
import { frameFlag } from '../../model/frame-state.ts';
import { pteFlag, pteWord } from '../../model/pte.ts';
import { frameAt, isFrame } from './frames.ts';
import type { OpResult } from '../event.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { again, cpuAccess, type FaultOutcome, type FaultSpan } from './cpu-fault.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';

/** X2: the entry is restored; writable only if the area is. */
export function restoreExclusive(tx: Tx, fault: FaultSpan): FaultOutcome {
  const { area, start, end, group } = fault;
  const space = area.space;
  const at = { space, start, pages: end - start };
  const swap = tx.emit({ kind: 'doSwapPage', cause: fault.cause, group, rule: 'fault.cpu.deviceExclusive', at });
  const range: RangeEvent = { event: 'CLEAR', space, start, end, owner: null, cause: swap, group, rule: 'fault.cpu.deviceExclusive' };
  rangeStart(tx, range);
  tx.emit({ kind: 'restoreExclusivePte', cause: swap, group, rule: 'fault.cpu.deviceExclusive', at }, (w) => {
    w.rewrite('pte', space, start, end, (run) => {
      const frame = run.values[1] ?? 0;
      const state = frameAt(w.world, frame);
      const write = area.write && state !== null && isFrame(state, 'anonExclusive');
      const dirty = state !== null && isFrame(state, 'dirty');
      return { values: [pteWord('PRESENT', (write ? pteFlag.write : 0) | (dirty ? pteFlag.dirty : 0)), frame] };
    });
  });
  rangeEnd(tx, range);
  return again;
}

/** X1 for one page: EOPNOTSUPP for what is not anonymous, EFAULT where the page cannot be written. Locks the folio. */
export function makeExclusive(tx: Tx, space: string, page: number, owner: string | null, cause: number): OpResult {
  const at = { space, start: page, pages: 1 };
  const made = tx.emit({ kind: 'makeDeviceExclusive', cause, rule: 'exclusive.make', at });
  const got = cpuAccess(tx, { space, start: page, end: page + 1, access: 'write' });
  if (!isOk(got)) return tx.refuse('EFAULT', 'exclusive.notWritable', { cause: made, at, why: 'the page cannot be made writable', fn: 'make_device_exclusive' });
  const frame = tx.pages('pte', space).get(page)?.[1] ?? 0;
  const state = frameAt(tx.world, frame);
  if (state === null || isFrame(state, 'pageCache')) return tx.refuse('EOPNOTSUPP', 'exclusive.notAnonymous', { cause: made, at, why: 'only anonymous pages can be lent', fn: 'make_device_exclusive' });
  const range: RangeEvent = { event: 'EXCLUSIVE', space, start: page, end: page + 1, owner, cause: made, rule: 'exclusive.make' };
  rangeStart(tx, range);
  tx.emit({ kind: 'entryReplaced', cause: made, rule: 'exclusive.make', at, fn: 'make_device_exclusive', args: { from: frame, to: frame } }, (w) => {
    w.fill('pte', space, page, page + 1, [pteWord('DEVEXCL'), frame]);
    w.rewrite('frame', 'all', frame, frame + 1, (run) => ({ values: run.values.map((v, c) => (c === 0 ? v | frameFlag.dirty : v)) }));
  });
  rangeEnd(tx, range);
  return ok;
}
