import { describe, expect, it } from 'vitest';
import { objectsOf } from '../../model/topology.ts';
import type { Topology } from '../../model/topology.ts';
import { inspect } from '../counts.ts';
import { readTopology } from '../read-topology.ts';
import { hasDescriptions, machineOf } from '../testing/oracle.ts';
import { combineTopologies } from './combine.ts';

function read(text: string): Topology {
  const result = readTopology('part', new TextEncoder().encode(text));
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const hwloc = (link: string): string =>
  `<topology version="2.0"><object type="Machine" cpuset="0x3" nodeset="0x1"><object type="Package" os_index="0" cpuset="0x3" nodeset="0x1"><object type="NUMANode" os_index="0" cpuset="0x3" nodeset="0x1" local_memory="4294967296"/><object type="PU" os_index="0" cpuset="0x1" nodeset="0x1"/><object type="PU" os_index="1" cpuset="0x2" nodeset="0x1"/></object>
<object type="Bridge" bridge_type="0-1" bridge_pci="0000:[00-02]"><object type="Bridge" bridge_type="1-1" bridge_pci="0000:[01-01]" pci_busid="0000:00:01.0" pci_type="0604 [8086:1901] [0000:0000] 05"><object type="PCIDev" pci_busid="0000:01:00.0" pci_type="0300 [10de:${link}] [10de:1db8] a1"/></object><object type="Bridge" bridge_type="1-1" bridge_pci="0000:[02-02]" pci_busid="0000:00:02.0" pci_type="0604 [8086:1905] [0000:0000] 05"><object type="PCIDev" pci_busid="0000:02:00.0" pci_type="0300 [10de:1db8] [10de:1db8] a1"/></object></object></object></topology>`;

const lspci = `00:01.0 PCI bridge [0604]: Intel [8086:1901]
\tBus: primary=00, secondary=01, subordinate=01, sec-latency=0
\tCapabilities: [88] Express (v2) Root Port (Slot+), MSI 00

01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GV100 [10de:1db8] (rev a1)
\tNUMA node: 0
\tRegion 1: Memory at 52000000000 (64-bit, prefetchable) [size=32G]
\tLnkCap: Port #0, Speed 8GT/s, Width x16
\tLnkSta: Speed 8GT/s, Width x8
`;

const smi =
  '\tGPU0\tGPU1\tCPU Affinity\tNUMA Affinity\nGPU0\t X \tNV4\t0-1\t0\nGPU1\tNV4\t X \t0-1\t0\n\nLegend:\n  NV#  = NVLinks\n';

describe('several descriptions of one machine', () => {
  it('fill in what one of them leaves open', () => {
    const topology = combineTopologies([read(smi), read(hwloc('1db8')), read(lspci)]);
    expect(topology.conflicts).toEqual([]);
    expect(topology.sources.map(({ format }) => format)).toEqual(['nvidia-smi-topo', 'hwloc-xml', 'lspci']);
    const gpu = objectsOf(topology, 'pciFunction').find((fn) => fn.bdf === '0000:01:00.0');
    expect(gpu).toMatchObject({
      parent: 'pci:0000:00:01.0',
      link: { currentWidth: 8, maxWidth: 16 },
      bars: [{ index: 1, bytes: 2 ** 35 }],
      numaNode: 'numa:0',
      facts: { 'NUMA affinity': '0' },
    });
    expect(gpu?.from.map(({ source }) => source).sort()).toEqual([0, 1, 2]);
    expect(topology.links).toMatchObject([
      { kind: 'nvlink', a: 'pci:0000:01:00.0', b: 'pci:0000:02:00.0', origin: 'reported' },
    ]);
    expect(inspect(topology).counts).toMatchObject({
      packages: 1,
      gpus: 2,
      pciFunctions: 2,
      pciBridges: 2,
      numaNodes: 1,
      bars: 1,
      links: { nvlink: 1 },
    });
  });

  it('show both values where they contradict each other', () => {
    const topology = combineTopologies([read(hwloc('1db6')), read(lspci)]);
    expect(topology.conflicts).toEqual([
      {
        object: 'pci:0000:01:00.0',
        field: 'device',
        values: [
          { source: 0, value: 0x1db6 },
          { source: 1, value: 0x1db8 },
        ],
      },
    ]);
    expect(objectsOf(topology, 'pciFunction')[0]?.device).toBe(0x1db6);
  });

  it('take a size that numactl rounds for the same, and one that differs for a contradiction', () => {
    const numactl = (mb: number): string => `available: 1 nodes (0)\nnode 0 cpus: 0 1\nnode 0 size: ${mb} MB\n`;
    const of = (mb: number): Topology => combineTopologies([read(hwloc('1db8')), read(numactl(mb))]);
    expect(of(4096).conflicts).toEqual([]);
    expect(objectsOf(of(4096), 'numaNode').length).toBe(1);
    expect(objectsOf(of(4096), 'pu').map((pu) => pu.parent)).toEqual(['package:0', 'package:0']);
    expect(of(2048).conflicts).toMatchObject([{ object: 'numa:0', field: 'bytes' }]);
  });

  it('name each source of a contradiction once, the one that told the value first', () => {
    const numactl = (mb: number): string => `available: 1 nodes (0)\nnode 0 cpus: 0 1\nnode 0 size: ${mb} MB\n`;
    // The XML has the node without its size: the first listing tells that.
    const bare = hwloc('1db8').replace(' local_memory="4294967296"', '');
    const { conflicts } = combineTopologies([
      read(bare),
      read(numactl(4096)),
      read(numactl(2048)),
      read(numactl(1024)),
    ]);
    expect(conflicts).toEqual([
      {
        object: 'numa:0',
        field: 'bytes',
        values: [
          { source: 1, value: 4096 * 2 ** 20 },
          { source: 2, value: 2048 * 2 ** 20 },
          { source: 3, value: 1024 * 2 ** 20 },
        ],
      },
    ]);
  });

  it('hold together where one has a group around what the other has around the group', () => {
    const node = 'nodeset="0x1" local_memory="1024"';
    const inside = read(
      `<topology><object type="Machine" cpuset="0x3"><object type="NUMANode" os_index="0" cpuset="0x1" ${node}><object type="Socket" os_index="0" cpuset="0x1"><object type="PU" os_index="0" cpuset="0x1"/></object><object type="PU" os_index="1" cpuset="0x2"/></object></object></topology>`,
    );
    const outside = read(
      `<topology version="2.0"><object type="Machine" cpuset="0x3"><object type="Package" os_index="0" cpuset="0x3"><object type="NUMANode" os_index="0" cpuset="0x3" ${node}/><object type="PU" os_index="0" cpuset="0x1"/></object></object></topology>`,
    );
    const { objects } = combineTopologies([outside, inside]);
    const seen = new Set<string | null>([null]);
    for (const { id, parent } of objects) {
      expect(seen.has(parent), `${id} in ${parent}`).toBe(true);
      seen.add(id);
    }
  });

  it('are told apart where they have nothing in common', () => {
    const topology = combineTopologies([
      read(hwloc('1db8')),
      read('00001000-0009fbff : System RAM\n10000000-1fffffff : 0000:77:00.0\n'),
    ]);
    expect(topology.warnings.map(({ message }) => message)).toEqual([expect.stringMatching(/is it the same machine/)]);
  });

  it('come out the same in whatever order they are given, but for their numbers', () => {
    const parts = [read(hwloc('1db6')), read(lspci), read(smi)];
    const essence = (topology: Topology) => ({
      objects: topology.objects.map(({ from: _, ...rest }) => rest),
      conflicts: topology.conflicts.map(({ object, field }) => [object, field]),
    });
    expect(essence(combineTopologies(parts))).toEqual(essence(combineTopologies(parts.toReversed())));
  });
});

describe.skipIf(!hasDescriptions)('real descriptions of one machine (skipped where ../shared is absent)', () => {
  it.each([
    '2pa-pcidomain32bits',
    '32em64t-2n8c+dax+nvme+mic+dimms',
    '32intel64-2p8co2t+8ve',
    '40intel64-2g2n4c+pcilocality',
  ])('%s: the snapshot, lspci -vv, lspci -tv and hwloc agree', (name) => {
    const snapshot = machineOf(`fsroot/${name}.tar.gz`);
    const both = combineTopologies([
      snapshot,
      machineOf(`text/lspci-vv.from-${name}.txt`),
      machineOf(`text/lspci-tv.from-${name}.txt`),
    ]);
    expect(both.objects.length).toBe(snapshot.objects.length);
    // An I/O BAR of one byte is listed by lspci without its lowest bits.
    expect(both.conflicts.filter(({ field }) => !/^bars\[[13]\]\.(start|bytes)$/.test(field))).toEqual([]);
    const three = combineTopologies([snapshot, machineOf(`oracle/${name}.fsroot.v3.xml`)]);
    expect(inspect(three).counts).toMatchObject({
      packages: inspect(snapshot).counts.packages,
      pus: inspect(snapshot).counts.pus,
      numaNodes: inspect(snapshot).counts.numaNodes,
      pciFunctions: inspect(snapshot).counts.pciFunctions,
    });
  });
});
