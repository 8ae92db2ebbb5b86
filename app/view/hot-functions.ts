/**
 * The machine as it is at one point of a story: its description, and the functions that an FPGA has become since. Nothing
 * but the picture needs it: the description itself stays what was read.
 */
import type { ShortNames } from '../model/short-names.ts';
import type { DeviceMemory, PciFunction, Topology, TopologyObject } from '../model/topology.ts';
import type { HotFunction } from '../model/hotplug.ts';
import type { Pool, World } from '../model/world.ts';

/** Ids of what no description has. */
const objectId = (name: string): string => `hot:${name}`;

const memoryKinds: { readonly [K in Pool['kind']]: DeviceMemory['memoryKind'] } = {
  dram: 'unknown',
  hbm: 'hbm',
  cxl: 'cxl',
  vram: 'vram',
  'device-sram': 'sram',
  pmem: 'pmem',
};

/** A description and its names with the functions of a world that came later; the same one where none did. */
export function withHotFunctions(
  machine: Topology,
  names: ShortNames,
  world: World,
): { readonly machine: Topology; readonly names: ShortNames } {
  const there = Object.entries(world.records.hotFunction).filter(([, { gone }]) => !gone);
  if (there.length === 0) return { machine, names };
  const ids = new Map([...names.devices].map(([id, name]) => [name, id]));
  const devices = new Map(names.devices);
  const pools = new Map(names.pools);
  const added = there.flatMap(([name, hot]): readonly TopologyObject[] => {
    const below = machine.objects.find((object) => object.id === ids.get(hot.below));
    if (below?.kind !== 'pciFunction') return [];
    const id = objectId(name);
    devices.set(id, name);
    const memory = memoryOf(name, hot);
    if (memory !== null) pools.set(memory.id, hot.memory?.pool ?? memory.id);
    return [functionOf(world, name, hot, below), ...(memory === null ? [] : [memory])];
  });
  return { machine: { ...machine, objects: [...machine.objects, ...added] }, names: { devices, pools } };
}

function functionOf(world: World, name: string, hot: HotFunction, below: PciFunction): PciFunction {
  const pci = world.records.pci[name];
  const bitstream = world.records.bitstream[hot.below]?.name;
  return {
    ...below,
    id: objectId(name),
    parent: below.id,
    bdf: pci?.bdf ?? below.bdf,
    name: bitstream === undefined ? null : `logic of bitstream ${bitstream}`,
    deviceKind: hot.deviceKind,
    class: null,
    vendor: null,
    device: null,
    bars: [],
    driver: null,
    ats: pci?.ats ?? null,
    pri: pci?.pri ?? null,
    pasidWidth: null,
    maxPasids: pci?.maxPasids ?? null,
    engines: pci?.engines ?? null,
    from: [],
    facts: {},
  };
}

function memoryOf(name: string, { memory }: HotFunction): DeviceMemory | null {
  if (memory === null) return null;
  return {
    kind: 'deviceMemory',
    id: `${objectId(name)}/memory`,
    parent: objectId(name),
    name: null,
    facts: {},
    from: [],
    memoryKind: memoryKinds[memory.kind],
    bytes: memory.bytes,
    registration: memory.registration,
  };
}
