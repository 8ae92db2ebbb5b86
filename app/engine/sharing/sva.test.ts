import fc from 'fast-check';
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
  return { ends, last: ends[ends.length - 1], world: history.last, events: last?.events ?? [], history };
}

const A = { op: 'process', by: 'kernel', name: 'A' } as const;
const B = { op: 'process', by: 'kernel', name: 'B' } as const;
const heap = { op: 'mmap', by: 'A', as: 'heap', pages: 4 } as const;
const bind = (device: string, by = 'A') => ({ op: 'svaBind', by, device }) as const;

describe('binding a device to an address space', () => {
  it('allocates a PASID once, and every device of the space has the same', () => {
    const { world } = play([A, bind('wide0'), bind('wide1'), bind('narrow0')]);
    expect(Object.values(world.records.svaBond).map(({ pasid }) => pasid)).toEqual([1, 1, 1]);
    expect(world.records.svaDomain).toEqual({ 'A@iommu': { space: 'A', iommu: 'iommu', users: 3 } });
  });

  it('bound again is the same handle with a reference more; the last unbind detaches and keeps the PASID', () => {
    const unbind = { op: 'svaUnbind', by: 'A', device: 'wide0' } as const;
    const { ends, world } = play([A, bind('wide0'), bind('wide0'), unbind, unbind, unbind, bind('wide1')]);
    expect(ends.slice(3)).toEqual(['ok', 'ok', 'EINVAL', 'ok']);
    expect(world.records.pasid['A']).toEqual({ value: 1 });
    expect(Object.keys(world.records.svaBond)).toEqual(['wide1:A']);
  });

  it.each([
    [
      'EOVERFLOW',
      'the PASID of the space does not fit the device',
      [{ op: 'outsidePasids', by: 'kernel', take: 20 }, A, bind('wide0'), bind('narrow0')],
    ],
    [
      'ENOSPC',
      'no PASID that the device could use is free',
      [{ op: 'outsidePasids', by: 'kernel', take: 15 }, A, bind('narrow0')],
    ],
    ['ok', 'bound to the narrowest first, it fits the others too', [A, bind('narrow0'), bind('wide0')]],
    [
      'EBUSY',
      'the PASID is attached to something else on the device',
      [A, bind('wide0'), { op: 'attachPasid', by: 'driver:wide1', device: 'wide1', pasid: 1 }, bind('wide1')],
    ],
    ['EBUSY', 'the IOMMU cannot walk the tables of the space', [A, { op: 'tagAddresses', by: 'A' }, bind('wide0')]],
    ['EOPNOTSUPP', 'the device has no PASIDs', [A, bind('nic0')]],
    ['ESRCH', 'there is no such process', [bind('wide0')]],
  ] as readonly (readonly [string, string, readonly OpInput[]])[])('%s where %s', (errno, _why, ops) => {
    const { ends } = play(ops);
    expect(ends[ends.length - 1]).toBe(errno);
  });

  it('ENODEV where the device is in no IOMMU group', () => {
    const spec = { ...sharingMachine, fabric: { ...sharingMachine.fabric, pci: {} } } as typeof sharingMachine;
    const history = new History(initialWorld(spec));
    history.run(completeOp(A));
    expect(history.run(completeOp(bind('wide0'))).result).toEqual({ errno: 'ENODEV' });
  });

  it('a child has no PASID; exit frees that of the parent', () => {
    const { world } = play([A, bind('wide0'), { op: 'fork', by: 'A', child: 'B' }, bind('wide0', 'B')]);
    expect(world.records.pasid).toEqual({ A: { value: 1 }, B: { value: 2 } });
    const after = play([A, bind('wide0'), { op: 'exit', by: 'A' }, B, bind('wide1', 'B')]).world.records;
    expect([after.pasid, Object.keys(after.svaBond)]).toEqual([{ B: { value: 1 } }, ['wide1:B']]);
  });

  it('a process that shares its address space cannot tag its addresses any more', () => {
    expect(play([A, bind('wide0'), { op: 'tagAddresses', by: 'A' }]).last).toBe('EINTR');
  });
});

const write = (place: string, value = 7, bond = 'wide0:A') =>
  ({ op: 'svaWrite', by: 'wide0', bond, place, value }) as const;
const read = (place: string, bond = 'wide0:A') => ({ op: 'svaRead', by: 'wide0', bond, place }) as const;
const kinds = (events: readonly { readonly kind: string }[]) => events.map(({ kind }) => kind);

describe('a device that uses the page table of a process', () => {
  it('asks for what is not there, and the kernel takes the fault for it', () => {
    const { world, events } = play([A, heap, bind('wide0'), write('A.heap')]);
    expect(kinds(events)).toEqual(
      expect.arrayContaining(['atsRequest', 'pageRequest', 'doAnonymousPage', 'pageResponse', 'deviceWrite']),
    );
    expect(world.records.space['A']?.rss.anon).toBe(4);
    expect(world.records.svaBond['wide0:A']).toMatchObject({ requests: 4, cpages: 4 });
  });

  it('finds what is there without a page request, and what it has cached without asking', () => {
    const first = play([A, heap, { op: 'write', by: 'A', place: 'A.heap', value: 3 }, bind('wide0'), read('A.heap')]);
    expect(kinds(first.events)).toEqual(['deviceAccess', 'atsRequest', 'deviceRead']);
    const second = play([
      A,
      heap,
      { op: 'write', by: 'A', place: 'A.heap', value: 3 },
      bind('wide0'),
      read('A.heap'),
      read('A.heap'),
    ]);
    expect(kinds(second.events)).toEqual(['deviceAccess', 'deviceRead']);
    expect(second.events[1]?.args['value']).toBe(3);
  });

  it('loses its cached translations before munmap returns; its next access is invalid', () => {
    const { events, last, history } = play([
      A,
      heap,
      bind('wide0'),
      write('A.heap'),
      { op: 'munmap', by: 'A', place: 'A.heap' },
      read('A.heap'),
    ]);
    expect(last).toBe('EFAULT');
    expect(events.find(({ kind }) => kind === 'pageResponse')?.args['outcome']).toBe('invalid');
    const unmap = kinds(history.transactions[4]?.events ?? []);
    expect(unmap.indexOf('atcInvalidated')).toBeGreaterThan(unmap.indexOf('zapped'));
    expect(unmap.indexOf('atcInvalidated')).toBeLessThan(unmap.indexOf('notifierEnd'));
  });

  it('breaks copy-on-write by a page request, and sees the page of its process, not of the child', () => {
    const { world, events } = play([
      A,
      heap,
      { op: 'write', by: 'A', place: 'A.heap', value: 1 },
      bind('wide0'),
      read('A.heap[0]'),
      { op: 'fork', by: 'A', child: 'B' },
      write('A.heap[0]', 9),
      { op: 'read', by: 'B', place: 'B.heap[0]' },
    ]);
    expect(events.find(({ kind }) => kind === 'cpuRead')?.args['value']).toBe(1);
    expect(world.records.svaBond['wide0:A']?.requests).toBe(1);
  });

  it('is refused where the area does not permit the access', () => {
    const { last } = play([A, { ...heap, prot: 'r--' }, bind('wide0'), write('A.heap')]);
    expect(last).toBe('EFAULT');
  });

  it('one refusal ends its group: pages before it came, pages after it did not', () => {
    const { world, last } = play([
      A,
      heap,
      bind('wide0'),
      { op: 'munmap', by: 'A', place: 'A.heap[2]' },
      write('A.heap'),
    ]);
    expect(last).toBe('EFAULT');
    expect(world.records.space['A']?.rss.anon).toBe(2);
  });

  it('asks again where the queue of its IOMMU overflows', () => {
    const set = { op: 'pageRequests', by: 'kernel', device: 'wide0', queue: 3 } as const;
    const { events, world } = play([A, heap, bind('wide0'), set, write('A.heap')]);
    expect(kinds(events).filter((kind) => kind === 'pageRequestsDropped').length).toBe(1);
    expect(world.records.svaBond['wide0:A']?.requests).toBe(5);
  });

  it('told failure, it asks no more until its driver switches page requests on again', () => {
    const set = { op: 'pageRequests', by: 'kernel', device: 'wide0' } as const;
    const { ends } = play([
      A,
      heap,
      bind('wide0'),
      { ...set, broken: true },
      write('A.heap'),
      { ...set, broken: false },
      write('A.heap'),
      { ...set, restart: true },
      write('A.heap'),
    ]);
    expect(ends.slice(3)).toEqual(['ok', 'EFAULT', 'ok', 'EFAULT', 'ok', 'ok']);
  });

  it('without page requests it reaches only what is there', () => {
    const { ends } = play([
      A,
      heap,
      bind('mute0'),
      write('A.heap', 1, 'mute0:A'),
      { op: 'write', by: 'A', place: 'A.heap', value: 5 },
      write('A.heap', 1, 'mute0:A'),
    ]);
    expect(ends.slice(3)).toEqual(['EFAULT', 'ok', 'ok']);
  });

  it('that uses the CPU table itself has nothing to keep in sync', () => {
    const { events, ends, world } = play([
      A,
      heap,
      bind('capi0'),
      write('A.heap', 4, 'capi0:A'),
      { op: 'munmap', by: 'A', place: 'A.heap[0]' },
      read('A.heap[0]', 'capi0:A'),
    ]);
    expect(ends.slice(3)).toEqual(['ok', 'ok', 'EFAULT']);
    expect(kinds(events)).toContain('coprocessorFault');
    expect(world.pages.atc).toEqual({});
  });

  it('waits for a writer of the address space where it has to fault', () => {
    const { ends, world } = play([
      A,
      heap,
      { op: 'mmap', by: 'A', as: 'other', pages: 1 },
      bind('wide0'),
      { op: 'munmapStart', by: 'A', place: 'A.heap' },
      write('A.other'),
      { op: 'munmapZap', by: 'A', place: 'A.heap' },
      { op: 'munmapEnd', by: 'A', place: 'A.heap' },
    ]);
    expect(ends.slice(5)).toEqual(['waits', 'ok', 'ok']);
    expect(world.records.svaBond['wide0:A']?.cpages).toBe(1);
  });

  it('migrates device-private pages back: it cannot use them', () => {
    const { events } = play([
      A,
      heap,
      { op: 'write', by: 'A', place: 'A.heap', value: 5 },
      { op: 'open', by: 'A', device: 'gpu0' },
      { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap' },
      bind('wide0'),
      read('A.heap'),
    ]);
    expect(kinds(events)).toContain('migrateToRam');
    expect(events.find(({ kind }) => kind === 'deviceRead')?.args['value']).toBe(5);
  });
});

describe('PASIDs', () => {
  const names = ['P', 'Q', 'R', 'T'];
  const devices = ['wide0', 'wide1', 'narrow0', 'capi0', 'mute0'];
  const name = fc.constantFrom(...names);
  const device = fc.constantFrom(...devices);
  const operation: fc.Arbitrary<OpInput> = fc.oneof(
    fc.record({ op: fc.constant('svaBind' as const), by: name, device }),
    fc.record({ op: fc.constant('svaUnbind' as const), by: name, device }),
    fc.record({ op: fc.constant('exit' as const), by: name }),
    fc.record({ op: fc.constant('fork' as const), by: name, child: fc.constantFrom('U', 'V', 'W') }),
    fc.record({
      op: fc.constant('outsidePasids' as const),
      by: fc.constant('kernel'),
      take: fc.integer({ min: 0, max: 6 }),
    }),
    fc.record({
      op: fc.constant('outsidePasids' as const),
      by: fc.constant('kernel'),
      free: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
    }),
  );

  it('are never handed out twice, and one of a living address space never changes', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (ops) => {
        const history = new History(initialWorld(sharingMachine));
        for (const who of names) history.run(completeOp({ op: 'process', by: 'kernel', name: who }));
        for (const op of ops) {
          const { before, after } = history.run(completeOp(op));
          const values = Object.values(after.records.pasid).map(({ value }) => value);
          const outside = after.records.pasidsOutside['machine']?.taken ?? [];
          expect(new Set([...values, ...outside]).size).toBe(values.length + outside.length);
          for (const [space, { value }] of Object.entries(before.records.pasid)) {
            const alive = (after.records.space[space]?.users ?? 0) > 0;
            expect(after.records.pasid[space]?.value).toBe(alive ? value : undefined);
          }
          expect(checkInvariants(after)).toEqual([]);
        }
      }),
      { seed: 20261121, numRuns: 200 },
    );
  });
});
