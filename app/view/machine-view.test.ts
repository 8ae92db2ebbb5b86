import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { GraphView } from '../contract/frame.ts';
import { shortNames } from '../model/short-names.ts';
import { parseMemscapeTopology } from '../topology/memscape/read.ts';
import { machineView } from './machine-view.ts';

function picture(text: string): GraphView {
  const read = parseMemscapeTopology('machine.yaml', text);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return machineView(read.value, { names: shortNames(read.value), shown: new Map() });
}
const builtIn = (id: string): GraphView =>
  picture(readFileSync(new URL(`../../assets/topologies/${id}.yaml`, import.meta.url), 'utf8'));

const titleOf = (graph: GraphView, id: string | null): string => graph.nodes.find((n) => n.id === id)?.title ?? '-';
const printNodes = (graph: GraphView): readonly string[] =>
  graph.nodes.map((n) =>
    `${titleOf(graph, n.parent)} / ${n.title} (${n.subkind ?? n.kind}) ${n.subtitle ?? ''}`.trim(),
  );
const printEdges = (graph: GraphView): readonly string[] =>
  graph.edges.map((e) =>
    `${titleOf(graph, e.source)} -${e.kind}- ${titleOf(graph, e.target)} ${e.label ?? ''}${e.degraded === null ? '' : ` [${e.degraded}]`}`.trim(),
  );

describe('the picture of a machine', () => {
  it('shows packages, memory, bridges, switches, devices with their memory and the window onto it', () => {
    expect(printNodes(builtIn('dual-socket'))).toEqual([
      '- / Package 0 (package) Xeon Gold 6430',
      'Package 0 / CPU 0 (cpu) 32 cores',
      '- / Package 1 (package) Xeon Gold 6430',
      'Package 1 / CPU 1 (cpu) 32 cores',
      'Package 0 / DRAM (dram) node 0 · 256 GiB',
      'Package 1 / DRAM (dram) node 1 · 256 GiB',
      'Package 0 / Host bridge (host-bridge) 0000:15',
      'Package 0 / Host bridge (host-bridge) 0000:6a',
      'Package 1 / Host bridge (host-bridge) 0000:97',
      'Host bridge / Switch (switch) ACS redirect on',
      'Switch / gpu0 (gpu) 0000:18:00.0',
      'gpu0 / BAR 1 (bar) 256 MiB of 48 GiB',
      'Switch / nic0 (nic) 0000:19:00.0',
      'Host bridge / accel0 (accelerator) 0000:6a:01.0',
      'Host bridge / nvme0 (storage) 0000:98:00.0',
      'gpu0 / VRAM (vram) 48 GiB',
    ]);
  });

  it('draws each link once, with its width, generation and rate', () => {
    expect(printEdges(builtIn('dual-socket'))).toEqual([
      'CPU 0 -on-package- Host bridge',
      'CPU 0 -on-package- Host bridge',
      'CPU 1 -on-package- Host bridge',
      'Host bridge -pcie- Switch x16 gen5 · 63 GB/s',
      'Switch -pcie- gpu0 x16 gen4 · 31.5 GB/s',
      'Switch -pcie- nic0 x16 gen5 · 63 GB/s',
      'Host bridge -pcie- accel0',
      'Host bridge -pcie- nvme0 x4 gen4 · 7.9 GB/s',
      'CPU 0 -ddr- DRAM 8 × DDR · 282 GB/s',
      'CPU 1 -ddr- DRAM 8 × DDR · 282 GB/s',
      'CPU 0 -upi- CPU 1 3 × UPI · 120 GB/s',
      'gpu0 -on-package- VRAM 12 × on package · 960 GB/s',
    ]);
  });

  it('gives memory kinds their place: HBM beside DRAM, CXL and GPU memory with their devices', () => {
    const memories = (id: string): readonly string[] =>
      printNodes(builtIn(id)).filter((line) => /\((dram|hbm|cxl|gpu)\) node/.test(line));
    expect(memories('hbm-cxl')).toEqual([
      'Package 0 / DRAM (dram) node 0 · 512 GiB',
      'Package 0 / HBM (hbm) node 1 · 64 GiB',
      'mem0 / CXL (cxl) node 2 · 128 GiB',
    ]);
    expect(memories('coherent-package')).toEqual([
      'Package 0 / DRAM (dram) node 0 · 480 GiB',
      'gpu0 / GPU memory (gpu) node 1 · 96 GiB',
    ]);
  });

  it('says what a link could be where it runs below that, and leaves unknown what nobody told', () => {
    const graph = picture(`memscape: topology
version: 1
objects:
  - { kind: machine, id: machine }
  - { kind: package, id: p, osIndex: 0 }
  - { kind: hostBridge, id: b, parent: p, domain: 0, rootBus: 0 }
  - { kind: pciFunction, id: g, parent: b, bdf: "0000:00:01.0", deviceKind: gpu, link: { currentSpeed: 8, currentWidth: 8, maxSpeed: 16, maxWidth: 16 } }
  - { kind: deviceMemory, id: v, parent: g, memoryKind: vram }
`);
    expect(printEdges(graph)).toContain('Host bridge -pcie- gpu0 x8 gen3 · 7.9 GB/s [x8 of x16, gen3 of gen4]');
    expect(printNodes(graph)).toContain('gpu0 / VRAM (vram) size unknown');
    const facts = new Map(graph.nodes.find((n) => n.title === 'gpu0')?.facts.map((f) => [f.label, f.value]));
    expect([facts.get('ATS'), facts.get('IOMMU group'), facts.get('ACS')]).toEqual([null, null, null]);
  });

  it('keeps ids unique and edges between nodes that are drawn', () => {
    for (const id of ['dual-socket', 'hbm-cxl', 'coherent-package']) {
      const graph = builtIn(id);
      const ids = graph.nodes.map((n) => n.id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(new Set(graph.edges.map((e) => e.id)).size).toBe(graph.edges.length);
      for (const e of graph.edges) expect(ids).toEqual(expect.arrayContaining([e.source, e.target]));
      for (const n of graph.nodes) if (n.parent !== null) expect(ids).toContain(n.parent);
    }
  });
});

describe('a package of several groups of cores', () => {
  it('has each host bridge name the group that it is near', () => {
    const graph = picture(`memscape: topology
version: 1
objects:
  - { kind: machine, id: machine }
  - { kind: package, id: p0, osIndex: 0 }
  - { kind: group, id: g0, parent: p0, osIndex: 0, subkind: Cluster }
  - { kind: group, id: g1, parent: p0, osIndex: 1, subkind: Cluster }
  - { kind: numaNode, id: n0, parent: g0, osIndex: 0, memoryKind: dram, bytes: 1 GiB }
  - { kind: numaNode, id: n1, parent: g1, osIndex: 1, memoryKind: dram, bytes: 1 GiB }
  - { kind: numaNode, id: n2, parent: g0, osIndex: 2, memoryKind: hbm, bytes: 1 GiB }
  - { kind: numaNode, id: n3, parent: g1, osIndex: 3, memoryKind: hbm, bytes: 1 GiB }
  - { kind: hostBridge, id: h1, parent: g1, domain: 0, rootBus: 64, numaNode: n1 }
  - { kind: pciFunction, id: nic, parent: h1, bdf: "0000:40:01.0", deviceKind: nic }
`);
    expect(graph.nodes.find(({ kind }) => kind === 'host-bridge')?.subtitle).toBe('0000:40 · Group 1');
  });
});
