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

/** Storage that is not NVMe, by its PCI class: a SATA controller that was called nvme0 would be a lie. */
const storageWords: ReadonlyMap<number, string> = new Map([
  [0x0100, 'scsi'],
  [0x0101, 'ide'],
  [0x0104, 'raid'],
  [0x0105, 'ata'],
  [0x0106, 'sata'],
  [0x0107, 'sas'],
  [0x0108, 'nvme'],
]);

const wordOf = ({ deviceKind, class: code }: PciFunction): string =>
  deviceKind === 'storage' && code !== null ? (storageWords.get(code) ?? 'storage') : deviceWords[deviceKind];

/** Counts up within each word: gpu0, gpu1, nic0; names that are taken are left out. */
function numbered(taken: ReadonlySet<string> = new Set()): (word: string) => string {
  const counts = new Map<string, number>();
  return (word) => {
    let n = counts.get(word) ?? 0;
    while (taken.has(`${word}${n}`)) n += 1;
    counts.set(word, n + 1);
    return `${word}${n}`;
  };
}

/** Functions that the operating system numbers by the same word: its nvme1 is called nvme1 here too, whatever the order. */
function systemNames(topology: Topology): ReadonlyMap<string, string> {
  const functions = new Map(objectsOf(topology, 'pciFunction').map((fn) => [fn.id, wordOf(fn)]));
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { parent, name } of objectsOf(topology, 'osDevice')) {
    const word = parent === null ? undefined : functions.get(parent);
    const [, own, number] = /^(nvme|mem)(\d+)/.exec(name ?? '') ?? [];
    const called = `${own ?? ''}${number ?? ''}`;
    if (parent === null || own === undefined || own !== word || names.has(parent) || taken.has(called)) continue;
    names.set(parent, called);
    taken.add(called);
  }
  return names;
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
  const known = systemNames(topology);
  const next = numbered(new Set(known.values()));
  const devices = new Map(
    objectsOf(topology, 'pciFunction').map((fn) => [fn.id, known.get(fn.id) ?? next(wordOf(fn))]),
  );
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
