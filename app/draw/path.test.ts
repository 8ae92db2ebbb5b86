import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { machineDocument } from '../session/document.ts';
import { readTopology } from '../topology/read-topology.ts';
import { pathBetween, printPath } from './path.ts';
import type { Picture } from './picture.ts';

function machine(text: string): Picture {
  const read = readTopology('machine.yaml', new TextEncoder().encode(text));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return machineDocument(read.value, 'm', 'm').graph;
}

const twoSockets = machine(`memscape: topology
version: 1
objects:
  - { kind: machine, id: machine }
  - { kind: package, id: p0, osIndex: 0 }
  - { kind: package, id: p1, osIndex: 1 }
  - { kind: hostBridge, id: h0, parent: p0, domain: 0, rootBus: 0 }
  - { kind: hostBridge, id: h1, parent: p0, domain: 0, rootBus: 64 }
  - { kind: hostBridge, id: h2, parent: p1, domain: 0, rootBus: 128 }
  - { kind: pciBridge, id: up, parent: h0, bdf: "0000:01:00.0", role: upstream, link: { currentSpeed: 16, currentWidth: 16, maxSpeed: 16, maxWidth: 16 } }
  - { kind: pciBridge, id: d0, parent: up, bdf: "0000:02:00.0", role: downstream }
  - { kind: pciBridge, id: d1, parent: up, bdf: "0000:02:01.0", role: downstream }
  - { kind: pciFunction, id: a, parent: d0, bdf: "0000:03:00.0", deviceKind: gpu, link: { currentSpeed: 16, currentWidth: 16, maxSpeed: 16, maxWidth: 16 } }
  - { kind: pciFunction, id: b, parent: d1, bdf: "0000:04:00.0", deviceKind: nic, link: { currentSpeed: 16, currentWidth: 8, maxSpeed: 16, maxWidth: 16 } }
  - { kind: pciBridge, id: up2, parent: d1, bdf: "0000:05:00.0", role: upstream }
  - { kind: pciBridge, id: d2, parent: up2, bdf: "0000:06:00.0", role: downstream }
  - { kind: pciFunction, id: c, parent: d2, bdf: "0000:07:00.0", deviceKind: gpu }
  - { kind: pciFunction, id: d, parent: h0, bdf: "0000:00:05.0", deviceKind: storage }
  - { kind: pciFunction, id: e, parent: h1, bdf: "0000:40:01.0", deviceKind: nic }
  - { kind: pciFunction, id: f, parent: h2, bdf: "0000:80:01.0", deviceKind: gpu }
links:
  - { kind: upi, between: [p0, p1], count: 3, bandwidthGBs: 60 }
`);

describe('the way between two devices', () => {
  it.each([
    ['a', 'b', 'PIX', 2],
    ['a', 'c', 'PXB', 3],
    ['a', 'd', 'PHB', 3],
    ['a', 'e', 'NODE', 5],
    ['a', 'f', 'SYS', 6],
  ] as const)('from %s to %s is of class %s in %i hops', (from, to, pathClass, hops) => {
    const path = pathBetween(twoSockets, from, to);
    expect([path?.pathClass, path?.hops.length]).toEqual([pathClass, hops]);
  });

  it('says which hop is the narrowest, and how many rates nobody tells', () => {
    const path = pathBetween(twoSockets, 'a', 'b');
    expect(path?.bottleneck?.target).toBe('b');
    expect(path === null ? '' : printPath(path, (id) => id)).toBe('a to b: 2 hops, narrowest 15.8 GB/s: up – b');
    expect(pathBetween(twoSockets, 'a', 'f')?.untold).toBe(1);
  });

  it('takes a direct link rather than the way over PCIe, and then has no class', () => {
    const id = new URL('../../assets/topologies/coherent-package.yaml', import.meta.url);
    const picture = machine(readFileSync(id, 'utf8'));
    const gpu = picture.nodes.find((node) => node.subkind === 'gpu')?.id ?? '';
    const path = pathBetween(picture, 'package:0', gpu);
    expect([path?.pathClass, path?.hops.map((hop) => hop.edge.kind)]).toEqual([null, ['c2c']]);
  });

  it('is none where nothing joins the two', () => {
    expect(pathBetween({ ...twoSockets, edges: [] }, 'a', 'b')).toBeNull();
  });
});
