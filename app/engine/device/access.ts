/**
 * A device reads or writes through its own page table. What it misses is faulted: one pass covers the rest of the
 * range, in chunks as large as its driver asks for, and counts as one fault.
 *
 *      A SS.. gpu0 ....  --deviceRead-->          A SS00 gpu0 SSss context.gpu0:A.faults 1   one fault for all that is missing
 *      A SS.. gpu0 SS..  --deviceWrite [0..2)-->  A SS.. gpu0 SS.. context.gpu0:A.faults 0   none where the entries permit it
 *
 * Models dmirror_read, dmirror_write and dmirror_fault of lib/test_hmm.c; semantics 3.4.
 */
import { devicePermits } from '../../model/device-pte.ts';
import { frameFlag } from '../../model/frame-state.ts';
import { isFilled, valueAt } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import { allFrames, storeContent } from '../mm/frames.ts';
import { beginRead, hmmRangeFault, programEntries } from '../mm/mirror.ts';
import { poisonedPage } from '../owners/poison.ts';

export interface DeviceAccess {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly access: 'read' | 'write';
  readonly value: number | null;
  readonly counting: boolean;
  /** The mirror lets go of the mmap lock where a userfaultfd handler has to answer, and sleeps. */
  readonly unlockable?: boolean;
}

/** How often a fault pass may be told to start over before it gives up (stands for the 1000 ms budget). */
const retryBudget = 64;

export function deviceAccess(tx: Tx, request: DeviceAccess): OpResult {
  const { key, start, end, access } = request;
  const context = tx.get('context', key);
  const device = context === null ? null : tx.get('device', context.device);
  if (context === null || device === null)
    return tx.refuse('EINVAL', 'device.noContext', { why: `no open device file ${key}`, at: { context: key } });
  const by = context.device;
  const at = { context: key, space: context.space, start, pages: end - start };
  const cause = tx.emit({ kind: 'deviceAccess', by, rule: 'access.device', at, args: { access } }, (w) =>
    w.patch('context', key, { faults: 0, cpages: 0 }),
  );
  const bad = poisonedPage(tx, context.space, start, end);
  if (bad !== null)
    return tx.refuse('EIO', 'access.device.poisoned', {
      by,
      cause,
      at: { ...at, start: bad, pages: 1 },
      why: 'the memory behind the page is bad',
    });
  let done = start;
  for (;;) {
    done = reach(tx, key, done, end, access);
    if (done >= end) break;
    const fault = tx.emit(
      {
        kind: 'deviceFault',
        by,
        cause,
        rule: 'fault.device',
        at: { ...at, start: done, pages: end - done },
        args: { access },
      },
      (w) => {
        const now = w.get('context', key);
        if (now !== null) w.put('context', key, { ...now, faults: now.faults + 1, cpages: done - start });
      },
    );
    if (!context.mirrored)
      return tx.refuse('EFAULT', 'device.noFault', {
        by,
        cause: fault,
        at,
        why: 'a raw mapping cannot fault: the access fails',
      });
    const faulted = faultPass(tx, request, done, device.faultPages, fault);
    if (!('ok' in faulted)) return faulted;
  }
  complete(tx, request, cause);
  return ok;
}

/** First page from `start` on whose entry does not permit the access. */
function reach(tx: Tx, key: string, start: number, end: number, access: 'read' | 'write'): number {
  for (const run of tx.pages('devicePte', key).runs(start, end)) {
    if (!isFilled(run) || !devicePermits(run.values[0] ?? 0, access)) return run.start;
  }
  return end;
}

/** dmirror_fault: read_begin, hmm_range_fault, check and program, for each chunk until it holds. */
function faultPass(
  tx: Tx,
  { key, end, access, unlockable = false }: DeviceAccess,
  start: number,
  chunk: number,
  cause: number,
): OpResult {
  for (let at = start; at < end; at += chunk) {
    const upto = Math.min(end, at + chunk);
    let result: OpResult = { errno: 'EBUSY' };
    for (let tries = 0; tries < retryBudget && 'errno' in result && result.errno === 'EBUSY'; tries++) {
      const began = beginRead(tx, key, cause);
      if (!('ok' in began)) return began;
      result = hmmRangeFault(tx, key, at, upto, access, cause, unlockable);
      if ('ok' in result) result = programEntries(tx, key, at, upto, { check: true, write: access === 'write' }, cause);
    }
    if (!('ok' in result)) return result;
  }
  return ok;
}

/** The data moves: values read, or stored into the frames that the entries name. */
function complete(tx: Tx, { key, start, end, access, value, counting }: DeviceAccess, cause: number): void {
  const context = tx.get('context', key);
  const space = context?.space ?? '';
  const runs = tx.pages('devicePte', key).occupied(start, end);
  const first = runs[0];
  const seen = first === undefined ? null : (tx.pages('frame', allFrames).get(valueAt(first, start, 1))?.[6] ?? 0);
  const at = { context: key, space, start, pages: end - start };
  tx.emit(
    {
      kind: access === 'read' ? 'deviceRead' : 'deviceWrite',
      by: context?.device ?? key,
      cause,
      rule: 'access.device',
      at,
      args: { value: access === 'read' ? seen : value, counting },
    },
    (w) => {
      w.patch('context', key, { cpages: end - start });
      if (access === 'read') return;
      for (const run of runs) {
        const frame = valueAt(run, run.start, 1);
        storeContent(
          w,
          frame,
          frame + (run.end - run.start),
          (value ?? 0) + (counting ? run.start - start : 0),
          counting,
        );
        w.rewrite('frame', allFrames, frame, frame + (run.end - run.start), (f) => ({
          values: f.values.map((v, c) => (c === 0 ? v | frameFlag.dirty : v)),
        }));
      }
    },
  );
}
