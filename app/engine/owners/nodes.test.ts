import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { World } from '../../model/world.ts';
import { invert, apply, sameWorld } from '../apply.ts';
import { initialWorld } from '../initial-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp, step } from '../step.ts';

const devices = ['npu0', 'npu1', 'npu2', 'gpu0'] as const;
const start = (): World =>
  initialWorld({
    pools: [{ id: 'dram0', kind: 'dram', registration: 'system', frames: 64, device: null }],
    devices: devices.map((id) => ({ id, memory: 'none', pool: null })),
  });

const play = (ops: readonly OpInput[], from = start()): { world: World; results: readonly string[] } => {
  let world = from;
  const results: string[] = [];
  for (const op of ops) {
    const { result, after } = step(world, completeOp(op));
    world = after;
    results.push('ok' in result ? 'ok' : 'errno' in result ? result.errno : 'other');
  }
  return { world, results };
};

const A: OpInput = { op: 'process', by: 'kernel', name: 'A' };
const init = (device: string, ...features: ('COMPUTE_ACCEL' | 'RENDER' | 'MODESET')[]): OpInput => ({
  op: 'drmInit',
  by: `driver:${device}`,
  device,
  features,
});
const accel = (device: string): readonly OpInput[] => [
  init(device, 'COMPUTE_ACCEL'),
  { op: 'drmRegister', by: `driver:${device}`, device },
];

describe('device nodes', () => {
  it('a graphics driver gets a card and a render node, from 0 and from 128, of major 226', () => {
    const { world } = play([init('gpu0', 'RENDER', 'MODESET')]);
    expect(world.records.deviceNode).toMatchObject({
      card0: { major: 226, minor: 0, state: 'reserved' },
      renderD128: { major: 226, minor: 128, state: 'reserved' },
    });
  });

  it.each(['RENDER', 'MODESET'] as const)('a driver cannot be for acceleration and have %s', (feature) => {
    const { world, results } = play([init('gpu0', 'COMPUTE_ACCEL', feature)]);
    expect(results).toEqual(['EINVAL']);
    expect(world.records.deviceNode).toEqual({});
  });

  it('an open file keeps the number of an unplugged device, and its ioctl is refused', () => {
    const { world, results } = play([
      A,
      ...accel('npu0'),
      { op: 'nodeOpen', by: 'A', node: 'accel0' },
      { op: 'nodeIoctl', by: 'A', file: 'accel0:A' },
      { op: 'drmUnregister', by: 'driver:npu0', device: 'npu0', unplug: true },
      { op: 'drmPut', by: 'driver:npu0', device: 'npu0' },
      { op: 'nodeIoctl', by: 'A', file: 'accel0:A' },
      { op: 'nodeOpen', by: 'A', node: 'accel0' },
      ...accel('npu1'),
      { op: 'nodeClose', by: 'A', file: 'accel0:A' },
      ...accel('npu2'),
    ]);
    expect(results).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
      'ok',
      'ok',
      'ok',
      'ENODEV',
      'ENODEV',
      'ok',
      'ok',
      'ok',
      'ok',
      'ok',
    ]);
    expect(Object.entries(world.records.deviceNode).map(([name, { device }]) => [name, device])).toEqual([
      ['accel1', 'npu1'],
      ['accel0', 'npu2'],
    ]);
  });

  it('a forked child has the file open too: it ends with the last of both', () => {
    const shared = [A, ...accel('npu0'), { op: 'nodeOpen', by: 'A', node: 'accel0' }] as const;
    const { world } = play([...shared, { op: 'fork', by: 'A', child: 'B' }, { op: 'exit', by: 'A' }]);
    expect(world.records.nodeFile['accel0:A']?.holders).toEqual(['B']);
    expect(play([{ op: 'exit', by: 'B' }], world).world.records.nodeFile).toEqual({});
  });

  it('the 65th card has a number from 192 on', () => {
    const many = Array.from({ length: 65 }, (_, n) => `gpu${n}`);
    const world = initialWorld({
      pools: [],
      devices: many.map((id) => ({ id, memory: 'none', pool: null })),
    });
    const { world: after } = play(
      many.map((device) => init(device, 'MODESET')),
      world,
    );
    expect(after.records.deviceNode['card192']?.device).toBe('gpu64');
  });

  it('an allocating XArray holds one accel number more than the IDR did: its limit is inclusive', () => {
    const many = Array.from({ length: 258 }, (_, n) => `npu${n}`);
    const world = initialWorld({ pools: [], devices: many.map((id) => ({ id, memory: 'none', pool: null })) });
    const { results } = play(
      many.map((device) => init(device, 'COMPUTE_ACCEL')),
      world,
    );
    expect(results.slice(255)).toEqual(['ok', 'ok', 'EBUSY']);
  });
});

const anyOp: fc.Arbitrary<OpInput> = fc
  .tuple(fc.constantFrom(...devices), fc.constantFrom('A', 'B'), fc.nat(4), fc.nat(8))
  .map(([device, by, n, what]): OpInput => {
    const node = device === 'gpu0' ? `card${n}` : `accel${n}`;
    const driver = `driver:${device}`;
    if (what === 0) return init(device, device === 'gpu0' ? 'MODESET' : 'COMPUTE_ACCEL');
    if (what === 1) return { op: 'drmRegister', by: driver, device };
    if (what === 2) return { op: 'drmUnregister', by: driver, device, unplug: n % 2 === 0 };
    if (what === 3) return { op: 'drmPut', by: driver, device };
    if (what === 4) return { op: 'nodeClose', by, file: `${node}:${by}` };
    if (what === 5) return { op: 'nodeIoctl', by, file: `${node}:${by}` };
    return { op: 'nodeOpen', by, node };
  });

describe('laws of device nodes', () => {
  it('minors are never handed out twice, and undoing every event leads back (seed 5)', () => {
    fc.assert(
      fc.property(fc.array(anyOp, { maxLength: 40 }), fc.constantFrom('idr', 'xarrayAlloc'), (ops, container) => {
        let world = play([
          A,
          { op: 'process', by: 'kernel', name: 'B' },
          { op: 'minorTable', by: 'kernel', name: 'accel', container, last: 255 },
        ]).world;
        for (const op of ops) {
          const { before, after, events } = step(world, completeOp(op));
          const taken = new Set(Object.keys(before.records.deviceNode));
          for (const event of events)
            if (event.kind === 'nodeReserved') expect(taken.has(String(event.args['node']))).toBe(false);
          const numbers = Object.values(after.records.deviceNode).map(({ table, minor }) => `${table} ${minor}`);
          expect(new Set(numbers).size).toBe(numbers.length);
          expect(checkInvariants(after)).toEqual([]);
          expect(sameWorld([...events].reverse().map(invert).reduce(apply, after), before)).toBe(true);
          world = after;
        }
      }),
      { seed: 5, numRuns: 150 },
    );
  });
});
