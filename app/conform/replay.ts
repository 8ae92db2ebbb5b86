/**
 * Replays a recording: its inputs become operations, and what the engine does is compared with what the kernel did.
 *
 * Tasks run as the recording interleaves them: an event of a task is awaited by running that task's program, one
 * operation at a time, until it has something to show. Operations that the recorder cannot see are placed by
 * `seenLate`.
 */
import { initialWorld, type EngineSpec } from '../engine/initial-world.ts';
import { faultWindow } from '../engine/mm/file-fault.ts';
import type { Advice } from '../engine/mm/madvise.ts';
import type { OpInput } from '../engine/operations.ts';
import type { Transaction } from '../engine/step.ts';
import type { Buffer, World } from '../model/world.ts';
import { sameEvent, type Comparison } from './compare.ts';
import * as dmirror from './dmirror.ts';
import { Machine, type Program } from './machine.ts';
import { isInput, type RecordedEvent, type Recording } from './recording.ts';
import { dmirrorMachine } from './test-machine.ts';
import { translate, type Names, type PlacedBuffer } from './translate.ts';

export interface ReplaySettings {
  /** /sys/kernel/mm/transparent_hugepage/enabled of the recorded machine. */
  readonly thp: 'always' | 'never';
}

/** Where the first buffer goes: 2 MiB aligned, in the middle of a user address space. */
const firstBuffer = 0x7_f000_1000;
/** Another page of the process, in the same gigabyte. */
const occupied = firstBuffer - 0x800;
const blockPages = 512;

/**
 * Addresses are not recorded, but where the windows of read faults are cut shows how a buffer lies to page tables: of
 * all places within 2 MiB, the one that explains most of its faults. Without such faults a buffer starts at a border.
 */
function offsetOf(recording: Recording, buffer: string): number {
  const pages = recording.events.flatMap(({ e, buf, range }) =>
    e === 'do_read_fault' && buf === buffer && range !== undefined ? [range[0]] : [],
  );
  const length = recording.buffers[buffer] ?? 0;
  let best = 0;
  let explained = 0;
  for (let offset = 0; offset < blockPages; offset++) {
    let count = 0;
    for (let i = 1; i < pages.length; i++) {
      const [, end] = faultWindow((pages[i - 1] ?? 0) + offset, offset, offset + length);
      if (end - offset === pages[i]) count++;
    }
    if (count > explained) [best, explained] = [offset, count];
  }
  return best;
}

/** Buffers in the order of their names, which is that of their addresses, with room between them. */
function placeBuffers(recording: Recording): readonly PlacedBuffer[] {
  let next = firstBuffer;
  return Object.keys(recording.buffers)
    .sort()
    .map((name): PlacedBuffer => {
      const start = next + offsetOf(recording, name);
      const end = start + (recording.buffers[name] ?? 0);
      next = (Math.floor(end / blockPages) + 2) * blockPages;
      return { name, start, end };
    });
}

/**
 * Which device is behind an open file: a recording tells files apart, not devices. The fixture with two devices opens
 * one file on each; the other opens its own device, and the children of its tests open the first device that the driver
 * has, which is a private one.
 */
function deviceOf(recording: Recording, file: string): string {
  if (recording.test.startsWith('hmm2.')) return `dmirror${file.slice(1)}`;
  const opener = recording.events.find((event) => event.e === 'open' && event.dev === file)?.by;
  return memoryOf(recording) === 'private' || opener === recording.events[0]?.by ? 'dmirror0' : 'dmirrorOfChildren';
}

const memoryOf = (recording: Recording): 'private' | 'coherent' =>
  recording.test.includes('coherent') ? 'coherent' : 'private';

/**
 * A chunk of device memory is made for small pages or for huge ones, and a coherent device has one chunk only. Which
 * kind it was shows where huge pages were split on their way to it though no allocation was made to fail.
 */
function splitsAtCommit(recording: Recording): boolean {
  let committing = false;
  for (const { e, cmd } of recording.events) {
    if (cmd === 'flags') return false;
    if (e === 'migrate_vma_pages') committing = true;
    if (e === 'migrate_vma_finalize') committing = false;
    if (committing && e === '__split_huge_pmd') return true;
  }
  return false;
}

function machineOf(recording: Recording, settings: ReplaySettings): EngineSpec {
  const memory = memoryOf(recording);
  const files = recording.events.flatMap(({ e, dev }) => (e === 'open' && dev !== undefined ? [dev] : []));
  const ids = [...new Set(files.map((file) => deviceOf(recording, file)))].sort();
  return dmirrorMachine(
    ids.map((id) => ({
      id,
      memory: id === 'dmirrorOfChildren' ? 'private' : memory,
      hugePages: memory === 'private' || !splitsAtCommit(recording),
    })),
    settings.thp,
  );
}

/** Chunks that a device has when the recording begins: as many as its first eviction finds. */
function chunksAtStart(recording: Recording): Map<string, number> {
  const chunks = new Map<string, number>();
  recording.events.forEach((event, at) => {
    const evicts = event.e === 'close' || (event.e === 'ioctl' && event.cmd === 'release');
    const device = deviceOf(recording, event.dev ?? 'D0');
    if (!evicts || chunks.has(device)) return;
    let found = 0;
    for (let i = at + 1; i < recording.events.length; i++) {
      const next = recording.events[i];
      if (next === undefined || (isInput(next) && next.by === event.by)) break;
      if (next.e === 'migrate_device_range') found++;
    }
    chunks.set(device, found);
  });
  return chunks;
}

/** The recording's name of each fork's child: the first task after it that was not there before. */
function childrenOf(recording: Recording): ReadonlyMap<number, string> {
  const children = new Map<number, string>();
  const known = new Set<string>();
  const unnamed: number[] = [];
  recording.events.forEach((event, at) => {
    if (!known.has(event.by)) {
      known.add(event.by);
      const fork = unnamed.shift();
      if (fork !== undefined) children.set(fork, event.by);
    }
    if (event.e === 'fork') unnamed.push(at);
  });
  for (const at of unnamed) children.set(at, `child${at}`);
  return children;
}

interface Task {
  readonly process: string;
  program: Program<unknown> | null;
  /** The operation that the program asks for next. */
  next: OpInput | null;
  /** The driver's command that runs or ran last. */
  command: string | null;
  /** What it did that has not been seen in the recording yet. */
  readonly shown: RecordedEvent[];
}

const protections = ['---', 'r--', '-w-', 'rw-', '--x', 'r-x', '-wx', 'rwx'] as const;
const advices: Readonly<Record<number, Advice>> = {
  4: 'DONTNEED',
  8: 'FREE',
  10: 'DONTFORK',
  11: 'DOFORK',
  14: 'HUGEPAGE',
  15: 'NOHUGEPAGE',
  18: 'WIPEONFORK',
  19: 'KEEPONFORK',
  22: 'POPULATE_READ',
  23: 'POPULATE_WRITE',
  25: 'COLLAPSE',
};

/** Operations without a recorded trace that a task does at once, before others run; all else waits until it must be. */
const seenLate: ReadonlySet<OpInput['op']> = new Set(['program', 'deviceWrite']);

class Replay {
  readonly #machine: Machine;
  readonly #tasks = new Map<string, Task>();
  readonly #names: Names;
  readonly #files = new Map<string, string>();
  readonly #chunks: Map<string, number>;
  readonly #children: ReadonlyMap<number, string>;
  #maps = 0;
  #at = 0;

  constructor(
    readonly recording: Recording,
    settings: ReplaySettings,
    watch: (transaction: Transaction) => void,
  ) {
    const buffers = placeBuffers(recording);
    this.#names = { buffers, files: this.#files };
    this.#machine = new Machine(initialWorld(machineOf(recording, settings)), watch);
    this.#chunks = chunksAtStart(recording);
    this.#children = childrenOf(recording);
    const root = recording.events[0]?.by ?? 'P0';
    this.#machine.do({ op: 'process', by: 'kernel', name: root });
    // The process has more than its buffers: something is in the same gigabyte, and something follows each buffer.
    const others = [occupied, ...buffers.filter(({ end }) => end % blockPages !== 0).map(({ end }) => end)];
    for (const [index, at] of others.entries()) {
      this.#machine.do({ op: 'mmap', by: root, as: `other${index}`, at, pages: 1 });
      this.#machine.do({ op: 'madvise', by: root, place: `${root}.other${index}`, advice: 'NOHUGEPAGE' });
      this.#machine.do({ op: 'write', by: root, place: `${root}.other${index}`, value: 1 });
    }
    this.#machine.world = withBuffers(this.#machine.world, root, buffers);
    this.#tasks.set(root, task(root));
    this.#root = root;
  }

  readonly #root: string;

  run(): Comparison {
    const { events } = this.recording;
    const of = events.filter((event) => !isInput(event) || event.e === 'cpu_fault').length;
    let matched = 0;
    for (this.#at = 0; this.#at < events.length; this.#at++) {
      const expected = events[this.#at];
      if (expected === undefined) break;
      const current = this.#taskOf(expected.by);
      if (isInput(expected) && expected.e !== 'cpu_fault') {
        this.#finish(current, expected.by);
        const extra = current.shown[0];
        if (extra !== undefined) return { matched, of, first: { at: matched, expected, actual: extra } };
        this.#begin(current, this.#programOf(expected, current), expected.by);
        continue;
      }
      if (expected.e === 'cpu_fault' && current.shown.length === 0) {
        this.#finish(current, expected.by);
        if (current.shown.length === 0) this.#begin(current, this.#faults(current), expected.by);
      }
      let actual = this.#await(current, expected.by);
      if (expected.e !== 'ioctl_ret' && (actual === null || actual.e === 'ioctl_ret')) {
        const held = [...(actual === null ? [] : [actual]), ...current.shown.splice(0)];
        this.#begin(current, this.#unasked(expected, current), expected.by);
        this.#finish(current, expected.by);
        current.shown.push(...held);
        actual = this.#await(current, expected.by);
      }
      if (actual === null || !sameEvent(expected, actual))
        return { matched, of, first: { at: matched, expected, actual } };
      matched++;
    }
    for (const [name, current] of this.#tasks) {
      this.#finish(current, name);
      const extra = current.shown[0];
      if (extra !== undefined) return { matched, of, first: { at: matched, expected: null, actual: extra } };
    }
    return { matched, of, first: null };
  }

  get world(): World {
    return this.#machine.world;
  }

  /** A task that no fork made is a thread of the first. */
  #taskOf(name: string): Task {
    const known = this.#tasks.get(name);
    if (known !== undefined) return known;
    // A child runs when its parent's fork is done.
    for (const [by, other] of this.#tasks) if (other.next?.op === 'fork') this.#finish(other, by);
    const made = task(this.world.records.process[name] === undefined ? this.#root : name);
    this.#tasks.set(name, made);
    return made;
  }

  #begin(current: Task, program: Program<unknown> | null, by: string): void {
    if (program === null) return;
    current.program = program;
    this.#take(current, program.next(), by);
  }

  #take(current: Task, step: IteratorResult<OpInput, unknown>, by: string): void {
    if (step.done !== true) {
      current.next = step.value;
      return;
    }
    current.program = null;
    current.next = null;
    if (typeof step.value === 'number') current.shown.push({ e: 'ioctl_ret', by, ret: step.value });
  }

  #advance(current: Task, by: string): void {
    const { program, next } = current;
    if (program === null || next === null) return;
    const transaction = this.#machine.do(next);
    current.shown.push(...translate(transaction.events, by, transaction.after, this.#names));
    this.#take(current, program.next(transaction), by);
  }

  /** The next thing that a task shows; null where its program has ended. */
  #await(current: Task, by: string): RecordedEvent | null {
    while (current.shown.length === 0 && current.program !== null) this.#advance(current, by);
    const event = current.shown.shift() ?? null;
    while (current.shown.length === 0 && current.next !== null && seenLate.has(current.next.op))
      this.#advance(current, by);
    return event;
  }

  #finish(current: Task, by: string): void {
    while (current.program !== null && current.shown.length === 0) this.#advance(current, by);
  }

  /** The engine's name of a buffer in the address space of a task. */
  #buffer(current: Task, name: string | undefined): string {
    return `${this.world.records.process[current.process]?.space ?? current.process}.${name ?? '?'}`;
  }

  #pages(current: Task, { buf, range }: RecordedEvent): dmirror.Pages {
    return { buffer: this.#buffer(current, buf), start: range?.[0] ?? 0, end: range?.[1] ?? 0 };
  }

  #place(current: Task, event: RecordedEvent): string {
    const { buffer, start, end } = this.#pages(current, event);
    return `${buffer}[${start}..${end}]`;
  }

  #file(current: Task, name: string | undefined): dmirror.DeviceFile {
    const device = deviceOf(this.recording, name ?? 'D0');
    return { device, context: `${device}:${current.process}`, by: current.process, world: () => this.world };
  }

  /** Consecutive faults of one task are one access of a range. */
  *#faults(current: Task): Program<void> {
    const { events } = this.recording;
    const first = events[this.#at];
    if (first?.range === undefined) return;
    let end = first.range[1];
    for (let i = this.#at + 1; i < events.length; i++) {
      const event = events[i];
      if (event === undefined || event.by !== first.by) break;
      if (!isInput(event)) continue;
      if (
        event.e !== 'cpu_fault' ||
        event.buf !== first.buf ||
        event.access !== first.access ||
        event.range?.[0] !== end
      )
        break;
      end = event.range[1];
    }
    const place = `${this.#buffer(current, first.buf)}[${first.range[0]}..${end}]`;
    if (first.access === 'write') yield { op: 'write', by: current.process, place, value: 1 };
    else yield { op: 'read', by: current.process, place };
  }

  /**
   * The kernel touched pages on behalf of a task though no recorded input asked for it: the driver copies to the user's
   * own buffer (and from it, for a device write), or a caller that is not recorded gets user pages. Where a page had to
   * leave the device, the caller meant to keep it.
   */
  *#unasked(expected: RecordedEvent, current: Task): Program<void> {
    const place = this.#place(current, { ...expected, range: this.#alike(expected) });
    if (expected.e === 'notifier_start') {
      yield { op: 'pin', by: current.process, place, flags: ['pin', 'longterm', 'write'] };
      yield { op: 'unpin', by: current.process, place, flags: ['pin'] };
      return;
    }
    yield { op: 'pin', by: current.process, place, flags: current.command === 'write' ? ['get'] : ['get', 'write'] };
    yield { op: 'unpin', by: current.process, place, flags: ['get'] };
  }

  /** The pages of an event and of those right after it that are the same but for the page. */
  #alike(first: RecordedEvent): readonly [number, number] {
    const { events } = this.recording;
    let end = first.range?.[1] ?? 0;
    for (
      let i = this.#at + 1;
      events[i]?.e === first.e &&
      events[i]?.by === first.by &&
      events[i]?.buf === first.buf &&
      events[i]?.range?.[0] === end;
      i++
    )
      end++;
    return [first.range?.[0] ?? 0, end];
  }

  #programOf(event: RecordedEvent, current: Task): Program<unknown> | null {
    const by = current.process;
    switch (event.e) {
      case 'open': {
        const file = this.#file(current, event.dev);
        this.#files.set(file.context, event.dev ?? 'D0');
        return silent(dmirror.open(file));
      }
      case 'close': {
        const file = this.#file(current, event.dev);
        return silent(dmirror.close(file, this.#chunks.get(file.device) ?? 0));
      }
      case 'ioctl':
        current.command = event.cmd ?? null;
        return this.#command(event, current);
      case 'mmap':
        return this.#mmap(event, current);
      case 'munmap':
        return asking({ op: 'munmap', by, place: this.#place(current, event) });
      case 'mprotect':
        return asking({
          op: 'mprotect',
          by,
          place: this.#place(current, event),
          prot: protections[(event.prot ?? 0) & 7] ?? '---',
        });
      case 'madvise':
        return asking({
          op: 'madvise',
          by,
          place: this.#place(current, event),
          advice: advices[event.advice ?? 0] ?? 'HUGEPAGE',
        });
      case 'mremap':
        return this.#mremap(event, current);
      case 'fork':
        return asking({ op: 'fork', by, child: this.#children.get(this.#at) ?? 'child' });
      case 'exit':
        return asking({ op: 'exit', by });
      case 'pin_user_pages_fast':
        return this.#pin(event, current);
      default:
        throw new Error(`no operation for the input ${event.e}`);
    }
  }

  *#mmap(event: RecordedEvent, current: Task): Program<null> {
    const { buffer, start, end } = this.#pages(current, event);
    const base = this.world.records.buffer[buffer]?.start ?? 0;
    const flags = Number(event.flags ?? 0);
    const as = `map${++this.#maps}`;
    const anonymous = (flags & 0x20) !== 0;
    // The test wrote its file just before, so all of it is in the page cache.
    if (!anonymous) yield { op: 'file', by: 'kernel', name: as, pages: end - start };
    const shape = {
      at: base + start,
      pages: end - start,
      prot: protections[(event.prot ?? 0) & 7] ?? '---',
      shared: (flags & 1) !== 0,
    };
    yield {
      op: 'mmap',
      by: current.process,
      as,
      ...shape,
      ...(anonymous ? {} : { file: as }),
      ...((flags & 0x40000) !== 0 ? { hugetlb: '2M' as const } : {}),
    };
    return null;
  }

  *#mremap(event: RecordedEvent, current: Task): Program<{ readonly to: number }> {
    const flags = Number(event.flags ?? 0);
    const result = this.recording.events
      .slice(this.#at)
      .find((next) => next.e === 'mremap_ret' && next.by === event.by);
    const to = result?.toPage ?? event.toPage ?? 0;
    const base = this.world.records.buffer[this.#buffer(current, result?.toBuf ?? event.toBuf)]?.start ?? 0;
    yield {
      op: 'mremap',
      by: current.process,
      place: this.#place(current, event),
      to: base + to,
      dontUnmap: (flags & 4) !== 0,
    };
    current.shown.push({
      e: 'mremap_ret',
      by: event.by,
      ...(result?.toBuf === undefined ? {} : { toBuf: result.toBuf }),
      toPage: to,
    });
    return { to };
  }

  *#pin(event: RecordedEvent, current: Task): Program<null> {
    const flags = Number(event.flags ?? 0);
    const place = this.#place(current, event);
    yield {
      op: 'pin',
      by: current.process,
      place,
      flags: [
        'pin',
        ...((flags & 0x100) !== 0 ? (['longterm'] as const) : []),
        ...((flags & 1) !== 0 ? (['write'] as const) : []),
      ],
    };
    yield { op: 'unpin', by: current.process, place, flags: ['pin'] };
    return null;
  }

  #command(event: RecordedEvent, current: Task): Program<number> {
    const file = this.#file(current, event.dev);
    const pages = this.#pages(current, event);
    const chunks = this.#chunks.get(file.device) ?? 0;
    switch (event.cmd) {
      case 'read':
        return returning(dmirror.read(file, pages));
      case 'write':
        return returning(dmirror.write(file, pages, 1));
      case 'migrateToDevice':
        return returning(dmirror.migrateToDevice(file, pages));
      case 'migrateToSystem':
        return returning(dmirror.migrateToSystem(file, pages));
      case 'snapshot':
        return returning(dmirror.snapshot(file, pages));
      case 'exclusive':
        return returning(dmirror.exclusive(file, pages));
      case 'checkExclusive':
        return returning(dmirror.checkExclusive(file, pages));
      case 'release':
        this.#chunks.set(file.device, 0);
        return returning(dmirror.evict(file, chunks));
      case 'flags':
        return returning(dmirror.flags(file, event.npages ?? 0));
      default:
        throw new Error(`no command ${event.cmd ?? '?'}`);
    }
  }
}

const task = (process: string): Task => ({ process, program: null, next: null, command: null, shown: [] });

function* asking(op: OpInput): Program<null> {
  yield op;
  return null;
}

/** A program whose own result the recorder does not see. */
function* silent(program: Program<unknown>): Program<null> {
  yield* program;
  return null;
}

/** A command of the driver: its return value is recorded. */
function* returning(program: Program<dmirror.Answer>): Program<number> {
  return (yield* program).ret;
}

function withBuffers(world: World, space: string, placed: readonly PlacedBuffer[]): World {
  const buffers: Record<string, Buffer> = {};
  for (const { name, start, end } of placed) buffers[`${space}.${name}`] = { space, start, pages: end - start };
  return { ...world, records: { ...world.records, buffer: { ...world.records.buffer, ...buffers } } };
}

/** Replays one recording to its first difference. `watch` sees every transaction. */
export function replay(
  recording: Recording,
  settings: ReplaySettings,
  watch: (transaction: Transaction) => void = () => undefined,
): Comparison {
  return new Replay(recording, settings, watch).run();
}
