/** Locked memory, as Linux 7.2.13 answered when asked with the test driver open. */
import { describe, expect, it } from 'vitest';
import { printStrip } from '../../notation/strip.ts';
import { History } from '../history.ts';
import { initialWorld } from '../initial-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp } from '../step.ts';
import { testMachine } from '../testing/machine.ts';

function run(ops: readonly OpInput[]) {
  const history = new History(initialWorld(testMachine));
  const ends = ops.map((op) => {
    const { result } = history.run(completeOp(op));
    expect(checkInvariants(history.last)).toEqual([]);
    return Object.values(result).join();
  });
  const transaction = history.transactions[history.transactions.length - 1];
  return { world: history.last, end: ends[ends.length - 1], last: transaction?.events ?? [] };
}

const start: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'heap', pages: 4 },
  { op: 'open', by: 'A', device: 'gpu0' },
];
const lock = (place = 'A.heap'): OpInput => ({ op: 'mlock', by: 'A', place });
const advise = (advice: 'FREE' | 'DONTNEED' | 'COLD' | 'PAGEOUT' | 'GUARD_INSTALL' | 'GUARD_REMOVE'): OpInput => ({
  op: 'madvise',
  by: 'A',
  place: 'A.heap',
  advice,
});
const brackets = (events: ReturnType<typeof run>['last']): readonly unknown[] =>
  events.filter((event) => event.kind === 'notifierStart').map((event) => event.args['event']);

describe('locked memory', () => {
  it('is brought in, out of the device too, and copied from the zero page', () => {
    const { world, last } = run([
      ...start,
      { op: 'write', by: 'A', place: 'A.heap[0]', value: 7 },
      { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap[0]' },
      { op: 'read', by: 'A', place: 'A.heap[1]' },
      lock(),
    ]);
    expect(printStrip(world, 'A.heap')).toBe('SSSS');
    expect(brackets(last)).toEqual(['MIGRATE', 'CLEAR']);
  });

  it.each([
    ['FREE', 'EINVAL'],
    ['DONTNEED', 'EINVAL'],
    ['COLD', 'EINVAL'],
    ['PAGEOUT', 'EINVAL'],
    ['GUARD_INSTALL', 'EINVAL'],
    ['GUARD_REMOVE', 'true'],
  ] as const)('takes the advice %s with %s', (advice, end) => {
    const outcome = run([...start, lock(), advise(advice)]);
    expect(outcome.end).toBe(end);
    expect(printStrip(outcome.world, 'A.heap')).toBe('SSSS');
  });

  it('that cannot be touched is locked all the same: ENOMEM', () => {
    const { world, end } = run([...start, { op: 'mprotect', by: 'A', place: 'A.heap', prot: '---' }, lock()]);
    expect(end).toBe('ENOMEM');
    expect(printStrip(world, 'A.heap')).toBe('....');
    expect(Object.values(world.records.vma).map((area) => area.flags)).toEqual([['LOCKED']]);
  });

  it('before a hole is locked and not brought in', () => {
    const { world, end } = run([...start, { op: 'munmap', by: 'A', place: 'A.heap[1]' }, lock()]);
    expect(end).toBe('ENOMEM');
    expect(printStrip(world, 'A.heap')).toBe('....');
    expect(Object.values(world.records.vma).map((area) => area.flags)).toEqual([['LOCKED'], []]);
  });

  it('that becomes writable is copied from the zero page at once', () => {
    const prot = (wanted: 'r--' | 'rw-'): OpInput => ({ op: 'mprotect', by: 'A', place: 'A.heap', prot: wanted });
    expect(printStrip(run([...start, prot('r--'), lock()]).world, 'A.heap')).toBe('0000');
    const { world, last } = run([...start, prot('r--'), lock(), prot('rw-')]);
    expect(printStrip(world, 'A.heap')).toBe('SSSS');
    expect(brackets(last).slice(0, 2)).toEqual(['PROTECTION_VMA', 'CLEAR']);
  });

  it('leaves nothing locked where it was moved away from', () => {
    const { world } = run([...start, lock(), { op: 'mremap', by: 'A', place: 'A.heap', to: 4096, dontUnmap: true }]);
    expect(Object.values(world.records.vma).map((area) => [area.start === 4096, area.flags])).toEqual([
      [false, []],
      [true, ['LOCKED']],
    ]);
  });

  it("of a parent that has copies of its own does not keep a child's page", () => {
    const { world } = run([
      ...start,
      lock(),
      { op: 'fork', by: 'A', child: 'B' },
      { op: 'write', by: 'A', place: 'A.heap[0..2]', value: 9 },
      { op: 'madvise', by: 'B', place: 'B.heap', advice: 'PAGEOUT' },
    ]);
    expect([printStrip(world, 'A.heap'), printStrip(world, 'B.heap')]).toEqual(['SSss', 'wwss']);
  });

  it('waits for a userfaultfd handler that is to provide it', () => {
    const { world, end } = run([...start, { op: 'userfaultfd', by: 'A', place: 'A.heap', mode: 'missing' }, lock()]);
    expect(end).toBe('userfault');
    expect(Object.values(world.records.waiting)).toHaveLength(1);
  });
});
