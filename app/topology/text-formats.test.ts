import { describe, expect, it } from 'vitest';
import { objectsOf } from '../model/topology.ts';
import { inspect } from './counts.ts';
import { readTopology } from './read-topology.ts';
import { describedIn, hasDescriptions, machineOf, oracleOf } from './testing/oracle.ts';

const of = (text: string) => readTopology('paste.txt', new TextEncoder().encode(text));
const named = (pattern: RegExp): readonly string[] => describedIn('text', pattern);

describe.skipIf(!hasDescriptions)('text and JSON listings (skipped where ../shared is absent)', () => {
  it.each(named(/^numactl/))('%s has the nodes, CPUs, sizes and distances of its oracle', (name) => {
    const oracle = oracleOf<{
      announced_nodes: number;
      cpus_per_node: readonly number[];
      sizes_mb: readonly number[];
      distance_rows: number;
    }>(name);
    const topology = machineOf(`text/${name}`);
    const nodes = objectsOf(topology, 'numaNode');
    expect(nodes.map((node) => (node.bytes ?? 0) / 1024 / 1024)).toEqual(oracle.sizes_mb);
    expect(nodes.map((node) => (node.cpus ?? []).reduce((sum, { start, end }) => sum + end - start, 0))).toEqual(
      oracle.cpus_per_node,
    );
    expect(inspect(topology).counts).toMatchObject({
      numaNodes: oracle.announced_nodes,
      pus: oracle.cpus_per_node.reduce((a, b) => a + b, 0),
      packages: null,
    });
    expect(topology.matrices[0]?.rows.length).toBe(oracle.distance_rows);
    expect(topology.warnings).toEqual([]);
  });

  it.each(named(/^nvidia-smi-topo/))('%s has the devices and cells of its oracle', (name) => {
    const oracle = oracleOf<{ gpus: number; nics: number; rows: number; cells: Readonly<Record<string, number>> }>(
      name,
    );
    const topology = machineOf(`text/${name}`);
    const { counts } = inspect(topology);
    expect(counts.gpus).toBe(oracle.gpus);
    if (counts.nics !== null || oracle.nics > 0) expect(counts.nics).toBe(oracle.nics);
    const cells: Record<string, number> = {};
    for (const value of topology.matrices[0]?.values ?? []) cells[value ?? 'X'] = (cells[value ?? 'X'] ?? 0) + 1;
    expect(cells).toEqual(oracle.cells);
  });

  it('takes NVLink cells for reachability, not for wires', () => {
    const { links } = machineOf('text/nvidia-smi-topo.4gpu-gb200.txt');
    expect(links.length).toBe(6);
    expect(links.every((link) => link.kind === 'nvlink' && link.origin === 'reported' && link.count === 18)).toBe(true);
    expect(inspect(machineOf('text/nvidia-smi-topo-mp.8gpu-12nic-h100-dell.txt')).counts.links.nvlink).toBeNull();
  });

  it('reads who may reach whom from -p2p', () => {
    const [matrix] = machineOf('text/nvidia-smi-p2p.5gpu-ok.txt').matrices;
    expect(matrix).toMatchObject({ means: 'capability' });
    expect(matrix?.values.filter((value) => value === 'OK').length).toBe(20);
  });

  it.each(named(/^rocm-smi/))('%s has the GPUs, sections and NUMA nodes of its oracle', (name) => {
    const oracle = oracleOf<{ gpus: number; sections: readonly string[]; numa_of_gpu: readonly string[] }>(name);
    const topology = machineOf(`text/${name}`);
    expect(inspect(topology).counts.gpus).toBe(oracle.gpus);
    expect(objectsOf(topology, 'osDevice').map((device) => device.facts['NUMA affinity'])).toEqual(oracle.numa_of_gpu);
    expect(topology.matrices.length).toBe(oracle.sections.filter((section) => section.includes('between')).length);
  });

  it.each(named(/^iomem/))('%s has the ranges of its oracle', (name) => {
    const oracle = oracleOf<{
      range_lines: number;
      top_level: number;
      max_depth: number;
      top_level_system_ram_bytes: number;
      distinct_bdf: number;
    }>(name);
    const topology = machineOf(`text/${name}`);
    const { addressRanges: ranges } = topology;
    expect(ranges.length).toBe(oracle.range_lines);
    expect(ranges.filter((range) => range.depth === 0).length).toBe(oracle.top_level);
    expect(Math.max(...ranges.map((range) => range.depth))).toBe(oracle.max_depth);
    expect(
      ranges
        .filter((range) => range.depth === 0 && range.label === 'System RAM')
        .reduce((sum, { start, end }) => sum + end - start, 0),
    ).toBe(oracle.top_level_system_ram_bytes);
    expect(new Set(ranges.flatMap((range) => range.object ?? [])).size).toBe(oracle.distinct_bdf);
  });

  it.each(describedIn('cxl-json', /json$/))('%s has the devices and sizes of its oracle', (name) => {
    const oracle = oracleOf<{
      memdevs: number;
      ports: number;
      endpoints: number;
      decoders: number;
      regions: number;
      dax_chardevs: number;
      total_ram_size: number;
      total_pmem_size: number;
    }>(name);
    const topology = machineOf(`cxl-json/${name}`);
    const { counts, memoryBytes } = inspect(topology);
    if (oracle.dax_chardevs > 0) {
      expect(objectsOf(topology, 'osDevice').length).toBe(oracle.dax_chardevs);
      expect(memoryBytes.unknown).toBe(8589934592);
      return;
    }
    expect(counts.cxlMemdevs).toBe(oracle.memdevs);
    expect([memoryBytes.cxl ?? 0, memoryBytes.pmem ?? 0]).toEqual([oracle.total_ram_size, oracle.total_pmem_size]);
    const count = (kind: 'cxlPort' | 'cxlDecoder' | 'cxlRegion'): number =>
      topology.objects.filter((object) => object.kind === kind).length;
    expect([count('cxlPort'), count('cxlDecoder'), count('cxlRegion')]).toEqual([
      oracle.ports + oracle.endpoints,
      oracle.decoders,
      oracle.regions,
    ]);
    if (oracle.endpoints > 0) expect(counts.links.cxl).toBe(oracle.endpoints);
  });

  it('tells what a CXL region is interleaved over', () => {
    const region = objectsOf(machineOf('cxl-json/cxl-list-v.hb-interleave.json'), 'cxlRegion')[0];
    expect(region).toMatchObject({
      bytes: 274877906944,
      interleaveWays: 2,
      interleaveGranularity: 256,
      targets: ['os:mem0', 'os:mem1'],
    });
  });
});

describe('pasted text that is not whole', () => {
  const table = '\tGPU0\tGPU1\tCPU Affinity\tNUMA Affinity\nGPU0\t X \tNV4\t0-7\t0\nGPU1\tNV4\t X \t8-15\t1\n';

  it('is read with codes of terminals, carriage returns and NUL bytes in it', () => {
    const result = of(`\u001b[4m${table.replaceAll('\n', '\u001b[0m\r\n')}\0`);
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(inspect(result.value).counts).toMatchObject({ gpus: 2, links: { nvlink: 1 } });
    expect(result.value.warnings.map(({ message }) => message)).toEqual(['NUL bytes are left out']);
  });

  it('is refused with its line where a row of a table is cut off', () => {
    expect(of('\tGPU0\tGPU1\nGPU0\t X \tNV4\nGPU1\tNV4\n')).toMatchObject({
      ok: false,
      error: [{ line: 3, message: expect.stringMatching(/1 of 2 cells/) }],
    });
    expect(
      of('available: 2 nodes (0-1)\nnode 0 size: 1 MB\nnode 1 size: 1 MB\nnode distances:\nnode   0   1\n  0:  10\n'),
    ).toMatchObject({ ok: false, error: [{ line: 6 }] });
  });

  it('comes with a warning where whole rows are missing', () => {
    const result = of(table.split('\n').slice(0, 2).join('\n'));
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(result.value.warnings[0]).toMatchObject({
      line: 2,
      message: expect.stringMatching(/2 devices are named, 1 have a row/),
    });
  });

  it('gives the line and column of a fault in JSON', () => {
    expect(of('[\n  {\n    "memdev":"mem0"\n    "ram_size":1\n  }\n]\n')).toMatchObject({
      ok: false,
      error: [{ line: 4, column: 5 }],
    });
  });

  it('leaves out what a CXL region is said to be on where that is not described', () => {
    const result = of(
      '[{"memdev":"mem0"},{"region":"region0","size":2,"mappings":[{"position":0,"memdev":"mem0"},{"position":1,"memdev":"mem9"}]}]',
    );
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(result.value.objects.flatMap((object) => ('targets' in object ? [object.targets] : []))).toEqual([
      ['os:mem0'],
    ]);
    expect(result.value.warnings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/region0 names a target that is not described/),
    );
  });

  it('says that /proc/iomem without addresses was not read by root', () => {
    expect(of('00000000-00000000 : System RAM\n00000000-00000000 : Reserved\n')).toMatchObject({
      ok: false,
      error: [{ message: expect.stringMatching(/as root/) }],
    });
  });

  it('is refused with the list of formats where it is none of them', () => {
    expect(of('hello')).toMatchObject({
      ok: false,
      error: [{ line: 0, message: expect.stringMatching(/hwloc, NCCL or RCCL XML/) }],
    });
    expect(of('')).toMatchObject({ ok: false });
  });
});
