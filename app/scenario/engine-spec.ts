import { fabricOf } from '../engine/fabric/fabric-of.ts';
import type { EngineSpec } from '../engine/initial-world.ts';
import { deviceAbove, shortNames } from '../model/short-names.ts';
import { objectsOf, type DeviceMemory, type NumaNode, type Topology } from '../model/topology.ts';
import { driverPresets } from '../model/driver-presets.ts';
import { pageBytes } from '../model/ids.ts';
import type { Pool } from '../model/world.ts';
import type { Scenario } from './schema.ts';

const nodeKinds: { readonly [K in NumaNode['memoryKind']]: Pool['kind'] } = {
  dram: 'dram',
  hbm: 'hbm',
  cxl: 'cxl',
  gpu: 'vram',
  pmem: 'pmem',
  unknown: 'dram',
};
const memoryKinds: { readonly [K in DeviceMemory['memoryKind']]: Pool['kind'] } = {
  vram: 'vram',
  hbm: 'hbm',
  sram: 'device-sram',
  cxl: 'cxl',
  pmem: 'pmem',
  unknown: 'vram',
};

/** The settings that a scenario gives; one that it leaves out is not there at all. */
function told<T extends object>(settings: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** What the engine needs of a machine. Memory whose size is not told has no frames. */
export function engineSpec(
  topology: Topology,
  scenario: Pick<Scenario, 'thp' | 'devices' | 'swap'> = { thp: 'never', devices: {}, swap: 0 },
): EngineSpec {
  const names = shortNames(topology);
  const owned = new Set(['private', 'coherent']);
  const pool = (
    memory: NumaNode | DeviceMemory,
    kind: Pool['kind'],
    otherwise: Pool['registration'],
  ): EngineSpec['pools'][number] => {
    const owner = deviceAbove(topology, memory);
    return {
      id: names.pools.get(memory.id) ?? memory.id,
      kind,
      registration:
        memory.registration !== null && owned.has(memory.registration)
          ? (memory.registration as Pool['registration'])
          : otherwise,
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
    const { preset, ...settings } = scenario.devices[id] ?? {};
    return {
      id,
      memory: own === undefined || own.registration === 'system' ? 'none' : own.registration,
      pool: own?.id ?? null,
      ...(preset === undefined ? {} : driverPresets[preset].rules),
      ...told(settings),
    };
  });
  return {
    pools,
    devices,
    thp: scenario.thp,
    swap: scenario.swap,
    fabric: fabricOf(topology),
    costs: topology.costs ?? {},
  };
}
