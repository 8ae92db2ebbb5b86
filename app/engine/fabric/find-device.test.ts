import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { World } from '../../model/world.ts';
import { bootWorld, machineWorld } from '../../scenario/testing/machine-world.ts';
import { findDevices, type DeviceQuery } from './find-device.ts';
import { planPipeline, type Assignment, type Stage } from './pipeline.ts';
import { peerDecision } from './peers.ts';
import { memoryTiers, nearestInitiators } from './tiers.ts';

/** Two sockets, five accelerators and a NIC; accel2 is behind a host bridge that is not trusted. */
const farm = (more = ''): World =>
  bootWorld(`
memscape: topology
version: 1
policy: { iommu: true }
objects:
  - { kind: machine, id: machine }
  - { kind: package, id: "package:0", vendor: intel, family: 6 }
  - { kind: package, id: "package:1", vendor: intel, family: 6 }
  - { kind: numaNode, id: "numa:0", parent: "package:0", memoryKind: dram, bytes: 4 GiB, registration: system }
  - { kind: numaNode, id: "numa:1", parent: "package:1", memoryKind: hbm, bytes: 1 GiB, registration: system }
  - { kind: hostBridge, id: hb0, parent: "package:0", firstDevice: { devfn: 0, vendor: 0x8086, device: 0x09a2, isRootPort: false } }
  - { kind: hostBridge, id: hb1, parent: "package:1", firstDevice: { devfn: 0, vendor: 0x8086, device: 0x1234, isRootPort: false } }
  - { kind: pciBridge, id: rp0, parent: hb0, bdf: "0000:00:01.0", role: rootPort, completerAtomics: 64, link: { currentSpeed: 32, currentWidth: 16 } }
  - { kind: pciBridge, id: rp1, parent: hb0, bdf: "0000:00:02.0", role: rootPort, completerAtomics: 0, link: { currentSpeed: 32, currentWidth: 16 } }
  - { kind: pciBridge, id: rp2, parent: hb1, bdf: "0000:40:01.0", role: rootPort, link: { currentSpeed: 16, currentWidth: 8 } }
  - { kind: pciFunction, id: a0, parent: rp0, bdf: "0000:01:00.0", deviceKind: accelerator, engines: [{ kind: crypto, throughputGBs: 20 }], pasidWidth: 2, iommuGroup: 1, ats: true, pri: true, atomicsRequester: true, link: { currentSpeed: 32, currentWidth: 16 } }
  - { kind: pciFunction, id: a1, parent: rp1, bdf: "0000:02:00.0", deviceKind: accelerator, engines: [{ kind: crypto, throughputGBs: 20 }], pasidWidth: 20, iommuGroup: 2, ats: true, pri: false, atomicsRequester: true, link: { currentSpeed: 32, currentWidth: 16 } }
  - { kind: pciFunction, id: a2, parent: rp2, bdf: "0000:41:00.0", deviceKind: accelerator, engines: [{ kind: crypto, throughputGBs: 40 }], pasidWidth: 20, iommuGroup: 3, link: { currentSpeed: 16, currentWidth: 8 } }
  - { kind: pciFunction, id: a3, parent: rp1, bdf: "0000:02:00.1", deviceKind: accelerator, engines: [{ kind: ai }], pasidWidth: 20, iommuGroup: 2, link: { currentSpeed: 32, currentWidth: 16 } }
  - { kind: deviceMemory, id: a3m, parent: a3, memoryKind: hbm, bytes: 2 GiB, registration: private }
  - { kind: pciFunction, id: a4, parent: rp2, bdf: "0000:41:00.1", deviceKind: accelerator, engines: [{ kind: ai }], iommuGroup: 4, link: { currentSpeed: 16, currentWidth: 8 } }
  - { kind: pciFunction, id: n0, parent: rp0, bdf: "0000:01:01.0", deviceKind: nic, iommuGroup: 5, link: { currentSpeed: 32, currentWidth: 16 } }
${more}
links:
  - { kind: upi, between: ["package:0", "package:1"], bandwidthGBs: 60, latencyNs: 60 }
  - { kind: ddr, between: ["package:0", "numa:0"], bandwidthGBs: 300, latencyNs: 90 }
  - { kind: hbm, between: ["package:1", "numa:1"], bandwidthGBs: 800, latencyNs: 100 }
  - { kind: on-package, between: [a3, a3m], bandwidthGBs: 1000, latencyNs: 300 }
`);

const world = farm();
const names = (query: DeviceQuery): string =>
  findDevices(world, query)
    .found.map(({ device }) => device)
    .join(' ');
const why = (query: DeviceQuery, device: string): unknown =>
  findDevices(world, query).dropped.find((dropped) => dropped.device === device)?.shortfalls[0];

describe('finding a device by constraints', () => {
  it('narrows step by step, and names what dropped each, and by how much', () => {
    expect(names({ engine: 'crypto' })).toBe('accel0 accel1 accel2');
    expect(names({ engine: 'crypto', pasids: 8 })).toBe('accel1 accel2');
    expect(why({ engine: 'crypto', pasids: 8 }, 'accel0')).toMatchObject({
      constraint: 'pasids',
      needs: '8 free PASIDs',
      has: '3',
      missing: 5,
    });
    expect(names({ engine: 'crypto', pasids: 8, peer: 'nic0' })).toBe('accel1');
    expect(why({ engine: 'crypto', pasids: 8, peer: 'nic0' }, 'accel2')).toMatchObject({
      constraint: 'peer',
      has: 'NOT_SUPPORTED',
    });
    const strict: DeviceQuery = {
      engine: 'crypto',
      pasids: 8,
      peer: 'nic0',
      memory: { bytes: 2 ** 30, withinNs: 300 },
    };
    expect(names(strict)).toBe('');
    expect(why(strict, 'accel1')).toMatchObject({ constraint: 'latency', has: '340 ns to dram0', missing: 40 });
    // accel3 lacks the engine alone: its own memory is large and near enough.
    expect(findDevices(world, strict).binding).toEqual([
      { constraint: 'latency', devices: 1 },
      { constraint: 'engine', devices: 1 },
    ]);
    expect(names({ ...strict, memory: { bytes: 2 ** 30, withinNs: 340 } })).toBe('accel1');
  });

  it('counts the PASIDs that processes have already', () => {
    const taken = { ...world.records.pasid, A: { value: 1 }, B: { value: 7 } };
    const busy = { ...world, records: { ...world.records, pasid: taken } };
    const free = (where: World, device: string): unknown =>
      findDevices(where, {}).found.find((found) => found.device === device)?.freePasids;
    expect([free(world, 'accel0'), free(busy, 'accel0')]).toEqual([3, 2]);
    expect([free(world, 'accel1'), free(busy, 'accel1')]).toEqual([2 ** 20 - 1, 2 ** 20 - 3]);
    expect(free(busy, 'accel4')).toBe(null);
  });

  it('asks for atomics that a root port completes, ATS, PRI, isolation and the host bridge', () => {
    expect(names({ atomics: [32, 64] })).toBe('accel0');
    expect(why({ atomics: [32, 64] }, 'accel1')).toMatchObject({ has: 'rp1 does not complete 32 bits' });
    expect(names({ ats: true })).toBe('accel0 accel1');
    expect(names({ ats: true, pri: true })).toBe('accel0');
    expect(names({ engine: 'crypto', isolated: true })).toBe('accel0 accel2');
    expect(why({ engine: 'crypto', isolated: true }, 'accel1')).toMatchObject({
      has: 'group 2 with accel3',
      missing: 1,
    });
    expect(names({ engine: 'ai', sameHostBridge: 'nic0' })).toBe('accel3');
  });

  it('knows the memory that a device has to itself, and that others cannot use it', () => {
    const found = findDevices(world, { memory: { bytes: 2 * 2 ** 30 } }).found;
    expect(found.find(({ device }) => device === 'accel3')?.memory).toMatchObject({
      pool: 'accel3.hbm',
      latencyNs: 300,
    });
    expect(found.find(({ device }) => device === 'accel1')?.memory?.pool).toBe('dram0');
  });

  it('says how many bytes the largest memory in reach lacks', () => {
    const query = { memory: { bytes: 5 * 2 ** 30 } };
    expect(names(query)).toBe('');
    expect(why(query, 'nic0')).toMatchObject({ constraint: 'memory', has: '4 GiB free in dram0', missing: 2 ** 30 });
    // Its own memory is the largest that a device with much of it reaches.
    const large = farm(
      '  - { kind: deviceMemory, id: a4m, parent: a4, memoryKind: hbm, bytes: 8 GiB, registration: private }',
    );
    const [own] =
      findDevices(large, { memory: { bytes: 9 * 2 ** 30 } }).dropped.find(({ device }) => device === 'accel4')
        ?.shortfalls ?? [];
    expect(own).toMatchObject({ has: '8 GiB free in accel4.hbm', missing: 2 ** 30 });
  });

  it('answers the same of all others when an unrelated device is there', () => {
    const more = farm(
      '  - { kind: pciBridge, id: rp9, parent: hb1, bdf: "0000:40:09.0", role: rootPort }\n  - { kind: pciFunction, id: a9, parent: rp9, bdf: "0000:49:00.0", deviceKind: accelerator, engines: [{ kind: rsa }], iommuGroup: 9 }',
    );
    const queries = fc.record(
      {
        engine: fc.constantFrom('crypto', 'ai', 'nic'),
        pasids: fc.constantFrom(1, 8, 100),
        peer: fc.constantFrom('nic0', 'accel3'),
        memory: fc.record({ bytes: fc.constantFrom(2 ** 20, 2 ** 31), withinNs: fc.constantFrom(300, 350, 500) }),
        isolated: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(queries, (drawn) => {
        const query = drawn as DeviceQuery;
        const [a, b] = [findDevices(world, query), findDevices(more, query)];
        const others = (list: readonly { readonly device: string }[]): unknown =>
          list.filter(({ device }) => device !== 'accel5');
        expect(others(b.found)).toEqual(a.found);
        expect(others(b.dropped)).toEqual(a.dropped);
      }),
      { seed: 20180803 },
    );
  });
});

describe('peer-to-peer of any pair', () => {
  it.each(['farm', 'dual-socket', 'hbm-cxl', 'coherent-package'])(
    '%s: has the same type and distance both ways',
    (id) => {
      const machine = id === 'farm' ? world : machineWorld(id);
      const functions = Object.keys(machine.records.pci);
      const pick = ({ mapType, distance }: ReturnType<typeof peerDecision>) => [mapType, distance];
      for (const a of functions)
        for (const b of functions)
          expect([a, b, ...pick(peerDecision(machine, a, b))]).toEqual([a, b, ...pick(peerDecision(machine, b, a))]);
    },
  );
});

const stages: readonly Stage[] = [{ engine: 'nic' }, { engine: 'crypto' }, { engine: 'cpu' }, { engine: 'ai' }];

describe('planning a pipeline', () => {
  it('assigns devices and buffers, the best first, each cost the sum of its links', () => {
    const answer = planPipeline(world, stages, 2 ** 20);
    if (answer.kind !== 'ranked') throw new Error(JSON.stringify(answer));
    const [first] = answer.assignments;
    expect(first?.devices).toEqual(['nic0', 'accel0', 'package:0', 'accel3']);
    for (const { legs, latencyNs, totalNs, busyNs } of answer.assignments) {
      const links = legs.flatMap(({ route }) => route.hops.map(({ link }) => world.records.link[link]?.latencyNs ?? 0));
      expect(latencyNs).toBe(links.reduce((sum, ns) => sum + ns, 0));
      expect(totalNs).toBe(latencyNs + busyNs);
    }
    const totals = answer.assignments.map(({ totalNs }) => totalNs);
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
  });

  it('finds no dearer assignment first than any that trying all of them finds', () => {
    const answer = planPipeline(world, stages, 2 ** 20);
    if (answer.kind !== 'ranked') throw new Error(JSON.stringify(answer));
    const all: Assignment[] = [];
    for (const crypto of ['accel0', 'accel1', 'accel2'])
      for (const cpu of ['package:0', 'package:1'])
        for (const ai of ['accel3', 'accel4']) {
          const fixed = [
            stages[0],
            { engine: 'crypto', on: crypto },
            { engine: 'cpu', on: cpu },
            { engine: 'ai', on: ai },
          ];
          const one = planPipeline(world, fixed as readonly Stage[], 2 ** 20);
          if (one.kind === 'ranked') all.push(...one.assignments);
        }
    const least = Math.min(...all.map(({ totalNs }) => totalNs));
    expect(answer.assignments[0]?.totalNs).toBe(least);
  });

  it('reaches the memory of a peer only where peer-to-peer allows it', () => {
    const near = planPipeline(world, [{ engine: 'nic' }, { engine: 'ai', on: 'accel3' }], 2 ** 20);
    expect(near.kind === 'ranked' && near.assignments[0]).toMatchObject({
      buffers: ['accel3.hbm'],
      legs: [
        { kind: 'write', mapType: 'THRU_HOST_BRIDGE' },
        { kind: 'read', mapType: 'NONE' },
      ],
    });
    const far = planPipeline(
      world,
      [
        { engine: 'crypto', on: 'accel2' },
        { engine: 'ai', on: 'accel3' },
      ],
      2 ** 20,
    );
    expect(far.kind === 'ranked' && far.assignments.map(({ buffers }) => buffers[0])).not.toContain('accel3.hbm');
  });

  it('lets a wire carry what is written and what is read at once', () => {
    const answer = planPipeline(world, [{ engine: 'nic' }, { engine: 'crypto', on: 'accel0' }], 2 ** 20);
    const first = answer.kind === 'ranked' ? answer.assignments[0] : undefined;
    // 1 MiB over 63 GB/s: 16.6 us on each of the two wires; the engine takes 52 us.
    expect(first).toMatchObject({ buffers: ['dram0'], bottleneck: 'accel0', busyNs: 2 ** 20 / 20 });
    const server = machineWorld('dual-socket');
    const through = planPipeline(server, [{ engine: 'nic' }, { engine: 'cpu' }, { engine: 'compute' }], 2 ** 24);
    const best = through.kind === 'ranked' ? through.assignments[0] : undefined;
    expect([best?.buffers, best?.bottleneck]).toEqual([['dram0', 'dram0'], 'pci:0000:17:00.0--0000:18:00']);
    expect(best?.busyNs).toBeCloseTo(2 ** 24 / ((16 * 16 * 128) / 130 / 8), 3);
  });

  it('says which stage nothing can do', () => {
    expect(planPipeline(world, [{ engine: 'nic' }, { engine: 'compress' }], 1)).toEqual({ kind: 'none', stage: 1 });
  });
});

describe('memory as initiators see it', () => {
  it('has several nearest initiators where they are equally near', () => {
    const { link } = world.records;
    const [wire] = Object.values(link).filter(({ a, b }) => a === 'hbm0' || b === 'hbm0');
    if (wire === undefined) throw new Error('the memory has a wire');
    const second = { ...wire, a: 'hbm0', b: 'package:0', wire: 'second' };
    const shared: World = { ...world, records: { ...world.records, link: { ...link, second } } };
    expect(nearestInitiators(world, 'hbm0', 1).map(({ initiator }) => initiator)).toEqual(['package:1']);
    expect(nearestInitiators(shared, 'hbm0', 1).map(({ initiator }) => initiator)).toEqual(['package:0', 'package:1']);
  });

  it('is what firmware reports, for the sockets whose CPUs it names', () => {
    const { memoryAccess } = machineWorld('dual-socket').records;
    expect(Object.keys(memoryAccess)).toEqual(['dram0<package:0', 'dram1<package:1']);
    expect(memoryAccess['dram1<package:1']).toMatchObject({ readLatency: 90, writeBandwidth: 268554 });
  });

  it('falls into tiers by latency and bandwidth, faster ones with lower numbers', () => {
    const tiers = memoryTiers(machineWorld('hbm-cxl')).map(({ tier, pools }) => [tier, pools.map(({ pool }) => pool)]);
    expect(tiers).toEqual([
      [1, ['hbm0']],
      [4, ['dram0']],
      [121, ['mem0.cxl']],
    ]);
  });
});
