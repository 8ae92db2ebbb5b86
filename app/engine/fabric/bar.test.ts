import { describe, expect, it } from 'vitest';
import type { World } from '../../model/world.ts';
import { bootWorld } from '../../scenario/testing/machine-world.ts';
import { apply, invert, sameWorld } from '../apply.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp, step } from '../step.ts';

/** A GPU with a BAR of 256 MiB onto 16 GiB, a small one beside it, and a NIC below the same root port where asked. */
const machine = (options: {
  readonly aperture: string;
  readonly neighbour?: boolean;
  readonly keeps?: boolean;
  readonly routes?: string;
}): World =>
  bootWorld(`
memscape: topology
version: 1
objects:
  - { kind: machine, id: machine }
  - { kind: package, id: "package:0", vendor: intel, family: 6 }
  - { kind: numaNode, id: "numa:0", parent: "package:0", memoryKind: dram, bytes: 1 GiB, registration: system }
  - { kind: hostBridge, id: hb0, parent: "package:0", keepsFirmwareSetup: ${options.keeps === true}, windows: [{ type: prefetch, start: 0x400000000, end: ${options.aperture} }] }
  - { kind: pciBridge, id: rp0, parent: hb0, bdf: "0000:00:01.0", role: rootPort, completerAtomics: 64, windows: [{ type: prefetch, start: 0x400000000, end: 0x420000000 }] }
  - { kind: pciBridge, id: up0, parent: rp0, bdf: "0000:01:00.0", role: upstream, ${options.routes ?? 'routesAtomics: true'}, windows: [{ type: prefetch, start: 0x400000000, end: 0x420000000 }] }
  - { kind: pciBridge, id: dp0, parent: up0, bdf: "0000:02:00.0", role: downstream, routesAtomics: true, windows: [{ type: prefetch, start: 0x400000000, end: 0x418000000 }] }
${options.neighbour === true ? '  - { kind: pciFunction, id: n0, parent: up0, bdf: "0000:02:01.0", deviceKind: nic, bars: [{ index: 0, type: mem64, prefetchable: true, bytes: 32 MiB, start: 0x418000000, assigned: true }] }' : ''}
  - kind: pciFunction
    id: g0
    parent: dp0
    bdf: "0000:03:00.0"
    deviceKind: gpu
    atomicsRequester: true
    bars:
      - { index: 0, type: mem64, prefetchable: true, bytes: 256 MiB, start: 0x400000000, assigned: true, resizableBytes: [256 MiB, 512 MiB, 16 GiB], backing: { object: vram, offset: 0 } }
      - { index: 2, type: mem64, prefetchable: true, bytes: 2 MiB, start: 0x410000000, assigned: true }
  - { kind: deviceMemory, id: vram, parent: g0, memoryKind: vram, bytes: 16 GiB, registration: private }
`);

const roomy = machine({ aperture: '0x1400000000' });
const by = 'driver:gpu0';
const gib = 2 ** 30;
const resize = (bytes: number, through: 'driver' | 'sysfs' = 'driver'): OpInput => ({
  op: 'resizeBar',
  by,
  device: 'gpu0',
  bar: 0,
  bytes,
  through,
});
const quiet: OpInput = { op: 'setDecode', by, device: 'gpu0', on: false };

function run(start: World, ops: readonly OpInput[]) {
  let world = start;
  expect(checkInvariants(world)).toEqual([]);
  const ends: string[] = [];
  const rules: string[] = [];
  for (const op of ops) {
    const { before, after, events, result } = step(world, completeOp(op));
    let at = before;
    for (const event of events) {
      at = apply(at, event);
      expect(checkInvariants(at)).toEqual([]);
    }
    expect(
      sameWorld(
        [...events].reverse().reduce((w, event) => apply(w, invert(event)), after),
        before,
      ),
    ).toBe(true);
    ends.push('errno' in result ? result.errno : 'ok');
    rules.push(events[0]?.rule ?? '');
    world = after;
  }
  return { world, ends, rules };
}

describe('resizing a BAR', () => {
  it('shows the whole memory where the windows can grow; the other BARs of the device give way', () => {
    const { world, ends } = run(roomy, [quiet, resize(16 * gib)]);
    expect(ends).toEqual(['ok', 'ok']);
    expect(world.records.bar['gpu0.bar0']).toMatchObject({ bytes: 16 * gib, start: 0x400000000 });
    expect(world.records.bar['gpu0.bar2']?.start).toBe(0x800000000);
    expect(world.records.pci['rp0']?.windows).toEqual([{ type: 'prefetch', start: 0x400000000, end: 0x800200000 }]);
  });

  it.each([
    ['decodes memory', roomy, [resize(16 * gib)], 'EBUSY', 'bar.resize.decode'],
    ['has no such size', roomy, [quiet, resize(8 * gib)], 'EINVAL', 'bar.resize.size'],
    ['is asked for less than a MiB', roomy, [quiet, resize(4096)], 'EINVAL', 'bar.resize.size'],
    [
      'has no such capability',
      roomy,
      [quiet, { op: 'resizeBar', by, device: 'gpu0', bar: 2, bytes: gib }],
      'ENOTSUPP',
      'bar.resize.noCapability',
    ],
    [
      'is below a host bridge that keeps what firmware set up',
      machine({ aperture: '0x1400000000', keeps: true }),
      [quiet, resize(16 * gib)],
      'ENOTSUPP',
      'bar.resize.firmware',
    ],
    [
      'shares a window that cannot grow',
      machine({ aperture: '0x1400000000', neighbour: true }),
      [quiet, resize(16 * gib)],
      'ENOSPC',
      'bar.place.windowFull',
    ],
    [
      'is below a root complex without addresses left',
      machine({ aperture: '0x600000000' }),
      [quiet, resize(16 * gib)],
      'ENOSPC',
      'bar.place.noAddresses',
    ],
    [
      'has a driver, through sysfs',
      roomy,
      [{ op: 'pciDriver', by: 'kernel', device: 'gpu0', driver: 'amdgpu' }, resize(16 * gib, 'sysfs')],
      'EBUSY',
      'bar.resize.driver',
    ],
  ] as const)('a function that %s: everything stays', (_, start, ops, errno, rule) => {
    const { world, ends, rules } = run(start, ops as readonly OpInput[]);
    expect([ends.at(-1), rules.at(-1)]).toEqual([errno, rule]);
    expect(world.records.bar).toEqual(start.records.bar);
  });

  it('has virtual functions, through sysfs: everything stays', () => {
    const gpu = roomy.records.pci['gpu0'];
    if (gpu === undefined) throw new Error('the machine has a GPU');
    const pci = { ...roomy.records.pci, gpu0: { ...gpu, virtualFunctions: 2 } };
    const { ends, rules } = run({ ...roomy, records: { ...roomy.records, pci } }, [resize(16 * gib, 'sysfs')]);
    expect([ends[0], rules[0]]).toEqual(['EBUSY', 'bar.resize.virtualFunctions']);
  });

  it('has no window on its way and none told of the root complex: EINVAL', () => {
    const bare = { ...roomy.records.hostBridge['hb0'], firstDevice: null, windows: [], keepsFirmwareSetup: false };
    const start = { ...roomy, records: { ...roomy.records, hostBridge: { hb0: bare } } };
    expect(run(start, [quiet, resize(16 * gib)])).toMatchObject({ ends: ['ok', 'EINVAL'] });
  });

  it('fits into a shared window that has the room', () => {
    const shared = machine({ aperture: '0x1400000000', neighbour: true });
    const { world, ends } = run(shared, [quiet, resize(512 * 2 ** 20)]);
    expect(ends).toEqual(['ok', 'ENOSPC']);
    const smaller = run(shared, [quiet, resize(256 * 2 ** 20)]);
    expect(smaller.ends).toEqual(['ok', 'ok']);
    expect(world.records.bar['n0.bar0']).toEqual(shared.records.bar['n0.bar0']);
  });

  it('through sysfs needs no decode switched off', () => {
    expect(run(roomy, [resize(16 * gib, 'sysfs')]).ends).toEqual(['ok']);
  });
});

describe('a CPU at a BAR', () => {
  const access = (more: Partial<Extract<OpInput, { op: 'barAccess' }>>): OpInput => ({
    op: 'barAccess',
    by: 'kernel',
    device: 'gpu0',
    bar: 0,
    ...more,
  });
  const object: readonly OpInput[] = [
    { op: 'process', by: 'kernel', name: 'A' },
    { op: 'makeObject', by: 'A', as: 'counter', device: 'gpu0', value: 5 },
  ];
  const said = (ops: readonly OpInput[]): unknown => {
    const { world } = run(roomy, ops.slice(0, -1));
    return step(world, completeOp(ops[ops.length - 1] ?? quiet)).events[0];
  };

  it('stores and loads what lies behind it', () => {
    expect(said([...object, access({})])).toMatchObject({ kind: 'barRead', args: { value: 5, address: 0x400000000 } });
    expect(said([...object, access({ access: 'store', value: 6 }), access({})])).toMatchObject({ args: { value: 6 } });
  });

  it('reads ones where nothing answers, and sees no further than the BAR', () => {
    expect(said([...object, quiet, access({})])).toMatchObject({
      rule: 'bar.load.noAnswer',
      args: { value: 0xffffffff },
    });
    expect(run(roomy, [access({ offset: 256 * 2 ** 20 })]).ends).toEqual(['EINVAL']);
  });

  it('gets no result for an atomic, and nothing changes', () => {
    const { world } = run(roomy, object);
    const { events, after } = step(world, completeOp(access({ access: 'atomic', value: 1 })));
    expect(events).toMatchObject([{ kind: 'outcomeUndefined', changes: [] }]);
    expect(events[0]?.args['outcomes']).toHaveLength(3);
    expect(Object.keys(events[0]?.args ?? {})).not.toContain('value');
    expect(sameWorld(world, after)).toBe(true);
  });
});

describe('AtomicOps to the root', () => {
  const enable = (widths: readonly (32 | 64 | 128)[]): OpInput => ({
    op: 'enableAtomics',
    by,
    device: 'gpu0',
    widths: [...widths],
  });

  it('pass ports that route them to a root port that completes them', () => {
    const { world, ends } = run(roomy, [enable([32, 64])]);
    expect(ends).toEqual(['ok']);
    expect(world.records.pci['gpu0']?.atomics.enabled).toBe(true);
  });

  it.each([
    ['the root port does not complete 128 bits', '', [128], 'atomics.completer'],
    ['a port does not route them', 'routesAtomics: false', [64], 'atomics.notRouted'],
    ['a port is not known to route them', 'acs: absent', [64], 'atomics.notRouted'],
    ['a port blocks them towards the root', 'routesAtomics: true, blocksAtomics: true', [64], 'atomics.blocked'],
  ] as const)('do not where %s', (_, routes, widths, rule) => {
    const start = machine({ aperture: '0x1400000000', ...(routes === '' ? {} : { routes }) });
    const { ends, rules, world } = run(start, [enable(widths)]);
    expect([ends, rules]).toEqual([['EINVAL'], [rule]]);
    expect(world.records.pci['gpu0']?.atomics.enabled).toBe(false);
  });
});
