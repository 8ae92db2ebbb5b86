import { describe, expect, it } from 'vitest';
import type { World } from '../../model/world.ts';
import { printStrip } from '../../notation/strip.ts';
import { machineWorld } from '../../scenario/testing/machine-world.ts';
import { initialWorld } from '../initial-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp, step } from '../step.ts';
import { testMachine } from '../testing/machine.ts';

function run(
  ops: readonly OpInput[],
  from = machineWorld('dual-socket'),
): { readonly world: World; readonly results: readonly string[] } {
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

const place = 'A.heap[0..2]';
const start: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'heap', pages: 4 },
  { op: 'write', by: 'A', place: 'A.heap[0..3]', value: 10, count: true },
  { op: 'open', by: 'A', device: 'gpu0' },
];
const lock: OpInput = { op: 'folioLock', by: 'kernel', place };
const unlock: OpInput = { op: 'folioUnlock', by: 'kernel', place };
const migrate: OpInput = { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap' };
const free = (world: World): number | undefined => world.records.pool['dram0']?.free;

describe('a folio that I/O works on', () => {
  it('is passed over by a migration, and goes once it is unlocked', () => {
    expect(printStrip(run([...start, lock, migrate]).world, 'A.heap')).toBe('SSDD');
    expect(printStrip(run([...start, lock, unlock, migrate]).world, 'A.heap')).toBe('DDDD');
  });

  it('outlives its mapping until the work is done', () => {
    const before = free(machineWorld('dual-socket')) ?? 0;
    const unmapped: readonly OpInput[] = [...start, lock, { op: 'munmap', by: 'A', place: 'A.heap' }];
    expect(free(run(unmapped).world)).toBe(before - 2);
    expect(free(run([...unmapped, unlock]).world)).toBe(before);
  });

  it.each([
    ['a page that is not there', [{ ...lock, place: 'A.heap[2..4]' } as OpInput], 'EFAULT'],
    ['a second lock waits', [lock, { ...lock, place: 'A.heap[1]' } as OpInput], 'waits'],
    ['an unlock of what is not locked', [unlock], 'EINVAL'],
    ['an unlock of a part', [lock, { ...unlock, place: 'A.heap[0]' } as OpInput], 'EINVAL'],
    ['a lock is no reference to be put', [lock, { op: 'unpin', by: 'kernel', place, flags: ['get'] }], 'EINVAL'],
  ] satisfies readonly (readonly [string, readonly OpInput[], string])[])('%s', (_what, ops, result) => {
    expect(run([...start, ...ops]).results.at(-1)).toBe(result);
  });

  it('of 2 MiB has one lock, whichever page it was taken by', () => {
    const huge: readonly OpInput[] = [
      { op: 'process', by: 'kernel', name: 'A' },
      { op: 'mmap', by: 'A', as: 'heap', pages: 512, align: 512 },
      { op: 'madvise', by: 'A', place: 'A.heap', advice: 'HUGEPAGE' },
      { op: 'write', by: 'A', place: 'A.heap', value: 1 },
      { ...lock, place: 'A.heap[5]' } as OpInput,
    ];
    const pageOut: OpInput = { op: 'madvise', by: 'A', place: 'A.heap', advice: 'PAGEOUT' };
    const free: OpInput = { ...unlock, place: 'A.heap[5]' } as OpInput;
    const from = initialWorld(testMachine);
    expect(run([...huge, { ...lock, place: 'A.heap[9]' } as OpInput], from).results.at(-1)).toBe('waits');
    expect(printStrip(run([...huge, pageOut], from).world, 'A.heap')).toBe('S'.repeat(512));
    expect(printStrip(run([...huge, free, pageOut], from).world, 'A.heap')).toBe('w'.repeat(512));
  });

  it('a sleeper gets the lock when it is free', () => {
    const { world } = run([...start, lock, { ...lock, place: 'A.heap[1]' } as OpInput, unlock]);
    expect(world.records.waiting).toEqual({});
    expect(Object.values(world.records.hold).map(({ locked, pages }) => [locked, pages.length])).toEqual([[true, 1]]);
  });
});
