/** Answers that a real kernel (Linux 7.2.13) gave to small programs which no recording holds. */
import { describe, expect, it } from 'vitest';
import { initialWorld } from '../engine/initial-world.ts';
import type { OpInput } from '../engine/operations.ts';
import { printStrip } from '../notation/strip.ts';
import { Machine, outcome } from './machine.ts';
import { dmirrorMachine } from './test-machine.ts';

/** Process A with a buffer, mirrored by one private device. */
function started(thp: 'always' | 'never', pages: number): Machine {
  const machine = new Machine(initialWorld(dmirrorMachine([{ id: 'dev0', memory: 'private' }], thp)));
  machine.do({ op: 'process', by: 'kernel', name: 'A' });
  machine.do({ op: 'mmap', by: 'A', as: 'heap', pages, align: pages });
  machine.do({ op: 'open', by: 'A', device: 'dev0' });
  return machine;
}

/** What an operation tells: range events with their pages of the buffer, faults, and what becomes of entries. */
function told(machine: Machine, op: OpInput): readonly string[] {
  const heap = machine.world.records.buffer['A.heap']?.start ?? 0;
  const shown = new Set([
    'notifierStart',
    'cpuFault',
    'doHugePmdAnonymousPage',
    'doAnonymousPage',
    'splitHugePmd',
    'zeroPageMapped',
    'removeMigrationPte',
    'migrateVmaCollect',
  ]);
  return machine.do(op).events.flatMap(({ kind, at, args }) => {
    if (!shown.has(kind)) return [];
    const start = (at.start ?? 0) - heap;
    const fact = kind === 'notifierStart' ? args['event'] : kind === 'cpuFault' ? args['present'] : args['cpages'];
    return [`${kind}${fact === undefined ? '' : ` ${String(fact)}`} [${start}..${start + (at.pages ?? 0)})`];
  });
}

const letters = (machine: Machine, start: number, end: number): string =>
  printStrip(machine.world, `A.heap[${start}..${end}]`);

describe('mprotect', () => {
  it('tells nobody where the permissions stay as they are', () => {
    const machine = started('never', 4);
    machine.do({ op: 'write', by: 'A', place: 'A.heap', value: 1 });
    expect(told(machine, { op: 'mprotect', by: 'A', place: 'A.heap[1..2]', prot: 'rw-' })).toEqual([]);
    expect(told(machine, { op: 'mprotect', by: 'A', place: 'A.heap[1..2]', prot: 'r--' })).toEqual([
      'notifierStart PROTECTION_VMA [1..2)',
    ]);
  });
});

describe('a fault', () => {
  it('on the zero page is one of protection: something is mapped there', () => {
    const machine = started('never', 2);
    machine.do({ op: 'read', by: 'A', place: 'A.heap[0]' });
    expect(told(machine, { op: 'write', by: 'A', place: 'A.heap[0]', value: 1 })[0]).toBe('cpuFault true [0..1)');
  });

  it('finds no huge page where a page table was left behind', () => {
    const machine = started('always', 512);
    machine.do({ op: 'write', by: 'A', place: 'A.heap[9]', value: 1 });
    machine.do({ op: 'madvise', by: 'A', place: 'A.heap[0..4]', advice: 'DONTNEED' });
    machine.do({ op: 'madvise', by: 'A', place: 'A.heap[4..512]', advice: 'DONTNEED' });
    expect(told(machine, { op: 'write', by: 'A', place: 'A.heap[1]', value: 1 }).slice(1)).toEqual([
      'doAnonymousPage [1..2)',
    ]);
  });

  it('finds one again after the whole block was given back at once', () => {
    const machine = started('always', 512);
    machine.do({ op: 'write', by: 'A', place: 'A.heap[9]', value: 1 });
    machine.do({ op: 'madvise', by: 'A', place: 'A.heap[0..4]', advice: 'DONTNEED' });
    machine.do({ op: 'madvise', by: 'A', place: 'A.heap', advice: 'DONTNEED' });
    expect(told(machine, { op: 'write', by: 'A', place: 'A.heap[1]', value: 1 }).slice(1)).toEqual([
      'doHugePmdAnonymousPage [1..2)',
    ]);
  });
});

describe('fork', () => {
  it('copies an area that only has the huge zero page', () => {
    const machine = started('always', 512);
    machine.do({ op: 'read', by: 'A', place: 'A.heap[0]' });
    expect(told(machine, { op: 'fork', by: 'A', child: 'B' })).toContain('notifierStart PROTECTION_PAGE [0..512)');
  });
});

describe('migration', () => {
  it('of a part of a huge page splits the page, and gives back what holds only zeroes', () => {
    const machine = started('always', 512);
    machine.do({ op: 'write', by: 'A', place: 'A.heap[0..6]', value: 1 });
    const events = told(machine, {
      op: 'migrateToDevice',
      by: 'driver:dev0',
      context: 'dev0:A',
      place: 'A.heap[0..4]',
    });
    expect(events.slice(0, 5)).toEqual([
      'notifierStart MIGRATE [0..4)',
      'notifierStart CLEAR [0..512)',
      'zeroPageMapped [6..512)',
      'removeMigrationPte [0..6)',
      'migrateVmaCollect 4 [0..4)',
    ]);
    expect(letters(machine, 0, 8)).toBe('DDDDSS00');
    expect(machine.world.records.space['A']?.rss.anon).toBe(6);
  });

  it('home collects holes, though the driver has nothing to bring for them', () => {
    const machine = started('never', 4);
    machine.do({ op: 'write', by: 'A', place: 'A.heap[0]', value: 1 });
    const home = { op: 'migrateToSystem', by: 'driver:dev0', context: 'dev0:A', place: 'A.heap' } as const;
    expect(told(machine, home)).toEqual(['notifierStart MIGRATE [0..4)', 'migrateVmaCollect 3 [0..4)']);
    expect(letters(machine, 0, 4)).toBe('S...');
  });
});

describe('a blocking callback', () => {
  it('waits for the lock of its driver, and the operation with it', () => {
    const machine = started('never', 4);
    machine.do({ op: 'write', by: 'A', place: 'A.heap', value: 1 });
    machine.do({ op: 'driverLock', by: 'driver:dev0', context: 'dev0:A' });
    expect(outcome(machine.do({ op: 'munmap', by: 'A', place: 'A.heap' }))).toBe('blocked');
    expect(letters(machine, 0, 4)).toBe('SSSS');
    machine.do({ op: 'driverUnlock', by: 'driver:dev0', context: 'dev0:A' });
    expect(letters(machine, 0, 4)).toBe('....');
  });
});
