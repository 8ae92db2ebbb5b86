/**
 * Costs of the page map: a step, a read of any page at any version, the difference of two versions, and the memory
 * of all versions. Two workloads over a million pages, as docs and style figures name them:
 * typical: 55 % one page, 25 % 16, 15 % 512, 4 % 4096, 1 % 65536, mostly contiguous frames;
 * scatter: 64 random single pages in every step, the worst case for any sharing.
 *
 * Run with: node --expose-gc out/bench/page-map.mjs (npm run bench builds it).
 */
import { PageMap } from '../../app/store/page-map.ts';
import type { Run } from '../../app/store/run.ts';
import { bytesInUse, isMain, median, percentile, printRows, seeded } from './measure.ts';
import type { Row } from './measure.ts';

const pages = 1_000_000;
const noStride: readonly number[] = [0, 0];
const frameStride: readonly number[] = [0, 1];

type Step = (map: PageMap, next: (below: number) => number) => PageMap;

const typical: Step = (map, next) => {
  const dice = next(100);
  const length = dice < 55 ? 1 : dice < 80 ? 16 : dice < 95 ? 512 : dice < 99 ? 4096 : 65536;
  const start = next(pages - length);
  const strides = next(10) < 8 ? frameStride : noStride;
  return map.setRun({ start, end: start + length, values: [next(8), next(2 ** 24)], strides });
};

const scatter: Step = (map, next) => {
  for (let i = 0; i < 64; i++) {
    const start = next(pages);
    map = map.setRun({ start, end: start + 1, values: [next(8), next(2 ** 24)], strides: noStride } satisfies Run);
  }
  return map;
};

interface Figures {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly read: number;
  readonly diff: number;
  readonly bytes: number;
}

function run(step: Step, steps: number, seed: number): Figures {
  const next = seeded(seed);
  const before = bytesInUse();
  const versions: PageMap[] = [PageMap.empty(2).setRun({ start: 0, end: pages, values: [1, 0], strides: frameStride })];
  const times = new Float64Array(steps);
  let map = versions[0] as PageMap;
  for (let i = 0; i < steps; i++) {
    const from = performance.now();
    map = step(map, next);
    times[i] = performance.now() - from;
    versions.push(map);
  }
  const bytes = bytesInUse() - before;
  times.sort();
  const reads = 200_000;
  let sum = 0;
  const from = performance.now();
  for (let i = 0; i < reads; i++) sum += (versions[next(versions.length)] as PageMap).get(next(pages))?.[1] ?? 0;
  const read = (performance.now() - from) / reads;
  const diffs = 500;
  const start = performance.now();
  for (let i = 0; i < diffs; i++) {
    const at = next(steps);
    sum += (versions[at] as PageMap).diff(versions[at + 1] as PageMap).length;
  }
  const diff = (performance.now() - start) / diffs;
  if (sum < 0) throw new Error('unreachable');
  return { p50: percentile(times, 50), p95: percentile(times, 95), p99: percentile(times, 99), read, diff, bytes };
}

export function benchPageMap(runs = 3): readonly Row[] {
  const rows: Row[] = [];
  for (const [name, step, steps] of [
    ['typical', typical, 10_000],
    ['scatter', scatter, 10_000],
  ] as const) {
    run(step, 500, 1);
    const figures = Array.from({ length: runs }, (_, i) => run(step, steps, 100 + i));
    const of = (key: keyof Figures) => median(figures.map((f) => f[key]));
    rows.push(
      { name: `page map, ${name}: step p50`, value: of('p50') * 1000, unit: 'us' },
      { name: `page map, ${name}: step p95`, value: of('p95') * 1000, unit: 'us' },
      { name: `page map, ${name}: step p99`, value: of('p99') * 1000, unit: 'us' },
      { name: `page map, ${name}: read any page of any version`, value: of('read') * 1000, unit: 'us' },
      { name: `page map, ${name}: difference of neighbours`, value: of('diff') * 1000, unit: 'us' },
      { name: `page map, ${name}: retained, 1e6 pages x ${steps} versions`, value: of('bytes') / 1e6, unit: 'MB' },
    );
  }
  return rows;
}

if (isMain(import.meta.url)) printRows(benchPageMap());
