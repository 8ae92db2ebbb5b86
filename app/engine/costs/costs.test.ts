import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FabricLink } from '../../model/fabric.ts';
import { costFigures } from '../../model/costs.ts';
import type { World } from '../../model/world.ts';
import { bootWorld, machineWorld } from '../../scenario/testing/machine-world.ts';
import { initialWorld } from '../initial-world.ts';
import type { OpInput } from '../operations.ts';
import { completeOp, step, type Transaction } from '../step.ts';
import { breakEven } from './break-even.ts';
import { addCosts, noCost } from './cost.ts';
import { costOf, eventCosts } from './event-cost.ts';
import { fairRates, finishTimes } from './flows.ts';
import { concurrentCost, knownRoute, transferCost } from './transfer.ts';

const play = (world: World, ops: readonly OpInput[]): readonly Transaction[] => {
  const done: Transaction[] = [];
  for (const op of ops) done.push(step(done[done.length - 1]?.after ?? world, completeOp(op)));
  return done;
};
const last = (done: readonly Transaction[]): Transaction => {
  const found = done[done.length - 1];
  if (found === undefined) throw new Error('nothing was done');
  return found;
};

/** n GPUs in a ring of links of their own. */
function ring(n: number, gbs: number, latencyNs: number): World {
  const link: Record<string, FabricLink> = {};
  for (let i = 0; i < n; i++) {
    const [a, b] = [`gpu${i}`, `gpu${(i + 1) % n}`];
    link[`ring${i}`] = {
      kind: 'nvlink',
      a,
      b,
      wire: `ring${i}`,
      gbs,
      gbsFrom: 'told',
      latencyNs,
      latencyFrom: 'told',
      coherent: null,
      atomics: null,
      origin: 'wiring',
    };
  }
  const world = initialWorld({
    pools: [],
    devices: Array.from({ length: n }, (_, i) => ({ id: `gpu${i}`, memory: 'none' as const, pool: null })),
  });
  return { ...world, records: { ...world.records, link } };
}

const gpus = (n: number): string[] => Array.from({ length: n }, (_, i) => `gpu${i}`);
const allReduce = (world: World, n: number, bytes: number): Transaction =>
  last(play(world, [{ op: 'allReduce', by: 'kernel', devices: gpus(n), bytes }]));

describe('figures', () => {
  it('each says what it is and where it comes from', () => {
    for (const { meaning, source } of Object.values(costFigures)) {
      expect(meaning).not.toBe('');
      expect(source).not.toBe('');
    }
  });

  it('a description overrides any of them', () => {
    const text = `
memscape: topology
version: 1
costs: { fault.anonymous: 2000, latency.upi: 100 }
objects:
  - { kind: machine, id: machine }
  - { kind: package, id: "package:0" }
  - { kind: package, id: "package:1" }
  - { kind: numaNode, id: "numa:0", parent: "package:0", memoryKind: dram, bytes: 1 GiB }
links:
  - { kind: upi, between: ["package:0", "package:1"] }
`;
    const world = bootWorld(text);
    expect(knownRoute(world, 'package:1', 'dram0')?.latencyNs).toBe(190);
    const done = last(
      play(world, [
        { op: 'process', by: 'kernel', name: 'A' },
        { op: 'mmap', by: 'A', as: 'heap', pages: 4 },
        { op: 'write', by: 'A', place: 'A.heap', value: 1 },
      ]),
    );
    expect(costOf(done).parts.find(({ what }) => what === 'fault.anonymous')).toEqual({
      what: 'fault.anonymous',
      count: 4,
      ns: 8000,
    });
  });
});

describe('what things cost on a two-socket server', () => {
  const before = play(machineWorld('dual-socket'), [
    { op: 'process', by: 'kernel', name: 'A' },
    { op: 'mmap', by: 'A', as: 'heap', pages: 512 },
    { op: 'write', by: 'A', place: 'A.heap', value: 1 },
    { op: 'open', by: 'A', device: 'gpu0' },
  ]);
  const world = last(before).after;
  const migrated = last(
    play(world, [{ op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap' }]),
  );

  it('2 MiB to the GPU: set up, 512 entries, one shootdown, 512 allocations, 66.6 µs on the PCIe link, finalize', () => {
    const parts = Object.fromEntries(costOf(migrated).parts.map(({ what, ns }) => [what, ns]));
    expect(parts).toEqual({
      'migrate.setup': 3000,
      'migrate.page': 512 * 300,
      'tlb.shootdown': 1000,
      'migrate.alloc': 512 * 200,
      wire: Math.ceil(2 ** 21 / ((16 * 16 * 128) / 130 / 8)),
      'migrate.finalize': 2000,
    });
    expect(parts['wire']).toBe(66_560);
  });

  it('all of it goes over each link of the way', () => {
    const { bytes } = costOf(migrated);
    expect(Object.keys(bytes)).toContain('gpu0--pci:0000:17:00.0');
    expect(new Set(Object.values(bytes))).toEqual(new Set([2 ** 21]));
  });

  it('a device that reads its own memory afterwards does not use the PCIe link', () => {
    const read = last(play(migrated.after, [{ op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap' }]));
    expect(Object.keys(costOf(read).bytes).filter((link) => link.includes('pci:'))).toEqual([]);
  });

  it('the break-even asks for what the migration then costs, and for a pass over either memory', () => {
    const asked = breakEven(world, 'gpu0', 'dram0', 'gpu0.vram', 2 ** 21, false);
    expect(asked.migration).toEqual(costOf(migrated));
    const read = last(play(migrated.after, [{ op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap' }]));
    expect(asked.localNs).toBe(costOf(read).ns);
    // 333 µs to move, 65 µs less for each pass.
    expect(asked.passes).toBe(Math.ceil(asked.migration.ns / (asked.remoteNs - asked.localNs)));
    expect(asked.passes).toBe(6);
  });

  it('2 MiB as one unit have paid after 2 passes, 4 KiB alone never before many', () => {
    const {
      events,
      before: unchanged,
      after,
    } = last(play(world, [{ op: 'breakEven', by: 'kernel', device: 'gpu0', from: 'dram0' }]));
    expect(events).toMatchObject([{ kind: 'breakEvenFound', rule: 'breakEven', args: { to: 'gpu0.vram', passes: 2 } }]);
    expect(after).toBe(unchanged);
    expect(breakEven(world, 'gpu0', 'dram0', 'gpu0.vram', 4096, false).passes).toBeGreaterThan(10);
  });

  it('moving away from the device never pays, and where it has no memory there is nothing to ask', () => {
    expect(breakEven(world, 'gpu0', 'gpu0.vram', 'dram0', 2 ** 21, true).passes).toBe(null);
    const ask = (device: string, from: string): unknown =>
      last(play(world, [{ op: 'breakEven', by: 'kernel', device, from }])).result;
    expect(ask('nic0', 'dram0')).toEqual({ errno: 'ENODEV' });
    expect(ask('gpu0', 'dram9')).toEqual({ errno: 'ENODEV' });
  });

  it('there is nothing to save where peer-to-peer does not let the device reach the memory of another', () => {
    const peers = (trusted: boolean): World =>
      bootWorld(`
memscape: topology
version: 1
objects:
  - { kind: machine, id: machine }
  - { kind: package, id: "package:0", vendor: intel, family: 6 }
  - { kind: numaNode, id: "numa:0", parent: "package:0", memoryKind: dram, bytes: 1 GiB, registration: system }
  - { kind: hostBridge, id: hb0, parent: "package:0", firstDevice: { devfn: 0, vendor: 0x8086, device: ${trusted ? '0x09a2' : '0x1234'}, isRootPort: false } }
  - { kind: pciBridge, id: rp0, parent: hb0, bdf: "0000:00:01.0", role: rootPort }
  - { kind: pciBridge, id: rp1, parent: hb0, bdf: "0000:00:02.0", role: rootPort }
  - { kind: pciFunction, id: d0, parent: rp0, bdf: "0000:01:00.0", deviceKind: gpu }
  - { kind: pciFunction, id: d1, parent: rp1, bdf: "0000:02:00.0", deviceKind: gpu }
  - { kind: deviceMemory, id: m0, parent: d0, memoryKind: vram, bytes: 1 GiB, registration: private }
  - { kind: deviceMemory, id: m1, parent: d1, memoryKind: vram, bytes: 1 GiB, registration: private }
`);
    const ask = (machine: World): unknown =>
      last(play(machine, [{ op: 'breakEven', by: 'kernel', device: 'gpu0', from: 'gpu1.vram' }])).result;
    expect(ask(peers(true))).toMatchObject({ ok: true });
    expect(ask(peers(false))).toEqual({ errno: 'EHOSTUNREACH' });
  });

  it('a transaction costs what its events cost', () => {
    for (const transaction of [...before, migrated]) {
      const sum = eventCosts(transaction).reduce((ns, cost) => ns + cost.ns, 0);
      expect(costOf(transaction).ns).toBe(sum);
      expect(costOf(transaction).parts.reduce((ns, part) => ns + part.ns, 0)).toBe(sum);
    }
  });
});

describe('what devices cost each other', () => {
  const shared = (device: string): readonly OpInput[] => [
    { op: 'process', by: 'kernel', name: 'A' },
    { op: 'makeObject', by: 'A', as: 'weights', device, exporter: 'habanalabs', pages: 256 },
    { op: 'exportDmaBuf', by: 'A', object: 'weights', as: 'shared' },
    { op: 'attach', by: 'A', fd: 3, importer: 'nic0', as: 'mr' },
    { op: 'mapAttachment', by: 'A', attachment: 'mr' },
    { op: 'dmaRead', by: 'nic0', through: 'mr', pages: 256 },
  ];

  it('peer to peer below one switch: 1 MiB at the rate of the narrower link, the root port unused', () => {
    const { ns, bytes } = costOf(last(play(machineWorld('accelerators'), shared('accel0'))));
    expect(bytes).toMatchObject({ 'accel0--pci:0000:17:00.0': 2 ** 20, 'nic0--pci:0000:17:03.0': 2 ** 20 });
    expect(Object.keys(bytes)).not.toContain('pci:0000:16:00.0--pci:0000:15:01.0');
    expect(ns).toBe(Math.ceil(2 ** 20 / ((16 * 16 * 128) / 130 / 8)) + 110);
  });

  it('a device that shares the address space asks for the page, and then reads it where it is', () => {
    const { parts, bytes } = costOf(
      last(
        play(machineWorld('dual-socket'), [
          { op: 'process', by: 'kernel', name: 'A' },
          { op: 'mmap', by: 'A', as: 'heap', pages: 4 },
          { op: 'svaBind', by: 'A', device: 'accel0' },
          { op: 'svaWrite', by: 'accel0', bond: 'accel0:A', place: 'A.heap', value: 1 },
        ]),
      ),
    );
    const ns = Object.fromEntries(parts.map((part) => [part.what, part.ns]));
    expect(ns).toMatchObject({ 'pri.request': 20_000, 'fault.anonymous': 4 * 1550 });
    expect(Object.values(bytes)).toContain(4 * 4096);
  });
});

describe('flows that share a wire', () => {
  it('two get half each, and the longer one all of it when the other is done', () => {
    const capacity = new Map([['bus', 10]]);
    const flow = (bytes: number) => ({ bytes, wires: ['bus'] });
    expect(fairRates([['bus'], ['bus']], capacity)).toEqual([5, 5]);
    expect(finishTimes([flow(100), flow(300)], capacity)).toEqual([20, 40]);
  });

  it('what one cannot use is left to the others', () => {
    const capacity = new Map([
      ['bus', 10],
      ['narrow', 2],
    ]);
    expect(fairRates([['bus', 'narrow'], ['bus']], capacity)).toEqual([2, 8]);
  });

  const wires = ['a', 'b', 'c', 'd'];
  const flows = fc.array(
    fc.record({ bytes: fc.integer({ min: 1, max: 1_000_000 }), wires: fc.subarray(wires, { minLength: 1 }) }),
    { minLength: 1, maxLength: 6 },
  );
  const capacities = fc
    .tuple(...wires.map(() => fc.integer({ min: 1, max: 100 })))
    .map((rates) => new Map(wires.map((wire, i) => [wire, rates[i] ?? 1])));

  it('no wire carries more than it can, and every flow has a wire that is full (seed 9)', () => {
    fc.assert(
      fc.property(flows, capacities, (all, capacity) => {
        const rates = fairRates(
          all.map((flow) => flow.wires),
          capacity,
        );
        const load = (wire: string): number =>
          all.reduce((sum, flow, i) => sum + (flow.wires.includes(wire) ? (rates[i] ?? 0) : 0), 0);
        for (const wire of wires) expect(load(wire)).toBeLessThanOrEqual((capacity.get(wire) ?? 0) * (1 + 1e-9));
        for (const flow of all)
          expect(flow.wires.some((wire) => load(wire) >= (capacity.get(wire) ?? 0) * (1 - 1e-9))).toBe(true);
      }),
      { seed: 9 },
    );
  });

  it('all together take no less than each alone, and no more than one after the other (seed 9)', () => {
    fc.assert(
      fc.property(flows, capacities, (all, capacity) => {
        const together = finishTimes(all, capacity);
        const alone = all.map((flow) => finishTimes([flow], capacity)[0] ?? 0);
        all.forEach((_, i) => expect(together[i]).toBeGreaterThanOrEqual((alone[i] ?? 0) - 1));
        expect(Math.max(...together)).toBeLessThanOrEqual(alone.reduce((sum, ns) => sum + ns, 0));
      }),
      { seed: 9 },
    );
  });
});

describe('laws of transfers', () => {
  const world = machineWorld('dual-socket');
  const ends = fc.constantFrom('gpu0', 'gpu0.vram', 'dram0', 'dram1', 'nic0', 'package:0', 'package:1');
  const size = fc.integer({ min: 0, max: 2 ** 32 });

  it('more bytes never take less time, and each link of the way carries them all (seed 3)', () => {
    fc.assert(
      fc.property(ends, ends, size, size, (from, to, a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        const [low, high] = [transferCost(world, from, to, less, true), transferCost(world, from, to, more, true)];
        expect(low.ns).toBeLessThanOrEqual(high.ns);
        expect(Number.isInteger(high.ns)).toBe(true);
        for (const bytes of Object.values(high.bytes)) expect(bytes).toBe(more);
      }),
      { seed: 3 },
    );
  });

  it('one more transfer beside others never makes them end sooner (seed 3)', () => {
    const shipment = fc.tuple(ends, ends, size).map(([from, to, bytes]) => {
      const route = knownRoute(world, from, to);
      return { legs: route === null ? [] : [route], bytes };
    });
    fc.assert(
      fc.property(fc.array(shipment, { maxLength: 4 }), shipment, (some, one) => {
        expect(concurrentCost(world, [...some, one]).ns).toBeGreaterThanOrEqual(concurrentCost(world, some).ns - 1);
      }),
      { seed: 3 },
    );
  });

  it('costs add up in any grouping (seed 3)', () => {
    const cost = fc.tuple(ends, ends, size).map(([from, to, bytes]) => transferCost(world, from, to, bytes));
    fc.assert(
      fc.property(cost, cost, cost, (a, b, c) => {
        const [left, right] = [addCosts(addCosts(a, b), c), addCosts(a, addCosts(b, c))];
        expect([left.ns, left.bytes]).toEqual([right.ns, right.bytes]);
        expect(addCosts(a, noCost)).toEqual(a);
      }),
      { seed: 3 },
    );
  });
});

describe('ring all-reduce', () => {
  it('4 GPUs with 25 GB/s links: 6 steps of a quarter each, 10.07 ms for 160 MiB', () => {
    const bytes = 160 * 2 ** 20;
    const done = allReduce(ring(4, 25, 200), 4, bytes);
    expect(done.events.filter(({ kind }) => kind === 'collectiveStep')).toHaveLength(6);
    expect(costOf(done).ns).toBe(6 * (Math.ceil(bytes / 4 / 25) + 200));
  });

  it('every link carries 2 (n - 1) / n of the buffer (seed 51)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 12 }), fc.integer({ min: 1, max: 2 ** 30 }), (n, size) => {
        const bytes = size * n;
        const cost = costOf(allReduce(ring(n, 50, 0), n, bytes));
        expect(Object.values(cost.bytes)).toEqual(Array.from({ length: n }, () => (2 * (n - 1) * bytes) / n));
        expect(cost.ns).toBe(2 * (n - 1) * Math.ceil(size / 50));
      }),
      { seed: 51, numRuns: 40 },
    );
  });

  it('bytes that do not divide evenly are all reduced: each device sends every chunk but one, twice (seed 51)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 9 }), fc.integer({ min: 1, max: 5000 }), (n, bytes) => {
        const { bytes: moved } = costOf(allReduce(ring(n, 50, 0), n, bytes));
        const sum = Object.values(moved).reduce((all, each) => all + each, 0);
        expect(sum).toBe(2 * (n - 1) * bytes);
      }),
      { seed: 51, numRuns: 60 },
    );
  });

  it('the slowest edge sets the pace of the whole ring', () => {
    const whole = ring(4, 25, 0);
    const slow = whole.records.link['ring2'];
    if (slow === undefined) throw new Error('no edge');
    const limping: World = {
      ...whole,
      records: { ...whole.records, link: { ...whole.records.link, ring2: { ...slow, gbs: 5 } } },
    };
    expect(costOf(allReduce(limping, 4, 4_000_000)).ns).toBe(5 * costOf(allReduce(whole, 4, 4_000_000)).ns);
  });

  it('a ring needs two devices, each of them once', () => {
    const world = ring(3, 25, 0);
    const { result } = last(play(world, [{ op: 'allReduce', by: 'kernel', devices: ['gpu0', 'gpu0'], bytes: 4 }]));
    expect(result).toEqual({ errno: 'EINVAL' });
  });
});
