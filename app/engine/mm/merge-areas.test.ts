/** When neighbouring areas become one, as Linux 7.2.13 answered by /proc/self/maps. */
import { describe, expect, it } from 'vitest';
import { History } from '../history.ts';
import { initialWorld } from '../initial-world.ts';
import { checkInvariants } from '../invariants.ts';
import { areasIn } from '../mm/areas.ts';
import type { OpInput } from '../operations.ts';
import { completeOp } from '../step.ts';
import { testMachine } from '../testing/machine.ts';

const base = 4096;
type Prot = 'r--' | 'rw-' | 'rwx';

const map = (
  as: string,
  pages: number,
  at = base,
  rest: { prot?: Prot; shared?: boolean; file?: string; offset?: number } = {},
): OpInput => ({
  op: 'mmap',
  by: 'A',
  as,
  pages,
  at,
  ...rest,
});
const write = (place: string, by = 'A'): OpInput => ({ op: 'write', by, place, value: 7 });
const protect = (place: string, prot: Prot, by = 'A'): OpInput => ({ op: 'mprotect', by, place, prot });
const advise = (
  place: string,
  advice: 'DONTFORK' | 'DOFORK' | 'HUGEPAGE' | 'NOHUGEPAGE' | 'WIPEONFORK' | 'KEEPONFORK',
) => ({ op: 'madvise', by: 'A', place, advice }) as const;
const move = (place: string, to: number): OpInput => ({ op: 'mremap', by: 'A', place, to });

/** Areas of a process from `base` on, as spans counted from there and their rights. */
function areas(ops: readonly OpInput[], space = 'A'): string {
  const history = new History(initialWorld(testMachine));
  for (const op of [{ op: 'process', by: 'kernel', name: 'A' } as const, ...ops]) {
    expect(history.run(completeOp(op)).result).toEqual({ ok: true });
    expect(checkInvariants(history.last)).toEqual([]);
  }
  return areasIn(history.last, space, base, base + 64)
    .map(({ start, end, read, write: w, exec }) => {
      const rights = `${read ? 'r' : '-'}${w ? 'w' : '-'}${exec ? 'x' : '-'}`;
      return `[${start - base}..${end - base})${rights}`;
    })
    .join(' ');
}

describe.each([
  ['untouched', [map('heap', 8)]],
  ['touched', [map('heap', 8), write('A.heap')]],
] as const)('%s memory', (_name, start) => {
  const part = 'A.heap[2..4]';

  it('that gets its rights back is one area again', () => {
    expect(areas([...start, protect(part, 'r--')])).toBe('[0..2)rw- [2..4)r-- [4..8)rw-');
    expect(areas([...start, protect(part, 'r--'), protect(part, 'rw-')])).toBe('[0..8)rw-');
    const extended = [...start, protect(part, 'r--'), protect('A.heap[4]', 'r--')];
    expect(areas(extended)).toBe('[0..2)rw- [2..5)r-- [5..8)rw-');
    expect(areas([...extended, protect('A.heap', 'rw-')])).toBe('[0..8)rw-');
  });

  it('is one area again when an advice or a lock is taken back', () => {
    const apart = '[0..2)rw- [2..4)rw- [4..8)rw-';
    expect(areas([...start, advise(part, 'DONTFORK')])).toBe(apart);
    expect(areas([...start, advise(part, 'DONTFORK'), advise(part, 'DOFORK')])).toBe('[0..8)rw-');
    expect(areas([...start, { op: 'mlock', by: 'A', place: part }])).toBe(apart);
    expect(areas([...start, { op: 'mlock', by: 'A', place: part }, { op: 'munlock', by: 'A', place: part }])).toBe(
      '[0..8)rw-',
    );
    // NOHUGEPAGE is an advice too.
    expect(areas([...start, advise(part, 'HUGEPAGE'), advise(part, 'NOHUGEPAGE')])).toBe(apart);
  });

  it('with a hole is one area again when the hole is filled', () => {
    const hole: OpInput = { op: 'munmap', by: 'A', place: 'A.heap[3..5]' };
    expect(areas([...start, hole])).toBe('[0..3)rw- [5..8)rw-');
    expect(areas([...start, hole, map('more', 2, base + 3)])).toBe('[0..8)rw-');
  });
});

describe('two mappings side by side', () => {
  it.each([
    ['untouched', []],
    ['the lower touched', [write('A.low')]],
    ['the upper touched', [protect('A.high', 'rwx'), write('A.high')]],
    // The upper took the anon_vma of the lower.
    ['both touched', [write('A.low'), protect('A.high', 'rwx'), write('A.high')]],
  ] as const)('%s become one with the same rights', (_name, touch) => {
    const two = [map('low', 4), map('high', 4, base + 4, { prot: 'r--' }), ...touch];
    expect(areas(two)).toMatch(/^\[0\.\.4\)rw- \[4\.\.8\)r/);
    expect(areas([...two, protect('A.high', 'rw-')])).toBe('[0..8)rw-');
  });

  it('stay two where one was written before and both can only be read now: it is accounted', () => {
    const two = [map('low', 4, base, { prot: 'r--' }), map('high', 4, base + 4)];
    expect(areas([...two, write('A.high'), protect('A.high', 'r--')])).toBe('[0..4)r-- [4..8)r--');
    expect(areas([...two, protect('A.high', 'r--')])).toBe('[0..8)r--');
  });

  it('of a private file stay two where one could be written once', () => {
    const file: OpInput = { op: 'file', by: 'kernel', name: 'log', pages: 8 };
    const two = (prot: Prot): readonly OpInput[] => [
      file,
      map('low', 4, base, { prot, file: 'log' }),
      map('high', 4, base + 4, { file: 'log', offset: 4 }),
    ];
    expect(areas(two('rw-'))).toBe('[0..8)rw-');
    expect(areas([...two('r--'), protect('A.high', 'r--')])).toBe('[0..4)r-- [4..8)r--');
  });

  it('of shared memory are one object or stay two', () => {
    const one = [map('heap', 8, base, { shared: true }), protect('A.heap[2]', 'r--')];
    expect(areas(one)).toBe('[0..2)rw- [2..3)r-- [3..8)rw-');
    expect(areas([...one, protect('A.heap[2]', 'rw-')])).toBe('[0..8)rw-');
    expect(areas([map('low', 4, base, { shared: true }), map('high', 4, base + 4, { shared: true })])).toBe(
      '[0..4)rw- [4..8)rw-',
    );
  });
});

describe('a mapping that moves beside another', () => {
  const other = map('other', 4, base + 1024);

  it.each([
    ['untouched', []],
    ['touched', [write('A.heap')]],
  ] as const)('becomes one with it, which is %s, where it was not touched itself', (_name, touch) => {
    const start = [map('heap', 4), ...touch, other];
    expect(areas([...start, move('A.other', base + 4)])).toBe('[0..8)rw-');
    expect(areas([...start, write('A.other'), move('A.other', base + 4)])).toBe('[0..4)rw- [4..8)rw-');
  });

  it('becomes one with the half that it was cut from', () => {
    const halves = [map('heap', 8, base + 1024), write('A.heap'), move('A.heap[4..8]', base + 4)];
    expect(areas(halves)).toBe('[4..8)rw-');
    expect(areas([...halves, move('A.heap[0..4]', base)])).toBe('[0..8)rw-');
  });
});

describe('after fork', () => {
  const forked: readonly OpInput[] = [map('heap', 4), write('A.heap'), { op: 'fork', by: 'A', child: 'B' }];
  const more = (by: string, at: number, as = 'more'): OpInput => ({ op: 'mmap', by, as, pages: 4, at });

  it("a parent's new mapping becomes one with what it had", () => {
    expect(areas([...forked, more('A', base + 4)])).toBe('[0..8)rw-');
  });

  it("a child's does not become one with what it inherited, only with one of its own", () => {
    expect(areas([...forked, more('B', base + 4)], 'B')).toBe('[0..4)rw- [4..8)rw-');
    expect(areas([...forked, more('B', base + 4), more('B', base + 8, 'last')], 'B')).toBe('[0..4)rw- [4..12)rw-');
    const split = [protect('B.heap[1]', 'r--', 'B'), protect('B.heap[1]', 'rw-', 'B')];
    expect(areas([...forked, ...split], 'B')).toBe('[0..4)rw-');
  });
});
