/**
 * A device reads or writes by virtual address: through its own cache of translations, the IOMMU's walk of the CPU's
 * page table, and page requests where nothing is there.
 *
 *      ATC ....   ATS   CPU ss..   ATC ss..        found: cached in the device
 *      ATC ss..   PRI   CPU ss0s   ATC ssss        not there: the kernel takes a fault for it, the device asks again
 *      munmap           CPU ....   ATC ....        flushed before the CPU's call returns
 *
 * Models iommu_sva_handle_mm, iopf_queue_discard_partial, mmu_notifier_arch_invalidate_secondary_tlbs, and
 * copro_handle_mm_fault for a device that uses the CPU's table itself.
 */
import { deviceFlag, devicePermits, devicePteWord } from '../../model/device-pte.ts';
import { frameColumn } from '../../model/frame-state.ts';
import { hasFlag, permits, pteFlag } from '../../model/pte.ts';
import type { PageRequestState } from '../../model/sva.ts';
import { isFilled, valueAt } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { areaAt } from '../mm/areas.ts';
import { faultIn } from '../mm/cpu-fault.ts';
import { allFrames, poolOf, storeContent } from '../mm/frames.ts';
import { isOk, ok, type Tx } from '../tx.ts';

export interface SvaAccess {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly access: 'read' | 'write';
  readonly value: number;
  readonly count: boolean;
}

/** Entries of a page request queue where nothing else is said (4 KiB of 16-byte entries). */
const defaultQueue = 256;

export const pageRequestState = (tx: Pick<Tx, 'get'>, device: string): PageRequestState =>
  tx.get('pageRequests', device) ?? { queue: defaultQueue, broken: false, stopped: false };

const refuse = (tx: Tx, { key, start, end }: SvaAccess, errno: string, rule: string, why: string, cause: number) =>
  tx.refuse(errno, rule, {
    by: tx.get('svaBond', key)?.device ?? key,
    cause,
    at: { context: key, space: tx.get('svaBond', key)?.space ?? '', start, pages: end - start },
    why,
  });

/** The access goes on until every page has a translation that permits it, or a page request is refused: EFAULT. */
export function svaAccess(tx: Tx, request: SvaAccess): OpResult {
  const { key, start, end, access } = request;
  const bond = tx.get('svaBond', key);
  if (bond === null)
    return tx.refuse('EINVAL', 'sva.noPasid', {
      at: { context: key },
      why: `the PASID is not valid: there is no bond ${key}`,
      fn: 'iommu_sva_domain_find',
    });
  const { device, space } = bond;
  const cause = tx.emit(
    {
      kind: 'deviceAccess',
      by: device,
      rule: 'access.sva',
      at: { context: key, space, start, pages: end - start },
      args: { access, pasid: bond.pasid },
    },
    (w) => w.patch('svaBond', key, { requests: 0, cpages: 0 }),
  );
  const shares = tx.get('device', device)?.translation === 'cpu';
  const reached = shares ? throughCpuTable(tx, request, cause) : throughAtc(tx, request, cause);
  if (!isOk(reached)) return reached;
  complete(tx, request, shares, cause);
  return ok;
}

/** First page from `start` on that the device has no translation for that permits the access; `end`: it has all. */
function untranslated(tx: Tx, { key, start, end, access }: SvaAccess): number {
  for (const run of tx.pages('atc', key).runs(start, end))
    if (!isFilled(run) || !devicePermits(run.values[0] ?? 0, access)) return run.start;
  return end;
}

function throughAtc(tx: Tx, request: SvaAccess, cause: number): OpResult {
  const { key, end } = request;
  const device = tx.get('svaBond', key)?.device ?? '';
  const pci = tx.get('pci', device);
  for (;;) {
    const at = untranslated(tx, request);
    if (at >= end) return ok;
    if (pci?.ats !== true)
      return refuse(tx, request, 'EFAULT', 'sva.noAts', `${device} cannot ask for translations`, cause);
    const asked = askTranslation(tx, request, at, cause);
    if (untranslated(tx, request) > at) continue;
    if (pci.pri !== true)
      return refuse(
        tx,
        request,
        'EFAULT',
        'sva.noPri',
        `nothing is mapped there, and ${device} cannot ask for pages`,
        asked,
      );
    if (pageRequestState(tx, device).stopped)
      return refuse(tx, request, 'EFAULT', 'sva.stopped', `${device} was told failure: it asks no more`, asked);
    const answered = requestPages(tx, request, at, asked);
    if (!isOk(answered)) return answered;
  }
}

/** ATS: the IOMMU walks the CPU's page table; what is present and permitted goes to the device's cache. */
function askTranslation(tx: Tx, { key, end, access }: SvaAccess, from: number, cause: number): number {
  const bond = tx.get('svaBond', key);
  const { device = '', space = '' } = bond ?? {};
  const runs = tx
    .pages('pte', space)
    .runs(from, end)
    .filter((run) => isFilled(run) && permits(run.values[0] ?? 0, 'read'));
  return tx.emit(
    {
      kind: 'atsRequest',
      by: device,
      cause,
      rule: 'sva.ats',
      at: { context: key, space, start: from, pages: end - from },
      args: { access, found: runs.reduce((sum, run) => sum + run.end - run.start, 0) },
    },
    (w) => {
      for (const run of runs) {
        if (!isFilled(run)) continue;
        const write = hasFlag(run.values[0] ?? 0, pteFlag.write) ? deviceFlag.write : 0;
        const frame = valueAt(run, run.start, 1);
        const target = poolOf(w.world, frame)?.device === device ? 'LOCAL' : 'SYS';
        const word = devicePteWord(target, deviceFlag.read | write);
        w.fill('atc', key, run.start, run.end, [word, frame], [0, run.strides[1] ?? 0]);
      }
    },
  );
}

/** PRI: a group of page requests, one for each page without a translation; what the queue cannot take is asked again later. */
function requestPages(tx: Tx, request: SvaAccess, from: number, cause: number): OpResult {
  const { key, end, access } = request;
  const bond = tx.get('svaBond', key);
  const { device = '', space = '', pasid = 0 } = bond ?? {};
  const state = pageRequestState(tx, device);
  const wanted = end - from;
  const taken = Math.min(wanted, state.queue);
  const at = { context: key, space, start: from, pages: wanted };
  const sent = tx.emit(
    { kind: 'pageRequest', by: device, cause, rule: 'sva.pri', at, args: { access, pasid, requests: wanted } },
    (w) => w.patch('svaBond', key, { requests: (bond?.requests ?? 0) + wanted }),
  );
  if (taken < wanted)
    tx.emit({
      kind: 'pageRequestsDropped',
      by: 'kernel',
      cause: sent,
      rule: 'sva.pri.overflow',
      at: { ...at, start: from + taken, pages: wanted - taken },
      args: { queue: state.queue, dropped: wanted - taken },
    });
  const outcome = state.broken ? 'failure' : handleGroup(tx, space, from, from + taken, access, sent);
  if (typeof outcome !== 'string') return outcome;
  const answered = tx.emit(
    {
      kind: 'pageResponse',
      by: 'kernel',
      cause: sent,
      rule: `sva.pri.${outcome}`,
      at: { ...at, pages: taken },
      args: { outcome, pasid },
    },
    (w) => {
      if (outcome === 'failure') w.put('pageRequests', device, { ...state, stopped: true });
    },
  );
  if (outcome === 'success') return ok;
  const why = outcome === 'invalid' ? 'the device gives this access up' : 'the device sends no page request any more';
  return refuse(tx, { ...request, start: from }, 'EFAULT', `sva.${outcome}`, why, answered);
}

/** iommu_sva_handle_mm for each request of a group; the first that does not succeed ends it (errors are sticky). */
function handleGroup(
  tx: Tx,
  space: string,
  start: number,
  end: number,
  access: 'read' | 'write',
  cause: number,
): 'success' | 'invalid' | OpResult {
  if ((tx.get('space', space)?.users ?? 0) === 0) return 'invalid';
  if ((tx.get('space', space)?.mmapWriter ?? null) !== null) return { blocked: 'mmap' };
  for (let page = start; page < end;) {
    const area = areaAt(tx.world, space, page);
    if (area === null || !(access === 'write' ? area.write : area.read)) return 'invalid';
    const upto = Math.min(end, area.end);
    const faulted = faultIn(tx, { space, start: page, end: upto, access }, cause);
    if ('blocked' in faulted) return faulted;
    if (!isOk(faulted)) return 'invalid';
    page = upto;
  }
  return 'success';
}

/** A device that takes part in the CPU's own translations: no copy, and faults like a CPU's. */
function throughCpuTable(tx: Tx, request: SvaAccess, cause: number): OpResult {
  const { key, start, end, access } = request;
  const { device = '', space = '' } = tx.get('svaBond', key) ?? {};
  const missing = tx
    .pages('pte', space)
    .runs(start, end)
    .find((run) => !isFilled(run) || !permits(run.values[0] ?? 0, access));
  if (missing === undefined) return ok;
  const at = { context: key, space, start: missing.start, pages: end - missing.start };
  const fault = tx.emit({ kind: 'coprocessorFault', by: device, cause, rule: 'sva.cpuTable', at, args: { access } });
  const outcome = handleGroup(tx, space, missing.start, end, access, fault);
  if (typeof outcome !== 'string') return outcome;
  if (outcome === 'success') return ok;
  return refuse(
    tx,
    { ...request, start: missing.start },
    'EFAULT',
    'sva.cpuTable.fault',
    'the fault could not be resolved',
    fault,
  );
}

/** The data moves, through the device's cache or the CPU's own table. */
function complete(tx: Tx, { key, start, end, access, value, count }: SvaAccess, shares: boolean, cause: number): void {
  const { device = '', space = '' } = tx.get('svaBond', key) ?? {};
  const runs = (shares ? tx.pages('pte', space) : tx.pages('atc', key)).occupied(start, end);
  const first = runs[0] === undefined ? null : valueAt(runs[0], start, 1);
  const seen = first === null ? 0 : (tx.pages('frame', allFrames).column(first, frameColumn.content) ?? 0);
  tx.emit(
    {
      kind: access === 'read' ? 'deviceRead' : 'deviceWrite',
      by: device,
      cause,
      rule: 'access.sva',
      at: { context: key, space, start, pages: end - start },
      args: { value: access === 'read' ? seen : value, counting: count },
    },
    (w) => {
      w.patch('svaBond', key, { cpages: end - start });
      if (access === 'read') return;
      for (const run of runs) {
        const frame = valueAt(run, run.start, 1);
        storeContent(w, frame, frame + (run.end - run.start), value + (count ? run.start - start : 0), count);
      }
    },
  );
}

/** Flushes the caches of every device that is bound to the address space, before the CPU's call goes on. */
export function flushDeviceCaches(
  tx: Tx,
  space: string,
  start: number,
  end: number,
  cause: number | null,
  group: number | null,
  rule: string,
): void {
  for (const [key, bond] of Object.entries(tx.world.records.svaBond)) {
    if (bond.space !== space || tx.pages('atc', key).occupied(start, end).length === 0) continue;
    tx.emit(
      {
        kind: 'atcInvalidated',
        by: 'kernel',
        cause,
        group,
        rule: `${rule}.deviceCache`,
        at: { context: key, space, start, pages: end - start },
        args: { pasid: bond.pasid },
      },
      (w) => w.rewrite('atc', key, start, end, () => null),
    );
  }
}
