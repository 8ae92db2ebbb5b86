/**
 * Buffer objects: memory that a driver makes for a process, and how long it lives.
 *
 *      handle A, export, mapping        alive
 *      A exits                          alive while the export is held
 *      last holder lets go              frames free, once no fence is under way
 *
 * Models drm_gem_object_get/put, ttm_bo_release, and dma_buf_ops.release of exporters.
 */
import { frameFlag } from '../../model/frame-state.ts';
import {
  exporterRules,
  type BufferObject,
  type DmaBuf,
  type ExporterKind,
  type Placement,
} from '../../model/dma-buf.ts';
import { PageMap } from '../../store/page-map.ts';
import type { OpResult } from '../event.ts';
import { areasIn } from '../mm/areas.ts';
import { changeFrames, findFree, systemPool } from '../mm/frames.ts';
import { pin } from '../mm/pin.ts';
import type { SpaceSpan } from '../place.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { dropFrames, putFrames, stretches, takeForDriver } from './object-frames.ts';

/** What stands in `file` of an area that maps a buffer object, or a dma-buf. */
export const mappedObject = (name: string): string => `object:${name}`;
export const mappedDmaBuf = (name: string): string => `dmaBuf:${name}`;

export interface ObjectRequest {
  readonly name: string;
  readonly device: string | null;
  readonly exporter: ExporterKind;
  readonly pages: number;
  readonly prefers: Placement;
  readonly value: number;
  readonly count: boolean;
  readonly cpuFault: BufferObject['cpuFault'];
  /** For user pointers and udmabuf: the stretch it is made from, and its name. */
  readonly from: { readonly span: SpaceSpan; readonly place: string } | null;
}

/** The pool that a placement of an object lies in, or null. */
export function poolFor(tx: Tx, device: string | null, placement: Placement): string | null {
  return placement === 'system' ? systemPool(tx.world) : (tx.get('device', device ?? '')?.pool ?? null);
}

/** ENOMEM without room, EBADFD where udmabuf is given what is no shared memory. */
export function makeObject(tx: Tx, request: ObjectRequest): OpResult {
  const { name, from } = request;
  if (tx.get('object', name) !== null)
    return tx.refuse('EEXIST', 'object.name', { why: `there is a buffer object ${name} already` });
  return from === null ? allocate(tx, request) : makeFrom(tx, request, from);
}

const objectOf = (
  tx: Tx,
  request: ObjectRequest,
  placement: Placement,
  frames: BufferObject['frames'],
): BufferObject => ({
  device: request.device,
  exporter: request.exporter,
  pages: request.pages,
  prefers: request.prefers,
  placement,
  frames,
  place: request.from?.place ?? null,
  handles: [tx.by],
  pins: 0,
  cpuFault: request.cpuFault,
  newer: null,
});

const head = (request: ObjectRequest, placement: Placement, pool: string | null) => ({
  kind: 'objectMade' as const,
  rule: 'object.make',
  at: request.device === null ? {} : { device: request.device },
  args: { object: request.name, pages: request.pages, placement, pool },
});

function allocate(tx: Tx, request: ObjectRequest): OpResult {
  const { name, pages } = request;
  const { memory, moves } = exporterRules[request.exporter];
  const wanted: readonly Placement[] =
    memory === 'vram' ? ['vram'] : request.prefers === 'vram' && moves ? ['vram', 'system'] : [request.prefers];
  for (const placement of wanted) {
    const pool = poolFor(tx, request.device, placement);
    const spans = pool === null ? null : findFree(tx.world, pool, pages);
    if (pool === null || spans === null) continue;
    tx.emit(head(request, placement, pool), (w) => {
      w.put('object', name, objectOf(tx, request, placement, 'own'));
      w.put('reservation', name, { lockedBy: null, fences: [] });
      takeForDriver(w, pool, spans, request.value, request.count);
      putFrames(w, 'objectPage', name, spans);
    });
    return ok;
  }
  return tx.refuse('ENOMEM', 'object.make.full', {
    at: request.device === null ? {} : { device: request.device },
    why: `no ${pages} free frames for it`,
    fn: 'ttm_bo_validate',
  });
}

/** Memory that a process has already: a user pointer is mirrored, udmabuf pins it. */
function makeFrom(tx: Tx, request: ObjectRequest, { span, place }: NonNullable<ObjectRequest['from']>): OpResult {
  const pages = span.end - span.start;
  if (request.exporter !== 'udmabuf') {
    tx.emit(head({ ...request, pages }, 'system', null), (w) => {
      w.put('object', request.name, { ...objectOf(tx, request, 'system', 'userPointer'), pages, place });
      w.put('reservation', request.name, { lockedBy: null, fences: [] });
    });
    return ok;
  }
  const shared = areasIn(tx.world, span.space, span.start, span.end).every((area) => area.backing === 'shmem');
  if (!shared)
    return tx.refuse('EBADFD', 'object.make.noMemfd', {
      at: { space: span.space, start: span.start, pages },
      why: `${place} is no shared memory file`,
      fn: 'udmabuf_create',
    });
  const held = pin(tx, span, ['pin', 'write', 'longterm']);
  if (!isOk(held)) return held;
  tx.emit(head({ ...request, pages }, 'system', systemPool(tx.world)), (w) => {
    w.put('object', request.name, { ...objectOf(tx, request, 'system', 'pinned'), pages, place });
    w.put('reservation', request.name, { lockedBy: null, fences: [] });
    for (const { page, frame, pages: n } of stretches(w.world, 'pte', span.space, span.start, span.end))
      w.fill('objectPage', request.name, page - span.start, page - span.start + n, [frame], [n > 1 ? 1 : 0]);
  });
  return ok;
}

/** A dma-buf keeps its object; a revoked one only while an importer has a mapping that it could not be told to drop. */
function keeps(tx: Tx, name: string, dmaBuf: DmaBuf): boolean {
  if (!dmaBuf.revoked) return true;
  return Object.values(tx.world.records.attachment).some((a) => a.dmaBuf === name && a.mapping === 'mapped');
}

/** What keeps an object: handles, its exports, CPU mappings of it. */
export function isHeld(tx: Tx, name: string): boolean {
  const object = tx.get('object', name);
  if (object === null) return false;
  return (
    object.handles.length > 0 ||
    Object.entries(tx.world.records.dmaBuf).some(([key, dmaBuf]) => dmaBuf.object === name && keeps(tx, key, dmaBuf)) ||
    Object.values(tx.world.records.vma).some((vma) => vma.file === mappedObject(name))
  );
}

/** Its memory goes back where nobody keeps it and no work is under way in it (ttm_bo_release). */
export function letGoOfObject(tx: Tx, name: string, cause: number | null): void {
  if (tx.get('object', name) === null || isHeld(tx, name)) return;
  if ((tx.get('reservation', name)?.fences ?? []).length > 0) return;
  giveBack(tx, name, cause, 'object.release');
}

/** The frames go back to their pool, whoever still has their addresses. */
export function giveBack(tx: Tx, name: string, cause: number | null, rule: string): void {
  const object = tx.get('object', name);
  if (object === null) return;
  const at = object.device === null ? {} : { device: object.device };
  tx.emit({ kind: 'objectFreed', cause, rule, at, args: { object: name, pages: object.pages } }, (w) => {
    if (object.frames === 'pinned') unpinFrames(w, name);
    else dropFrames(w, 'objectPage', name);
    dropFrames(w, 'copyPage', name);
    w.put('object', name, null);
    w.put('reservation', name, null);
    for (const [key, dmaBuf] of Object.entries(w.world.records.dmaBuf))
      if (dmaBuf.object === name) w.put('dmaBuf', key, { ...dmaBuf, object: null });
  });
}

function unpinFrames(w: Parameters<typeof dropFrames>[0], name: string): void {
  for (const { frame, pages } of stretches(w.world, 'objectPage', name))
    changeFrames(w, frame, frame + pages, (f) => ({
      ...f,
      refs: f.refs - 1,
      pins: f.pins - 1,
      flags: f.flags & ~frameFlag.driverHeld,
    }));
  w.rewrite('objectPage', name, 0, PageMap.limit, () => null);
}

/** A process gives up its handle (drm_gem_handle_delete). */
export function dropHandle(tx: Tx, name: string, process: string, cause: number | null): void {
  const object = tx.get('object', name);
  if (object === null || !object.handles.includes(process)) return;
  const dropped = tx.emit(
    { kind: 'handleDropped', by: process, cause, rule: 'object.handle', args: { object: name } },
    (w) => w.patch('object', name, { handles: object.handles.filter((holder) => holder !== process) }),
  );
  letGoOfObject(tx, name, dropped);
}
