/**
 * CPU mappings of buffer objects: empty until they are touched, and emptied again by the driver whenever it likes.
 *
 *      mmap      A ....        nothing is mapped yet
 *      write     A bbbb        the driver's fault handler maps its BAR, or main memory
 *      submit    A ....        zapped (CLEAR) before the device works
 *      read      waits for the fence, then faults again
 *
 * Models ttm_bo_vm_fault_reserved, ttm_bo_unmap_virtual, dma_buf_mmap and unmap_mapping_range.
 */
import { pteFlag, pteWord } from '../../model/pte.ts';
import type { OpResult } from '../event.ts';
import { newVmaId, unmappedBelow, type Area } from '../mm/areas.ts';
import { again, type FaultOutcome, type FaultSpan } from '../mm/cpu-fault.ts';
import { findFree, systemPool } from '../mm/frames.ts';
import { zapRange } from '../mm/unmap.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { dmaBufOf } from './files.ts';
import { moveLocked } from './moving.ts';
import { copyContents, putFrames, stretches, takeForDriver, type FrameTable } from './object-frames.ts';
import { mappedDmaBuf, mappedObject } from './objects.ts';
import { lastVisibleFrame } from './peer.ts';
import { hasFences } from './reservation.ts';

/** Pages that one fault maps (TTM_BO_VM_NUM_PREFAULT). */
const prefault = 16;
const maxPageOffset = 2 ** 52;

interface MappingRequest {
  readonly name: string;
  readonly pages: number;
  readonly offset: number;
  readonly file: string;
  readonly rule: string;
  readonly fn: string;
}

/** The area is made; no entry is filled, no notifier event sent. */
function map(tx: Tx, { name, pages, offset, file, rule, fn }: MappingRequest): OpResult {
  const process = tx.get('process', tx.by);
  const space = process === null ? null : tx.get('space', process.space);
  if (process === null || space === null || !process.alive)
    return tx.refuse('ESRCH', 'mmap.noProcess', { why: `no process ${tx.by} is running`, fn });
  const buffer = `${tx.by}.${name}`;
  if (tx.get('buffer', buffer) !== null)
    return tx.refuse('EEXIST', 'mmap.name', { why: `there is a buffer ${buffer} already`, fn });
  const start = unmappedBelow(tx.world, process.space, space.mmapBase, pages);
  const at = { space: process.space, start, pages };
  tx.emit({ kind: 'mmapped', fn, rule, at, args: { name: buffer, prot: 'rw-' } }, (w) => {
    w.put('vma', newVmaId(w, process.space), {
      space: process.space,
      start,
      end: start + pages,
      read: true,
      write: true,
      exec: false,
      shared: true,
      backing: 'pfnmap',
      file,
      pgoff: offset,
      anonVmas: [],
      flags: ['IO', 'PFNMAP', 'DONTEXPAND'],
    });
    w.put('buffer', buffer, { space: process.space, start, pages });
    w.patch('space', process.space, { mmapBase: start });
  });
  return ok;
}

/** A process maps a buffer object through the driver's device file. */
export function mmapObject(tx: Tx, objectName: string, as: string): OpResult {
  const object = tx.get('object', objectName);
  if (object === null || !object.handles.includes(tx.by))
    return tx.refuse('EACCES', 'object.mmap.noHandle', {
      why: `${tx.by} has no handle of ${objectName}`,
      fn: 'drm_gem_mmap',
    });
  if (object.frames === 'userPointer')
    return tx.refuse('EPERM', 'object.mmap.userPointer', {
      at: object.device === null ? {} : { device: object.device },
      why: 'its pages are those of a process already',
      fn: 'amdgpu_gem_object_mmap',
    });
  const file = mappedObject(objectName);
  return map(tx, { name: as, pages: object.pages, offset: 0, file, rule: 'object.mmap', fn: 'drm_gem_mmap' });
}

/** dma_buf_mmap_internal: EOVERFLOW where offset and length wrap, EINVAL beyond the size of the buffer. */
export function mmapDmaBuf(tx: Tx, fd: number, as: string, pages: number, offset: number): OpResult {
  const name = dmaBufOf(tx, tx.by, fd);
  if (typeof name !== 'string') return name.refusal;
  const dmaBuf = tx.get('dmaBuf', name);
  const fn = 'dma_buf_mmap';
  const at = dmaBuf === null || dmaBuf.device === null ? {} : { device: dmaBuf.device };
  if (offset + pages >= maxPageOffset)
    return tx.refuse('EOVERFLOW', 'dmaBuf.mmap.overflow', { at, why: 'offset and length wrap around', fn });
  if (dmaBuf === null || offset + pages > dmaBuf.pages)
    return tx.refuse('EINVAL', 'dmaBuf.mmap.beyond', { at, why: 'the mapping would reach beyond the buffer', fn });
  if (dmaBuf.revoked || dmaBuf.object === null)
    return tx.refuse('ENODEV', 'dmaBuf.mmap.revoked', { at, why: 'the exporter has revoked it', fn });
  return map(tx, { name: as, pages, offset, file: mappedDmaBuf(name), rule: 'dmaBuf.mmap', fn });
}

/** The object that an area maps, by its name; null: none, or it was taken away. */
export function objectBehind(tx: Pick<Tx, 'world'>, area: Pick<Area, 'file' | 'backing'>): string | null {
  if (area.backing !== 'pfnmap' || area.file === null) return null;
  const name = area.file.slice(area.file.indexOf(':') + 1);
  if (area.file === mappedObject(name)) return tx.world.records.object[name] === undefined ? null : name;
  const dmaBuf = tx.world.records.dmaBuf[name];
  return dmaBuf === undefined || dmaBuf.revoked ? null : dmaBuf.object;
}

/** The driver's fault handler. It waits for work under way; SIGBUS where the memory was taken away. */
export function objectFault(tx: Tx, { area, start, access, cause }: FaultSpan): FaultOutcome {
  const name = objectBehind(tx, area);
  const object = name === null ? null : tx.get('object', name);
  if (name === null || object === null) return { signal: 'SIGBUS' };
  if ((tx.get('reservation', name)?.lockedBy ?? null) !== null) return { blocked: 'reservation' };
  if (hasFences(tx, name, ['KERNEL', 'WRITE'])) return { blocked: 'fence' };
  const copy = object.placement === 'vram' && object.cpuFault === 'copy';
  const ready = copy ? bringCopy(tx, name, cause) : makeVisible(tx, name, cause);
  if (!isOk(ready)) return { signal: 'SIGBUS' };
  const table: FrameTable = copy ? 'copyPage' : 'objectPage';
  const end = Math.min(area.end, start + prefault);
  const first = start - area.start + area.pgoff;
  const at = { space: area.space, start, pages: end - start };
  const placement = copy ? 'copy' : (tx.get('object', name)?.placement ?? 'system');
  const by = `driver:${object.device ?? 'kernel'}`;
  tx.emit(
    {
      kind: 'objectFault',
      by,
      cause,
      rule: `fault.object.${placement}`,
      at,
      args: { object: name, access, placement },
    },
    (w) => {
      // A copy is mapped for writing only by a write: the driver has to know which of the two is newer.
      const write = area.write && (access === 'write' || !copy);
      for (const { page, frame, pages } of stretches(w.world, table, name, first, first + (end - start))) {
        const to = start + (page - first);
        const word = pteWord('PFNMAP', pteFlag.special | (write ? pteFlag.write : 0));
        w.fill('pte', area.space, to, to + pages, [word, frame], [0, pages > 1 ? 1 : 0]);
      }
      if (copy && access === 'write') w.patch('object', name, { newer: 'copy' });
    },
  );
  return again;
}

/** What the CPU is to see must lie where the BAR shows it, or else move there, or to main memory. */
function makeVisible(tx: Tx, name: string, cause: number | null): OpResult {
  const object = tx.get('object', name);
  if (object === null || object.placement === 'system') return ok;
  const last = lastVisibleFrame(tx.world, tx.get('device', object.device ?? '')?.pool ?? '');
  if (stretches(tx.world, 'objectPage', name).every(({ frame, pages }) => frame + pages <= last)) return ok;
  const moved = moveLocked(tx, name, 'vram', { visible: true, cause });
  return isOk(moved) ? moved : moveLocked(tx, name, 'system', { visible: false, cause });
}

/** Main memory behind the device's: filled when the CPU first asks for it after the device has written. */
function bringCopy(tx: Tx, name: string, cause: number | null): OpResult {
  const object = tx.get('object', name);
  const there = !tx.pages('copyPage', name).isEmpty;
  if (object === null || (there && object.newer !== 'device')) return ok;
  const pool = systemPool(tx.world);
  const spans = there || pool === null ? [] : findFree(tx.world, pool, object.pages);
  if (pool === null || spans === null)
    return tx.refuse('ENOMEM', 'object.copy.full', { cause, why: 'no free frames for a copy in main memory' });
  tx.emit(
    {
      kind: 'objectCopied',
      by: `driver:${object.device ?? 'kernel'}`,
      cause,
      rule: 'object.copy.toSystem',
      at: object.device === null ? {} : { device: object.device },
      args: { object: name, from: tx.get('device', object.device ?? '')?.pool ?? null, pool, pages: object.pages },
    },
    (w) => {
      if (!there) {
        takeForDriver(w, pool, spans);
        putFrames(w, 'copyPage', name, spans);
      }
      copyContents(w, stretches(w.world, 'objectPage', name), framesOf(w.world, 'copyPage', name));
      w.patch('object', name, { newer: null });
    },
  );
  return ok;
}

const framesOf = (world: Tx['world'], table: FrameTable, name: string) =>
  stretches(world, table, name).map(({ frame, pages }) => ({ start: frame, end: frame + pages }));

/** What the CPU wrote to the copy reaches the device's memory before the device works. */
export function pushCopy(tx: Tx, name: string, cause: number | null): void {
  const object = tx.get('object', name);
  if (object === null || object.newer !== 'copy') return;
  tx.emit(
    {
      kind: 'objectCopied',
      by: `driver:${object.device ?? 'kernel'}`,
      cause,
      rule: 'object.copy.toDevice',
      at: object.device === null ? {} : { device: object.device },
      args: {
        object: name,
        from: systemPool(tx.world),
        pool: tx.get('device', object.device ?? '')?.pool ?? null,
        pages: object.pages,
      },
    },
    (w) => {
      copyContents(w, stretches(w.world, 'copyPage', name), framesOf(w.world, 'objectPage', name));
      w.patch('object', name, { newer: null });
    },
  );
}

/** unmap_mapping_range: every CPU entry of the object goes, in every address space. The areas stay. */
export function zapObject(tx: Tx, name: string, cause: number | null): void {
  for (const area of Object.values(tx.world.records.vma))
    if (objectBehind(tx, area) === name) zapRange(tx, 'CLEAR', area.space, area.start, area.end, cause, 'object.zap');
}
