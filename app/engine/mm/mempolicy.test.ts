import { describe, expect, it } from 'vitest';
import type { World } from '../../model/world.ts';
import { machineWorld } from '../../scenario/testing/machine-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp, step } from '../step.ts';

const machine = machineWorld('hbm-cxl');
const before: World = {
  ...machine,
  records: { ...machine.records, swapArea: { swap0: { slots: 64, free: 64 } } },
};

function run(ops: readonly OpInput[]) {
  let world = before;
  const results: string[] = [];
  const kinds: string[] = [];
  for (const op of ops) {
    const { result, after, events } = step(world, completeOp(op));
    world = after;
    kinds.push(...events.map(({ kind }) => kind));
    results.push(
      'ok' in result ? 'ok' : 'errno' in result ? result.errno : 'signal' in result ? result.signal : 'waits',
    );
    expect(checkInvariants(world)).toEqual([]);
  }
  return { world, results, kinds };
}

const start: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'heap', pages: 8 },
];
const bind = (place: string, pool: string | null = 'hbm0'): OpInput => ({ op: 'mbind', by: 'A', place, pool });
const write = (place: string): OpInput => ({ op: 'write', by: 'A', place, value: 7 });
const taken = (world: World, pool: string): number =>
  (before.records.pool[pool]?.free ?? 0) - (world.records.pool[pool]?.free ?? 0);

describe('a range that is bound to a memory', () => {
  it.each([
    ['takes its frames from there, and its neighbours do not', [bind('A.heap[2..5]'), write('A.heap')], 3, 5],
    ['leaves what is there already where it is', [write('A.heap[0..4]'), bind('A.heap'), write('A.heap')], 4, 4],
    ['may be bound again', [bind('A.heap'), write('A.heap[0]'), bind('A.heap', null), write('A.heap')], 1, 7],
    [
      'copies to there too',
      [write('A.heap'), bind('A.heap'), { op: 'fork', by: 'A', child: 'B' }, write('A.heap')],
      8,
      8,
    ],
    [
      'reads back from swap to there',
      [
        write('A.heap'),
        { op: 'madvise', by: 'A', place: 'A.heap', advice: 'PAGEOUT' },
        bind('A.heap'),
        { op: 'read', by: 'A', place: 'A.heap' },
      ],
      8,
      0,
    ],
  ] satisfies readonly (readonly [string, readonly OpInput[], number, number])[])('%s', (_what, ops, hbm, dram) => {
    const { world } = run([...start, ...ops]);
    expect([taken(world, 'hbm0'), taken(world, 'dram0')]).toEqual([hbm, dram]);
  });

  it('is inherited by a child', () => {
    const { world } = run([
      ...start,
      bind('A.heap'),
      { op: 'fork', by: 'A', child: 'B' },
      { op: 'write', by: 'B', place: 'B.heap', value: 1 },
    ]);
    expect(taken(world, 'hbm0')).toBe(8);
  });

  it.each([
    ['no such node', bind('A.heap', 'gpu7'), 'EINVAL'],
    ['no such place', bind('A.other'), 'EINVAL'],
  ] as const)('%s', (_what, op, errno) => {
    expect(run([...start, op]).results.at(-1)).toBe(errno);
  });

  it('is an area of its own, until it is bound as its neighbours are', () => {
    const areas = (ops: readonly OpInput[]): number => Object.keys(run([...start, ...ops]).world.records.vma).length;
    expect([areas([]), areas([bind('A.heap[2..4]')]), areas([bind('A.heap[2..4]'), bind('A.heap')])]).toEqual([
      1, 3, 1,
    ]);
    expect(areas([bind('A.heap[2..4]'), bind('A.heap', null)])).toBe(1);
  });

  // As Linux 7.2.13 answered.
  it('cannot have a hole, but holes are no matter where a policy is taken away', () => {
    const hole: OpInput = { op: 'munmap', by: 'A', place: 'A.heap[3]' };
    expect(run([...start, hole, bind('A.heap')]).results.at(-1)).toBe('EFAULT');
    const { results, world } = run([...start, bind('A.heap'), hole, bind('A.heap', null), write('A.heap[4]')]);
    expect(results.slice(-2)).toEqual(['ok', 'ok']);
    expect(taken(world, 'dram0')).toBe(1);
  });

  it('splits 2 MiB in two only where the policy changes', () => {
    const block: readonly OpInput[] = [
      { op: 'process', by: 'kernel', name: 'A' },
      { op: 'mmap', by: 'A', as: 'heap', pages: 512, align: 512 },
      write('A.heap'),
    ];
    expect(run([...block, bind('A.heap[3]')]).kinds).toContain('splitHugePmd');
    expect(run([...block, bind('A.heap[3]', null)]).kinds).not.toContain('splitHugePmd');
    const again = run([...block, bind('A.heap'), bind('A.heap[3]')]).kinds;
    expect(again).not.toContain('splitHugePmd');
    expect(again).not.toContain('vmaMerged');
  });
});
