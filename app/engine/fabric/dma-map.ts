/**
 * A device gets to reach memory by DMA, and how its requests travel.
 *
 *      memory          type                address that the device uses        IOMMU
 *      main memory     NONE                I/O virtual, or physical            entries, where there is one
 *      a peer's BAR    BUS_ADDR            bus address of the BAR              no entry: it never sees the request
 *      a peer's BAR    THRU_HOST_BRIDGE    I/O virtual, or physical            entries, as for MMIO
 *      a peer's BAR    NOT_SUPPORTED       none: -EREMOTEIO                    the driver may fall back to a copy
 *
 * Models dma_map_sgtable, pci_p2pdma_state and iommu_dma_map_sg of drivers/iommu/dma-iommu.c.
 */
import { pageBytes } from '../../model/ids.ts';
import { frameFlag } from '../../model/frame-state.ts';
import type { DmaMapping, P2pBuffer } from '../../model/fabric.ts';
import type { OpResult } from '../event.ts';
import { changeFrames, findFree, systemPool, take } from '../mm/frames.ts';
import { ok, type Tx } from '../tx.ts';
import { barName } from './fabric.ts';
import { mapType } from './p2p-distance.ts';

/** I/O virtual addresses are handed out upwards from here; what is given back is not used again. */
const firstIovaPage = 0x10_0000;
const nextIova = 'nextIovaPage';

export interface DmaRequest {
  readonly client: string;
  /** A P2P buffer, or a pool of main memory. */
  readonly memory: string;
  readonly name: string;
  /** For a pool; a P2P buffer is mapped whole. */
  readonly bytes: number;
  /** What the driver does where the peer cannot be reached: gives up, or copies through main memory. */
  readonly fallback: boolean;
}

const pagesOf = (bytes: number): number => Math.ceil(bytes / pageBytes);

/** The address that a device uses for physical memory: through the IOMMU, where there is one. */
function translated(tx: Tx, bytes: number, physical: number): Pick<DmaMapping, 'address' | 'iommuPages'> {
  if (tx.get('settings', 'machine')?.iommu !== true) return { address: physical, iommuPages: 0 };
  const next = tx.get('counter', nextIova)?.value ?? firstIovaPage;
  return { address: next * pageBytes, iommuPages: pagesOf(bytes) };
}

function record(tx: Tx, name: string, rule: string, cause: number | null, mapping: DmaMapping): OpResult {
  const { client, memory, bytes, target, address, iommuPages } = mapping;
  tx.emit(
    {
      kind: 'dmaMapped',
      cause,
      rule,
      at: { device: client },
      args: { mapping: name, client, memory, bytes, target, address, iommuPages },
    },
    (w) => {
      if (iommuPages > 0) w.put('counter', nextIova, { value: address / pageBytes + iommuPages });
      w.put('dmaMapping', name, mapping);
    },
  );
  return ok;
}

/** -EREMOTEIO: the client may not reach the provider. -ENOMEM: no main memory for the copy. */
export function mapForDma(tx: Tx, request: DmaRequest): OpResult {
  const { client, memory, name } = request;
  const at = { device: client };
  const fn = 'dma_map_sgtable';
  if (tx.get('dmaMapping', name) !== null)
    return tx.refuse('EEXIST', 'dma.map.name', { at, why: `there is a mapping ${name} already` });
  const buffer = tx.get('p2pBuffer', memory);
  if (buffer !== null) return mapPeer(tx, request, buffer);
  const pool = tx.get('pool', memory);
  if (pool === null || pool.registration !== 'system')
    return tx.refuse('EINVAL', 'dma.map.none', {
      at,
      fn,
      why:
        pool === null ? `there is no memory ${memory}` : `${memory} is not main memory: register and take P2P memory`,
    });
  return record(tx, name, 'dma.map.system', null, {
    client,
    memory,
    bytes: request.bytes,
    target: 'SYS',
    ...translated(tx, request.bytes, pool.firstFrame * pageBytes),
    frames: [],
  });
}

function mapPeer(tx: Tx, request: DmaRequest, buffer: P2pBuffer): OpResult {
  const { client, memory, name } = request;
  const { provider, bytes } = buffer;
  const type = mapType(tx, provider, client);
  const cause = tx.events.length - 1;
  const physical = (tx.get('bar', barName(provider, buffer.bar))?.start ?? 0) + buffer.offset;
  if (type === 'BUS_ADDR')
    return record(tx, name, 'dma.map.busAddress', cause, {
      client,
      memory,
      bytes,
      target: 'PEER_BUS',
      address: physical,
      iommuPages: 0,
      frames: [],
    });
  if (type === 'THRU_HOST_BRIDGE')
    return record(tx, name, 'dma.map.hostBridge', cause, {
      client,
      memory,
      bytes,
      target: 'PEER_HOST',
      ...translated(tx, bytes, physical),
      frames: [],
    });
  const refused = tx.refuse('EREMOTEIO', 'dma.map.notSupported', {
    cause,
    at: { device: client },
    fn: 'dma_map_sgtable',
    why: `${client} may not reach ${provider}`,
  });
  return request.fallback ? bounce(tx, request, bytes, tx.events.length - 1) : refused;
}

/** Main memory of the same size, which somebody copies from and to. */
function bounce(tx: Tx, request: DmaRequest, bytes: number, cause: number): OpResult {
  const { client, memory, name } = request;
  const pool = systemPool(tx.world);
  const frames = pool === null ? null : findFree(tx.world, pool, pagesOf(bytes));
  if (pool === null || frames === null)
    return tx.refuse('ENOMEM', 'dma.bounce.full', {
      cause,
      at: { device: client },
      fn: 'alloc_pages',
      why: `no ${pagesOf(bytes)} free frames for a copy`,
    });
  const fell = tx.emit(
    {
      kind: 'dmaFellBack',
      cause,
      rule: 'dma.bounce',
      at: { device: client },
      args: { mapping: name, memory, pool, pages: pagesOf(bytes) },
    },
    (w) =>
      take(w, pool, frames, {
        flags: frameFlag.driverHeld,
        refs: 1,
        maps: 0,
        pins: 0,
        anonVma: 0,
        index: 0,
        content: 0,
      }),
  );
  return record(tx, name, 'dma.map.bounce', fell, {
    client,
    memory,
    bytes,
    target: 'BOUNCE',
    ...translated(tx, bytes, (frames[0]?.start ?? 0) * pageBytes),
    frames,
  });
}

/** The device may no longer reach it; a copy in main memory is given back. */
export function unmapForDma(tx: Tx, name: string): OpResult {
  const mapping = tx.get('dmaMapping', name);
  if (mapping === null)
    return tx.refuse('EINVAL', 'dma.unmap.none', { why: `there is no mapping ${name}`, fn: 'dma_unmap_sgtable' });
  tx.emit(
    {
      kind: 'dmaUnmapped',
      rule: 'dma.unmap',
      at: { device: mapping.client },
      args: { mapping: name, client: mapping.client, memory: mapping.memory, target: mapping.target },
    },
    (w) => {
      w.put('dmaMapping', name, null);
      for (const { start, end } of mapping.frames) changeFrames(w, start, end, (f) => ({ ...f, refs: f.refs - 1 }));
    },
  );
  return ok;
}

/** A mapping of memory whose physical address is known: a bus address goes as it is, all else through the IOMMU. */
export function mapAsMemory(
  tx: Tx,
  name: string,
  mapping: Omit<DmaMapping, 'target' | 'address' | 'iommuPages'>,
  target: DmaMapping['target'],
  physical: number,
  cause: number | null,
): OpResult {
  const reached =
    target === 'PEER_BUS' ? { address: physical, iommuPages: 0 } : translated(tx, mapping.bytes, physical);
  return record(tx, name, 'dma.map.object', cause, { ...mapping, target, ...reached });
}
