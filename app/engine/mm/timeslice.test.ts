import { describe, expect, it } from 'vitest';
import { printStrip } from '../../notation/strip.ts';
import type { World } from '../../model/world.ts';
import { machineWorld } from '../../scenario/testing/machine-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp, step } from '../step.ts';

function run(ops: readonly OpInput[]): { readonly world: World; readonly results: readonly string[] } {
  let world = machineWorld('dual-socket');
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

const start: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'heap', pages: 4 },
  { op: 'write', by: 'A', place: 'A.heap', value: 1 },
  { op: 'open', by: 'A', device: 'gpu0' },
  { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap[0..2]' },
];
const slice = (on: boolean): OpInput => ({ op: 'timeslice', by: 'driver:gpu0', device: 'gpu0', on });
const read = (place: string): OpInput => ({ op: 'read', by: 'A', place });

describe('a time slice', () => {
  it('makes a CPU wait for a page on the device, and for no other', () => {
    const { results, world } = run([...start, slice(true), read('A.heap[0]'), read('A.heap[2]')]);
    expect(results.slice(-2)).toEqual(['waits', 'ok']);
    expect(printStrip(world, 'A.heap')).toBe('DDSS');
  });

  it('lets every sleeper go when it is over', () => {
    const { world } = run([...start, slice(true), read('A.heap[0]'), read('A.heap[1]'), slice(false)]);
    expect(printStrip(world, 'A.heap')).toBe('SSSS');
    expect(world.records.waiting).toEqual({});
  });

  it('does not keep a driver from eviction', () => {
    const { world } = run([...start, slice(true), { op: 'evict', by: 'driver:gpu0', device: 'gpu0' }]);
    expect(printStrip(world, 'A.heap')).toBe('SSSS');
  });

  it('keeps nobody waiting once the page is home', () => {
    const evict: OpInput = { op: 'evict', by: 'driver:gpu0', device: 'gpu0' };
    const { world } = run([...start, slice(true), read('A.heap[0]'), evict]);
    expect(world.records.waiting).toEqual({});
    expect(printStrip(world, 'A.heap')).toBe('SSSS');
  });

  it('is for devices with private memory', () => {
    expect(run([{ op: 'timeslice', by: 'kernel', device: 'nic0' }]).results).toEqual(['ENODEV']);
  });
});
