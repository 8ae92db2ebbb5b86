/**
 * The kernel's HMM test driver as programs over the engine's operations: what the self-tests talk to. Nothing of it is
 * inside the engine.
 *
 * Models dmirror_fops_unlocked_ioctl and what it calls in lib/test_hmm.c. Each command yields one operation at a time,
 * so that other actors can run in between.
 */
import { deviceFlag, devicePermits } from '../model/device-pte.ts';
import { frameColumn } from '../model/frame-state.ts';
import type { World } from '../model/world.ts';
import { pageMap } from '../engine/apply.ts';
import { allFrames, poolOf } from '../engine/mm/frames.ts';
import { areaAt } from '../engine/mm/areas.ts';
import { hmmFlag } from '../engine/mm/mirror.ts';
import { isFilled, valueAt } from '../store/run.ts';
import { returnValue } from './errno.ts';
import { outcome, type Program } from './machine.ts';

/** An open device file, and who uses it. */
export interface DeviceFile {
  readonly context: string;
  readonly device: string;
  readonly by: string;
  /** The world as it is now: what the driver sees under its lock. */
  readonly world: () => World;
}

/** Pages [start, end) of a buffer ("A.heap"). */
export interface Pages {
  readonly buffer: string;
  readonly start: number;
  readonly end: number;
}

/** What a command returns; the counts are the driver's outputs, copied back on success only. */
export interface Answer {
  readonly ret: number;
  readonly cpages: number;
  readonly faults: number;
  /** Values that the device read, page by page; null where the command reads none. */
  readonly values: readonly number[] | null;
}

/** Pages of one hmm_range_fault (ARRAY_SIZE(pfns) of dmirror_fault) and of one migrate_vma call (PTRS_PER_PTE). */
export const faultPages = 32;
export const migratePages = 512;
/** Pages of one chunk of device memory (DEVMEM_CHUNK_SIZE). */
export const chunkPages = 65_536;
/** How often a mirror may start over; stands for HMM_RANGE_DEFAULT_TIMEOUT (1000 ms). */
const retryBudget = 1000;

const place = ({ buffer, start, end }: Pages): string => `${buffer}[${start}..${end}]`;
const failed = (ret: number): Answer => ({ ret, cpages: 0, faults: 0, values: null });

/** The first virtual page number of a range. */
function firstVpn(world: World, pages: Pages): number {
  const buffer = world.records.buffer[pages.buffer];
  if (buffer === undefined) throw new Error(`no buffer ${pages.buffer}`);
  return buffer.start + pages.start;
}

/** Pages from `start` on whose device entry permits the access, and the values that they hold (dmirror_do_read). */
function readThrough(world: World, file: DeviceFile, pages: Pages, access: 'read' | 'write'): readonly number[] {
  const first = firstVpn(world, pages);
  const values: number[] = [];
  for (const run of pageMap(world, 'devicePte', file.context).runs(first, first + (pages.end - pages.start))) {
    if (!isFilled(run) || !devicePermits(run.values[0] ?? 0, access)) break;
    for (let page = run.start; page < run.end; page++) {
      values.push(pageMap(world, 'frame', allFrames).column(valueAt(run, page, 1), frameColumn.content) ?? 0);
    }
  }
  return values;
}

/** dmirror_open; the context installs an interval notifier over the whole address space. */
export function* open(file: DeviceFile): Program<number> {
  return returnValue(outcome(yield { op: 'open', by: file.by, device: file.device }));
}

/** dmirror_range_fault: read_begin, hmm_range_fault, check and program, until the sequence held still. */
function* rangeFault(file: DeviceFile, pages: Pages, request: 'read' | 'write'): Program<number> {
  const { context, by } = file;
  for (let tries = 0; tries < retryBudget; tries++) {
    yield { op: 'readBegin', by, context };
    const faulted = outcome(yield { op: 'hmmRangeFault', by, context, place: place(pages), request });
    if (faulted === 'EBUSY') continue;
    if (faulted !== 'ok') return returnValue(faulted);
    if (outcome(yield { op: 'program', by, context, place: place(pages) }) === 'ok') return 0;
  }
  return returnValue('EBUSY');
}

/** dmirror_fault: the whole range in chunks. */
function* fault(file: DeviceFile, pages: Pages, request: 'read' | 'write'): Program<number> {
  for (let at = pages.start; at < pages.end; at += faultPages) {
    const ret = yield* rangeFault(file, { ...pages, start: at, end: Math.min(pages.end, at + faultPages) }, request);
    if (ret !== 0) return ret;
  }
  return 0;
}

function* access(
  file: DeviceFile,
  pages: Pages,
  request: 'read' | 'write',
): Program<{ readonly ret: number; readonly faults: number; readonly values: readonly number[] }> {
  let faults = 0;
  for (;;) {
    const values = readThrough(file.world(), file, pages, request);
    if (values.length === pages.end - pages.start) return { ret: 0, faults, values };
    const ret = yield* fault(file, { ...pages, start: pages.start + values.length }, request);
    if (ret !== 0) return { ret, faults, values };
    faults++;
  }
}

/** HMM_DMIRROR_READ */
export function* read(file: DeviceFile, pages: Pages): Program<Answer> {
  const { ret, faults, values } = yield* access(file, pages, 'read');
  return ret === 0 ? { ret, faults, cpages: values.length, values } : failed(ret);
}

/** HMM_DMIRROR_WRITE: page i gets value + i. */
export function* write(file: DeviceFile, pages: Pages, value: number): Program<Answer> {
  const { ret, faults, values } = yield* access(file, pages, 'write');
  if (ret !== 0) return failed(ret);
  yield {
    op: 'deviceWrite',
    by: file.by,
    context: file.context,
    place: place(pages),
    value,
    count: pages.end - pages.start > 1,
  };
  return { ret: 0, faults, cpages: values.length, values: null };
}

/** The area at a page may be read, and where its end lies within the buffer; null where it may not. */
function readableEnd(world: World, pages: Pages, at: number): number | null {
  const buffer = world.records.buffer[pages.buffer];
  if (buffer === undefined) return null;
  const area = areaAt(world, buffer.space, buffer.start + at);
  return area === null || !area.read ? null : area.end - buffer.start;
}

type Selected = 'system' | 'private' | 'coherent' | 'compound';

/** One direction of migration, in blocks that end with an area or after 512 pages. */
function* migrate(
  file: DeviceFile,
  pages: Pages,
  select: readonly Selected[],
  to: 'device' | 'system',
): Program<{ readonly ret: number; readonly moved: number }> {
  const { by, context } = file;
  let moved = 0;
  for (let at = pages.start; at < pages.end;) {
    const areaEnd = readableEnd(file.world(), pages, at);
    if (areaEnd === null) return { ret: returnValue('EINVAL'), moved };
    const end = Math.min(pages.end, at + migratePages, areaEnd);
    const setup = outcome(
      yield { op: 'migrateSetup', by, context, place: place({ ...pages, start: at, end }), select: [...select] },
    );
    if (setup !== 'ok') return { ret: returnValue(setup), moved };
    yield { op: 'migrateCopy', by, context, to };
    yield { op: 'migratePages', by, context };
    const done = yield { op: 'migrateFinalize', by, context };
    moved += migratedPages(done.before, file, to);
    at = end;
  }
  return { ret: 0, moved };
}

/** dmirror_successful_migrated_pages, before finalize forgets. */
function migratedPages(world: World, file: DeviceFile, to: 'device' | 'system'): number {
  const call = world.records.migration[file.context];
  if (call === undefined || to === 'device') return 0;
  return pageMap(world, 'migrateDst', file.context)
    .occupied(call.start, call.end)
    .reduce((sum, run) => sum + run.end - run.start, 0);
}

/** HMM_DMIRROR_MIGRATE_TO_DEV: then reads the range through the device table; ENOENT where a page has no entry. */
export function* migrateToDevice(file: DeviceFile, pages: Pages): Program<Answer> {
  const { ret } = yield* migrate(file, pages, ['system', 'compound'], 'device');
  if (ret !== 0) return failed(ret);
  const values = readThrough(file.world(), file, pages, 'read');
  if (values.length < pages.end - pages.start) return failed(returnValue('ENOENT'));
  return { ret: 0, cpages: values.length, faults: 0, values };
}

/** HMM_DMIRROR_MIGRATE_TO_SYS: cpages counts the pages that moved. */
export function* migrateToSystem(file: DeviceFile, pages: Pages): Program<Answer> {
  const memory = file.world().records.device[file.device]?.memory === 'coherent' ? 'coherent' : 'private';
  const { ret, moved } = yield* migrate(file, pages, [memory, 'compound'], 'system');
  return { ret, cpages: moved, faults: 0, values: null };
}

/** Snapshot bytes of the driver: kind, permission, size. */
const snapshotByte = {
  error: 0xff,
  none: 0,
  read: 1,
  write: 2,
  pmd: 4,
  pud: 8,
  zero: 0x10,
  privateLocal: 0x20,
  coherentLocal: 0x40,
  coherentRemote: 0x50,
} as const;

/** dmirror_mkentry: one byte a page from the words of hmm_range_fault. */
function snapshotOf(world: World, file: DeviceFile, pages: Pages): readonly number[] {
  const first = firstVpn(world, pages);
  const space = world.records.context[file.context]?.space ?? '';
  const words = pageMap(world, 'hmmPfn', file.context);
  const bytes: number[] = [];
  for (let page = first; page < first + (pages.end - pages.start); page++) {
    const [flags = 0, frame = 0, order = 0] = words.get(page) ?? [];
    if ((flags & hmmFlag.error) !== 0) bytes.push(snapshotByte.error);
    else if ((flags & hmmFlag.valid) === 0) bytes.push(snapshotByte.none);
    else
      bytes.push(
        kindByte(world, file, space, page, frame) |
          ((flags & hmmFlag.write) !== 0 ? snapshotByte.write : snapshotByte.read) |
          (order === 9 ? snapshotByte.pmd : order === 18 ? snapshotByte.pud : 0),
      );
  }
  return bytes;
}

function kindByte(world: World, file: DeviceFile, space: string, page: number, frame: number): number {
  const pool = poolOf(world, frame);
  if (pool === null) return pageMap(world, 'pte', space).has(page) ? snapshotByte.zero : 0;
  if (pool.registration === 'private') return snapshotByte.privateLocal;
  if (pool.registration === 'coherent')
    return pool.device === file.device ? snapshotByte.coherentLocal : snapshotByte.coherentRemote;
  return 0;
}

/** HMM_DMIRROR_SNAPSHOT: mirrors without faulting. */
export function* snapshot(file: DeviceFile, pages: Pages): Program<Answer> {
  const bytes: number[] = [];
  for (let at = pages.start; at < pages.end; at += faultPages) {
    const chunk = { ...pages, start: at, end: Math.min(pages.end, at + faultPages) };
    yield { op: 'readBegin', by: file.by, context: file.context };
    const done = yield {
      op: 'hmmRangeFault',
      by: file.by,
      context: file.context,
      place: place(chunk),
      request: 'snapshot',
    };
    if (outcome(done) !== 'ok') return failed(returnValue(outcome(done)));
    bytes.push(...snapshotOf(done.after, file, chunk));
  }
  return { ret: 0, cpages: bytes.length, faults: 0, values: bytes };
}

/** HMM_DMIRROR_EXCLUSIVE: page by page, then reads back through the device table. */
export function* exclusive(file: DeviceFile, pages: Pages): Program<Answer> {
  const made = outcome(yield { op: 'makeExclusive', by: file.by, context: file.context, place: place(pages) });
  if (made !== 'ok') return failed(returnValue(made));
  const values = readThrough(file.world(), file, pages, 'read');
  return { ret: 0, cpages: values.length, faults: 0, values };
}

/** HMM_DMIRROR_CHECK_EXCLUSIVE: EPERM if any page is still tagged atomic. */
export function* checkExclusive(file: DeviceFile, pages: Pages): Program<Answer> {
  const world = file.world();
  const first = firstVpn(world, pages);
  const held = pageMap(world, 'devicePte', file.context)
    .occupied(first, first + (pages.end - pages.start))
    .some((run) => ((run.values[0] ?? 0) & deviceFlag.atomic) !== 0);
  return failed(held ? returnValue('EPERM') : 0);
}

/** HMM_DMIRROR_FLAGS: bit 0 makes the next device-side allocation fail. */
export function* flags(file: DeviceFile, bits: number): Program<Answer> {
  yield { op: 'failAllocation', by: file.by, device: file.device, fail: (bits & 1) !== 0 };
  return failed(0);
}

/** dmirror_device_evict_chunk for each chunk that the device has. */
export function* evict(file: DeviceFile, chunks: number): Program<Answer> {
  for (let chunk = 0; chunk < chunks; chunk++)
    yield { op: 'evict', by: file.by, device: file.device, first: chunk * chunkPages, frames: chunkPages };
  return failed(0);
}

/** dmirror_fops_release: the mirror ends, then all device memory is brought back. */
export function* close(file: DeviceFile, chunks: number): Program<number> {
  yield { op: 'close', by: file.by, context: file.context };
  yield* evict(file, chunks);
  return 0;
}
