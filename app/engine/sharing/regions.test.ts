import { describe, expect, it } from 'vitest';
import { History } from '../history.ts';
import { initialWorld } from '../initial-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp } from '../step.ts';
import { sharingMachine } from './testing/machine.ts';

function play(ops: readonly OpInput[]) {
  const history = new History(initialWorld(sharingMachine));
  const ends = ops.map((input) => {
    const { result, after } = history.run(completeOp(input));
    expect(checkInvariants(after)).toEqual([]);
    return 'ok' in result ? 'ok' : 'errno' in result ? result.errno : 'signal' in result ? result.signal : 'waits';
  });
  const last = history.transactions[history.transactions.length - 1];
  return { ends, last: ends[ends.length - 1], world: history.last, events: last?.events ?? [] };
}

const setup: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'heap', pages: 4 },
  { op: 'write', by: 'A', place: 'A.heap', value: 10, count: true },
];
const region = (kind: 'pinned' | 'odp' | 'odpImplicit', more = {}): OpInput => ({
  op: 'regMr',
  by: 'A',
  device: 'nic0',
  as: 'mr',
  kind,
  place: 'A.heap',
  ...more,
});
const share: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'makeObject', by: 'A', as: 'weights', device: 'gpu0', pages: 4, value: 10, count: true },
  { op: 'exportDmaBuf', by: 'A', object: 'weights', as: 'shared' },
];
const ofBuffer = (kind: 'dmaBuf' | 'dmaBufPinned' | 'dmaBufRevocable', more = {}): OpInput => ({
  op: 'regMr',
  by: 'A',
  device: 'nic0',
  as: 'mr',
  kind,
  fd: 3,
  ...more,
});
const write = (first: number, value: number): OpInput => ({
  op: 'rdmaWrite',
  by: 'peer',
  region: 'nic0:mr',
  first,
  value,
});
const read = (first: number): OpInput => ({ op: 'rdmaRead', by: 'peer', region: 'nic0:mr', first });
const cpuRead = (page: number): OpInput => ({ op: 'read', by: 'A', place: `A.heap[${page}]` });
const signal: OpInput = { op: 'signalFences', by: 'gpu0', object: 'weights' };
const move = (to: 'vram' | 'system'): OpInput => ({ op: 'moveObject', by: 'driver:gpu0', object: 'weights', to });
const valueOf = (
  events: readonly { readonly kind: string; readonly args: Readonly<Record<string, unknown>> }[],
  kind: string,
) => events.filter((event) => event.kind === kind).map((event) => event.args['value']);

describe('a pinned region', () => {
  it('keeps the frames of the process in place, and the peer writes into them', () => {
    const { events, world } = play([...setup, region('pinned'), write(1, 99), cpuRead(1)]);
    expect(valueOf(events, 'cpuRead')).toEqual([99]);
    const frames = world.pages.frame['all']?.occupied() ?? [];
    expect(frames.every((run) => run.values[3] === 1)).toBe(true);
  });

  it('keeps them beyond munmap, and gives them back when it ends', () => {
    const { ends, world } = play([
      ...setup,
      region('pinned'),
      { op: 'munmap', by: 'A', place: 'A.heap' },
      write(0, 5),
      { op: 'deregMr', by: 'A', region: 'nic0:mr' },
    ]);
    expect(ends.slice(3)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(world.records.pool['dram0']?.free).toBe(4096);
  });

  it('blocks migration: its pages stay in system memory', () => {
    const { world } = play([
      ...setup,
      region('pinned'),
      { op: 'open', by: 'A', device: 'gpu0' },
      { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap' },
    ]);
    expect(world.records.pool['gpu0.vram']?.free).toBe(1024);
  });
});

describe('a region paged on demand', () => {
  it('is empty until the adapter faults, pins nothing, and forgets what the CPU unmaps', () => {
    const { ends, world } = play([
      ...setup,
      region('odp'),
      write(0, 7),
      { op: 'munmap', by: 'A', place: 'A.heap[0]' },
      read(0),
      read(1),
    ]);
    expect(ends.slice(3)).toEqual(['ok', 'ok', 'ok', 'EFAULT', 'ok']);
    expect((world.pages.frame['all']?.occupied() ?? []).some((run) => run.values[3] !== 0)).toBe(false);
  });

  it('leaves pages free to move: the adapter brings them back from a device', () => {
    const { events, last } = play([
      ...setup,
      region('odp'),
      { op: 'open', by: 'A', device: 'gpu0' },
      { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap' },
      read(2),
    ]);
    expect(last).toBe('ok');
    expect(valueOf(events, 'deviceRead')).toEqual([12]);
  });

  it.each([
    ['EFAULT', 'the address is outside the region', [region('odp'), read(9)]],
    ['EINVAL', 'the region is implicit and asks for hugetlb pages', [region('odpImplicit', { hugetlb: true })]],
    ['EACCES', 'the region does not permit writing', [region('odp', { write: false }), write(0, 1)]],
    [
      'EINVAL',
      'the process that it was registered for is gone and a child uses it',
      [region('odp'), { op: 'fork', by: 'A', child: 'B' }, { op: 'exit', by: 'A' }, read(0)],
    ],
  ] as readonly (readonly [string, string, readonly OpInput[]])[])('%s where %s', (errno, _why, ops) => {
    expect(play([...setup, ...ops]).last).toBe(errno);
  });

  it('implicit, it covers all of the address space', () => {
    const { last, world } = play([...setup, region('odpImplicit'), { op: 'mmap', by: 'A', as: 'late', pages: 1 }]);
    expect([last, world.records.notifier['nic0:mr']?.end]).toEqual(['ok', 2 ** 35]);
  });
});

describe('a region of a dma-buf', () => {
  it('follows the buffer: peer addresses, then main memory after it has moved, and back', () => {
    const { ends, events, world } = play([
      ...share,
      ofBuffer('dmaBuf'),
      write(0, 20),
      move('system'),
      read(0),
      signal,
      move('vram'),
      signal,
      read(0),
    ]);
    expect(ends.slice(3)).toEqual(['ok', 'ok', 'ok', 'waits', 'ok', 'ok', 'ok', 'ok']);
    expect(events.find(({ kind }) => kind === 'dmaRead')?.args).toMatchObject({ target: 'PEER_BUS', value: 20 });
    expect(world.records.object['weights']?.placement).toBe('vram');
  });

  it('is not told of moves without an invalidate callback, and is refused', () => {
    expect(play([...share, ofBuffer('dmaBuf', { invalidates: false })]).last).toBe('EINVAL');
  });

  it('pinned, it sits in main memory and stops every move', () => {
    const { ends, world } = play([...share, ofBuffer('dmaBufPinned'), move('vram'), read(0), signal]);
    expect(ends.slice(3)).toEqual(['ok', 'EBUSY', 'waits', 'ok']);
    expect(world.records.object['weights']).toMatchObject({ placement: 'system', pins: 1 });
  });

  it('revocable, it is invalid for good when the exporter takes the memory away', () => {
    const revoke: OpInput = { op: 'revokeDmaBuf', by: 'driver:gpu0', dmaBuf: 'shared' };
    const { ends, world } = play([...share, ofBuffer('dmaBufRevocable'), signal, write(0, 1), revoke, write(0, 2)]);
    expect(ends.slice(3)).toEqual(['ok', 'ok', 'ok', 'ok', 'EACCES']);
    expect(world.records.object['weights']?.pins).toBe(0);
  });

  it('keeps the buffer alive after everybody else has gone, and ends with its own process', () => {
    const { ends, world } = play([
      ...share,
      { op: 'process', by: 'kernel', name: 'N' },
      { op: 'sendFd', by: 'A', fd: 3, to: 'N' },
      { op: 'regMr', by: 'N', device: 'nic0', as: 'mr', kind: 'dmaBuf', fd: 3 },
      { op: 'exit', by: 'A' },
      read(3),
      { op: 'exit', by: 'N' },
    ]);
    expect(ends.slice(3)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'ok']);
    expect([world.records.dmaBuf, world.records.memoryRegion, world.records.pool['gpu0.vram']?.free]).toEqual([
      {},
      {},
      1024,
    ]);
  });

  it('registered where the importer cannot be pinned leaves nothing behind', () => {
    const far: OpInput = { op: 'regMr', by: 'A', device: 'nic1', as: 'mr', kind: 'dmaBufPinned', fd: 3 };
    const { last, world } = play([
      share[0] as OpInput,
      { op: 'makeObject', by: 'A', as: 'weights', device: 'accel0', exporter: 'habanalabs', pages: 4 },
      share[2] as OpInput,
      far,
    ]);
    expect(last).toBe('EPERM');
    expect([world.records.attachment, world.records.memoryRegion, world.records.dmaBuf['shared']?.holders]).toEqual([
      {},
      {},
      ['A:3'],
    ]);
  });
});
