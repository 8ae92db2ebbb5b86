import type { NumaNode, DeviceMemory, PciFunction, Topology } from '../../model/topology.ts';

const base = { name: null, facts: {}, from: [] };

/** A small machine for tests of the runner: one memory node and one GPU with private memory. */
export const testMachine: Topology = {
  title: 'test machine',
  sources: [],
  objects: [
    { ...base, kind: 'machine', id: 'machine', parent: null, architecture: null },
    { ...base, kind: 'numaNode', id: 'numa:0', parent: 'machine', osIndex: 0, memoryKind: 'dram', memoryKindInferred: null, bytes: 2 ** 30, cpus: null, nearCpus: null, registration: 'system' } satisfies NumaNode,
    {
      ...base, kind: 'pciFunction', id: 'pci:0000:01:00.0', parent: 'machine', bdf: '0000:01:00.0', class: 0x0302, progIf: null, vendor: null, device: null, subsystemVendor: null, subsystemDevice: null,
      revision: null, bars: [], link: null, acs: { kind: 'unknown' }, iommuGroup: null, numaNode: null, driver: null, deviceKind: 'gpu', p2pMemory: null, physicalFunction: null,
      atomicsRequester: null, ats: null, pri: null, pasidWidth: null,
    } satisfies PciFunction,
    { ...base, kind: 'deviceMemory', id: 'vram', parent: 'pci:0000:01:00.0', memoryKind: 'vram', bytes: 2 ** 30, registration: 'private' } satisfies DeviceMemory,
  ],
  links: [],
  matrices: [],
  memoryAttributes: [],
  addressRanges: [],
  policy: { cpuForwardsPeers: null, iommu: null },
  tells: [],
  warnings: [],
  conflicts: [],
};
