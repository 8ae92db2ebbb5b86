/** The inputs of a recording as programs over the engine's operations. */
import type { Advice } from '../engine/mm/madvise.ts';
import type { OpInput } from '../engine/operations.ts';
import type { World } from '../model/world.ts';
import * as dmirror from './dmirror.ts';
import type { Program } from './machine.ts';
import { isInput, type RecordedEvent, type Recording } from './recording.ts';
import { blockOf } from '../engine/mm/huge.ts';
import { pmdPages } from '../model/ids.ts';
import { pteLevel } from '../model/pte.ts';
import { deviceOf } from './replay-setup.ts';

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

/** Who asks, and what it asked its driver for last. */
export interface Asker {
  readonly process: string;
  command: string | null;
  /** What it did that has not been seen in the recording yet. */
  readonly shown: RecordedEvent[];
}

export class Inputs {
  #maps = 0;

  constructor(
    readonly recording: Recording,
    readonly world: () => World,
    /** The recording's name of an open file, by context. */
    readonly files: Map<string, string>,
    /** Chunks of memory that each device has. */
    readonly chunks: Map<string, number>,
    readonly children: ReadonlyMap<number, string>,
  ) {}

  /** The engine's name of a buffer in the address space of a task. */
  #buffer(current: Asker, name: string | undefined): string {
    return `${this.world().records.process[current.process]?.space ?? current.process}.${name ?? '?'}`;
  }

  #pages(current: Asker, { buf, range }: RecordedEvent): dmirror.Pages {
    return { buffer: this.#buffer(current, buf), start: range?.[0] ?? 0, end: range?.[1] ?? 0 };
  }

  #place(current: Asker, event: RecordedEvent): string {
    const { buffer, start, end } = this.#pages(current, event);
    return `${buffer}[${start}..${end}]`;
  }

  #file(current: Asker, name: string | undefined): dmirror.DeviceFile {
    const device = deviceOf(this.recording, name ?? 'D0');
    return { device, context: `${device}:${current.process}`, by: current.process, world: this.world };
  }

  /** Consecutive faults of one task are one access of a range. */
  *faults(at: number, current: Asker): Program<void> {
    const { events } = this.recording;
    const first = events[at];
    if (first?.range === undefined) return;
    let end = first.range[1];
    for (let i = at + 1; i < events.length; i++) {
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
    if (first.access === 'write') {
      const faulted = yield { op: 'write', by: current.process, place, value: 1 };
      yield* this.#fillHugePages(faulted.after, current, first.buf ?? '?', first.range[0], end);
    } else yield { op: 'read', by: current.process, place };
  }

  /** A recording does not show writes to what a fault of a neighbour mapped; the tests write all of a huge page. */
  *#fillHugePages(world: World, current: Asker, buf: string, start: number, end: number): Program<void> {
    const name = this.#buffer(current, buf);
    const buffer = world.records.buffer[name];
    if (buffer === undefined) return;
    const page = buffer.start + start;
    const word = world.pages.pte[buffer.space]?.get(page)?.[0] ?? 0;
    if (pteLevel(word) === 0) return;
    const from = Math.max(buffer.start, blockOf(page));
    const to = Math.min(buffer.start + buffer.pages, blockOf(buffer.start + end - 1) + pmdPages);
    const place = `${name}[${from - buffer.start}..${to - buffer.start}]`;
    yield { op: 'write', by: current.process, place, value: 1 };
  }

  /**
   * The kernel touched pages on behalf of a task though no recorded input asked for it: the driver copies to the user's
   * own buffer (and from it, for a device write), or a caller that is not recorded gets user pages. Where a page had to
   * leave the device, the caller meant to keep it.
   */
  *unasked(at: number, expected: RecordedEvent, current: Asker): Program<void> {
    const place = this.#place(current, { ...expected, range: this.#alike(at, expected) });
    if (expected.e === 'notifier_start') {
      yield { op: 'pin', by: current.process, place, flags: ['pin', 'longterm', 'write'] };
      yield { op: 'unpin', by: current.process, place, flags: ['pin'] };
      return;
    }
    yield { op: 'pin', by: current.process, place, flags: current.command === 'write' ? ['get'] : ['get', 'write'] };
    yield { op: 'unpin', by: current.process, place, flags: ['get'] };
  }

  /** The pages of an event and of those right after it that are the same but for the page. */
  #alike(at: number, first: RecordedEvent): readonly [number, number] {
    const { events } = this.recording;
    let end = first.range?.[1] ?? 0;
    for (
      let i = at + 1;
      events[i]?.e === first.e &&
      events[i]?.by === first.by &&
      events[i]?.buf === first.buf &&
      events[i]?.range?.[0] === end;
      i++
    )
      end++;
    return [first.range?.[0] ?? 0, end];
  }

  programOf(at: number, event: RecordedEvent, current: Asker): Program<unknown> | null {
    const by = current.process;
    switch (event.e) {
      case 'open': {
        const file = this.#file(current, event.dev);
        this.files.set(file.context, event.dev ?? 'D0');
        return silent(dmirror.open(file));
      }
      case 'close': {
        const file = this.#file(current, event.dev);
        return silent(dmirror.close(file, this.chunks.get(file.device) ?? 0));
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
        return this.#mremap(at, event, current);
      case 'fork':
        return asking({ op: 'fork', by, child: this.children.get(at) ?? 'child' });
      case 'exit':
        return asking({ op: 'exit', by });
      case 'pin_user_pages_fast':
        return this.#pin(event, current);
      default:
        throw new Error(`no operation for the input ${event.e}`);
    }
  }

  *#mmap(event: RecordedEvent, current: Asker): Program<null> {
    const { buffer, start, end } = this.#pages(current, event);
    const base = this.world().records.buffer[buffer]?.start ?? 0;
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

  *#mremap(at: number, event: RecordedEvent, current: Asker): Program<{ readonly to: number }> {
    const flags = Number(event.flags ?? 0);
    const result = this.recording.events.slice(at).find((next) => next.e === 'mremap_ret' && next.by === event.by);
    const to = result?.toPage ?? event.toPage ?? 0;
    const base = this.world().records.buffer[this.#buffer(current, result?.toBuf ?? event.toBuf)]?.start ?? 0;
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

  *#pin(event: RecordedEvent, current: Asker): Program<null> {
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

  #command(event: RecordedEvent, current: Asker): Program<number> {
    const file = this.#file(current, event.dev);
    const pages = this.#pages(current, event);
    const chunks = this.chunks.get(file.device) ?? 0;
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
        this.chunks.set(file.device, 0);
        return returning(dmirror.evict(file, chunks));
      case 'flags':
        return returning(dmirror.flags(file, event.npages ?? 0));
      default:
        throw new Error(`no command ${event.cmd ?? '?'}`);
    }
  }
}

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
