import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeOp } from '../engine/step.ts';
import { legend } from '../model/legend.ts';
import { stripCells, stripChanges } from './strip-view.ts';
import { played } from './testing/played.ts';

const letters = new Map<number, string>(legend.map((row) => [row.code, row.letter]));
const print = (cells: Uint8Array): string => [...cells].map((code) => letters.get(code) ?? '?').join('');

describe('a strip', () => {
  const history = played([
    { op: 'read', by: 'A', place: 'A.heap[5]' },
    { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap[1]' },
    { op: 'pin', by: 'kernel', place: 'A.heap[3]' },
  ]);
  const world = history.last;

  it('shows a page a cell: mapped, device-private, pinned, zero page, nothing', () => {
    expect(print(stripCells(world, 'space:A.heap', 0, 8, 8))).toBe('sdsp.0..');
  });

  it('lets the most notable state of a cell win', () => {
    expect(print(stripCells(world, 'space:A.heap', 0, 8, 4))).toBe('dp0.');
    expect(print(stripCells(world, 'space:A.heap', 0, 8, 1))).toBe('p');
  });

  it('spreads few pages over many cells', () => {
    expect(print(stripCells(world, 'space:A.heap', 0, 2, 6))).toBe('sssddd');
  });

  it('shows frames of a pool, the free ones too', () => {
    expect(print(stripCells(world, 'pool:gpu0.vram', 0, 3, 3))).toBe('d__');
    expect(print(stripCells(world, 'pool:dram0', 0, 5, 5))).toBe('s_sp_');
  });

  it('is empty where there is no such strip', () => {
    expect(print(stripCells(world, 'space:B.heap', 0, 4, 4))).toBe('....');
  });

  it('tells which pages two worlds draw differently', () => {
    const later = played([
      { op: 'read', by: 'A', place: 'A.heap[5]' },
      { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap[1]' },
      { op: 'pin', by: 'kernel', place: 'A.heap[3]' },
    ]);
    later.run(completeOp({ op: 'read', by: 'A', place: 'A.heap[1]' }));
    expect(stripChanges(world, later.last, 'space:A.heap')).toEqual([{ start: 1, end: 2 }]);
    expect(stripChanges(world, world, 'space:A.heap')).toEqual([]);
  });

  it('tells of pages whose frame alone has changed: pinned, though the entry is the same', () => {
    const pinned = played([]);
    const before = pinned.last;
    pinned.run(completeOp({ op: 'pin', by: 'kernel', place: 'A.heap[2]' }));
    expect(stripChanges(before, pinned.last, 'space:A.heap')).toEqual([{ start: 2, end: 3 }]);
  });

  it('draws alike whatever it does not name (seed 11)', () => {
    const page = fc.nat(7).map((n) => `A.heap[${n}]`);
    const op = fc.oneof(
      page.map((place) => ({ op: 'read', by: 'A', place }) as const),
      page.map((place) => ({ op: 'write', by: 'A', place, value: 5 }) as const),
      page.map((place) => ({ op: 'pin', by: 'kernel', place }) as const),
      page.map((place) => ({ op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place }) as const),
      page.map((place) => ({ op: 'madvise', by: 'A', place, advice: 'DONTNEED' }) as const),
    );
    fc.assert(
      fc.property(
        fc.array(op, { minLength: 1, maxLength: 6 }),
        fc.array(op, { minLength: 1, maxLength: 4 }),
        (first, then) => {
          const history = played(first);
          const before = history.last;
          for (const each of then) history.run(completeOp(each));
          for (const [strip, pages] of [
            ['space:A.heap', 8],
            ['pool:dram0', 64],
            ['pool:gpu0.vram', 64],
          ] as const) {
            const changed = stripChanges(before, history.last, strip);
            const [old, now] = [before, history.last].map((each) => stripCells(each, strip, 0, pages, pages));
            for (let at = 0; at < pages; at++)
              if (!changed.some(({ start, end }) => at >= start && at < end))
                expect(now![at], `${strip} ${at}`).toBe(old![at]);
          }
        },
      ),
      { seed: 11, numRuns: 60 },
    );
  });

  it('walked by runs says the same as page by page (seed 7)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 7 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 16 }),
        (start, pages, cells) => {
          const single = [...stripCells(world, 'space:A.heap', 0, 8, 8)];
          const expected = Array.from({ length: cells }, (_, cell) => {
            const first = start + Math.floor((cell * pages) / cells);
            const last = start + Math.ceil(((cell + 1) * pages) / cells);
            return Math.max(0, ...single.slice(first, last));
          });
          const shown = Math.min(pages, 8 - start);
          fc.pre(shown === pages);
          expect([...stripCells(world, 'space:A.heap', start, pages, cells)]).toEqual(expected);
        },
      ),
      { seed: 7 },
    );
  });
});
