import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { objectsOf } from '../../model/topology.ts';
import type { Topology } from '../../model/topology.ts';
import { inspect } from '../counts.ts';
import { readTopology } from '../read-topology.ts';
import { tarOf } from '../testing/tar.ts';

const files = new URL('../../../../shared/data/topologies/', import.meta.url);
const here = existsSync(files);

function read(name: string): Topology {
  const result = readTopology(name, readFileSync(new URL(`fsroot/${name}.tar.gz`, files)));
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

interface Oracle {
  readonly sysfs: {
    readonly sysfs_nodes: number;
    readonly sysfs_cpus: number;
    readonly sysfs_pci: number;
    readonly pci_resource?: number;
    readonly bars_assigned_rows_0_to_5?: number;
    readonly memory_side_caches: number;
  };
  readonly hwloc3_whole_io: {
    readonly objects: Readonly<Record<string, number>>;
    readonly numa: readonly { readonly os: number; readonly local_memory: number }[];
    readonly host_bridges: number;
  };
}

/**
 * Where lstopo and the files differ, and why the files are followed: `cpusets` shows what one confined process may use, not
 * the machine; a ghw snapshot has no config files, so lstopo takes bridges for functions and every bus for a root; an empty
 * bridge is dropped by lstopo; memory nodes of NVIDIA GPUs are hidden by lstopo unless asked for.
 */
const ownCount: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  '16amd64-8n2c-cpusets': { packages: 8, cores: 15, pus: 16, numaNodes: 8 },
  'ghw-amd64-8581cf3a': { hostBridges: 3 },
  'ghw-amd64-accel-nvidia': { hostBridges: 1 },
  nvidiagpunumanodes: { numaNodes: 8 },
};

describe.skipIf(!here)('Linux snapshots (skipped where ../shared is absent)', () => {
  const names = here
    ? readdirSync(new URL('fsroot/', files))
        .filter((name) => name.endsWith('.tar.gz'))
        .map((name) => name.slice(0, -7))
    : [];
  it.each(names)('%s has every count of its oracle', (name) => {
    const { sysfs, hwloc3_whole_io: hwloc } = JSON.parse(
      readFileSync(new URL(`oracle/${name}.tar.gz.counts.json`, files), 'utf8'),
    ) as Oracle;
    const topology = read(name);
    const { counts } = inspect(topology);
    const own = ownCount[name] ?? {};
    expect(counts.numaNodes).toBe(sysfs.sysfs_nodes);
    expect(counts.pus).toBe(sysfs.sysfs_cpus);
    expect(counts).toMatchObject({
      packages: own['packages'] ?? hwloc.objects['Package'],
      cores: own['cores'] ?? hwloc.objects['Core'],
    });
    expect((counts.pciBridges ?? 0) + (counts.pciFunctions ?? 0)).toBe(sysfs.sysfs_pci);
    expect(counts.hostBridges ?? 0).toBe(own['hostBridges'] ?? hwloc.host_bridges);
    expect(objectsOf(topology, 'memorySideCache').length).toBe(sysfs.memory_side_caches);
    if (sysfs.bars_assigned_rows_0_to_5 !== undefined) expect(counts.bars).toBe(sysfs.bars_assigned_rows_0_to_5);
    if (sysfs.pci_resource === 0) expect(counts.bars).toBeNull();
    const bytes = new Map(objectsOf(topology, 'numaNode').map((node) => [node.osIndex, node.bytes]));
    if (own['numaNodes'] === undefined)
      for (const node of hwloc.numa) expect(bytes.get(node.os)).toBe(node.local_memory);
  });

  it('hangs every CPU below a core below a package', () => {
    const topology = read('32intel64-2p8co2t+8ve');
    const byId = new Map(topology.objects.map((object) => [object.id, object]));
    for (const pu of objectsOf(topology, 'pu')) {
      const kinds: string[] = [];
      for (let at = byId.get(pu.parent ?? ''); at !== undefined; at = byId.get(at.parent ?? '')) kinds.push(at.kind);
      expect(kinds).toEqual(['core', 'cache', 'cache', 'cache', 'cache', 'package', 'machine']);
    }
  });

  it('tells the port types, ACS bits, windows and BARs of a switch', () => {
    const topology = read('linux72-pcie-switch-p2pmem');
    const bridges = objectsOf(topology, 'pciBridge');
    expect(bridges.map(({ bdf, role, secondaryBus }) => `${bdf} ${role} ${secondaryBus}`)).toEqual([
      '0000:00:04.0 rootPort 1',
      '0000:00:05.0 rootPort 6',
      '0000:01:00.0 upstream 2',
      '0000:02:00.0 downstream 3',
      '0000:02:01.0 downstream 4',
      '0000:02:02.0 downstream 5',
      '0000:80:00.0 rootPort 129',
      '0000:80:01.0 rootPort 130',
    ]);
    const acs = (bdf: string) => bridges.find((bridge) => bridge.bdf === bdf)?.acs;
    expect(acs('0000:00:04.0')).toEqual({ kind: 'present', capability: 0x5f, control: 0x1d });
    expect(acs('0000:02:00.0')).toEqual({ kind: 'absent' });
    expect(bridges[3]?.windows.length).toBeGreaterThan(0);
    expect(bridges[3]?.link).toMatchObject({ currentSpeed: 2.5, currentWidth: 1, maxSpeed: null });
    const nvme = objectsOf(topology, 'pciFunction').find((fn) => fn.bdf === '0000:03:00.0');
    expect(nvme).toMatchObject({
      parent: 'pci:0000:02:00.0',
      deviceKind: 'storage',
      p2pMemory: { bytes: 67108864 },
      driver: 'nvme',
      numaNode: null,
    });
    expect(objectsOf(topology, 'pciFunction').find((fn) => fn.bdf === '0000:81:00.0')?.numaNode).toBe('numa:1');
    expect(objectsOf(topology, 'hostBridge').map(({ id, numaNode, lastBus }) => [id, numaNode, lastBus])).toEqual([
      ['hostbridge:0000:00', null, 6],
      ['hostbridge:0000:80', 'numa:1', 0x82],
    ]);
    expect(nvme?.iommuGroup).not.toBeNull();
    expect(topology.policy.iommu).toBe(true);
    expect(topology.addressRanges.find((range) => range.object === 'pci:0000:03:00.0')).toBeDefined();
  });

  it('finds a 32-bit PCI domain, and the eight 64 GiB BARs of vector engines', () => {
    expect(objectsOf(read('2pa-pcidomain32bits'), 'pciFunction').some((fn) => fn.bdf.startsWith('10000:'))).toBe(true);
    const bars = objectsOf(read('32intel64-2p8co2t+8ve'), 'pciFunction').flatMap((fn) =>
      fn.bars.filter((bar) => bar.bytes === 64 * 2 ** 30),
    );
    expect(bars.length).toBe(8);
    expect(bars.every((bar) => bar.type === 'mem64' && bar.prefetchable === true)).toBe(true);
  });

  it('tells kinds of memory apart by drivers, DAX devices and bandwidth, with the reason', () => {
    const kinds = (name: string) => inspect(read(name)).counts.numaNodesByKind;
    expect(kinds('fakeheteromemtiers')).toMatchObject({ dram: 2, hbm: 2, pmem: 3 });
    expect(kinds('nvidiagpunumanodes')).toMatchObject({ dram: 2, gpu: 6 });
    const hmat = read('linux72-hmat-cxl-root');
    expect(objectsOf(hmat, 'numaNode')[2]).toMatchObject({
      memoryKind: 'hbm',
      memoryKindInferred: expect.stringMatching(/409600 MB\/s against 204800/),
      cpus: [],
      nearCpus: [{ start: 0, end: 2 }],
    });
    expect(hmat.memoryAttributes.filter((attribute) => attribute.target === 'numa:2')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: 'ReadLatency',
          value: 130,
          unit: 'ns',
          initiator: { kind: 'object', object: 'numa:0' },
        }),
      ]),
    );
  });

  it('tells the kernel\u2019s memory tiers, and big cores from little ones', () => {
    const cpu = 'sys/devices/system/cpu';
    const result = readTopology(
      'hybrid.tar',
      tarOf([
        { path: `${cpu}/cpu0/cpu_capacity`, text: '1024\n' },
        { path: `${cpu}/cpu1/cpu_capacity`, text: '446\n' },
        { path: 'sys/devices/cpu_core/cpus', text: '0\n' },
        { path: 'sys/devices/cpu_atom/cpus', text: '1\n' },
        { path: 'sys/devices/system/node/node0/cpulist', text: '0-1\n' },
        { path: 'sys/devices/system/node/node1/cpulist', text: '\n' },
        { path: 'sys/devices/virtual/memory_tiering/memory_tier4/nodelist', text: '0\n' },
        { path: 'sys/devices/virtual/memory_tiering/memory_tier22/nodelist', text: '1\n' },
      ]),
    );
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(objectsOf(result.value, 'pu').map(({ facts }) => facts)).toEqual([
      { CoreType: 'IntelCore', LinuxCapacity: '1024' },
      { CoreType: 'IntelAtom', LinuxCapacity: '446' },
    ]);
    expect(objectsOf(result.value, 'numaNode').map(({ facts }) => facts['memory tier'])).toEqual([
      'memory_tier4',
      'memory_tier22',
    ]);
  });

  it('keeps what was read of an archive that is cut off, with a warning', () => {
    const bytes = readFileSync(new URL('fsroot/linux72-pcie-switch-p2pmem.tar.gz', files));
    const result = readTopology('cut.tar.gz', bytes.subarray(0, Math.floor(bytes.length * 0.9)));
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(result.value.warnings[0]?.message).toMatch(/ends too early|damaged/);
    expect(result.value.objects.length).toBeGreaterThan(10);
  });
});

describe('archives that mean harm', () => {
  const meminfo = 'Node 0 MemTotal: 1024 kB\n';
  const node = 'sys/devices/system/node/node0';
  const open = (bytes: Uint8Array) => readTopology('x.tar.gz', gzipSync(bytes));

  it('cannot climb out by names or links, and links that loop end', () => {
    const result = open(
      tarOf([
        { path: `../../../${node}/meminfo`, text: meminfo },
        { path: `${node}/cpulist`, link: '../../../../../../../../../etc/passwd' },
        { path: 'sys/bus/pci/devices/0000:00:00.0', link: '0000:00:01.0' },
        { path: 'sys/bus/pci/devices/0000:00:01.0', link: '0000:00:00.0' },
      ]),
    );
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(objectsOf(result.value, 'numaNode')[0]).toMatchObject({ bytes: 1024 * 1024, cpus: null });
  });

  it('are refused where they unpack to far more than a machine has', () => {
    const member = gzipSync(new Uint8Array(16 * 1024 * 1024));
    const bomb = new Uint8Array(13 * member.length);
    for (let i = 0; i < 13; i += 1) bomb.set(member, i * member.length);
    expect(bomb.length).toBeLessThan(1024 * 1024);
    expect(readTopology('bomb.tar.gz', bomb)).toMatchObject({
      ok: false,
      error: [{ message: expect.stringMatching(/unpacks to more than 192 MiB/) }],
    });
  });

  it('are refused where nothing of a machine is in them', () => {
    expect(open(tarOf([{ path: 'readme', text: 'x' }]))).toMatchObject({
      ok: false,
      error: [{ message: expect.stringMatching(/no files below sys/) }],
    });
    expect(readTopology('a.tar.xz', new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]))).toMatchObject({
      ok: false,
      error: [{ message: expect.stringMatching(/pack it with gzip/) }],
    });
  });
});
