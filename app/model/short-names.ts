import { objectsOf, type DeviceKind, type PciFunction, type Topology } from './topology.ts';

/** Short names of the things of a machine that stories name: "gpu0" and "gpu0.vram", by object id. */
export interface ShortNames {
  readonly devices: ReadonlyMap<string, string>;
  readonly pools: ReadonlyMap<string, string>;
}

const deviceWords: { readonly [K in DeviceKind]: string } = {
  gpu: 'gpu',
  nic: 'nic',
  storage: 'nvme',
  accelerator: 'accel',
  nvSwitch: 'nvswitch',
  cxlMemdev: 'mem',
  other: 'dev',
};

/** Counts up within each word: gpu0, gpu1, nic0. */
function numbered(): (word: string) => string {
  const counts = new Map<string, number>();
  return (word) => {
    const n = counts.get(word) ?? 0;
    counts.set(word, n + 1);
    return `${word}${n}`;
  };
}

/** Objects by id, made once for each topology. */
const indexes = new WeakMap<Topology['objects'], ReadonlyMap<string, Topology['objects'][number]>>();

function indexOf({ objects }: Topology): ReadonlyMap<string, Topology['objects'][number]> {
  const index = indexes.get(objects) ?? new Map(objects.map((object) => [object.id, object]));
  indexes.set(objects, index);
  return index;
}

/** The PCI function that a memory belongs to, or null. */
export function deviceAbove(topology: Topology, object: { readonly parent: string | null }): PciFunction | null {
  const index = indexOf(topology);
  for (let id = object.parent; id !== null;) {
    const above = index.get(id);
    if (above === undefined) return null;
    if (above.kind === 'pciFunction') return above;
    id = above.parent;
  }
  return null;
}

export function shortNames(topology: Topology): ShortNames {
  const next = numbered();
  const devices = new Map(objectsOf(topology, 'pciFunction').map((fn) => [fn.id, next(deviceWords[fn.deviceKind])]));
  const pools = new Map<string, string>();
  for (const node of objectsOf(topology, 'numaNode')) {
    const owner = deviceAbove(topology, node);
    const word = node.memoryKind === 'unknown' ? 'mem' : node.memoryKind;
    pools.set(
      node.id,
      owner === null ? next(word) : `${devices.get(owner.id) ?? 'dev'}.${node.memoryKind === 'gpu' ? 'vram' : word}`,
    );
  }
  for (const memory of objectsOf(topology, 'deviceMemory')) {
    const owner = deviceAbove(topology, memory);
    pools.set(
      memory.id,
      `${owner === null ? next('dev') : (devices.get(owner.id) ?? 'dev')}.${memory.memoryKind === 'unknown' ? 'memory' : memory.memoryKind}`,
    );
  }
  return { devices, pools };
}
