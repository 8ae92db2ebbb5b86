/**
 * BAR memory that a driver offers to peers: registering, publishing, handing out.
 *
 *      BAR 1   |........|########|####----|........|
 *               not      taken    offered  not
 *
 * Models pci_p2pdma_add_resource, pci_p2pmem_publish, pci_alloc_p2pmem and pci_free_p2pmem of drivers/pci/p2pdma.c.
 */
import type { P2pMemory } from '../../model/fabric.ts';
import type { World } from '../../model/world.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import { barName } from './fabric.ts';

/** The pool hands memory out in pages (gen_pool with PAGE_SHIFT). */
const granule = 4096;

/** -EINVAL: the BAR is no memory, or the part lies outside it. `bytes` 0 is the rest of the BAR. */
export function addResource(tx: Tx, provider: string, bar: number, bytes: number, offset: number): OpResult {
  const found = tx.get('bar', barName(provider, bar));
  const at = { device: provider };
  const fn = 'pci_p2pdma_add_resource';
  if (found === null || found.type === 'io' || found.type === 'rom')
    return tx.refuse('EINVAL', 'p2p.register.noMemory', {
      at,
      fn,
      why: found === null ? `${provider} has no BAR ${bar}` : `BAR ${bar} is not memory`,
    });
  if (offset >= found.bytes)
    return tx.refuse('EINVAL', 'p2p.register.offset', { at, fn, why: `BAR ${bar} ends at ${found.bytes}` });
  const size = bytes === 0 ? found.bytes - offset : bytes;
  if (offset + size > found.bytes)
    return tx.refuse('EINVAL', 'p2p.register.size', {
      at,
      fn,
      why: `${size} bytes from ${offset} go past the end of BAR ${bar}, ${found.bytes}`,
    });
  tx.emit({ kind: 'p2pMemoryAdded', rule: 'p2p.register', at, args: { provider, bar, offset, bytes: size } }, (w) => {
    const before: P2pMemory = w.get('p2pMemory', provider) ?? { regions: [], free: 0, bytes: 0, published: false };
    w.put('p2pMemory', provider, {
      ...before,
      regions: [...before.regions, { bar, offset, bytes: size }],
      free: before.free + size,
      bytes: before.bytes + size,
    });
  });
  return ok;
}

/** Whether others may find the provider. One that has registered nothing cannot be published. */
export function publish(tx: Tx, provider: string, published: boolean): OpResult {
  if (tx.get('p2pMemory', provider) === null)
    return tx.refuse('ENODEV', 'p2p.publish.none', {
      at: { device: provider },
      why: `${provider} has registered no P2P memory`,
      fn: 'pci_p2pmem_publish',
    });
  tx.emit(
    { kind: 'p2pMemoryPublished', rule: 'p2p.publish', at: { device: provider }, args: { provider, published } },
    (w) => w.patch('p2pMemory', provider, { published }),
  );
  return ok;
}

/** The lowest place of a provider's regions where so many bytes are free, or null. */
function findRoom(
  world: World,
  provider: string,
  bytes: number,
): { readonly bar: number; readonly offset: number } | null {
  const taken = Object.values(world.records.p2pBuffer).filter((buffer) => buffer.provider === provider);
  for (const region of world.records.p2pMemory[provider]?.regions ?? []) {
    const inside = taken
      .filter(
        ({ bar, offset }) => bar === region.bar && offset >= region.offset && offset < region.offset + region.bytes,
      )
      .sort((a, b) => a.offset - b.offset);
    let at = region.offset;
    for (const { offset, bytes: size } of inside) {
      if (offset - at >= bytes) break;
      at = offset + size;
    }
    if (at + bytes <= region.offset + region.bytes) return { bar: region.bar, offset: at };
  }
  return null;
}

/** -ENODEV: nothing registered; -ENOMEM: no room. (The kernel's function returns NULL in both cases.) */
export function allocate(tx: Tx, provider: string, name: string, bytes: number): OpResult {
  const at = { device: provider };
  const fn = 'pci_alloc_p2pmem';
  if (tx.get('p2pBuffer', name) !== null)
    return tx.refuse('EEXIST', 'p2p.alloc.name', { at, why: `there is a P2P buffer ${name} already` });
  const memory = tx.get('p2pMemory', provider);
  if (memory === null)
    return tx.refuse('ENODEV', 'p2p.alloc.none', { at, fn, why: `${provider} has registered no P2P memory` });
  const size = Math.ceil(bytes / granule) * granule;
  const room = findRoom(tx.world, provider, size);
  if (room === null)
    return tx.refuse('ENOMEM', 'p2p.alloc.full', {
      at,
      fn,
      why: `no ${size} bytes in a row of the ${memory.free} that are free`,
    });
  tx.emit(
    { kind: 'p2pMemoryTaken', rule: 'p2p.alloc', at, args: { provider, buffer: name, ...room, bytes: size } },
    (w) => {
      w.put('p2pBuffer', name, { provider, ...room, bytes: size });
      w.patch('p2pMemory', provider, { free: memory.free - size });
    },
  );
  return ok;
}

/** A driver gives its bytes back; one that is still mapped for a device keeps its references. */
export function giveBack(tx: Tx, name: string): OpResult {
  const buffer = tx.get('p2pBuffer', name);
  const fn = 'pci_free_p2pmem';
  if (buffer === null) return tx.refuse('EINVAL', 'p2p.free.none', { why: `there is no P2P buffer ${name}`, fn });
  const user = Object.entries(tx.world.records.dmaMapping).find(([, mapping]) => mapping.memory === name);
  const at = { device: buffer.provider };
  if (user !== undefined)
    return tx.refuse('EBUSY', 'p2p.free.mapped', { at, fn, why: `${user[1].client} still reaches it by ${user[0]}` });
  tx.emit(
    {
      kind: 'p2pMemoryGivenBack',
      rule: 'p2p.free',
      at,
      args: { provider: buffer.provider, buffer: name, bytes: buffer.bytes },
    },
    (w) => {
      w.put('p2pBuffer', name, null);
      const memory = w.get('p2pMemory', buffer.provider);
      if (memory !== null) w.patch('p2pMemory', buffer.provider, { free: memory.free + buffer.bytes });
    },
  );
  return ok;
}
