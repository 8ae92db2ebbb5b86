import { describe, expect, it } from 'vitest';
import { printDeviceStrip, printStrip } from '../notation/strip.ts';
import { apply, invert, sameWorld } from './apply.ts';
import { History } from './history.ts';
import { initialWorld, type EngineSpec } from './initial-world.ts';
import { checkInvariants } from './invariants.ts';
import type { OpInput } from './operations.ts';
import { completeOp } from './step.ts';

const machine: EngineSpec = {
  pools: [
    { id: 'dram0', kind: 'dram', registration: 'system', frames: 4096, device: null },
    { id: 'gpu0.vram', kind: 'vram', registration: 'private', frames: 2048, device: 'gpu0' },
  ],
  devices: [{ id: 'gpu0', memory: 'private', pool: 'gpu0.vram' }],
};

/** Runs operations and proves, for each: undo restores, replay repeats, JSON survives, and which invariants break. */
function run(ops: readonly OpInput[]) {
  const history = new History(initialWorld(machine));
  const results: string[] = [];
  const broken: string[][] = [];
  for (const input of ops) {
    const tx = history.run(completeOp(input));
    const events = JSON.parse(JSON.stringify(tx.events)) as typeof tx.events;
    let world = tx.before;
    for (const event of events) {
      world = apply(world, event);
    }
    expect(sameWorld(world, tx.after)).toBe(true);
    for (const event of [...events].reverse()) world = apply(world, invert(event));
    expect(sameWorld(world, tx.before)).toBe(true);
    for (const event of events) expect(event.cause === null || event.cause < events.indexOf(event)).toBe(true);
    results.push(
      'ok' in tx.result
        ? 'ok'
        : 'errno' in tx.result
          ? tx.result.errno
          : 'signal' in tx.result
            ? tx.result.signal
            : `waits for ${tx.result.blocked}`,
    );
    broken.push(checkInvariants(tx.after).map((v) => v.invariant));
  }
  return { world: history.last, results, broken, history };
}

const kinds = (history: History, index: number): readonly string[] =>
  (history.transactions[index]?.events ?? []).map((event) => event.kind);
const value = (history: History, kind: string): unknown => {
  const events = history.transactions.flatMap((tx) => tx.events).filter((event) => event.kind === kind);
  return events[events.length - 1]?.args['value'];
};

const start: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'heap', pages: 4 },
];

describe('the six stories', () => {
  it('SC-01: a raw mapping goes stale at the COW break, and the device writes into the child', () => {
    const { world, broken, history } = run([
      ...start,
      { op: 'write', by: 'A', place: 'A.heap[0]', value: 7 },
      { op: 'open', by: 'A', device: 'gpu0', notifier: false },
      { op: 'rawMap', by: 'driver', context: 'gpu0:A', place: 'A.heap[0]' },
      { op: 'fork', by: 'A', child: 'B' },
      { op: 'write', by: 'A', place: 'A.heap[0]', value: 8 },
      { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0]' },
      { op: 'deviceWrite', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0]', value: 9 },
      { op: 'read', by: 'B', place: 'B.heap[0]' },
    ]);
    expect(value(history, 'deviceRead')).toBe(7);
    expect(value(history, 'cpuRead')).toBe(9);
    expect(broken.map((b) => b.join())).toEqual(['', '', '', '', '', 'I3', 'I3', 'I3', 'I3', 'I3']);
    expect(printStrip(world, 'A.heap')).toBe('S...');
  });

  it('SC-02: with a notifier the device forgets before A gets its copy, and reads the new value', () => {
    const { world, results, broken, history } = run([
      ...start,
      { op: 'write', by: 'A', place: 'A.heap[0]', value: 7 },
      { op: 'open', by: 'A', device: 'gpu0' },
      { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0]' },
      { op: 'fork', by: 'A', child: 'B' },
      { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0]' },
      { op: 'write', by: 'A', place: 'A.heap[0]', value: 8 },
      { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0]' },
      { op: 'read', by: 'B', place: 'B.heap[0]' },
    ]);
    expect(results.every((r) => r === 'ok')).toBe(true);
    expect(broken.flat()).toEqual([]);
    expect(value(history, 'deviceRead')).toBe(8);
    expect(value(history, 'cpuRead')).toBe(7);
    expect(kinds(history, 7)).toEqual([
      'cpuFault',
      'doWpPage',
      'wpPageCopy',
      'notifierStart',
      'deviceInvalidate',
      'entryReplaced',
      'notifierEnd',
      'accessed',
      'cpuWrite',
    ]);
    expect(world.records.subscriptions['A']?.seq).toBe(6);
  });

  it('SC-16: a device read of nothing maps the zero page; its write breaks it', () => {
    const { world, broken } = run([
      ...start,
      { op: 'open', by: 'A', device: 'gpu0' },
      { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0]' },
      { op: 'deviceWrite', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0]', value: 5 },
    ]);
    expect(broken.flat()).toEqual([]);
    expect(printStrip(world, 'A.heap')).toBe('S...');
    expect(world.records.space['A']?.rss.anon).toBe(1);
  });

  it('SC-17: the check under the lock sends the driver back, and the address is gone', () => {
    const { results, broken } = run([
      ...start,
      { op: 'write', by: 'A', place: 'A.heap', value: 1 },
      { op: 'open', by: 'A', device: 'gpu0' },
      { op: 'readBegin', by: 'driver', context: 'gpu0:A' },
      { op: 'hmmRangeFault', by: 'driver', context: 'gpu0:A', place: 'A.heap' },
      { op: 'munmapStart', by: 'A', place: 'A.heap' },
      { op: 'program', by: 'driver', context: 'gpu0:A', place: 'A.heap' },
      { op: 'readBegin', by: 'driver', context: 'gpu0:A' },
      { op: 'munmapZap', by: 'A', place: 'A.heap' },
      { op: 'munmapEnd', by: 'A', place: 'A.heap' },
      { op: 'hmmRangeFault', by: 'driver', context: 'gpu0:A', place: 'A.heap' },
    ]);
    expect(results.slice(4)).toEqual(['ok', 'ok', 'ok', 'EBUSY', 'waits for notifier', 'ok', 'ok', 'EFAULT']);
    expect(broken.flat()).toEqual([]);
  });

  it('SC-18: four pages go to the device and the one that the CPU touches comes back', () => {
    const { world, results, broken, history } = run([
      ...start,
      { op: 'write', by: 'A', place: 'A.heap', value: 10, count: true },
      { op: 'open', by: 'A', device: 'gpu0' },
      { op: 'migrateSetup', by: 'driver', context: 'gpu0:A', place: 'A.heap' },
      { op: 'migrateCopy', by: 'driver', context: 'gpu0:A' },
      { op: 'migratePages', by: 'driver', context: 'gpu0:A' },
      { op: 'migrateFinalize', by: 'driver', context: 'gpu0:A' },
      { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap' },
      { op: 'read', by: 'A', place: 'A.heap[2]' },
    ]);
    expect(results.every((r) => r === 'ok')).toBe(true);
    expect(broken.flat()).toEqual([]);
    expect(value(history, 'cpuRead')).toBe(12);
    expect(printStrip(world, 'A.heap')).toBe('DDSD');
    expect(printDeviceStrip(world, 'gpu0:A', 'A.heap')).toBe('DD.D');
    expect(world.records.pool['gpu0.vram']?.free).toBe(2045);
    expect(world.records.space['A']?.rss.anon).toBe(4);
  });
});
