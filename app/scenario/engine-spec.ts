import type { EngineSpec } from '../engine/initial-world.ts';
import { objectsOf, type DeviceKind, type DeviceMemory, type NumaNode, type PciFunction, type Topology } from '../model/topology.ts';
import { pageBytes } from '../model/ids.ts';
import type { Pool } from '../model/world.ts';
import type { Scenario } from './schema.ts';

/** Short names of the things of a machine that stories name: "gpu0" and "gpu0.vram", by object id. */
export interface ShortNames {
  readonly devices: ReadonlyMap<string, string>;
  readonly pools: ReadonlyMap<string, string>;
}

const deviceWords: { readonly [K in DeviceKind]: string } = { gpu: 'gpu', nic: 'nic', storage: 'nvme', accelerator: 'accel', nvSwitch: 'nvswitch', cxlMemdev: 'mem', other: 'dev' };

/** Counts up within each word: gpu0, gpu1, nic0. */
function numbered(): (word: string) => string {
  const counts = new Map<string, number>();
  return (word) => {
    const n = counts.get(word) ?? 0;
    counts.set(word, n + 1);
    return `${word}${n}`;
  };
}

function deviceAbove(topology: Topology, object: { readonly parent: string | null }): PciFunction | null {
  for (let id = object.parent; id !== null; ) {
    const above = topology.objects.find((o) => o.id === id);
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
    pools.set(node.id, owner === null ? next(word) : `${devices.get(owner.id) ?? 'dev'}.${node.memoryKind === 'gpu' ? 'vram' : word}`);
  }
  for (const memory of objectsOf(topology, 'deviceMemory')) {
    const owner = deviceAbove(topology, memory);
    pools.set(memory.id, `${owner === null ? next('dev') : (devices.get(owner.id) ?? 'dev')}.${memory.memoryKind === 'unknown' ? 'memory' : memory.memoryKind}`);
  }
  return { devices, pools };
}

const nodeKinds: { readonly [K in NumaNode['memoryKind']]: Pool['kind'] } = { dram: 'dram', hbm: 'hbm', cxl: 'cxl', gpu: 'vram', pmem: 'pmem', unknown: 'dram' };
const memoryKinds: { readonly [K in DeviceMemory['memoryKind']]: Pool['kind'] } = { vram: 'vram', hbm: 'hbm', sram: 'device-sram', cxl: 'cxl', pmem: 'pmem', unknown: 'vram' };

/** What the engine needs of a machine. Memory whose size is not told has no frames. */
export function engineSpec(topology: Topology, scenario: Pick<Scenario, 'thp' | 'devices'> = { thp: 'never', devices: {} }): EngineSpec {
  const names = shortNames(topology);
  const owned = new Set(['private', 'coherent']);
  const pool = (memory: NumaNode | DeviceMemory, kind: Pool['kind'], otherwise: Pool['registration']): EngineSpec['pools'][number] => {
    const owner = deviceAbove(topology, memory);
    return {
      id: names.pools.get(memory.id) ?? memory.id,
      kind,
      registration: memory.registration !== null && owned.has(memory.registration) ? (memory.registration as Pool['registration']) : otherwise,
      frames: Math.floor((memory.bytes ?? 0) / pageBytes),
      device: owner === null ? null : (names.devices.get(owner.id) ?? null),
    };
  };
  const pools = [
    ...objectsOf(topology, 'numaNode').map((node) => pool(node, nodeKinds[node.memoryKind], 'system')),
    ...objectsOf(topology, 'deviceMemory').map((memory) => pool(memory, memoryKinds[memory.memoryKind], 'private')),
  ];
  const devices = [...names.devices.values()].map((id): EngineSpec['devices'][number] => {
    const own = pools.find((p) => p.device === id && p.registration !== 'system');
    const { faultPages, migratePages, bringBackPages } = scenario.devices[id] ?? {};
    return {
      id,
      memory: own === undefined || own.registration === 'system' ? 'none' : own.registration,
      pool: own?.id ?? null,
      ...(faultPages === undefined ? {} : { faultPages }),
      ...(migratePages === undefined ? {} : { migratePages }),
      ...(bringBackPages === undefined ? {} : { bringBackPages }),
    };
  });
  return { pools, devices, thp: scenario.thp };
}
