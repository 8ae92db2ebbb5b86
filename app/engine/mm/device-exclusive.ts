/**
 * Device-exclusive access: a page of system memory lent to one device for atomics; any CPU access ends the lease.
 *
 *      A S... gpu0 ....  --makeExclusive [0]-->  A x... gpu0 s...   EXCLUSIVE: the entry is no longer present
 *      A x... gpu0 s...  --read [0]-->           A S... gpu0 ....   CLEAR with no owner: the device forgets first
 *
 * Models make_device_exclusive of mm/rmap.c and remove_device_exclusive_entry of mm/memory.c.
 */
import { frameFlag } from '../../model/frame-state.ts';
import { deviceFlag, devicePteWord } from '../../model/device-pte.ts';
import { permits, pteFlag, pteLevel, pteWord } from '../../model/pte.ts';
import { changeFrames, frameAt, isFrame } from './frames.ts';
import { isFilled } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { again, faultIn, type FaultOutcome, type FaultSpan } from './cpu-fault.ts';
import { blockOf, isHugeAt, splitPmd } from './huge.ts';
import { areaAt } from './areas.ts';
import { isHugetlb } from './hugetlb.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';

/** X2: the entry is restored; writable only if the area is. */
export function restoreExclusive(tx: Tx, fault: FaultSpan): FaultOutcome {
  const { area, start, end, group } = fault;
  const space = area.space;
  const at = { space, start, pages: end - start };
  const swap = tx.emit({ kind: 'doSwapPage', cause: fault.cause, group, rule: 'fault.cpu.deviceExclusive', at });
  const range: RangeEvent = {
    event: 'CLEAR',
    space,
    start,
    end,
    owner: null,
    cause: swap,
    group,
    rule: 'fault.cpu.deviceExclusive',
  };
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

/**
 * make_device_exclusive page by page, and the driver's own entry for each: EFAULT where a page cannot be written,
 * EOPNOTSUPP where it is not anonymous; pages before it stay lent.
 */
export function lend(tx: Tx, key: string, start: number, end: number, owner: string | null): OpResult {
  const space = tx.get('context', key)?.space ?? '';
  for (let at = start; at < end;) {
    const upto = readyUntil(tx, space, at, end);
    const result = lendStretch(tx, key, space, at, upto, owner);
    if (!isOk(result)) return result;
    at = upto;
  }
  return ok;
}

/** Pages that are there and writable are lent together; any other one alone, because it faults first. */
function readyUntil(tx: Tx, space: string, start: number, end: number): number {
  const first = tx.pages('pte', space).runs(start, end)[0];
  return first !== undefined &&
    isFilled(first) &&
    pteLevel(first.values[0] ?? 0) === 0 &&
    permits(first.values[0] ?? 0, 'write')
    ? first.end
    : start + 1;
}

/** X1: the pages are locked until the driver's entries are written. */
function lendStretch(tx: Tx, key: string, space: string, start: number, end: number, owner: string | null): OpResult {
  const at = { space, start, pages: end - start };
  const group = tx.group(end - start);
  const by = `driver:${tx.get('context', key)?.device ?? key}`;
  const made = tx.emit({ kind: 'makeDeviceExclusive', by, group, rule: 'exclusive.make', at });
  const area = areaAt(tx.world, space, start);
  // A huge entry is split, also one that the fault only brings (FOLL_SPLIT_PMD).
  const split = (): void => {
    if (area !== null && !isHugetlb(area) && isHugeAt(tx, space, start))
      splitPmd(tx, space, blockOf(start), start, made);
  };
  split();
  const got = faultIn(tx, { space, start, end, access: 'write' }, made);
  if ('blocked' in got) return got;
  if (isOk(got)) split();
  if (!isOk(got))
    return tx.refuse('EFAULT', 'exclusive.notWritable', {
      cause: made,
      at,
      why: 'the page cannot be made writable',
      fn: 'make_device_exclusive',
    });
  const frame = tx.pages('pte', space).get(start)?.[1] ?? 0;
  const state = frameAt(tx.world, frame);
  if (state === null || isFrame(state, 'pageCache') || (area !== null && isHugetlb(area)))
    return tx.refuse('EOPNOTSUPP', 'exclusive.notAnonymous', {
      cause: made,
      at,
      why: 'only anonymous pages that are not hugetlb can be lent',
      fn: 'make_device_exclusive',
    });
  if (isFrame(state, 'locked')) return { blocked: 'folioLock' };
  const range: RangeEvent = {
    event: 'EXCLUSIVE',
    space,
    start,
    end,
    owner,
    cause: made,
    group,
    rule: 'exclusive.make',
  };
  rangeStart(tx, range);
  tx.emit(
    {
      kind: 'entryReplaced',
      cause: made,
      group,
      rule: 'exclusive.make',
      at,
      fn: 'make_device_exclusive',
      args: { from: frame, to: frame },
    },
    (w) => {
      w.rewrite('pte', space, start, end, (run) => {
        const first = run.values[1] ?? 0;
        changeFrames(w, first, first + (run.end - run.start), (f) => ({ ...f, flags: f.flags | frameFlag.dirty }));
        return { values: [pteWord('DEVEXCL'), first] };
      });
    },
  );
  rangeEnd(tx, range);
  tx.emit({ kind: 'deviceMap', by, cause: made, group, rule: 'exclusive.map', at: { ...at, context: key } }, (w) => {
    for (const run of w.world.pages.pte[space]?.occupied(start, end) ?? []) {
      w.fill(
        'devicePte',
        key,
        run.start,
        run.end,
        [devicePteWord('SYS', deviceFlag.read | deviceFlag.atomic), run.values[1] ?? 0],
        [0, run.strides[1] ?? 0],
      );
    }
  });
  return ok;
}
