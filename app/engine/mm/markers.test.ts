/** Guards, poison and userfaultfd, as Linux 7.2.13 answered when asked with the test driver open. */
import { describe, expect, it } from 'vitest';
import { printDeviceStrip, printStrip } from '../../notation/strip.ts';
import { History } from '../history.ts';
import { initialWorld, type EngineSpec } from '../initial-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp } from '../step.ts';

const machine: EngineSpec = {
  pools: [
    { id: 'dram0', kind: 'dram', registration: 'system', frames: 4096, device: null },
    { id: 'gpu0.vram', kind: 'vram', registration: 'private', frames: 2048, device: 'gpu0' },
  ],
  devices: [{ id: 'gpu0', memory: 'private', pool: 'gpu0.vram' }],
};

const said = (result: object): string =>
  Object.entries(result).map(([key, value]) => (key === 'ok' ? key : String(value)))[0] ?? '';

function run(ops: readonly OpInput[]) {
  const history = new History(initialWorld(machine));
  const results = ops.map((op) => {
    const { result } = history.run(completeOp(op));
    expect(checkInvariants(history.last)).toEqual([]);
    return said(result);
  });
  const events = history.transactions.flatMap((tx) => tx.events);
  const last = history.transactions[history.transactions.length - 1]?.events ?? [];
  return { world: history.last, results, last: results[results.length - 1], events, lastEvents: last };
}

const start: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'heap', pages: 8, align: 512 },
  { op: 'open', by: 'A', device: 'gpu0' },
];
const write = (place: string, by = 'A'): OpInput => ({ op: 'write', by, place, value: 7 });
const read = (place: string, by = 'A'): OpInput => ({ op: 'read', by, place });
const advise = (place: string, advice: 'GUARD_INSTALL' | 'GUARD_REMOVE' | 'DONTNEED'): OpInput => ({
  op: 'madvise',
  by: 'A',
  place,
  advice,
});
const deviceRead = (place: string, unlockable = false): OpInput => ({
  op: 'deviceRead',
  by: 'gpu0',
  context: 'gpu0:A',
  place,
  unlockable,
});
const toDevice = (place: string): OpInput => ({ op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place });
const brackets = (events: ReturnType<typeof run>['lastEvents']): readonly unknown[] =>
  events.filter((event) => event.kind === 'notifierStart').map((event) => event.args['event']);

describe('a guard region', () => {
  const guarded: readonly OpInput[] = [...start, write('A.heap'), advise('A.heap[3..5]', 'GUARD_INSTALL')];

  it('is SIGSEGV to a CPU and EFAULT to a mirror, and takes the pages away with one CLEAR', () => {
    expect(run([...guarded, read('A.heap[3]')]).last).toBe('SIGSEGV');
    expect(run([...guarded, deviceRead('A.heap[3]')]).last).toBe('EFAULT');
    expect(brackets(run(guarded).lastEvents)).toEqual(['CLEAR']);
  });

  it('outlives MADV_DONTNEED and fork, and ends without telling anybody', () => {
    expect(printStrip(run([...guarded, advise('A.heap', 'DONTNEED')]).world, 'A.heap')).toBe('...nn...');
    expect(run([...guarded, { op: 'fork', by: 'A', child: 'B' }, read('B.heap[4]', 'B')]).last).toBe('SIGSEGV');
    const removed = run([...guarded, advise('A.heap[3..5]', 'GUARD_REMOVE')]);
    expect(brackets(removed.lastEvents)).toEqual([]);
    expect(printStrip(removed.world, 'A.heap')).toBe('SSS..SSS');
  });

  it('frees device memory that it replaces', () => {
    const { world } = run([...start, write('A.heap[5]'), toDevice('A.heap[5]'), advise('A.heap[5]', 'GUARD_INSTALL')]);
    expect(world.records.pool['gpu0.vram']?.free).toBe(2048);
  });
});

describe('a bad frame', () => {
  it('is SIGBUS to everybody who mapped it, and never used again', () => {
    const { world, results } = run([
      ...start,
      write('A.heap'),
      { op: 'fork', by: 'A', child: 'B' },
      { op: 'memoryFailure', by: 'kernel', place: 'A.heap[0]' },
      read('A.heap[0]'),
      read('B.heap[0]', 'B'),
      deviceRead('A.heap[0]'),
      { op: 'exit', by: 'A' },
      { op: 'exit', by: 'B' },
    ]);
    expect(results.slice(5)).toEqual(['ok', 'SIGBUS', 'SIGBUS', 'EIO', 'ok', 'ok']);
    expect(world.records.pool['dram0']?.free).toBe(4095);
  });
});

describe('a range with a userfaultfd handler', () => {
  const missing: readonly OpInput[] = [...start, { op: 'userfaultfd', by: 'A', place: 'A.heap', mode: 'both' }];
  const copy = (place: string): OpInput => ({ op: 'uffdCopy', by: 'A', place, value: 171 });
  const protect = (place: string, on = true): OpInput => ({ op: 'uffdWriteProtect', by: 'A', place, on });

  it('lets a thread sleep until the page is provided', () => {
    const { world, results, events } = run([...missing, read('A.heap[0]'), copy('A.heap[0]')]);
    expect(results.slice(4)).toEqual(['userfault', 'ok']);
    expect(printStrip(world, 'A.heap')).toBe('S.......');
    expect(events.filter((event) => event.kind === 'cpuRead').at(-1)?.args['value']).toBe(171);
    expect(world.records.waiting).toEqual({});
  });

  it('is EFAULT to a mirror, which does not wait', () => {
    expect(run([...missing, deviceRead('A.heap[2]')]).last).toBe('EFAULT');
  });

  it('takes the right to write from mirrors, and asks the handler at the next write', () => {
    const watched: readonly OpInput[] = [
      ...missing,
      copy('A.heap[0..2]'),
      deviceRead('A.heap[0..2]'),
      protect('A.heap[0..4]'),
    ];
    const { world, lastEvents } = run(watched);
    expect(brackets(lastEvents)).toEqual(['PROTECTION_VMA']);
    expect(printStrip(world, 'A.heap[0..4]')).toBe('ss..');
    expect(printDeviceStrip(world, 'gpu0:A', 'A.heap[0..4]')).toBe('....');
    expect(
      run([...watched, { op: 'deviceWrite', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0]', value: 1 }]).last,
    ).toBe('EFAULT');
    const answered = run([...watched, write('A.heap[0]'), protect('A.heap[0]', false)]);
    expect(answered.results.slice(-2)).toEqual(['userfault', 'ok']);
    expect(printStrip(answered.world, 'A.heap[0..4]')).toBe('Ss..');
  });

  it('keeps its watch over a page that goes to a device and back', () => {
    const gone: readonly OpInput[] = [...missing, copy('A.heap[0..2]'), protect('A.heap[1]'), toDevice('A.heap[0..2]')];
    expect(printStrip(run(gone).world, 'A.heap[0..2]')).toBe('Dd');
    expect(printStrip(run([...gone, read('A.heap[1]')]).world, 'A.heap[0..2]')).toBe('Ds');
    expect(run([...gone, read('A.heap[1]'), write('A.heap[1]')]).last).toBe('userfault');
  });

  it('is not filled by a migration', () => {
    expect(printStrip(run([...missing, toDevice('A.heap[5]')]).world, 'A.heap')).toBe('........');
  });

  it('may be poisoned: SIGBUS, EFAULT to a mirror, also in a child, until it is given up', () => {
    const poisoned: readonly OpInput[] = [...missing, { op: 'uffdPoison', by: 'A', place: 'A.heap[4]' }];
    expect(run([...poisoned, read('A.heap[4]')]).last).toBe('SIGBUS');
    expect(run([...poisoned, deviceRead('A.heap[4]')]).last).toBe('EFAULT');
    expect(printStrip(run([...poisoned, advise('A.heap[4]', 'DONTNEED')]).world, 'A.heap[4]')).toBe('.');
  });

  it('is ordinary again when the handler goes: the sleeper wakes and the page is made', () => {
    const { results, world } = run([
      ...missing,
      read('A.heap[0]'),
      { op: 'userfaultfd', by: 'A', place: 'A.heap', mode: 'none' },
    ]);
    expect(results.slice(-2)).toEqual(['userfault', 'ok']);
    expect(printStrip(world, 'A.heap')).toBe('0.......');
  });
});

describe('a mirror that may let go of the lock (self-tests 39 and 40, in flight)', () => {
  const missing: readonly OpInput[] = [
    ...start,
    { op: 'userfaultfd', by: 'A', place: 'A.heap[0..4]', mode: 'missing' },
  ];

  it('reads what the handler provides', () => {
    const copies = [0, 1, 2, 3].map((page): OpInput => ({
      op: 'uffdCopy',
      by: 'A',
      place: `A.heap[${page}]`,
      value: 0xab,
    }));
    const { results, world, events } = run([...missing, deviceRead('A.heap[0..4]', true), ...copies]);
    expect(results.slice(4)).toEqual(['userfault', 'ok', 'ok', 'ok', 'ok']);
    expect(world.records.context['gpu0:A']).toMatchObject({ cpages: 4 });
    expect(events.filter((event) => event.kind === 'deviceRead').at(-1)?.args['value']).toBe(0xab);
    expect(printDeviceStrip(world, 'gpu0:A', 'A.heap[0..4]')).toBe('SSSS');
  });

  it('gives up with EBUSY when the time is over', () => {
    const { events, world } = run([
      ...missing,
      deviceRead('A.heap[0..4]', true),
      { op: 'mirrorTimeout', by: 'driver:gpu0', context: 'gpu0:A' },
    ]);
    expect(events.filter((event) => event.kind === 'refused').at(-1)?.args['errno']).toBe('EBUSY');
    expect(world.records.waiting).toEqual({});
  });
});
