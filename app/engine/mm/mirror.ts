/**
 * A device's copy of an address space's entries, and the protocol that keeps it true.
 *
 *      A S0.. gpu0 ....  --readBegin; hmmRangeFault; program-->      A S000 gpu0 Ssss   what is missing is faulted in
 *      A S0.. gpu0 ....  --readBegin; munmap; hmmRangeFault! EBUSY--> A .... gpu0 ....   the sequence moved: start over
 *
 * Models mmu_interval_read_begin, hmm_range_fault (mm/hmm.c) and the check of Documentation/mm/hmm.rst.
 */
import { deviceFlag, devicePteWord } from '../../model/device-pte.ts';
import { pmdPages } from '../../model/ids.ts';
import { hasFlag, isDevPrivate, isMigration, permits, pteFlag, pteKind, pteLevel } from '../../model/pte.ts';
import { isFilled, valueAt, type FilledRun, type Run } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import { areaAt, type Area } from './areas.ts';
import { faultEach } from './cpu-fault.ts';
import { poolOf } from './frames.ts';
import { readBegin, readRetry } from './notifier.ts';

/** Bits of a word that hmm_range_fault returns. */
export const hmmFlag = { valid: 1, write: 2, error: 4 } as const;

const everything = 2 ** 35;

export type Request = 'snapshot' | 'read' | 'write';

const driver = (tx: Tx, key: string): string => `driver:${tx.get('context', key)?.device ?? key}`;

/** A context and all others that mirror the address space for the same device: one driver, several open files. */
export const contextsOf = (tx: Tx, context: string, space: string): readonly string[] => {
  const device = context.slice(0, context.indexOf(':'));
  const all = Object.entries(tx.world.records.context);
  const open = all.filter(([, c]) => c.open && c.device === device && c.space === space).map(([id]) => id);
  return open.includes(context) ? open : [context, ...open];
};

/** Erases entries of a device's table: the driver's own doing, without a notifier event. */
export function eraseDeviceEntries(
  tx: Tx,
  key: string,
  start: number,
  end: number,
  cause: number | null,
  rule: string,
): void {
  if (tx.pages('devicePte', key).occupied(start, end).length === 0) return;
  tx.emit(
    {
      kind: 'deviceErase',
      by: driver(tx, key),
      cause,
      rule,
      at: { context: key, start, pages: end - start, space: tx.get('context', key)?.space ?? '' },
    },
    (w) => {
      w.rewrite('devicePte', key, start, end, () => null);
    },
  );
}

/** mmu_interval_read_begin as a step of its own: sleeps while an invalidation of the interval is under way. */
export function beginRead(tx: Tx, key: string, cause: number | null): OpResult {
  if (tx.get('notifier', key) === null) {
    return tx.refuse('EINVAL', 'mirror.noNotifier', {
      by: driver(tx, key),
      cause,
      at: { context: key },
      why: 'this driver registered no notifier',
      fn: 'mmu_interval_read_begin',
    });
  }
  const snapshot = readBegin(tx, key);
  if (snapshot === null) return { blocked: 'notifier' };
  tx.emit(
    {
      kind: 'readBegin',
      by: driver(tx, key),
      cause,
      rule: 'mirror.readBegin',
      at: { context: key },
      args: { seq: snapshot },
    },
    (w) => {
      w.patch('context', key, { snapshot });
      // A new pass has words of its own: those of an older snapshot are gone.
      w.rewrite('hmmPfn', key, 0, everything, () => null);
    },
  );
  return ok;
}

/** hmm_range_fault over [start, end): EBUSY, EFAULT, EPERM, or ok with the words in `hmmPfn`. */
export function hmmRangeFault(
  tx: Tx,
  key: string,
  start: number,
  end: number,
  request: Request,
  from: number | null,
  unlockable = false,
): OpResult {
  const context = tx.get('context', key);
  if (context === null)
    return tx.refuse('EINVAL', 'mirror.noContext', {
      cause: from,
      why: `no open device file ${key}`,
      at: { context: key },
    });
  const space = context.space;
  const at = { space, context: key, start, pages: end - start };
  const cause = tx.emit(
    { kind: 'hmmRangeFault', by: driver(tx, key), cause: from, rule: 'mirror.fault', at, args: { request } },
    (w) => w.fill('hmmPfn', key, start, end, null),
  );
  const finish = (errno: string | null, why: string): OpResult => {
    if (errno !== null)
      tx.refuse(errno, `mirror.fault.${errno}`, { by: driver(tx, key), cause, at, why, fn: 'hmm_range_fault' });
    tx.emit({
      kind: 'hmmRangeFaultRet',
      by: driver(tx, key),
      cause,
      rule: 'mirror.fault',
      at: { context: key },
      args: { ret: errno ?? 'ok' },
    });
    return errno === null ? ok : { errno };
  };
  let at0 = start;
  for (;;) {
    if (context.mirrored && readRetry(tx, key, tx.get('context', key)?.snapshot ?? null))
      return finish('EBUSY', 'an invalidation came in between: start over');
    const stop = walk(tx, key, space, at0, end, request);
    if (stop.kind === 'done') return finish(null, '');
    if (stop.kind === 'error') return finish(stop.errno, stop.why);
    at0 = stop.start;
    const outcome = faultEach(
      tx,
      stop.area,
      stop.start,
      Math.min(end, stop.area.end, tableEnd(stop.start)),
      stop.access,
      cause,
      unlockable,
    );
    if ('blocked' in outcome) return outcome;
    if ('signal' in outcome || 'errno' in outcome) return finish('EFAULT', 'the fault could not be resolved');
  }
}

/** The walk goes table by table: one hmm_vma_fault ends with the 2 MiB of its page-table page. */
const tableEnd = (page: number): number => (Math.floor(page / pmdPages) + 1) * pmdPages;

type Stop =
  | { readonly kind: 'done' }
  | { readonly kind: 'error'; readonly errno: string; readonly why: string }
  | { readonly kind: 'fault'; readonly area: Area; readonly start: number; readonly access: 'read' | 'write' };

/** hmm_vma_walk: records words as far as it gets without a fault. */
function walk(tx: Tx, key: string, space: string, start: number, end: number, request: Request): Stop {
  const words: Run[] = [];
  let stop: Stop = { kind: 'done' };
  let at = start;
  while (at < end && stop.kind === 'done') {
    const area = areaAt(tx.world, space, at);
    if (area === null || !area.read || area.flags.includes('IO') || area.flags.includes('PFNMAP')) {
      const upto = area === null ? nextArea(tx, space, at, end) : Math.min(end, area.end);
      if (request !== 'snapshot')
        stop = {
          kind: 'error',
          errno: 'EFAULT',
          why: area === null ? 'no mapping at this address' : 'the mapping cannot be read',
        };
      else words.push({ start: at, end: upto, values: [hmmFlag.error, 0, 0], strides: [0, 0, 0] });
      at = upto;
      continue;
    }
    if (request === 'write' && !area.write) {
      stop = { kind: 'error', errno: 'EPERM', why: 'the mapping is read only' };
      continue;
    }
    for (const run of tx.pages('pte', space).runs(at, Math.min(end, area.end))) {
      const word = wordOf(tx, key, run, request);
      if (word === 'fault' && isFilled(run) && isBarred(run.values[0] ?? 0)) {
        stop = { kind: 'error', errno: 'EFAULT', why: 'nothing can be had here: poison, or a guard' };
        break;
      }
      if (word === 'fault') {
        stop = { kind: 'fault', area, start: run.start, access: request === 'write' ? 'write' : 'read' };
        break;
      }
      words.push(word);
      at = run.end;
    }
  }
  const last = words[words.length - 1]?.end ?? start;
  if (last > start)
    tx.emit(
      {
        kind: 'hmmWords',
        by: driver(tx, key),
        rule: 'mirror.walk',
        at: { context: key, space, start, pages: last - start },
      },
      (w) => w.setRuns('hmmPfn', key, start, last, words),
    );
  return stop;
}

/** Entries at which the walk ends without asking for a fault. */
const isBarred = (word: number): boolean => ['HWPOISON', 'MARKER_POISONED', 'MARKER_GUARD'].includes(pteKind(word));

function nextArea(tx: Tx, space: string, at: number, end: number): number {
  return Object.values(tx.world.records.vma).reduce(
    (min, vma) => (vma.space === space && vma.start > at ? Math.min(min, vma.start) : min),
    end,
  );
}

/** One stretch of entries as hmm_range_fault reports it, or "fault" where the request asks for more. */
function wordOf(tx: Tx, key: string, run: Run, request: Request): Run | 'fault' {
  const none: Run = { start: run.start, end: run.end, values: [0, 0, 0], strides: [0, 0, 0] };
  const needs = request !== 'snapshot';
  if (!isFilled(run)) return needs ? 'fault' : none;
  const word = run.values[0] ?? 0;
  const frame = run.values[1] ?? 0;
  const valid = (write: boolean): Run => ({
    start: run.start,
    end: run.end,
    values: [hmmFlag.valid | (write ? hmmFlag.write : 0), frame, pteLevel(word) * 9],
    strides: [0, run.strides[1] ?? 0, 0],
  });
  if (isDevPrivate(word)) {
    const owner = tx.get('device', poolOf(tx.world, frame)?.device ?? '')?.owner;
    const asking = tx.get('device', tx.get('context', key)?.device ?? '')?.owner;
    // Own device-private frames are reported as they are, even without the permission asked for.
    if (owner !== undefined && owner === asking) return valid(pteKind(word) === 'DEVPRIV_WRITE');
    return needs ? 'fault' : none;
  }
  if (isMigration(word)) return needs ? 'fault' : none;
  if (permits(word, 'read'))
    return needs && request === 'write' && !permits(word, 'write') ? 'fault' : valid(hasFlag(word, pteFlag.write));
  return needs ? 'fault' : none;
}

export interface Programming {
  /** False: the driver does not look whether its snapshot is good, which is the bug that the race of munmap and a fault shows. */
  readonly check: boolean;
  /** The driver needs to write: it stops at the first word that does not permit it, with EFAULT. */
  readonly write: boolean;
}

/**
 * The check and the programming, under the driver lock: EBUSY where the snapshot is no longer good. A device's own
 * pages come without the write permission that was asked for where a fork shares them (dmirror_do_fault's check).
 */
export function programEntries(
  tx: Tx,
  key: string,
  start: number,
  end: number,
  { check, write }: Programming,
  cause: number | null,
): OpResult {
  const context = tx.get('context', key);
  if (context === null)
    return tx.refuse('EINVAL', 'mirror.noContext', { cause, why: `no open device file ${key}`, at: { context: key } });
  const at = { context: key, space: context.space, start, pages: end - start };
  const stale = readRetry(tx, key, context.snapshot);
  const checked = tx.emit({
    kind: 'readRetry',
    by: driver(tx, key),
    cause,
    rule: check ? 'mirror.readRetry' : 'mirror.unchecked',
    at,
    args: { seq: context.snapshot, retry: stale, checked: check },
  });
  if (check && stale)
    return tx.refuse('EBUSY', 'mirror.retry', {
      by: driver(tx, key),
      cause: checked,
      at,
      why: 'the sequence moved: drop the words and start over',
      fn: 'mmu_interval_read_retry',
    });
  const device = context.device;
  const words: FilledRun[] = [];
  let refused: number | null = null;
  for (const run of tx.pages('hmmPfn', key).occupied(start, end)) {
    const flags = run.values[0] ?? 0;
    if (!hasFlag(flags, hmmFlag.valid)) continue;
    if (write && !hasFlag(flags, hmmFlag.write)) {
      refused = run.start;
      break;
    }
    words.push(run);
  }
  tx.emit(
    { kind: 'deviceMap', by: driver(tx, key), cause: checked, rule: check ? 'mirror.program' : 'mirror.unchecked', at },
    (w) => {
      for (const run of words) {
        const flags = deviceFlag.read | (hasFlag(run.values[0] ?? 0, hmmFlag.write) ? deviceFlag.write : 0);
        const frame = valueAt(run, run.start, 1);
        const target = poolOf(w.world, frame)?.device === device ? 'LOCAL' : 'SYS';
        w.fill('devicePte', key, run.start, run.end, [devicePteWord(target, flags), frame], [0, run.strides[1] ?? 0]);
      }
    },
  );
  return refused === null
    ? ok
    : tx.refuse('EFAULT', 'mirror.notWritable', {
        by: driver(tx, key),
        cause: checked,
        at: { ...at, start: refused, pages: 1 },
        why: 'the page is on the device and shared: it must come back and be copied before the device may write',
        fn: 'dmirror_do_fault',
      });
}
