/**
 * Memory regions: a remote peer reads and writes memory through a network adapter.
 *
 *      pinned      A pppp   nic0:mr addresses of the frames, for as long as it is registered
 *      odp         A ssss   nic0:mr ....   empty; the adapter faults, and forgets when the CPU's table changes
 *      dmaBuf      gpu0.vram               mapped at the first access, forgotten at a move, mapped again at the next
 *
 * Models ib_umem_get, ib_umem_odp_get, ib_umem_odp_map_dma_and_lock, ib_umem_dmabuf_get(_pinned),
 * ib_umem_dmabuf_map_pages and ib_umem_dmabuf_revoke of drivers/infiniband/core.
 */
import { deviceFlag, devicePteWord } from '../../model/device-pte.ts';
import type { MemoryRegion, RegionKind } from '../../model/rdma.ts';
import { PageMap } from '../../store/page-map.ts';
import { deviceAccess } from '../device/access.ts';
import type { OpResult } from '../event.ts';
import { changeFrames, poolOf } from '../mm/frames.ts';
import { eraseDeviceEntries } from '../mm/mirror.ts';
import { insertNotifier, removeNotifier } from '../mm/notifier.ts';
import { pin } from '../mm/pin.ts';
import type { SpaceSpan } from '../place.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { attach, detach } from './dma-buf.ts';
import { dmaAccess } from './dma-access.ts';
import { mapAttachment, pinAttachment } from './mapping.ts';
import { stretches } from './object-frames.ts';

const everything = 2 ** 35;

export interface RegionRequest {
  readonly key: string;
  readonly device: string;
  readonly kind: RegionKind;
  readonly span: SpaceSpan | null;
  readonly fd: number | null;
  readonly write: boolean;
  /** False: the importer has no invalidate callback. */
  readonly invalidates: boolean;
  readonly hugetlb: boolean;
}

const functions: { readonly [K in RegionKind]: string } = {
  pinned: 'ib_umem_get',
  odp: 'ib_umem_odp_get',
  odpImplicit: 'ib_umem_odp_alloc_implicit',
  dmaBuf: 'ib_umem_dmabuf_get',
  dmaBufPinned: 'ib_umem_dmabuf_get_pinned',
  dmaBufRevocable: 'ib_umem_dmabuf_get_pinned_revocable',
};

/** Registers a region; what its kind asks for may be refused on the way, and is taken back then. */
export function register(tx: Tx, request: RegionRequest): OpResult {
  const { key, device, kind } = request;
  const at = { device };
  const fn = functions[kind];
  if (tx.get('memoryRegion', key) !== null)
    return tx.refuse('EEXIST', 'region.name', { at, why: `there is a region ${key} already`, fn });
  if (tx.get('device', device) === null)
    return tx.refuse('ENODEV', 'region.noDevice', { why: `no device ${device} in this machine`, fn });
  const odp = kind === 'odp' || kind === 'odpImplicit';
  if (kind === 'odpImplicit' && request.hugetlb)
    return tx.refuse('EINVAL', 'region.implicitHugetlb', { at, why: 'an implicit region has pages of one size', fn });
  if (kind === 'pinned' || odp) {
    if (request.span === null)
      return tx.refuse('EINVAL', 'region.noPlace', { at, why: 'there is nothing to register', fn });
    return kind === 'pinned' ? pinned(tx, request, request.span) : onDemand(tx, request, request.span);
  }
  return ofDmaBuf(tx, request);
}

function record(
  tx: Tx,
  request: RegionRequest,
  more: Partial<MemoryRegion>,
  write?: Parameters<Tx['emit']>[1],
): OpResult {
  const { key, device, kind } = request;
  const region = { space: null, start: 0, pages: 0, ...more };
  tx.emit(
    {
      kind: 'regionRegistered',
      fn: functions[kind],
      rule: `region.${kind}`,
      at: {
        device,
        ...(region.space === null ? {} : { space: region.space, start: region.start, pages: region.pages }),
      },
      args: { region: key, kind },
    },
    (w) => {
      const rkey = w.count('nextRkey', 0x1000);
      w.put('memoryRegion', key, { device, kind, holders: [tx.by], write: request.write, rkey, ...region });
      write?.(w);
    },
  );
  return ok;
}

/** FOLL_LONGTERM pins: the frames stay where they are until the region goes. */
function pinned(tx: Tx, request: RegionRequest, span: SpaceSpan): OpResult {
  const { space, start, end } = span;
  const held = pin(tx, span, request.write ? ['pin', 'write', 'longterm'] : ['pin', 'longterm']);
  if (!isOk(held)) return held;
  return record(tx, request, { space, start, pages: end - start }, (w) => {
    const flags = deviceFlag.read | (request.write ? deviceFlag.write : 0);
    for (const { page, frame, pages } of stretches(w.world, 'pte', space, start, end)) {
      const target = poolOf(w.world, frame)?.device === request.device ? 'LOCAL' : 'SYS';
      const first = page - start;
      w.fill(
        'importPte',
        request.key,
        first,
        first + pages,
        [devicePteWord(target, flags), frame],
        [0, pages > 1 ? 1 : 0],
      );
    }
  });
}

/** An interval notifier over the range, and a table of the adapter's that is empty until it faults. */
function onDemand(tx: Tx, request: RegionRequest, span: SpaceSpan): OpResult {
  const implicit = request.kind === 'odpImplicit';
  const start = implicit ? 0 : span.start;
  const end = implicit ? everything : span.end;
  const registered = record(tx, request, { space: span.space, start, pages: end - start }, (w) =>
    w.put('context', request.key, {
      device: request.device,
      space: span.space,
      open: true,
      mirrored: true,
      callbackSleeps: false,
      driverLock: null,
      snapshot: null,
      faults: 0,
      cpages: 0,
    }),
  );
  const inserted = insertNotifier(tx, request.key, span.space, start, end, tx.events.length - 1);
  return isOk(inserted) ? registered : inserted;
}

/** A region of a dma-buf: followed by faults, or pinned for adapters that cannot fault. */
function ofDmaBuf(tx: Tx, request: RegionRequest): OpResult {
  const { key, device, kind, fd } = request;
  const at = { device };
  const fn = functions[kind];
  if (fd === null)
    return tx.refuse('EINVAL', 'region.noDescriptor', { at, why: 'there is no descriptor to import', fn });
  if (kind === 'dmaBuf' && !request.invalidates)
    return tx.refuse('EINVAL', 'region.noInvalidate', {
      at,
      why: 'a region that is not pinned must be told of moves',
      fn,
    });
  const tied = attach(tx, {
    name: key,
    fd,
    importer: device,
    dynamic: true,
    peer2peer: true,
    invalidates: kind !== 'dmaBufPinned',
    dropsAtOnce: true,
    obeys: true,
  });
  if (!isOk(tied)) return tied;
  const pages = tx.get('dmaBuf', tx.get('attachment', key)?.dmaBuf ?? '')?.pages ?? 0;
  if (kind !== 'dmaBuf') {
    const cause = tx.events.length - 1;
    const held = pinAttachment(tx, key, true, cause);
    const mapped = isOk(held) ? mapAttachment(tx, key, { takesLock: true, write: request.write, cause }) : held;
    if (!isOk(mapped)) {
      detach(tx, key, cause);
      return mapped;
    }
  }
  return record(tx, request, { pages });
}

export interface RegionAccess {
  readonly region: string;
  readonly first: number;
  readonly pages: number;
  readonly access: 'read' | 'write';
  readonly value: number;
  readonly count: boolean;
}

/** A remote peer's read or write, carried out by the adapter; it faults where it can and must. */
export function accessRegion(tx: Tx, request: RegionAccess): OpResult {
  const { region: key, first, pages, access } = request;
  const region = tx.get('memoryRegion', key);
  if (region === null)
    return tx.refuse('EACCES', 'region.access.none', { why: `there is no region ${key}: remote access error` });
  const { device, kind } = region;
  const at = { device };
  const refuse = (errno: string, rule: string, why: string): OpResult =>
    tx.refuse(errno, rule, { by: device, cause, at, why });
  const cause = tx.emit({
    kind: 'remoteRequest',
    by: tx.by,
    rule: 'region.access',
    at,
    args: { region: key, access, first, pages },
  });
  if (access === 'write' && !region.write)
    return refuse('EACCES', 'region.access.forbidden', 'the region does not permit writing: remote access error');
  if (kind === 'odp' || kind === 'odpImplicit') {
    const start = region.start + first;
    if (first + pages > region.pages)
      return refuse('EFAULT', 'region.access.outside', 'the address is outside the region');
    if ((tx.get('space', region.space ?? '')?.users ?? 0) === 0)
      return refuse('EINVAL', 'region.access.deadSpace', 'the address space that it was registered for is gone');
    return deviceAccess(tx, { key, start, end: start + pages, access, value: request.value, counting: request.count });
  }
  if (first + pages > region.pages)
    return refuse('EACCES', 'region.access.outside', 'the address is outside the region: remote access error');
  const attachment = tx.get('attachment', key);
  if (attachment?.revoked === true)
    return refuse('EACCES', 'region.access.revoked', 'the exporter took the memory away for good: remote access error');
  if (attachment !== null && attachment.mapping !== 'mapped') {
    if (kind !== 'dmaBuf')
      return refuse('EACCES', 'region.access.unmapped', 'the region is not mapped: remote access error');
    const fault = tx.emit({
      kind: 'regionFault',
      by: `driver:${device}`,
      cause,
      rule: 'region.fault',
      at,
      args: { region: key },
    });
    const mapped = mapAttachment(tx, key, { takesLock: true, write: region.write, cause: fault });
    if (!isOk(mapped)) return mapped;
  }
  return dmaAccess(tx, {
    through: key,
    device,
    first,
    pages,
    access,
    value: request.value,
    count: request.count,
    cause,
    rule: 'access.rdma',
  });
}

/** ib_dereg_mr: pins, notifier and attachment go with the region. */
export function deregister(tx: Tx, key: string, cause: number | null): OpResult {
  const region = tx.get('memoryRegion', key);
  if (region === null)
    return tx.refuse('EINVAL', 'region.none', { cause, why: `there is no region ${key}`, fn: 'ib_dereg_mr' });
  const { device } = region;
  if (tx.get('attachment', key) !== null) {
    const detached = detach(tx, key, cause);
    if (!isOk(detached)) return detached;
  }
  const ended = tx.emit(
    { kind: 'regionDeregistered', cause, rule: 'region.end', at: { device }, args: { region: key } },
    (w) => {
      if (region.kind === 'pinned')
        for (const { frame, pages } of stretches(w.world, 'importPte', key))
          changeFrames(w, frame, frame + pages, (f) => ({ ...f, refs: f.refs - 1, pins: f.pins - 1 }));
      w.rewrite('importPte', key, 0, PageMap.limit, () => null);
      w.put('memoryRegion', key, null);
    },
  );
  if (tx.get('context', key) === null) return ok;
  removeNotifier(tx, key, ended);
  eraseDeviceEntries(tx, key, 0, everything, ended, 'region.end');
  tx.emit(
    { kind: 'deviceClosed', cause: ended, fn: 'ib_umem_odp_release', rule: 'region.end', at: { context: key, device } },
    (w) => w.put('context', key, null),
  );
  return ok;
}

/** A child has the verbs file open too. */
export function copyRegions(
  w: Parameters<NonNullable<Parameters<Tx['emit']>[1]>>[0],
  parent: string,
  child: string,
): void {
  for (const [key, region] of Object.entries(w.world.records.memoryRegion))
    if (region.holders.includes(parent)) w.put('memoryRegion', key, { ...region, holders: [...region.holders, child] });
}

/** A process goes: regions whose last holder it was end. */
export function dropRegions(tx: Tx, process: string, cause: number | null): void {
  for (const [key, region] of Object.entries(tx.world.records.memoryRegion)) {
    if (!region.holders.includes(process)) continue;
    if (region.holders.length === 1) deregister(tx, key, cause);
    else
      tx.emit(
        {
          kind: 'regionLeft',
          by: process,
          cause,
          rule: 'region.leave',
          at: { device: region.device },
          args: { region: key },
        },
        (w) => w.patch('memoryRegion', key, { holders: region.holders.filter((holder) => holder !== process) }),
      );
  }
}
