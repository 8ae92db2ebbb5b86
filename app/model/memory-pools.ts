import type { MemoryKind, MemoryRegistration, Topology } from './topology.ts';

/** Memory that the engine allocates frames from (semantics 1.3). */
export interface MemoryPool {
  /** Id of the object that the memory is: a NUMA node, a device memory, or a function with peer memory. */
  readonly id: string;
  readonly kind: MemoryKind | 'vram' | 'sram' | 'bar';
  readonly registration: MemoryRegistration;
  /** Null: the source does not tell the size. */
  readonly bytes: number | null;
  /** The device that owns it; null for system memory. */
  readonly device: string | null;
}

/** Every pool of the machine, in the order of its objects. Device memory without a stated registration is private: CPUs cannot reach it. */
export function memoryPools(topology: Pick<Topology, 'objects'>): readonly MemoryPool[] {
  return topology.objects.flatMap((object): MemoryPool[] => {
    if (object.kind === 'numaNode') {
      return [
        {
          id: object.id,
          kind: object.memoryKind,
          registration: object.registration ?? 'system',
          bytes: object.bytes,
          device: null,
        },
      ];
    }
    if (object.kind === 'deviceMemory') {
      return [
        {
          id: object.id,
          kind: object.memoryKind,
          registration: object.registration ?? 'private',
          bytes: object.bytes,
          device: object.parent,
        },
      ];
    }
    if (object.kind === 'pciFunction' && object.p2pMemory !== null) {
      return [{ id: object.id, kind: 'bar', registration: 'p2pdma', bytes: object.p2pMemory.bytes, device: object.id }];
    }
    return [];
  });
}
