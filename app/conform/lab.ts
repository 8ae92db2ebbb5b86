/** What a self-test works with: one process "A" with its buffers, test devices of one variant, and their files. */
import { pageMap } from '../engine/apply.ts';
import { initialWorld } from '../engine/initial-world.ts';
import { allFrames } from '../engine/mm/frames.ts';
import type { OpInput } from '../engine/operations.ts';
import type { RuleTable, Transaction } from '../engine/step.ts';
import { frameColumn } from '../model/frame-state.ts';
import { hasFrame } from '../model/pte.ts';
import type { World } from '../model/world.ts';
import { valueAt } from '../store/run.ts';
import { expectEqual } from './case.ts';
import * as dmirror from './dmirror.ts';
import { Machine, outcome, type Program } from './machine.ts';
import { dmirrorMachine } from './test-machine.ts';

export type Variant = 'private' | 'coherent';

export class Lab {
  readonly machine: Machine;
  #chunks = 1;

  constructor(
    readonly variant: Variant,
    watch: (transaction: Transaction) => void = () => undefined,
    readonly rules?: RuleTable,
  ) {
    const devices = ['dev0', 'dev1'].map((id) => ({ id, memory: variant }));
    this.machine = new Machine(initialWorld(dmirrorMachine(devices, 'madvise')), watch, rules);
    this.do({ op: 'process', by: 'kernel', name: 'A' });
    // Something else of the process is in the same gigabyte, as in any real process.
    this.do({ op: 'mmap', by: 'A', as: 'libc', pages: 1 });
    this.do({ op: 'write', by: 'A', place: 'A.libc', value: 1 });
  }

  get world(): World {
    return this.machine.world;
  }

  /** Carries out an operation and returns how it ended. */
  do(op: OpInput): string {
    return outcome(this.machine.do(op));
  }

  /** An operation that must succeed. */
  must(op: OpInput): void {
    expectEqual(`${op.op} by ${op.by}`, this.do(op), 'ok');
  }

  open(device: 'dev0' | 'dev1' = 'dev0', by = 'A'): dmirror.DeviceFile {
    const file = { device, by, context: `${device}:${by}`, world: () => this.world };
    expectEqual(`open ${device} by ${by}`, this.run(dmirror.open(file)), 0);
    return file;
  }

  run<T>(program: Program<T>): T {
    return this.machine.run(program);
  }

  /** Evicts the chunk that the devices have (HMM_DMIRROR_RELEASE). */
  release(file: dmirror.DeviceFile): number {
    const { ret } = this.run(dmirror.evict(file, this.#chunks));
    this.#chunks = 0;
    return ret;
  }

  /** Maps a buffer of A. */
  map(as: string, pages: number, how: Partial<Extract<OpInput, { op: 'mmap' }>> = {}): void {
    this.must({ op: 'mmap', by: 'A', as, pages, ...how });
  }

  /** Page i of [start, end) gets value + i - start. */
  fill(buffer: string, start: number, end: number, value: number, by = 'A'): void {
    this.must({ op: 'write', by, place: `${buffer}[${start}..${end}]`, value, count: end - start > 1 });
  }

  /** The CPU reads every page; checks that page i of [start, end) holds `expected(i)`. */
  expectMemory(
    what: string,
    buffer: string,
    start: number,
    end: number,
    expected: (page: number) => number,
    by = 'A',
  ): void {
    this.must({ op: 'read', by, place: `${buffer}[${start}..${end}]` });
    expectValues(what, this.#contents(buffer, start, end), (i) => expected(start + i));
  }

  protect(place: string, prot: '---' | 'r--' | 'rw-'): void {
    this.must({ op: 'mprotect', by: 'A', place, prot });
  }

  #contents(name: string, start: number, end: number): readonly number[] {
    const buffer = this.world.records.buffer[name];
    if (buffer === undefined) throw new Error(`no buffer ${name}`);
    const values = new Array<number>(end - start).fill(0);
    const frames = pageMap(this.world, 'frame', allFrames);
    for (const run of pageMap(this.world, 'pte', buffer.space).occupied(buffer.start + start, buffer.start + end)) {
      if (!hasFrame(run.values[0] ?? 0)) continue;
      for (let page = run.start; page < run.end; page++) {
        values[page - buffer.start - start] = frames.column(valueAt(run, page, 1), frameColumn.content) ?? 0;
      }
    }
    return values;
  }
}

export const pages = (buffer: string, start: number, end: number): dmirror.Pages => ({ buffer, start, end });

/** Return value and counts of a command that must succeed. */
export function expectAnswer(
  what: string,
  answer: dmirror.Answer,
  expected: { readonly cpages?: number; readonly faults?: number },
): void {
  const actual = {
    ret: answer.ret,
    ...('cpages' in expected ? { cpages: answer.cpages } : {}),
    ...('faults' in expected ? { faults: answer.faults } : {}),
  };
  expectEqual(what, actual, { ret: 0, ...expected });
}

/** Values page by page; names the first wrong page rather than all. */
export function expectValues(what: string, values: readonly number[] | null, expected: (page: number) => number): void {
  const at = (values ?? []).findIndex((value, i) => value !== expected(i));
  expectEqual(
    `${what}${at < 0 ? '' : `, page ${at}`}`,
    values === null ? null : at < 0 ? 'as expected' : values[at],
    at < 0 ? 'as expected' : expected(at),
  );
}
