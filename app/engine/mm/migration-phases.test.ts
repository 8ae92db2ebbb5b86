/** What others may do while a migration stands between two of its steps, and what waits. */
import { describe, expect, it } from 'vitest';
import { printDeviceStrip, printStrip } from '../../notation/strip.ts';
import { History } from '../history.ts';
import { initialWorld } from '../initial-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp } from '../step.ts';
import { testMachine } from '../testing/machine.ts';

const phases = ['setup', 'copy', 'pages'] as const;
type Phase = (typeof phases)[number];
const ops: Readonly<Record<Phase | 'finalize', string>> = {
  setup: 'migrateSetup',
  copy: 'migrateCopy',
  pages: 'migratePages',
  finalize: 'migrateFinalize',
};

const start: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'heap', pages: 4, align: 512 },
  { op: 'write', by: 'A', place: 'A.heap[0..3]', value: 10, count: true },
  { op: 'open', by: 'A', device: 'gpu0' },
  { op: 'open', by: 'A', device: 'gpu1' },
  { op: 'open', by: 'A', device: 'acc0' },
];

const part = (phase: Phase | 'finalize', device: string): OpInput =>
  ({
    op: ops[phase],
    by: `driver:${device}`,
    context: `${device}:A`,
    ...(phase === 'setup' ? { place: 'A.heap' } : {}),
  }) as OpInput;

/** A migration of A.heap in which others act after one phase; every invariant holds after every operation. */
function during(phase: Phase, others: readonly OpInput[], device = 'gpu0', before: readonly OpInput[] = []) {
  const history = new History(initialWorld(testMachine));
  const carryOut = (op: OpInput): string => {
    const { result } = history.run(completeOp(op));
    expect(checkInvariants(history.last)).toEqual([]);
    return 'ok' in result ? 'ok' : 'blocked' in result ? `waits for ${result.blocked}` : Object.values(result).join();
  };
  for (const op of [...start, ...before]) carryOut(op);
  const results: string[] = [];
  for (const step of [...phases, 'finalize'] as const) {
    expect(carryOut(part(step, device))).toBe('ok');
    if (step === phase) results.push(...others.map(carryOut));
  }
  const { last } = history;
  expect(last.records.waiting).toEqual({});
  const strip = printStrip(last, 'A.heap');
  const then = (op: OpInput): string => `${carryOut(op)}: ${printStrip(history.last, 'A.heap')}`;
  return { results, world: last, strip, then };
}

describe.each(phases)('after %s', (phase) => {
  it('a long-term pin waits for the migration, and then brings the page back and keeps it', () => {
    const pin: OpInput = { op: 'pin', by: 'A', place: 'A.heap[0]', flags: ['pin', 'write', 'longterm'] };
    const { results, strip, world, then } = during(phase, [pin]);
    expect(results).toEqual(['waits for migration']);
    expect(strip.slice(0, 3)).toBe('PDD');
    expect(printDeviceStrip(world, 'gpu0:A', 'A.heap[0]')).toBe('.');
    const again: OpInput = { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap' };
    expect(then(again)).toMatch(/^ok: PDD/);
  });

  it('a long-term pin of a page that goes to coherent memory takes it out again', () => {
    const pin: OpInput = { op: 'pin', by: 'A', place: 'A.heap[0]', flags: ['pin', 'longterm'] };
    const { results, strip, world } = during(phase, [pin], 'acc0');
    expect(results).toEqual(['waits for migration']);
    expect(strip.slice(0, 3)).toBe('PCC');
    expect(world.records.pool['acc0.hbm']?.free).toBe(4096 - 3);
  });

  it('a CPU read waits, and gets what was written', () => {
    const { results, strip } = during(phase, [{ op: 'read', by: 'A', place: 'A.heap[1]' }]);
    expect(results).toEqual(['waits for migration']);
    expect(strip.slice(0, 3)).toBe('DSD');
  });

  it.each([
    ['munmap', { op: 'munmap', by: 'A', place: 'A.heap' }, '....'],
    ['mprotect', { op: 'mprotect', by: 'A', place: 'A.heap', prot: 'r--' }, 'dddd'],
    ['an advice about the area', { op: 'madvise', by: 'A', place: 'A.heap[1]', advice: 'DONTFORK' }, 'DDDD'],
    ['fork', { op: 'fork', by: 'A', child: 'B' }, 'dddd'],
    ['exit', { op: 'exit', by: 'A' }, '....'],
  ] as const)('%s waits for the mmap lock until the end', (_name, op, shows) => {
    const { results, strip } = during(phase, [op]);
    expect(results).toEqual(['waits for mmap']);
    expect(strip).toBe(shows);
  });

  it('another device finds nothing to migrate', () => {
    const { results, strip, world } = during(phase, [
      { op: 'migrateToDevice', by: 'driver:gpu1', context: 'gpu1:A', place: 'A.heap[0..3]' },
    ]);
    expect(results).toEqual(['ok']);
    expect(strip.slice(0, 3)).toBe('DDD');
    expect(world.records.pool['gpu1.vram']?.free).toBe(4096);
  });

  it('eviction, advice and memory pressure pass the pages over: they are locked or not present', () => {
    const { results, strip, world } = during(phase, [
      { op: 'evict', by: 'driver:gpu0', device: 'gpu0' },
      { op: 'madvise', by: 'A', place: 'A.heap', advice: 'PAGEOUT' },
      { op: 'reclaim', by: 'kernel', pages: 4 },
    ]);
    expect(results).toEqual(['ok', 'ok', 'ok']);
    expect(strip.slice(0, 3)).toBe('DDD');
    expect(world.records.swapArea['swap0']?.free).toBe(testMachine.swap);
  });
});

describe('a hole that a CPU fills', () => {
  const touch: OpInput = { op: 'write', by: 'A', place: 'A.heap[3]', value: 99 };

  it.each(['setup', 'copy'] as const)('after %s stays where the CPU made it', (phase) => {
    const { results, strip } = during(phase, [touch]);
    expect(results).toEqual(['ok']);
    expect(strip).toBe('DDDS');
  });

  it('after it went to the device comes back', () => {
    expect(during('pages', [touch]).strip).toBe('DDDS');
  });
});

describe('a page that was held before', () => {
  it('by a pin is not collected, and does not go though it is let go in between', () => {
    const hold: OpInput = { op: 'pin', by: 'A', place: 'A.heap[1]', flags: ['pin', 'write'] };
    const unpin: OpInput = { op: 'unpin', by: 'A', place: 'A.heap[1]', flags: ['pin'] };
    for (const phase of phases) expect(during(phase, [unpin], 'gpu0', [hold]).strip).toBe('DSDD');
  });

  it('by a plain reference is collected, found out and restored', () => {
    const hold: OpInput = { op: 'pin', by: 'A', place: 'A.heap[1]', flags: ['get'] };
    for (const phase of phases) expect(during(phase, [], 'gpu0', [hold]).strip).toBe('DSDD');
  });
});

describe('a page of a file that migrates', () => {
  it('is not mapped by anybody else before it has arrived', () => {
    const history = new History(initialWorld(testMachine));
    const carryOut = (op: OpInput): string => {
      const { result } = history.run(completeOp(op));
      expect(checkInvariants(history.last)).toEqual([]);
      return 'ok' in result ? 'ok' : 'blocked' in result ? `waits for ${result.blocked}` : Object.values(result).join();
    };
    const before: readonly OpInput[] = [
      { op: 'process', by: 'kernel', name: 'A' },
      { op: 'file', by: 'kernel', name: 'log', pages: 4, value: 10, count: true },
      { op: 'mmap', by: 'A', as: 'heap', pages: 4, file: 'log', shared: true },
      { op: 'fork', by: 'A', child: 'B' },
      { op: 'write', by: 'A', place: 'A.heap[0]', value: 20 },
      { op: 'open', by: 'A', device: 'acc0' },
    ];
    for (const op of before) expect(carryOut(op)).toBe('ok');
    const moving = { by: 'driver:acc0', context: 'acc0:A' };
    expect(carryOut({ op: 'migrateSetup', ...moving, place: 'A.heap[0]' })).toBe('ok');
    expect(printStrip(history.last, 'A.heap')).toBe('M...');
    expect(carryOut({ op: 'read', by: 'B', place: 'B.heap[0]' })).toBe('waits for folioLock');
    expect(printStrip(history.last, 'B.heap')).toBe('....');
    for (const op of ['migrateCopy', 'migratePages', 'migrateFinalize'] as const)
      expect(carryOut({ op, ...moving })).toBe('ok');
    expect(history.last.records.waiting).toEqual({});
    expect(printStrip(history.last, 'B.heap')[0]).not.toBe('.');
  });
});
