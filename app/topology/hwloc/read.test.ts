import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { objectsOf } from '../../model/topology.ts';
import type { Topology } from '../../model/topology.ts';
import { inspect } from '../counts.ts';
import { readTopology } from '../read-topology.ts';

const files = new URL('../../../../shared/data/topologies/', import.meta.url);
const here = existsSync(files);

function read(name: string): Topology {
  const result = readTopology(name, readFileSync(new URL(`hwloc-xml/${name}`, files)));
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const of = (xml: string) => readTopology('f.xml', new TextEncoder().encode(xml));

interface Oracle {
  readonly version: string | null;
  readonly objects: Readonly<Record<string, number>>;
  readonly numa: readonly {
    readonly os: number;
    readonly subtype: string | null;
    readonly local_memory: number | null;
  }[];
  readonly numa_subtypes: Readonly<Record<string, number>>;
  readonly host_bridges: number;
  readonly pci_bridges: number;
  readonly pcidev_by_class: Readonly<Record<string, number>>;
  readonly distances: readonly { readonly name: string | null; readonly nbobjs: number }[];
  readonly memattrs: readonly { readonly values?: number }[];
}

const classes = (oracle: Oracle, prefix: RegExp): number =>
  Object.entries(oracle.pcidev_by_class).reduce((sum, [code, n]) => sum + (prefix.test(code) ? n : 0), 0);

/** Class 0000 in the DGX-2 files is an NVSwitch that the virtual machine hides; its subtype says so. */
const hiddenSwitches: Readonly<Record<string, number>> = { 'nvidiaDGX2.v2.xml': 1, 'nvidiaDGX2.v3.xml': 1 };

describe.skipIf(!here)('hwloc XML (skipped where ../shared is absent)', () => {
  const names = here ? readdirSync(new URL('hwloc-xml/', files)).filter((name) => name.endsWith('.xml')) : [];
  it.each(names)('%s has every count of its oracle', (name) => {
    const oracle = JSON.parse(readFileSync(new URL(`oracle/${name}.counts.json`, files), 'utf8')) as Oracle;
    const topology = read(name);
    const { counts, format, memoryBytes, version, warnings } = inspect(topology);
    expect(warnings).toEqual([]);
    expect(format).toBe('hwloc-xml');
    expect(version).toBe(/\.v(\d)\./.exec(name)?.[1] === '1' ? '1.0' : oracle.version);
    const n = (type: string): number => oracle.objects[type] ?? 0;
    expect(counts).toMatchObject({
      packages: n('Package') + n('Socket'),
      cores: n('Core'),
      pus: n('PU'),
      numaNodes: n('NUMANode'),
      hostBridges: oracle.host_bridges,
      pciBridges: oracle.pci_bridges,
      pciFunctions: n('PCIDev'),
      gpus: classes(oracle, /^03/),
      nics: classes(oracle, /^02/),
      storage: classes(oracle, /^01/),
      accelerators: classes(oracle, /^(0b40|12)/),
      nvSwitches: name.startsWith('nvidiaDGX2') ? classes(oracle, /^0680/) + (hiddenSwitches[name] ?? 0) : 0,
      cxlMemdevs: classes(oracle, /^0502/),
      bars: null,
    });
    // hwloc leaves out a size that it does not know; its oracle counts that as 0, here it is unknown.
    const bytes = topology.objects.flatMap((object) =>
      object.kind === 'numaNode' ? [[object.osIndex, object.bytes]] : [],
    );
    expect(bytes.toSorted()).toEqual(oracle.numa.map((node) => [node.os, node.local_memory || null]).toSorted());
    expect(objectsOf(topology, 'misc').length).toBe(n('Misc'));
    expect(objectsOf(topology, 'osDevice').length).toBe(n('OSDev'));
    expect(topology.matrices.map((matrix) => matrix.rows.length)).toEqual(
      oracle.distances.map((distance) => distance.nbobjs),
    );
    const told = Object.values(memoryBytes).reduce<number>((sum, value) => sum + (value ?? 0), 0);
    if (memoryBytes.gpu === 0 && memoryBytes.cxl === 0 && memoryBytes.pmem === 0) {
      expect(told).toBe(oracle.numa.reduce((sum, node) => sum + (node.local_memory ?? 0), 0));
    }
  });

  it('draws the 96 NVLink edges of a DGX-2 between GPUs and switches, 25 GB/s each', () => {
    const topology = read('nvidiaDGX2.v3.xml');
    const kinds = new Map(objectsOf(topology, 'pciFunction').map((fn) => [fn.id, fn.deviceKind]));
    expect(topology.links.length).toBe(96);
    for (const link of topology.links) {
      expect([kinds.get(link.a), kinds.get(link.b)].sort()).toEqual(['gpu', 'nvSwitch']);
      expect(link).toMatchObject({ kind: 'nvlink', origin: 'wiring', bandwidthGBs: 25 });
    }
  });

  it('ends NVLink edges of a POWER8 at GPUs and packages', () => {
    const topology = read('power8gpudistances.v3.xml');
    const ends = topology.links.map((link) =>
      [link.a, link.b]
        .map((id) => topology.objects.find((object) => object.id === id)?.kind)
        .sort()
        .join(' '),
    );
    expect(ends.filter((pair) => pair === 'pciFunction pciFunction').length).toBe(2);
    expect(ends.filter((pair) => pair === 'package pciFunction').length).toBe(4);
    expect(topology.links.every((link) => link.bandwidthGBs === 40)).toBe(true);
  });

  it.each([
    ['nvidiaDGX2.v2.xml', 'nvidiaDGX2.v3.xml'],
    ['cxlmem+dax.v2.xml', 'cxlmem+dax.v3.xml'],
  ])('%s and %s are the same machine', (a, b) => {
    const essence = ({ objects, links, matrices, memoryAttributes }: Topology) => ({
      objects: objects
        .filter((object) => object.kind !== 'machine')
        .map(({ from: _, facts: __, ...rest }) => ({
          ...rest,
          ...('classes' in rest ? { classes: [] } : {}),
          ...('progIf' in rest ? { progIf: null } : {}),
        })),
      links: links.map(({ from: _, ...rest }) => rest),
      matrices: matrices.map(({ from: _, ...rest }) => rest),
      memoryAttributes,
    });
    expect(essence(read(a))).toEqual(essence(read(b)));
  });

  it('gives the same nodes, CPUs and kinds for version 1 and version 2 of one machine', () => {
    const essence = (topology: Topology) =>
      topology.objects
        .flatMap((object) =>
          object.kind === 'numaNode'
            ? [`${object.id} ${object.memoryKind} ${object.bytes}`]
            : object.kind === 'package' || object.kind === 'core' || object.kind === 'pu'
              ? [object.id]
              : [],
        )
        .sort();
    expect(essence(read('64intel64-fakeKNL-SNC4-hybrid.v1.xml'))).toEqual(
      essence(read('64intel64-fakeKNL-SNC4-hybrid.v2.xml')),
    );
    expect(inspect(read('64intel64-fakeKNL-SNC4-hybrid.v1.xml')).counts.numaNodesByKind).toMatchObject({
      dram: 4,
      hbm: 4,
    });
  });

  it('concludes HBM only where the processor carries some, and says why', () => {
    const max = read('psmgmt-dp-intelmax01-flat.v2.xml');
    expect(inspect(max).counts.numaNodesByKind).toMatchObject({ dram: 8, hbm: 8, unknown: 0 });
    expect(objectsOf(max, 'numaNode').find((node) => node.osIndex === 8)?.memoryKindInferred).toMatch(
      /Max 9462 carries HBM/,
    );
    expect(inspect(read('psmgmt-knl05.v1.xml')).counts.numaNodesByKind).toMatchObject({ dram: 4, hbm: 4 });
    expect(inspect(read('mpibind-coral-lassen.v1.xml')).counts.numaNodesByKind).toMatchObject({
      dram: 2,
      gpu: 0,
      unknown: 4,
    });
  });

  it('hangs a node of version 1 beside the CPUs it serves, not above them', () => {
    const topology = read('mpibind-coral-lassen.v1.xml');
    const kindOf = new Map(topology.objects.map((object) => [object.id, object.kind]));
    expect(
      topology.objects.filter((object) => object.parent !== null && kindOf.get(object.parent) === 'numaNode'),
    ).toEqual([]);
    expect(topology.objects.find((object) => object.id === 'numa:0')?.parent).toBe('package:0');
  });

  it('reads memory attributes with initiators that are CPUs or objects', () => {
    const { memoryAttributes } = read('8intel64-4n2t-memattrs.v3.xml');
    expect(memoryAttributes.length).toBe(17);
    expect(memoryAttributes[0]).toMatchObject({
      name: 'Bandwidth',
      unit: 'MiB/s',
      target: 'numa:1',
      value: 20,
      initiator: { kind: 'cpus', cpus: [{ start: 0, end: 8 }] },
    });
    expect(memoryAttributes[1]?.initiator).toEqual({ kind: 'object', object: 'pu:7' });
  });

  it('tells the memory tier of each node, and the kind of each CPU', () => {
    const tiers = objectsOf(read('64intel64-heteromem.v3.xml'), 'numaNode').map(
      (node) => `${node.osIndex} ${node.facts['memory tier']}`,
    );
    expect(tiers.toSorted()).toEqual([
      ...[0, 1, 2, 3].map((n) => `${n} 1 (DRAM)`),
      ...[4, 5, 6, 7].map((n) => `${n} 0 (HBM)`),
    ]);
    const kinds = read('fakecpukinds.v3.xml');
    const of = (pu: number) => kinds.objects.find((object) => object.id === `pu:${pu}`)?.facts;
    expect(of(1)).toEqual({ 'CPU kind': '0', efficiency: '0', CoreType: 'MySmallCore', FrequencyMaxMHz: '1000' });
    expect(of(3)).toMatchObject({ 'CPU kind': '2', CoreType: 'IntelCore', Features: 'EverythingAndEvenMore' });
    // Both cores of this made-up machine have threads of two kinds; one that has one kind says so itself.
    expect(objectsOf(kinds, 'core').map((core) => core.facts['CPU kind'])).toEqual([undefined, undefined]);
    expect(objectsOf(read('nvidiaDGX2.v3.xml'), 'core').map((core) => core.facts['FrequencyMaxMHz'])).toEqual(
      Array<string>(4).fill('3900'),
    );
    expect(kinds.objects[0]?.facts['CPU kind 1']).toBe(
      'CPUs 2, efficiency 7, CoreType YouBigcore, FrequencyMaxMHz 2000',
    );
  });

  it('takes the kind of a node from its tier where it has no label', () => {
    const result = of(
      '<topology version="3.0"><object type="Machine" cpuset="0x1"><object type="NUMANode" os_index="0" cpuset="0x1" gp_index="1"/><object type="NUMANode" os_index="1" cpuset="0x1" gp_index="2"/></object><memtier kinds="2" nodeset="0x1"/><memtier kinds="34" nodeset="0x2"/><memtier nodeset="zz"/></topology>',
    );
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(objectsOf(result.value, 'numaNode').map((node) => [node.memoryKind, node.facts['memory tier']])).toEqual([
      ['dram', '0 (DRAM)'],
      ['cxl', '1 (DRAM and CXL)'],
    ]);
    expect(result.value.warnings.length).toBe(1);
  });

  it('keeps memory of CXL devices apart from that of nodes', () => {
    expect(inspect(read('cxlmem+dax.v3.xml')).memoryBytes).toEqual({
      dram: 3061719040,
      hbm: 0,
      cxl: 3 * 262144 * 1024,
      gpu: 0,
      pmem: 2 * 262144 * 1024,
      unknown: 0,
    });
  });
});

describe('hwloc XML that is damaged', () => {
  it('is refused with the line and column of the fault', () => {
    const result = of('<topology version="2.0">\n  <object type="Machine"\n');
    expect(result).toMatchObject({ ok: false, error: [{ file: 'f.xml', line: 3 }] });
  });

  it('is refused for a version that is not known', () => {
    expect(of('<topology version="9.0"><object type="Machine"/></topology>')).toMatchObject({
      ok: false,
      error: [{ line: 1, message: expect.stringContaining('"9.0"') }],
    });
  });

  it('never expands entities', () => {
    const result = of(
      '<!DOCTYPE topology [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<topology version="2.0"><object type="&b;"/></topology>',
    );
    expect(result).toMatchObject({ ok: false, error: [{ line: 2 }] });
  });

  it('keeps what it can read of objects and matrices that make no sense', () => {
    const result = of(
      '<topology version="2.0">\n<object type="Machine" cpuset="0x1">\n<object type="PCIDev" pci_busid="zz"/>\n<object type="Quark" cpuset="0x1"/>\n</object>\n<distances2 nbobjs="3" kind="5" name="NUMALatency" type="NUMANode"/>\n</topology>',
    );
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(result.value.warnings.map((warning) => warning.line)).toEqual([3, 4, 6]);
    expect(result.value.objects.map((object) => object.id)).toEqual(['machine', 'group:0']);
  });
});
