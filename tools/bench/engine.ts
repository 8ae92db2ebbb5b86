/**
 * Costs of the engine with its whole history kept: a million pages touched, moved to the device in 2 MiB blocks and
 * faulted back by the CPU page by page; range operations over many pages and few runs, and over few pages and many runs;
 * the check of all invariants after a step; and the replay of all recordings of a real kernel, where they are there.
 *
 * Run with: node --expose-gc out/bench/engine.mjs (npm run bench builds it).
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { History } from '../../app/engine/history.ts';
import { initialWorld } from '../../app/engine/initial-world.ts';
import { checkInvariants } from '../../app/engine/invariants.ts';
import type { OpInput } from '../../app/engine/operations.ts';
import { completeOp } from '../../app/engine/step.ts';
import { bytesInUse, isMain, median, printRows, type Row } from './measure.ts';

const block = 512;
const blocks = Math.ceil(1_000_000 / block);
const pages = blocks * block;
/** Blocks of which each page is faulted back by an instruction of its own; the rest comes back a block at a time. */
const singles = 16;

function machine(): History {
  return new History(
    initialWorld({
      pools: [
        { id: 'dram0', kind: 'dram', registration: 'system', frames: 2 * pages, device: null },
        { id: 'gpu0.vram', kind: 'vram', registration: 'private', frames: 2 * pages, device: 'gpu0' },
      ],
      devices: [{ id: 'gpu0', memory: 'private', pool: 'gpu0.vram' }],
    }),
  );
}

function timed(history: History, ops: readonly OpInput[]): number {
  const complete = ops.map(completeOp);
  const from = performance.now();
  for (const op of complete) {
    const { result } = history.run(op);
    if (!('ok' in result)) throw new Error(`${op.op}: ${JSON.stringify(result)}`);
  }
  return performance.now() - from;
}

const part = (first: number, length: number): string => `A.heap[${first}..${first + length}]`;
const start: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'heap', pages, align: block },
  { op: 'open', by: 'A', device: 'gpu0' },
];

/** There and back: milliseconds for each way, and what all versions hold in memory. */
function roundTrip() {
  const before = bytesInUse();
  const history = machine();
  timed(history, start);
  const touch = timed(history, [{ op: 'write', by: 'A', place: 'A.heap', value: 1 }]);
  const there = timed(
    history,
    Array.from({ length: blocks }, (_, i) => ({
      op: 'migrateToDevice' as const,
      by: 'driver:gpu0',
      context: 'gpu0:A',
      place: part(i * block, block),
    })),
  );
  const one = timed(
    history,
    Array.from({ length: singles * block }, (_, i) => ({ op: 'read' as const, by: 'A', place: `A.heap[${i}]` })),
  );
  const bytes = bytesInUse() - before;
  if (history.transactions.length === 0) throw new Error('unreachable');
  return { touch, there, one, bytes, operations: history.transactions.length };
}

/** mprotect to read and back: over one run of a million pages, and over a thousand runs of one page each. */
function ranges() {
  const whole = machine();
  timed(whole, [...start, { op: 'write', by: 'A', place: 'A.heap', value: 1 }]);
  const cut = machine();
  timed(cut, start);
  timed(
    cut,
    Array.from({ length: 1000 }, (_, i) => ({ op: 'write' as const, by: 'A', place: `A.heap[${i * 2}]`, value: 1 })),
  );
  const protect = (history: History, place: string): number =>
    timed(
      history,
      ['r--', 'rw-'].map((prot) => ({ op: 'mprotect' as const, by: 'A', place, prot: prot as 'r--' })),
    ) / 2;
  return { fewRuns: protect(whole, 'A.heap'), manyRuns: protect(cut, part(0, 2000)) };
}

/** The check of all invariants after each of 100 steps that change a little of a table of 20,000 runs. */
function checking() {
  const history = machine();
  timed(history, [...start, { op: 'write', by: 'A', place: 'A.heap', value: 1 }]);
  timed(
    history,
    Array.from({ length: 1000 }, (_, i) => ({
      op: 'migrateToDevice' as const,
      by: 'driver:gpu0',
      context: 'gpu0:A',
      place: part(i * 900, 9),
    })),
  );
  const first = performance.now();
  checkInvariants(history.last);
  const cold = performance.now() - first;
  const times: number[] = [];
  for (let i = 0; i < 100; i++) {
    timed(history, [{ op: 'read', by: 'A', place: `A.heap[${i * 900 + 4}]` }]);
    const from = performance.now();
    const found = checkInvariants(history.last);
    times.push(performance.now() - from);
    if (found.length > 0) throw new Error(JSON.stringify(found[0]));
  }
  return { cold, next: median(times) };
}

const recordings = join(process.cwd(), '../shared/data/kernel-recordings');

/** Wall time of the command that replays every recording, start of the process included. */
function replay(): number {
  const from = performance.now();
  spawnSync(process.execPath, ['bin/memscape.mjs', 'conform', '--recordings', recordings, '--json'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, MEMSCAPE_NO_BUILD: '1' },
  });
  return (performance.now() - from) / 1000;
}

export function benchEngine(runs = 3): readonly Row[] {
  const trips = Array.from({ length: runs }, roundTrip);
  const of = (pick: (trip: ReturnType<typeof roundTrip>) => number): number => median(trips.map(pick));
  const range = Array.from({ length: runs }, ranges);
  const checks = Array.from({ length: runs }, checking);
  const rows: Row[] = [
    { name: `engine: touch ${pages} pages`, value: of((t) => t.touch), unit: 'ms' },
    { name: 'engine: migrate 2 MiB blocks to the device', value: of((t) => (blocks / t.there) * 1000), unit: 'op/s' },
    { name: 'engine: pages migrated to the device', value: of((t) => (pages / t.there) * 1000), unit: 'pages/s' },
    {
      name: 'engine: pages faulted back one by one',
      value: of((t) => ((singles * block) / t.one) * 1000),
      unit: 'op/s',
    },
    { name: 'engine: retained, whole history', value: of((t) => t.bytes / 1e6), unit: 'MB' },
    { name: 'engine: retained for each operation', value: of((t) => t.bytes / t.operations / 1000), unit: 'kB' },
    { name: 'engine: mprotect, a million pages in 1 run', value: median(range.map((r) => r.fewRuns)), unit: 'ms' },
    { name: 'engine: mprotect, 2000 pages in 1000 runs', value: median(range.map((r) => r.manyRuns)), unit: 'ms' },
    { name: 'engine: invariants of a fragmented world', value: median(checks.map((c) => c.cold)), unit: 'ms' },
    { name: 'engine: invariants after the next step', value: median(checks.map((c) => c.next)), unit: 'ms' },
  ];
  if (existsSync(recordings))
    rows.push({
      name: 'engine: replay of all recordings',
      value: median(Array.from({ length: runs }, replay)),
      unit: 's',
    });
  return rows;
}

if (isMain(import.meta.url)) printRows(benchEngine(Number(process.argv[2] ?? 3)));
