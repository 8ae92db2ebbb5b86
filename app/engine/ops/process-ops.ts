/** Operations of processes on their own address space. */
import { z } from 'zod';
import { pmdPages, pudPages } from '../../model/ids.ts';
import type { RecordTables } from '../../model/world.ts';
import { arg, defineOp } from '../define-op.ts';
import { cpuAtomic } from '../mm/cpu-atomic.ts';
import { rangesCut, settleRanges } from '../mm/driver-range.ts';
import { exec } from '../mm/exec.ts';
import { exit } from '../mm/exit.ts';
import { fork } from '../mm/fork.ts';
import { oomReap } from '../mm/oom-reap.ts';
import { closeAllOf, shareFilesWith } from '../owners/node-file.ts';
import { isOk, ok, type Tx, type Writer } from '../tx.ts';
import { areasIn, dropUnmapped, newVmaId, unmappedBelow } from '../mm/areas.ts';
import { cpuAccess } from '../mm/cpu-fault.ts';
import { mergeAreas } from '../mm/merge-areas.ts';
import { frameFlag } from '../../model/frame-state.ts';
import { allFrames, findFree, storeContent, systemPool, take } from '../mm/frames.ts';
import { canDetach, detachAreas, splitEnds, zapEntries, zapRange } from '../mm/unmap.ts';
import { rangeEnd, rangeStart } from '../mm/notifier.ts';
import { resolvePlace, type SpaceSpan } from '../place.ts';
import { sweepQueues } from '../owners/uacce.ts';
import { sweepUnmapped } from '../sharing/files.ts';
import type { OpResult } from '../event.ts';

/** Addresses below 2^47 go to user space; the first mmap of a process ends here. */
const topOfMmap = 0x7fff_f7ff_f;

export const startProcess = defineOp(
  'process',
  'A process starts with an empty address space.',
  { name: arg.name, pid: z.number().int().min(1).max(4_194_304).optional() },
  (tx, op) => {
    if (tx.get('process', op.name) !== null)
      return tx.refuse('EEXIST', 'process.name', { why: `there is a process ${op.name} already` });
    tx.emit({ kind: 'processStarted', rule: 'process', at: { space: op.name } }, (w) => {
      w.put('process', op.name, { pid: op.pid ?? w.count('nextPid', 4711), parent: null, space: op.name, alive: true });
      w.put('space', op.name, {
        users: 1,
        rss: { anon: 0, file: 0, shmem: 0 },
        swapped: 0,
        mmapReaders: [],
        mmapWriter: null,
        mmapBase: topOfMmap,
        unstable: false,
      });
      w.put('subscriptions', op.name, { seq: 2, active: 0, deferred: [] });
    });
    return ok;
  },
);

/** The span of a place, or the refusal of an operation that names nothing. */
export function spanOf(tx: Tx, place: string): SpaceSpan | { readonly refusal: OpResult } {
  return (
    resolvePlace(tx.world, place) ?? {
      refusal: tx.refuse('EINVAL', 'op.place', { why: `there is no ${place}: no buffer of that name has these pages` }),
    }
  );
}

const hugetlbBacking = { '2M': 'hugetlb2M', '1G': 'hugetlb1G' } as const;
const hugetlbPages = { '2M': pmdPages, '1G': pudPages } as const;

/** What is behind a new area: nothing but memory, a file, or an object of shared memory made for it. */
function behind(
  w: Writer,
  file: string | null,
  shared: boolean,
  pages: number,
  offset: number,
  start: number,
): Pick<RecordTables['vma'], 'backing' | 'file' | 'pgoff'> {
  if (file !== null) return { backing: 'file', file, pgoff: offset };
  if (!shared) return { backing: 'anon', file: null, pgoff: start };
  const number = w.count('nextFile', 1);
  const name = `shmem${number}`;
  w.put('file', name, { number, pages, shmem: true });
  return { backing: 'shmem', file: name, pgoff: 0 };
}

export const makeFile = defineOp(
  'file',
  'There is a file, and all of it is in the page cache.',
  {
    name: arg.name,
    pages: arg.pages,
    value: arg.value.default(0),
    count: arg.count,
  },
  (tx, op) => {
    if (tx.get('file', op.name) !== null)
      return tx.refuse('EEXIST', 'file.name', { why: `there is a file ${op.name} already` });
    const pool = systemPool(tx.world);
    const spans = pool === null ? null : findFree(tx.world, pool, op.pages);
    if (pool === null || spans === null)
      return tx.refuse('ENOMEM', 'file.cache', { why: 'no room in system memory to cache the file' });
    tx.emit({ kind: 'fileMade', rule: 'file', args: { name: op.name, pages: op.pages } }, (w) => {
      const number = w.count('nextFile', 1);
      w.put('file', op.name, { number, pages: op.pages, shmem: false });
      take(
        w,
        pool,
        spans,
        { flags: frameFlag.pageCache, refs: 1, maps: 0, pins: 0, anonVma: number, index: 0, content: op.value },
        op.count,
      );
      let index = 0;
      for (const { start, end } of spans) {
        w.fill('pageCache', op.name, index, index + (end - start), [start], [end - start > 1 ? 1 : 0]);
        index += end - start;
      }
    });
    return ok;
  },
);

export const mmap = defineOp(
  'mmap',
  'A process maps memory or a file; nothing is touched yet.',
  {
    as: arg.name,
    pages: arg.pages,
    prot: arg.prot.default('rw-'),
    /** Virtual page number to map at; without it the next range below the last. */
    at: z
      .number()
      .int()
      .min(16)
      .max(2 ** 35 - 1)
      .optional(),
    /** Pages between this mapping and the one before; also the alignment of its start. */
    align: z
      .number()
      .int()
      .min(1)
      .max(2 ** 20)
      .default(1),
    shared: z.boolean().default(false).describe('MAP_SHARED; without a file it is shared memory'),
    file: arg.name.optional().describe('file to map; without it the memory is anonymous'),
    hugetlb: z.enum(['2M', '1G']).optional().describe('MAP_HUGETLB: pages of this size, never split'),
    offset: z
      .number()
      .int()
      .min(0)
      .max(2 ** 35)
      .default(0)
      .describe('first page of the file'),
  },
  (tx, op) => {
    const process = tx.get('process', op.by);
    const space = process === null ? null : tx.get('space', process.space);
    if (process === null || space === null || !process.alive)
      return tx.refuse('ESRCH', 'mmap.noProcess', { why: `no process ${op.by} is running`, fn: 'do_mmap' });
    const name = `${op.by}.${op.as}`;
    if (tx.get('buffer', name) !== null)
      return tx.refuse('EEXIST', 'mmap.name', { why: `there is a buffer ${name} already`, fn: 'do_mmap' });
    if (op.file !== undefined && tx.get('file', op.file) === null)
      return tx.refuse('ENOENT', 'mmap.file', { why: `there is no file ${op.file}`, fn: 'do_mmap' });
    const unit = op.hugetlb === undefined ? op.align : Math.max(op.align, hugetlbPages[op.hugetlb]);
    const start = op.at ?? unmappedBelow(tx.world, process.space, space.mmapBase, op.pages, unit);
    if (
      op.hugetlb !== undefined &&
      (start % hugetlbPages[op.hugetlb] !== 0 || op.pages % hugetlbPages[op.hugetlb] !== 0)
    ) {
      return tx.refuse('EINVAL', 'mmap.hugetlb', {
        why: `a mapping of ${op.hugetlb} pages starts and ends at their borders`,
        fn: 'hugetlbfs_file_mmap',
      });
    }
    if (start < 16) return tx.refuse('ENOMEM', 'mmap.full', { why: 'no room in the address space', fn: 'do_mmap' });
    const at = { space: process.space, start, pages: op.pages };
    // A fixed address takes the place of what is there (MAP_FIXED).
    const replaced =
      op.at === undefined ? ok : unmapRange(tx, process.space, start, start + op.pages, null, 'mmap.fixed');
    if (!isOk(replaced)) return replaced;
    tx.emit({ kind: 'mmapped', rule: 'mmap', at, args: { name, prot: op.prot } }, (w) => {
      const backing =
        op.hugetlb === undefined
          ? behind(w, op.file ?? null, op.shared, op.pages, op.offset, start)
          : { backing: hugetlbBacking[op.hugetlb], file: null, pgoff: start };
      const vma: RecordTables['vma'] = {
        space: process.space,
        start,
        end: start + op.pages,
        read: op.prot.includes('r'),
        write: op.prot.includes('w'),
        exec: op.prot.includes('x'),
        shared: op.shared,
        ...backing,
        anonVmas: [],
        flags: [],
      };
      w.put('vma', newVmaId(w, process.space), vma);
      w.put('buffer', name, { space: process.space, start, pages: op.pages });
      if (op.at === undefined) w.patch('space', process.space, { mmapBase: start });
    });
    mergeAreas(tx, process.space, start, start + op.pages, null);
    return ok;
  },
);

export const munmap = defineOp('munmap', 'A process unmaps a range.', { place: arg.place }, (tx, op) => {
  const span = spanOf(tx, op.place);
  if ('refusal' in span) return span.refusal;
  const { space, start, end } = span;
  const cause = tx.emit({ kind: 'munmapped', rule: 'munmap', at: { space, start, pages: end - start } });
  const cut = rangesCut(tx, space, span);
  const unmapped = unmapRange(tx, space, start, end, cause, 'munmap');
  settleRanges(tx, cut, cause);
  return unmapped;
});

export const munmapStart = defineOp(
  'munmapStart',
  'First part of munmap: takes the mmap lock for writing, detaches the areas and starts the UNMAP event.',
  { place: arg.place },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    if ('refusal' in span) return span.refusal;
    const { space, start, end } = span;
    const can = canDetach(tx, space, start, end, null);
    if (!isOk(can)) return can;
    const cause = tx.emit({ kind: 'munmapped', rule: 'munmap', at: { space, start, pages: end - start } }, (w) =>
      w.patch('space', space, { mmapWriter: op.by, unmapping: { start, end } }),
    );
    detachAreas(tx, space, start, end, cause);
    return rangeStart(tx, { event: 'UNMAP', space, start, end, cause, rule: 'munmap' });
  },
);

/** The span of a munmap in steps that is under way, or the refusal where none is, or of another range. */
function unmappingOf(tx: Tx, place: string): SpaceSpan | { readonly refusal: OpResult } {
  const span = spanOf(tx, place);
  if ('refusal' in span) return span;
  const under = tx.get('space', span.space)?.unmapping ?? null;
  return under !== null && under.start === span.start && under.end === span.end
    ? span
    : {
        refusal: tx.refuse('EINVAL', 'munmap.notStarted', {
          why: `no munmap of ${place} is under way: munmapStart comes first`,
        }),
      };
}

export const munmapZap = defineOp(
  'munmapZap',
  'Second part of munmap: the entries go and frames become free.',
  { place: arg.place },
  (tx, op) => {
    const span = unmappingOf(tx, op.place);
    if ('refusal' in span) return span.refusal;
    const { space, start, end } = span;
    splitEnds(tx, space, start, end, null);
    zapEntries(tx, space, start, end, null, 'munmap');
    return ok;
  },
);

export const munmapEnd = defineOp(
  'munmapEnd',
  'Last part of munmap: ends the UNMAP event and releases the mmap lock.',
  { place: arg.place },
  (tx, op) => {
    const span = unmappingOf(tx, op.place);
    if ('refusal' in span) return span.refusal;
    const { space, start, end } = span;
    // Entries go before the event ends, whoever forgot to ask for it.
    if (tx.pages('pte', space).occupied(start, end).length > 0)
      return tx.refuse('EINVAL', 'munmap.notZapped', { why: 'the entries are still there: munmapZap comes first' });
    rangeEnd(tx, { event: 'UNMAP', space, start, end, cause: null, rule: 'munmap' });
    tx.emit({ kind: 'unlocked', rule: 'munmap', at: { space }, args: { lock: 'mmap' } }, (w) =>
      w.patch('space', space, { mmapWriter: null, unmapping: null }),
    );
    dropUnmapped(tx, null);
    sweepUnmapped(tx, null);
    sweepQueues(tx, null);
    return ok;
  },
);

/** munmap of a range that may hold any number of areas, or none; EINVAL where it cannot be cut out. */
function unmapRange(tx: Tx, space: string, start: number, end: number, cause: number | null, rule: string): OpResult {
  if (areasIn(tx.world, space, start, end).length === 0 && rule !== 'munmap') return ok;
  const can = canDetach(tx, space, start, end, cause);
  if (!isOk(can)) return can;
  detachAreas(tx, space, start, end, cause);
  const zapped = zapRange(tx, 'UNMAP', space, start, end, cause, rule);
  dropUnmapped(tx, cause);
  sweepUnmapped(tx, cause);
  sweepQueues(tx, cause);
  return zapped;
}

const access = { place: arg.place };

export const read = defineOp(
  'read',
  'A CPU thread of the process loads from every page of a range.',
  access,
  (tx, op) => {
    const span = spanOf(tx, op.place);
    if ('refusal' in span) return span.refusal;
    const result = cpuAccess(tx, { ...span, access: 'read' });
    if (!isOk(result)) return result;
    const entry = tx.pages('pte', span.space).get(span.start);
    const value = entry === null ? 0 : (tx.pages('frame', allFrames).get(entry[1] ?? 0)?.[6] ?? 0);
    tx.emit({
      kind: 'cpuRead',
      rule: 'access.cpu',
      at: { space: span.space, start: span.start, pages: span.end - span.start },
      args: { value },
    });
    return ok;
  },
);

export const write = defineOp(
  'write',
  'A CPU thread of the process stores to every page of a range.',
  { ...access, value: arg.value, count: arg.count },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    if ('refusal' in span) return span.refusal;
    const { space, start, end } = span;
    const result = cpuAccess(tx, { ...span, access: 'write' });
    if (!isOk(result)) return result;
    tx.emit(
      {
        kind: 'cpuWrite',
        rule: 'access.cpu',
        at: { space, start, pages: end - start },
        args: { value: op.value, counting: op.count },
      },
      (w) => {
        for (const run of w.world.pages.pte[space]?.occupied(start, end) ?? []) {
          const frame = run.values[1] ?? 0;
          storeContent(
            w,
            frame,
            frame + (run.end - run.start),
            op.value + (op.count ? run.start - start : 0),
            op.count,
          );
        }
      },
    );
    return ok;
  },
);

export const atomic = defineOp(
  'atomic',
  'A CPU thread of the process adds to every page of a range, each in one step.',
  { ...access, add: arg.value.default(1) },
  (tx, op) => {
    const span = spanOf(tx, op.place);
    return 'refusal' in span ? span.refusal : cpuAtomic(tx, span, op.add);
  },
);

export const execOp = defineOp(
  'exec',
  'A process runs another program: a new address space takes the place of the old.',
  { closeOnExec: z.boolean().default(true).describe('its device files were opened with O_CLOEXEC') },
  (tx, op) => exec(tx, op.by, topOfMmap, op.closeOnExec),
);

export const oomReapOp = defineOp(
  'oomReap',
  'The reaper takes the memory of a process that was killed for memory. No callback may sleep.',
  { process: arg.name },
  (tx, op) => oomReap(tx, op.process),
);
export const forkOp = defineOp('fork', 'A process forks a child.', { child: arg.name }, (tx, op) => {
  const forked = tx.events.length;
  const result = fork(tx, op.by, op.child);
  if (isOk(result)) shareFilesWith(tx, op.by, op.child, forked);
  return result;
});
export const exitOp = defineOp('exit', 'A process ends.', {}, (tx, op) => {
  const exited = tx.events.length;
  const result = exit(tx, op.by);
  if (isOk(result)) closeAllOf(tx, op.by, exited);
  return result;
});
