/** The sequence arithmetic of interval notifiers, step by step as mm/mmu_notifier.c does it (semantics 5.5). */
import { insertNotifier, rangeEnd, rangeStart, readBegin, readRetry, type RangeEvent } from '../engine/mm/notifier.ts';
import { initialWorld } from '../engine/initial-world.ts';
import { Tx } from '../engine/tx.ts';
import { deviceFlag, devicePteWord } from '../model/device-pte.ts';
import type { World } from '../model/world.ts';
import { caseOf, expectEqual, type Case } from './case.ts';
import { Machine, outcome } from './machine.ts';
import { dmirrorMachine } from './test-machine.ts';

const everything = 2 ** 35;

/** An mm with a device file open on it: S = 2, one interval over the whole address space. */
function opened(): World {
  const machine = new Machine(
    initialWorld(
      dmirrorMachine(
        [
          { id: 'dev0', memory: 'private' },
          { id: 'dev1', memory: 'private' },
        ],
        'never',
      ),
    ),
  );
  machine.do({ op: 'process', by: 'kernel', name: 'A' });
  machine.do({ op: 'mmap', by: 'A', as: 'heap', pages: 4 });
  machine.do({ op: 'open', by: 'A', device: 'dev0' });
  return machine.world;
}

const event = (world: World, more: Partial<RangeEvent> = {}): RangeEvent => {
  const heap = world.records.buffer['A.heap'];
  const start = heap?.start ?? 0;
  return { event: 'CLEAR', space: 'A', start, end: start + 4, cause: null, rule: 'conform', ...more };
};

const interval = 'dev0:A';
const sequences = (tx: Tx): unknown => ({
  S: tx.get('subscriptions', 'A')?.seq,
  A: tx.get('subscriptions', 'A')?.active,
  q: tx.get('notifier', interval)?.seq,
});

/** The device has an entry for the first page of the heap. */
function withDeviceEntry(world: World): Tx {
  const tx = new Tx(world, 'A');
  const { start } = event(world);
  tx.emit({ kind: 'deviceMap', rule: 'conform' }, (w) =>
    w.fill('devicePte', interval, start, start + 1, [devicePteWord('SYS', deviceFlag.read), 4096]),
  );
  return tx;
}

const entries = (tx: Tx): number => tx.pages('devicePte', interval).occupied().length;

export function notifierCases(): readonly Case[] {
  return [
    caseOf('notifier/N1', () => {
      const tx = new Tx(opened(), 'A');
      expectEqual('sequences after insert', sequences(tx), { S: 2, A: 0, q: 1 });
      expectEqual('read_begin', readBegin(tx, interval), 1);
    }),
    caseOf('notifier/N2', () => {
      const tx = new Tx(opened(), 'A');
      rangeStart(tx, event(tx.world));
      expectEqual('sequences inside', sequences(tx), { S: 3, A: 1, q: 3 });
      expectEqual('read_begin sleeps', readBegin(tx, interval), null);
    }),
    caseOf('notifier/N3', () => {
      const machine = new Machine(opened());
      const heap = event(machine.world);
      machine.do({ op: 'write', by: 'A', place: 'A.heap', value: 1 });
      machine.do({ op: 'munmapStart', by: 'A', place: 'A.heap' });
      const asleep = machine.do({ op: 'readBegin', by: 'B', context: interval });
      expectEqual('read_begin in another thread', outcome(asleep), 'blocked');
      machine.do({ op: 'munmapZap', by: 'A', place: 'A.heap' });
      machine.do({ op: 'munmapEnd', by: 'A', place: 'A.heap' });
      const tx = new Tx(machine.world, 'A');
      expectEqual('sequences after end', sequences(tx), { S: 4, A: 0, q: 3 });
      expectEqual('the sleeper got', machine.world.records.context[interval]?.snapshot, 3);
      expectEqual('nobody sleeps', Object.keys(machine.world.records.waiting).length, 0);
      expectEqual('the range', heap.end - heap.start, 4);
    }),
    caseOf('notifier/N4', () => {
      const tx = new Tx(opened(), 'A');
      const snapshot = readBegin(tx, interval);
      rangeStart(tx, event(tx.world));
      rangeEnd(tx, event(tx.world));
      expectEqual('read_retry of the old snapshot', readRetry(tx, interval, snapshot), true);
      expectEqual('read_retry of a new one', readRetry(tx, interval, readBegin(tx, interval)), false);
    }),
    caseOf('notifier/N5', () => {
      const tx = new Tx(opened(), 'A');
      tx.emit({ kind: 'notifierInsert', rule: 'conform' }, (w) => w.patch('notifier', interval, { start: 0, end: 16 }));
      const snapshot = readBegin(tx, interval);
      rangeStart(tx, event(tx.world));
      expectEqual('sequences inside a range that misses', sequences(tx), { S: 2, A: 1, q: 1 });
      rangeEnd(tx, event(tx.world));
      expectEqual('sequences after', sequences(tx), { S: 2, A: 0, q: 1 });
      expectEqual('read_retry', readRetry(tx, interval, snapshot), false);
    }),
    caseOf('notifier/N6', () => {
      const tx = new Tx(opened(), 'A');
      expectEqual('insert with length 0', insertNotifier(tx, 'dev1:A', 'A', 16, 16, null), { errno: 'EOVERFLOW' });
      expectEqual('insert that wraps', insertNotifier(tx, 'dev1:A', 'A', 32, 16, null), { errno: 'EOVERFLOW' });
      expectEqual('nothing was inserted', tx.get('notifier', 'dev1:A'), null);
    }),
    caseOf('notifier/N7', () => {
      const tx = withDeviceEntry(opened());
      tx.emit({ kind: 'locked', rule: 'conform' }, (w) => w.patch('context', interval, { driverLock: 'B' }));
      expectEqual('start that may not block', rangeStart(tx, event(tx.world, { blockable: false })), {
        errno: 'EAGAIN',
      });
      expectEqual('A is back', tx.get('subscriptions', 'A')?.active, 0);
      expectEqual('the entry stays', entries(tx), 1);
    }),
    caseOf('notifier/N8', () => {
      const tx = withDeviceEntry(opened());
      rangeStart(tx, event(tx.world, { event: 'MIGRATE', owner: 'dev0' }));
      expectEqual('entries after the own MIGRATE', entries(tx), 1);
    }),
    caseOf('notifier/N9', () => {
      const tx = withDeviceEntry(opened());
      rangeStart(tx, event(tx.world, { event: 'MIGRATE', owner: 'dev1' }));
      expectEqual("entries after another owner's MIGRATE", entries(tx), 0);
    }),
    caseOf('notifier/N10', () => {
      const machine = new Machine(opened());
      const { events } = machine.do({ op: 'exit', by: 'A' });
      const told = events.filter(({ kind, args }) => kind === 'deviceInvalidate' && args['event'] === 'RELEASE');
      expectEqual('RELEASE callbacks', told.length, 1);
      expectEqual(
        'its range',
        told.map(({ at }) => [at.start, (at.start ?? 0) + (at.pages ?? 0)]),
        [[0, everything]],
      );
    }),
  ];
}
