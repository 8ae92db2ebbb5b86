import { describe, expect, it } from 'vitest';
import { printDeviceStrip, printStrip } from '../../notation/strip.ts';
import { apply, invert, sameWorld } from '../apply.ts';
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
  thp: 'madvise',
  swap: 1024,
};

/** Runs operations; after every event all invariants hold, and undoing each leads back. */
function run(ops: readonly OpInput[], spec: EngineSpec = machine) {
  const history = new History(initialWorld(spec));
  for (const input of ops) {
    const tx = history.run(completeOp(input));
    let world = tx.before;
    for (const event of tx.events) {
      const next = apply(world, event);
      expect(sameWorld(apply(next, invert(event)), world)).toBe(true);
      world = next;
      expect(checkInvariants(world)).toEqual([]);
    }
  }
  return {
    world: history.last,
    events: history.transactions.flatMap((tx) => tx.events),
    last: history.transactions[history.transactions.length - 1]?.events ?? [],
  };
}

const start: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'heap', pages: 8, align: 512 },
  { op: 'write', by: 'A', place: 'A.heap', value: 10, count: true },
];
const pageOut = (place = 'A.heap', by = 'A'): OpInput => ({ op: 'madvise', by, place, advice: 'PAGEOUT' });
const read = (place = 'A.heap', by = 'A'): OpInput => ({ op: 'read', by, place });
const slotsFree = (world: ReturnType<typeof run>['world']): number => world.records.swapArea['swap0']?.free ?? -1;
const valueRead = (events: ReturnType<typeof run>['events']): unknown =>
  events.filter((event) => event.kind === 'cpuRead').at(-1)?.args['value'];

describe('a page in swap', () => {
  it('comes back with what it held, and keeps its slot as long as nobody writes', () => {
    const { world, events } = run([...start, pageOut(), read('A.heap[3]')]);
    expect(printStrip(world, 'A.heap')).toBe('wwwSwwww');
    expect(valueRead(events)).toBe(13);
    expect(slotsFree(world)).toBe(1016);
    expect(world.records.space['A']).toMatchObject({ swapped: 7, rss: { anon: 1 } });
  });

  it('is written again only where it changed', () => {
    const written = (...ops: OpInput[]): number =>
      run([...start, pageOut(), ...ops, pageOut()]).last.filter((event) => event.kind === 'swapWritten').length;
    expect(written(read())).toBe(0);
    expect(written({ op: 'write', by: 'A', place: 'A.heap', value: 1 })).toBe(1);
  });

  it('is faulted in for a device that asks, and is nothing to one that only looks', () => {
    const open: OpInput = { op: 'open', by: 'A', device: 'gpu0' };
    const look = run([
      ...start,
      open,
      pageOut(),
      { op: 'readBegin', by: 'driver:gpu0', context: 'gpu0:A' },
      { op: 'hmmRangeFault', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap', request: 'snapshot' },
    ]);
    expect(printStrip(look.world, 'A.heap')).toBe('wwwwwwww');
    const ask = run([...start, open, pageOut(), { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap' }]);
    expect(printStrip(ask.world, 'A.heap')).toBe('SSSSSSSS');
    expect(ask.events.filter((event) => event.kind === 'deviceRead').at(-1)?.args['value']).toBe(10);
  });

  it('tells mirrors with CLEAR before it goes, and nobody when it comes', () => {
    const { last } = run([
      ...start,
      { op: 'open', by: 'A', device: 'gpu0' },
      { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0]' },
      pageOut('A.heap[0]'),
    ]);
    expect(last.map((event) => event.kind)).toEqual([
      'madvised',
      'swapCached',
      'notifierStart',
      'deviceInvalidate',
      'swapEntrySet',
      'notifierEnd',
      'swapWritten',
      'frameReclaimed',
    ]);
    expect(run([...start, pageOut(), read()]).last.some((event) => event.kind === 'notifierStart')).toBe(false);
  });

  it('is shared by parent and child after fork, and copied by the one that writes', () => {
    const { world, events } = run([
      ...start,
      pageOut(),
      { op: 'fork', by: 'A', child: 'B' },
      { op: 'write', by: 'B', place: 'B.heap[0]', value: 99 },
      read('A.heap[0]'),
    ]);
    expect(printStrip(world, 'A.heap')).toBe('swwwwwww');
    expect(printStrip(world, 'B.heap')).toBe('Swwwwwww');
    expect(valueRead(events)).toBe(10);
    expect(world.records.space['B']).toMatchObject({ swapped: 7, rss: { anon: 1 } });
  });

  it('leaves no slot behind when the last process that names it ends', () => {
    const { world } = run([
      ...start,
      pageOut(),
      { op: 'fork', by: 'A', child: 'B' },
      read('B.heap[0..4]', 'B'),
      { op: 'exit', by: 'A' },
      { op: 'exit', by: 'B' },
    ]);
    expect(slotsFree(world)).toBe(1024);
    expect(world.records.pool['dram0']?.free).toBe(4096);
  });

  it('is not collected by a migration, and one that swap still holds for another does not leave memory', () => {
    const setup: readonly OpInput[] = [...start, { op: 'open', by: 'A', device: 'gpu0' }, pageOut()];
    const migrate: OpInput = { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap' };
    expect(printStrip(run([...setup, read('A.heap[0]'), migrate]).world, 'A.heap')).toBe('Dwwwwwww');
    const shared = run([...setup, { op: 'fork', by: 'A', child: 'B' }, read('A.heap[0]'), migrate]);
    expect(printStrip(shared.world, 'A.heap')).toBe('swwwwwww');
    expect(printDeviceStrip(shared.world, 'gpu0:A', 'A.heap')).toBe('........');
  });

  it('that was read back leaves the swap cache to migrate, though its neighbours are in none', () => {
    const { world } = run([
      ...start,
      { op: 'open', by: 'A', device: 'gpu0' },
      pageOut('A.heap[1]'),
      read('A.heap[1]'),
      { op: 'write', by: 'A', place: 'A.heap', value: 20, count: true },
      { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap' },
    ]);
    expect(printStrip(world, 'A.heap')).toBe('DDDDDDDD');
    expect(slotsFree(world)).toBe(1024);
    expect(world.records.pool['dram0']?.free).toBe(4096);
  });

  it('that was read back takes its slot along when it migrates within main memory', () => {
    const moving = { by: 'driver:gpu0', context: 'gpu0:A' };
    const { world } = run([
      ...start,
      { op: 'open', by: 'A', device: 'gpu0' },
      pageOut('A.heap[0..2]'),
      read('A.heap[0..2]'),
      { op: 'migrateSetup', ...moving, place: 'A.heap' },
      { op: 'migrateCopy', ...moving, to: 'system' },
      { op: 'migratePages', ...moving },
      { op: 'migrateFinalize', ...moving },
      pageOut('A.heap[1]'),
    ]);
    expect(printStrip(world, 'A.heap')).toBe('SwSSSSSS');
    expect(slotsFree(world)).toBe(1022);
    expect(world.records.pool['dram0']?.free).toBe(4096 - 7);
  });

  it('moves with its mapping', () => {
    const { world, events } = run([
      ...start,
      { op: 'mmap', by: 'A', as: 'other', pages: 8, at: 4096 },
      pageOut(),
      { op: 'mremap', by: 'A', place: 'A.heap', to: 4096 },
      read('A.other[5]'),
    ]);
    expect(printStrip(world, 'A.other')).toBe('wwwwwSww');
    expect(valueRead(events)).toBe(15);
  });
});

describe('reclaim', () => {
  it('without swap leaves anonymous memory alone and unmaps shared memory', () => {
    const { swap: _none, ...without } = machine;
    expect(printStrip(run([...start, pageOut()], without).world, 'A.heap')).toBe('SSSSSSSS');
    const shared: readonly OpInput[] = [
      { op: 'process', by: 'kernel', name: 'A' },
      { op: 'mmap', by: 'A', as: 'heap', pages: 4, shared: true },
      { op: 'write', by: 'A', place: 'A.heap', value: 7 },
      pageOut(),
    ];
    const { world, last } = run(shared, without);
    expect(printStrip(world, 'A.heap')).toBe('....');
    expect(last.filter((event) => event.kind === 'notifierStart').map((event) => event.args['event'])).toEqual([
      'CLEAR',
    ]);
    expect(valueRead(run([...shared, read()], without).events)).toBe(7);
  });

  it('stops where swap is full', () => {
    const { world } = run([...start, pageOut()], { ...machine, swap: 3 });
    expect(printStrip(world, 'A.heap')).toBe('wwwSSSSS');
  });

  it('finds each page by its own entries, though pages side by side are mapped by different processes', () => {
    const ops: readonly OpInput[] = [
      ...start,
      { op: 'madvise', by: 'A', place: 'A.heap', advice: 'COLD' },
      { op: 'fork', by: 'A', child: 'B' },
      { op: 'write', by: 'A', place: 'A.heap[1]', value: 1 },
      { op: 'write', by: 'B', place: 'B.heap[0]', value: 2 },
    ];
    // The first frame is now mapped by A alone, the second by B alone.
    const { world } = run([...ops, { op: 'reclaim', by: 'kernel', pages: 8 }]);
    expect(printStrip(world, 'A.heap')).toBe('wSwwwwww');
    expect(printStrip(world, 'B.heap')).toBe('Swwwwwww');
    expect(slotsFree(world)).toBe(1016);
    const again = run([...ops, { op: 'reclaim', by: 'kernel', pages: 8 }, read('B.heap[1]', 'B')]);
    expect(valueRead(again.events)).toBe(11);
  });

  it('spares once what was touched since the last look', () => {
    const sparing: readonly OpInput[] = [...start, { op: 'madvise', by: 'A', place: 'A.heap[4..8]', advice: 'COLD' }];
    const { world, events } = run([...sparing, { op: 'reclaim', by: 'kernel', pages: 4 }]);
    expect(printStrip(world, 'A.heap')).toBe('SSSSwwww');
    expect(events.some((event) => event.kind === 'folioReferenced')).toBe(true);
    expect(printStrip(run([...sparing, { op: 'reclaim', by: 'kernel', pages: 6 }]).world, 'A.heap')).toBe('wwSSwwww');
  });

  it('swaps shared memory out of the page cache, and whoever maps it finds it again', () => {
    const { world, events } = run([
      { op: 'process', by: 'kernel', name: 'A' },
      { op: 'mmap', by: 'A', as: 'heap', pages: 4, shared: true },
      { op: 'write', by: 'A', place: 'A.heap', value: 7, count: true },
      pageOut(),
      { op: 'fork', by: 'A', child: 'B' },
      read('B.heap[2]', 'B'),
    ]);
    expect(printStrip(world, 'B.heap')).toBe('..F.');
    expect(valueRead(events)).toBe(9);
    expect(slotsFree(world)).toBe(1021);
  });

  it('unmaps a page of a file that was written, and drops one that was not', () => {
    const { world, events } = run([
      { op: 'process', by: 'kernel', name: 'A' },
      { op: 'file', by: 'kernel', name: 'log', pages: 4, value: 30, count: true },
      { op: 'mmap', by: 'A', as: 'heap', pages: 4, shared: true, file: 'log' },
      read(),
      { op: 'write', by: 'A', place: 'A.heap[1]', value: 77 },
      pageOut(),
      read('A.heap[1..4]'),
    ]);
    expect(world.pages.pageCache['log']?.has(0)).toBe(false);
    expect(valueRead(events)).toBe(77);
    expect(valueRead(run([...start, pageOut(), read('A.heap[7]')]).events)).toBe(17);
  });

  it('takes a huge page as one and gives it back in small ones', () => {
    const { world, last } = run([
      { op: 'process', by: 'kernel', name: 'A' },
      { op: 'mmap', by: 'A', as: 'heap', pages: 512, align: 512 },
      { op: 'madvise', by: 'A', place: 'A.heap', advice: 'HUGEPAGE' },
      { op: 'write', by: 'A', place: 'A.heap', value: 1 },
      pageOut(),
    ]);
    expect(printStrip(world, 'A.heap')).toBe('w'.repeat(512));
    expect(
      last.filter((event) => event.kind === 'notifierStart').map((event) => [event.at.pages, event.group]),
    ).toEqual([[512, null]]);
  });
});
