import { describe, expect, it } from 'vitest';
import type { World } from '../../model/world.ts';
import { machineWorld } from '../../scenario/testing/machine-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp, step } from '../step.ts';

const start = machineWorld('dual-socket');

function play(ops: readonly OpInput[], from = start): { readonly world: World; readonly results: readonly string[] } {
  let world = from;
  const results: string[] = [];
  for (const op of ops) {
    const { result, after } = step(world, completeOp(op));
    world = after;
    results.push(
      'ok' in result ? 'ok' : 'errno' in result ? result.errno : 'signal' in result ? result.signal : 'waits',
    );
    expect(checkInvariants(world)).toEqual([]);
  }
  return { world, results };
}

const driver = 'driver:accel0';
const registered: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'uacceRegister', by: driver, device: 'accel0', name: 'dsa' },
];
const open: OpInput = { op: 'queueOpen', by: 'A', node: 'dsa-0' };
const queue = 'dsa-0:A';
const begin = (fails = false): OpInput => ({ op: 'queueStart', by: 'A', queue, fails });
const put: OpInput = { op: 'queuePut', by: 'A', queue };
const map = (region: number, as: string): OpInput => ({ op: 'queueMmap', by: 'A', queue, region, as });
const close: OpInput = { op: 'queueClose', by: 'A', queue };
const remove = (racing = false): OpInput => ({ op: 'uacceRemove', by: driver, device: 'accel0', racing });
const touch = (place: string): OpInput => ({ op: 'write', by: 'A', place, value: 1 });

describe('a queue in user space', () => {
  it.each([
    ['INIT: START', [begin()], ['ok']],
    ['INIT: a start that the driver fails leaves it as it was', [begin(true), begin()], ['EIO', 'ok']],
    ['INIT: PUT', [put, begin()], ['ok', 'ENXIO']],
    ['STARTED: START', [begin(), begin()], ['ok', 'EINVAL']],
    ['STARTED: PUT', [begin(), put], ['ok', 'ok']],
    [
      'each region once, and no third',
      [map(0, 'a'), map(0, 'b'), map(1, 'c'), map(2, 'd')],
      ['ok', 'EEXIST', 'ok', 'EINVAL'],
    ],
    [
      'a region again after its mapping is gone',
      [map(0, 'a'), { op: 'munmap', by: 'A', place: 'A.a' }, map(0, 'b')],
      ['ok', 'ok', 'ok'],
    ],
    ['ZOMBIE: everything but close', [put, begin(), put, map(0, 'a'), close], ['ok', 'ENXIO', 'ENXIO', 'ENXIO', 'ok']],
    ['closed', [close, begin()], ['ok', 'EBADF']],
    ['parent removed: a zombie', [remove(), begin(), close], ['ok', 'ENXIO', 'ok']],
    ['parent removed: a touch', [map(0, 'a'), touch('A.a'), remove(), touch('A.a')], ['ok', 'ok', 'ok', 'SIGBUS']],
    ['parent removed: open', [remove(), open], ['ok', 'ENODEV']],
    ['parent removed while an open is under way', [remove(true), open], ['ok', 'EINVAL']],
  ] satisfies readonly (readonly [string, readonly OpInput[], readonly string[]])[])('%s', (_what, ops, results) => {
    expect(play([...registered, open, ...ops]).results.slice(registered.length + 1)).toEqual(results);
  });

  it('passes the errors of the bind on: a device that has no PASIDs', () => {
    const { results } = play([
      { op: 'process', by: 'kernel', name: 'A' },
      { op: 'uacceRegister', by: 'driver:gpu0', device: 'gpu0', name: 'gpu' },
      { op: 'queueOpen', by: 'A', node: 'gpu-0' },
      { op: 'queueOpen', by: 'A', node: 'gpu-1' },
    ]);
    expect(results).toEqual(['ok', 'ok', 'EOPNOTSUPP', 'ENODEV']);
  });

  it('a mapping keeps a queue whose file is closed', () => {
    const { world } = play([...registered, open, map(0, 'a'), close]);
    expect(world.records.queue[queue]).toMatchObject({ holders: [], state: 'INIT' });
    expect(play([{ op: 'munmap', by: 'A', place: 'A.a' }], world).world.records.queue).toEqual({});
  });

  it('two queues of a process share one bond, and the last close ends it', () => {
    const { world } = play([...registered, open, open]);
    expect(world.records.svaBond['accel0:A']?.refs).toBe(2);
    const one = play([close], world).world;
    expect(one.records.svaBond['accel0:A']?.refs).toBe(1);
    const { world: none } = play([{ op: 'queueClose', by: 'A', queue: 'dsa-0:A.2' }], one);
    expect([none.records.svaBond, none.records.queue]).toEqual([{}, {}]);
  });

  it('refuses an isolation threshold above 65535', () => {
    const strategy = (value: number): OpInput => ({ op: 'isolateStrategy', by: 'kernel', device: 'accel0', value });
    expect(play([...registered, strategy(65_535), strategy(65_536)]).results.slice(2)).toEqual(['ok', 'EINVAL']);
  });
});
