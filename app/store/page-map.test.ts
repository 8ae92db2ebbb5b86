import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageMap } from './page-map.ts';
import type { Measure } from './page-map.ts';
import type { Run } from './run.ts';

const run = (start: number, end: number, values: readonly number[], strides?: readonly number[]): Run => ({
  start,
  end,
  values,
  strides: strides ?? values.map(() => 0),
});
const hole = (start: number, end: number): Run => ({ start, end, values: null, strides: null });

type Tuple = readonly number[] | null;
const size = 3000;

/** What the tree must equal: one tuple a page. */
function writeNaive(pages: readonly Tuple[], runs: readonly Run[]): Tuple[] {
  const next = pages.slice();
  for (const r of runs) {
    for (let i = r.start; i < r.end; i++)
      next[i] = r.values === null ? null : r.values.map((v, c) => v + (i - r.start) * r.strides![c]!);
  }
  return next;
}

/** Maximal runs of a naive array, by definition. */
function naiveRuns(pages: readonly Tuple[], start: number, end: number): Run[] {
  const runs: Run[] = [];
  for (let i = start; i < end;) {
    const first = pages[i]!;
    let j = i + 1;
    if (first === null) {
      while (j < end && pages[j] === null) j++;
      runs.push(hole(i, j));
    } else {
      let strides = first.map(() => 0);
      const second = j < end ? pages[j]! : null;
      const steps = second === null ? null : second.map((v, c) => v - first[c]!);
      if (steps !== null && steps.every((s) => s === 0 || s === 1)) {
        strides = steps;
        while (j < end && pages[j] !== null && pages[j]!.every((v, c) => v === first[c]! + (j - i) * strides[c]!)) j++;
      }
      runs.push(run(i, j, first, strides));
    }
    i = j;
  }
  return runs;
}

const write = fc
  .record({
    start: fc.nat({ max: size - 1 }),
    pages: fc.oneof(fc.constantFrom(1, 1, 2, 31, 32, 33, 512, 1024), fc.nat({ max: 1500 })),
    pieces: fc.array(
      fc.record({
        share: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 40 })),
        values: fc.option(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 3 })), { nil: null, freq: 4 }),
        strides: fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 1 })),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  })
  .map(({ start, pages, pieces }) => {
    const end = Math.min(size, start + Math.max(1, pages));
    const runs: Run[] = [];
    let at = start;
    pieces.forEach((piece, i) => {
      const stop = i === pieces.length - 1 ? end : Math.min(end, at + piece.share);
      if (stop <= at) return;
      runs.push(piece.values === null ? hole(at, stop) : run(at, stop, piece.values, piece.strides));
      at = stop;
    });
    return { start, end: at, runs };
  });

/** Anywhere in a 47-bit user space: the same pages far from 0, across borders of subtrees. */
const origin = fc.constantFrom(0, 1000, 2 ** 25 - 700, 2 ** 30 - 1500, 2 ** 34 + 12345, PageMap.limit - size);

const moved = (runs: readonly Run[], by: number): Run[] =>
  runs.map((r) => ({ ...r, start: r.start + by, end: r.end + by }));

function check(property: fc.IRawProperty<unknown>, seed: number): void {
  fc.assert(property, { seed, numRuns: 150 });
}

describe('page map', () => {
  it('equals an array after any writes, at every version (seed 11)', () => {
    check(
      fc.property(origin, fc.array(write, { maxLength: 12 }), (by, writes) => {
        let map = PageMap.empty(2);
        let pages: Tuple[] = new Array<Tuple>(size).fill(null);
        const versions = [{ map, pages }];
        for (const w of writes) {
          map = map.set(w.start + by, w.end + by, moved(w.runs, by));
          pages = writeNaive(pages, w.runs);
          versions.push({ map, pages });
        }
        for (const v of versions) {
          for (let i = 0; i < size; i += 7) expect(v.map.get(i + by)).toEqual(v.pages[i]);
          expect(v.map.runs(by, by + size)).toEqual(moved(naiveRuns(v.pages, 0, size), by));
        }
      }),
      11,
    );
  });

  it('cuts the runs of any part from that part alone (seed 12)', () => {
    check(
      fc.property(fc.array(write, { maxLength: 8 }), fc.nat({ max: size }), fc.nat({ max: size }), (writes, a, b) => {
        let map = PageMap.empty(2);
        let pages: Tuple[] = new Array<Tuple>(size).fill(null);
        for (const w of writes) {
          map = map.set(w.start, w.end, w.runs);
          pages = writeNaive(pages, w.runs);
        }
        const [start, end] = a < b ? [a, b] : [b, a];
        expect(map.runs(start, end)).toEqual(naiveRuns(pages, start, end));
        expect(map.occupied(start, end)).toEqual(naiveRuns(pages, start, end).filter((r) => r.values !== null));
        const following = pages.findIndex((page, i) => i >= start && page !== null);
        expect(map.next(start)).toBe(following < 0 ? null : following);
      }),
      12,
    );
  });

  it('has one shape for the same pages, whatever the order of writing (seed 13)', () => {
    check(
      fc.property(origin, fc.array(write, { maxLength: 8 }), (by, writes) => {
        let map = PageMap.empty(2);
        for (const w of writes) map = map.set(w.start + by, w.end + by, moved(w.runs, by));
        const again = PageMap.fromRuns(2, map.toRuns());
        const backwards = [...map.toRuns()].reverse().reduce((m, r) => m.setRun(r), PageMap.empty(2));
        const pageByPage = map.toRuns().reduce((m, r) => {
          for (let i = r.start; i < r.end; i++) m = m.setRun(run(i, i + 1, map.get(i)!));
          return m;
        }, PageMap.empty(2));
        for (const other of [again, backwards, pageByPage]) {
          expect(map.equals(other)).toBe(true);
          expect(map.diff(other)).toEqual([]);
        }
        expect(map.set(by, by + size, [hole(by, by + size)])).toEqual(PageMap.empty(2));
      }),
      13,
    );
  });

  it('tells the difference of two maps exactly, both ways (seed 14)', () => {
    check(
      fc.property(
        fc.array(write, { maxLength: 6 }),
        fc.array(write, { maxLength: 6 }),
        fc.boolean(),
        (before, after, related) => {
          let a = PageMap.empty(2);
          let pagesA: Tuple[] = new Array<Tuple>(size).fill(null);
          for (const w of before) [a, pagesA] = [a.set(w.start, w.end, w.runs), writeNaive(pagesA, w.runs)];
          let [b, pagesB] = related ? [a, pagesA] : [PageMap.empty(2), new Array<Tuple>(size).fill(null)];
          for (const w of after) [b, pagesB] = [b.set(w.start, w.end, w.runs), writeNaive(pagesB, w.runs)];
          const spans: { start: number; end: number }[] = [];
          for (let i = 0; i < size; i++) {
            if (JSON.stringify(pagesA[i]) === JSON.stringify(pagesB[i])) continue;
            const last = spans.at(-1);
            if (last?.end === i) last.end++;
            else spans.push({ start: i, end: i + 1 });
          }
          expect(a.diff(b)).toEqual(spans);
          expect(b.diff(a)).toEqual(spans);
          expect(a.equals(b)).toBe(spans.length === 0);
        },
      ),
      14,
    );
  });

  it('writes back what was there: undo is exact (seed 15)', () => {
    check(
      fc.property(fc.array(write, { maxLength: 6 }), write, (writes, last) => {
        let map = PageMap.empty(2);
        for (const w of writes) map = map.set(w.start, w.end, w.runs);
        const before = map.runs(last.start, last.end);
        const undone = map.set(last.start, last.end, last.runs).set(last.start, last.end, before);
        expect(undone.equals(map)).toBe(true);
      }),
      15,
    );
  });

  it('is the same object after a write that changes nothing (seed 16)', () => {
    check(
      fc.property(
        fc.array(write, { maxLength: 6 }),
        fc.nat({ max: size - 1 }),
        fc.nat({ max: size - 1 }),
        (writes, a, b) => {
          let map = PageMap.empty(2);
          for (const w of writes) map = map.set(w.start, w.end, w.runs);
          const [start, end] = a < b ? [a, b + 1] : [b, a + 1];
          expect(map.set(start, end, JSON.parse(JSON.stringify(map.runs(start, end))) as Run[])).toBe(map);
        },
      ),
      16,
    );
  });

  it('sums a part as a scan would, and keeps the sums of shared nodes (seed 17)', () => {
    const visited: number[] = [];
    const count: Measure<number> = {
      empty: 0,
      run: (_, start, end) => {
        visited.push(start);
        return end - start;
      },
      join: (a, b) => a + b,
      kept: new WeakMap(),
    };
    check(
      fc.property(fc.array(write, { maxLength: 6 }), fc.nat({ max: size }), fc.nat({ max: size }), (writes, a, b) => {
        let map = PageMap.empty(2);
        for (const w of writes) map = map.set(w.start, w.end, w.runs);
        const [start, end] = a < b ? [a, b] : [b, a];
        expect(map.measure(count, start, end)).toBe(map.occupied(start, end).reduce((n, r) => n + r.end - r.start, 0));
      }),
      17,
    );
    let scattered = PageMap.empty(1);
    for (let i = 0; i < 32 * 32 * 32; i += 2) scattered = scattered.setRun(run(i, i + 1, [i]));
    scattered.measure(count, 0, PageMap.limit);
    visited.length = 0;
    scattered.setRun(run(5, 6, [1])).measure(count, 0, PageMap.limit);
    expect(visited.length).toBeLessThan(40);
  });

  it('shares every subtree that a write does not touch', () => {
    let map = PageMap.empty(1);
    for (let i = 0; i < 2 ** 20; i += 1000) map = map.setRun(run(i, i + 1, [i]));
    const kept = new WeakMap<object, number>();
    let runs = 0;
    const count: Measure<number> = { empty: 0, run: () => ((runs += 1), 1), join: (a, b) => a + b, kept };
    map.measure(count, 0, PageMap.limit);
    const before = runs;
    map.setRun(run(500, 501, [7])).measure(count, 0, PageMap.limit);
    expect(runs - before).toBeLessThanOrEqual(4);
  });

  it('keeps a mapping of any length in a handful of runs', () => {
    const map = PageMap.empty(2).setRun(run(1_000_003, 5_000_017, [4, 900], [0, 1]));
    let stored = 0;
    map.fold(0, PageMap.limit, 0, (n) => ((stored += 1), n));
    expect(stored).toBeLessThan(250);
    expect(map.toRuns()).toEqual([run(1_000_003, 5_000_017, [4, 900], [0, 1])]);
    expect(map.get(4_000_000)).toEqual([4, 900 + 4_000_000 - 1_000_003]);
    expect(map.column(4_000_000, 0)).toBe(4);
    expect(map.has(999_999)).toBe(false);
  });

  it('joins pages written one by one into one run', () => {
    let map = PageMap.empty(2);
    for (let i = 0; i < 2048; i++) map = map.setRun(run(i, i + 1, [7, 100 + i]));
    let stored = 0;
    map.fold(0, PageMap.limit, 0, (n) => ((stored += 1), n));
    expect(stored).toBe(2);
    expect(map.toRuns()).toEqual([run(0, 2048, [7, 100], [0, 1])]);
  });

  it('counts up within a run only in the columns that may (seed 18)', () => {
    const step = fc.constantFrom(0, 0, 0, 1);
    fc.assert(
      fc.property(fc.array(fc.tuple(step, step), { minLength: 1, maxLength: 200 }), (steps) => {
        let map = PageMap.empty(2, 0b10);
        const pages = steps.map((_, i): readonly [number, number] => [
          steps.slice(0, i).reduce((sum, [a]) => sum + a, 0),
          steps.slice(0, i).reduce((sum, [, b]) => sum + b, 0),
        ]);
        pages.forEach((page, i) => (map = map.setRun(run(i, i + 1, page))));
        for (const r of map.runs(0, pages.length)) {
          for (let i = r.start; i < r.end; i++) {
            expect(r.values?.[0]).toBe(pages[i]?.[0]);
            expect((r.values?.[1] ?? 0) + (i - r.start) * (r.strides?.[1] ?? 0)).toBe(pages[i]?.[1]);
          }
        }
        map.fold(0, pages.length, 0, (sum, r) => {
          expect(r.strides[0]).toBe(0);
          return sum;
        });
      }),
      { seed: 18 },
    );
    expect(() => PageMap.empty(2, 0b10).setRun(run(0, 2, [1, 1], [1, 0]))).toThrow(/column that does not/);
  });

  it('holds any safe integer', () => {
    const large = Number.MAX_SAFE_INTEGER;
    const map = PageMap.empty(2).setRun(run(3, 4, [large, -large]));
    expect(map.get(3)).toEqual([large, -large]);
  });

  it('refuses runs that leave gaps, overlap, or have another number of columns', () => {
    const map = PageMap.empty(1);
    expect(() => map.set(0, 4, [run(0, 3, [1])])).toThrow(/end at 3/);
    expect(() => map.set(0, 4, [run(0, 2, [1]), run(3, 4, [1])])).toThrow(/must follow/);
    expect(() => map.set(0, 4, [run(0, 4, [1, 2])])).toThrow(/columns/);
    expect(() => map.set(-1, 4, [run(-1, 4, [1])])).toThrow(/outside/);
    expect(() => map.set(0, PageMap.limit + 1, [run(0, PageMap.limit + 1, [1])])).toThrow(/outside/);
  });
});
