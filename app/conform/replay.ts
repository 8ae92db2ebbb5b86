/**
 * Replays a recording: its inputs become operations, and what the engine does is compared with what the kernel did.
 *
 * Tasks run as the recording interleaves them: an event of a task is awaited by running that task's program, one
 * operation at a time, until it has something to show. Where several tasks are under way, a recording says when an
 * event began but not when its effect came, nor when a step without a trace was taken. A replay then looks for an order
 * of those that explains the recording: it passes if there is one.
 */
import { step, completeOp, type Transaction } from '../engine/step.ts';
import type { OpInput } from '../engine/operations.ts';
import type { World } from '../model/world.ts';
import { sameEvent, type Comparison, type Difference } from './compare.ts';
import { Machine, type Program } from './machine.ts';
import { isInput, type RecordedEvent, type Recording } from './recording.ts';
import { Inputs, type Asker } from './replay-inputs.ts';
import { chunksAtStart, childrenOf, hasLostFiles, placeBuffers, startOf, type ReplaySettings } from './replay-setup.ts';
import { translate, type Names } from './translate.ts';

export type { ReplaySettings } from './replay-setup.ts';

interface Task extends Asker {
  program: Program<unknown> | null;
  /** The operation that the program asks for next. */
  next: OpInput | null;
  /** An operation whose events are shown already, and whose effect comes with the last of them. */
  late: OpInput | null;
}

const newTask = (process: string): Task => ({
  process,
  program: null,
  next: null,
  late: null,
  command: null,
  shown: [],
});

/** Steps of a mirror that leave no trace in a recording. */
const untraced: ReadonlySet<OpInput['op']> = new Set(['readBegin', 'program']);

/** A point from which an order can be tried again: nothing is under way. */
interface Checkpoint {
  readonly at: number;
  readonly matched: number;
  readonly world: World;
  readonly chunks: ReadonlyMap<string, number>;
  readonly tasks: readonly (readonly [string, string])[];
}

/** Orders tried between two checkpoints before the replay gives up. */
const maxOrders = 600;

class Replay {
  readonly #machine: Machine;
  readonly #tasks = new Map<string, Task>();
  readonly #names: Names;
  readonly #chunks: Map<string, number>;
  readonly #inputs: Inputs;
  readonly #root: string;
  readonly #lostFiles: boolean;
  #at = 0;
  #matched = 0;
  /** The order under trial since the last checkpoint: what is prescribed, and what was chosen of how many. */
  #prescribed: readonly number[] = [];
  #chosen: { readonly option: number; readonly of: number }[] = [];

  constructor(
    readonly recording: Recording,
    settings: ReplaySettings,
    watch: (transaction: Transaction) => void,
  ) {
    const buffers = placeBuffers(recording);
    const files = new Map<string, string>();
    this.#names = { buffers, files };
    this.#root = recording.events[0]?.by ?? 'P0';
    this.#machine = new Machine(startOf(recording, settings, buffers, this.#root), watch);
    this.#chunks = chunksAtStart(recording);
    this.#lostFiles = hasLostFiles(recording);
    this.#inputs = new Inputs(recording, () => this.#machine.world, files, this.#chunks, childrenOf(recording));
    this.#tasks.set(this.#root, newTask(this.#root));
  }

  run(): Comparison {
    const { events } = this.recording;
    const of = events.filter((event) => !isInput(event) || event.e === 'cpu_fault').length;
    let checkpoint = this.#checkpoint();
    let furthest: Difference | null = null;
    let orders = 1;
    for (;;) {
      const event = events[this.#at];
      if (event?.e === 'mmap' && this.#at > checkpoint.at && this.#isIdle()) {
        checkpoint = this.#checkpoint();
        [this.#prescribed, this.#chosen, furthest, orders] = [[], [], null, 1];
      }
      const difference = event === undefined ? this.#rest() : this.#compare(event);
      if (difference !== null) {
        if (furthest === null || difference.at > furthest.at) furthest = difference;
        const next = orders++ < maxOrders ? this.#nextOrder() : null;
        if (next === null) return { matched: furthest.at, of, first: furthest };
        this.#restore(checkpoint, next);
      } else if (event === undefined) return { matched: this.#matched, of, first: null };
      else this.#at++;
    }
  }

  /** One event of the recording: an input begins its program, anything else must be what its task shows next. */
  #compare(expected: RecordedEvent): Difference | null {
    const { by } = expected;
    const current = this.#taskOf(by);
    if (isInput(expected) && expected.e !== 'cpu_fault') {
      this.#finish(current, by);
      const extra = current.shown[0];
      if (extra !== undefined) return { at: this.#matched, expected, actual: extra };
      this.#begin(current, this.#inputs.programOf(this.#at, expected, current), by);
      // Nobody asks a dead task for its next step, but its memory is gone before its parent goes on.
      if (expected.e === 'exit') this.#finish(current, by);
      return null;
    }
    if (expected.e === 'cpu_fault' && current.shown.length === 0) {
      this.#finish(current, by);
      if (current.shown.length === 0) this.#begin(current, this.#inputs.faults(this.#at, current), by);
    }
    let actual = this.#await(current, by);
    if (expected.e !== 'ioctl_ret' && expected.range !== undefined && (actual === null || actual.e === 'ioctl_ret')) {
      const held = [...(actual === null ? [] : [actual]), ...current.shown.splice(0)];
      this.#begin(current, this.#inputs.unasked(this.#at, expected, current), by);
      this.#finish(current, by);
      current.shown.push(...held);
      actual = this.#await(current, by);
    }
    if (actual === null || !this.#isSame(expected, actual)) return { at: this.#matched, expected, actual };
    this.#matched++;
    return null;
  }

  #isSame(expected: RecordedEvent, actual: RecordedEvent): boolean {
    if (!this.#lostFiles || expected.e !== 'device_invalidate' || expected.dev === undefined)
      return sameEvent(expected, actual);
    return sameEvent(expected, { ...actual, dev: expected.dev });
  }

  /** Nothing may be left over when the recording ends. */
  #rest(): Difference | null {
    for (const [by, current] of this.#tasks) {
      this.#finish(current, by);
      const extra = current.shown[0];
      if (extra !== undefined) return { at: this.#matched, expected: null, actual: extra };
    }
    return null;
  }

  /** A task that no fork made is a thread of the first. */
  #taskOf(name: string): Task {
    const known = this.#tasks.get(name);
    if (known !== undefined) return known;
    // A child runs when its parent's fork is done.
    for (const [by, other] of this.#tasks) if (other.next?.op === 'fork') this.#finish(other, by);
    const made = newTask(this.#machine.world.records.process[name] === undefined ? this.#root : name);
    this.#tasks.set(name, made);
    return made;
  }

  #begin(current: Task, program: Program<unknown> | null, by: string): void {
    if (program === null) return;
    current.program = program;
    this.#take(current, program.next(), by);
  }

  #take(current: Task, result: IteratorResult<OpInput, unknown>, by: string): void {
    if (result.done !== true) {
      current.next = result.value;
      return;
    }
    current.program = null;
    current.next = null;
    if (typeof result.value === 'number') current.shown.push({ e: 'ioctl_ret', by, ret: result.value });
  }

  /** Carries out the task's next operation. */
  #advance(current: Task, by: string): void {
    const { program, next } = current;
    if (program === null || next === null) return;
    if (next.op === 'program' && this.#startsOver(next.place, by) && this.#choose(2) === 1) this.#invalidateElsewhere();
    if (!untraced.has(next.op)) {
      this.#letOthersFirst(current);
      if (this.#mayBeLate(next, by) && this.#choose(2) === 1) return this.#showAhead(current, next, by);
    }
    const transaction = this.#machine.do(next);
    current.shown.push(...translate(transaction.events, by, transaction.after, this.#names));
    this.#take(current, program.next(transaction), by);
  }

  /** The recorded mirror asks for the same range again, though several tasks' events in the buffers do not say why. */
  #startsOver(place: string, by: string): boolean {
    const expected = this.recording.events[this.#at];
    return (
      this.#tasks.size > 1 &&
      expected?.e === 'hmm_range_fault' &&
      expected.by === by &&
      place.endsWith(`.${expected.buf ?? ''}[${expected.range?.[0] ?? 0}..${expected.range?.[1] ?? 0}]`)
    );
  }

  /** An invalidation outside the buffers, as when a thread ends and gives back its stack: unrecorded, but it moves the sequence. */
  #invalidateElsewhere(): void {
    this.#machine.do({ op: 'madvise', by: this.#root, place: `${this.#root}.other0`, advice: 'DONTNEED' });
  }

  /** Before an effect, other tasks may have taken steps that leave no trace: the check of a mirror and its next beginning. */
  #letOthersFirst(current: Task): void {
    for (const [by, other] of this.#tasks) {
      if (other === current || other.shown.length > 0 || other.next === null || !untraced.has(other.next.op)) continue;
      const options = other.next.op === 'program' ? [1, 0, 2] : [0, 1];
      const steps = options[this.#choose(options.length)] ?? 0;
      for (let i = 0; i < steps && other.next !== null && untraced.has(other.next.op); i++) this.#advance(other, by);
    }
  }

  /** Events of an operation that others interrupt: its effect may have come with the first of them or with the last. */
  #mayBeLate(next: OpInput, by: string): boolean {
    if (next.op !== 'munmap') return false;
    const { events } = this.recording;
    for (let i = this.#at; i < events.length; i++) {
      const event = events[i];
      if (event === undefined || event.e === 'notifier_end') return false;
      if (event.by !== by) return true;
    }
    return false;
  }

  /** Shows what an operation will do, before it does it. */
  #showAhead(current: Task, next: OpInput, by: string): void {
    const { events, after } = step(this.#machine.world, completeOp(next));
    current.shown.push(...translate(events, by, after, this.#names));
    current.late = next;
  }

  /** The next thing that a task shows; null where its program has ended. */
  #await(current: Task, by: string): RecordedEvent | null {
    while (current.shown.length === 0 && current.program !== null) this.#advance(current, by);
    if (current.late !== null && current.shown.length === 1) this.#takeEffect(current, by);
    return current.shown.shift() ?? null;
  }

  #takeEffect(current: Task, by: string): void {
    const { program, late } = current;
    if (program === null || late === null) return;
    this.#letOthersFirst(current);
    const transaction = this.#machine.do(late);
    current.late = null;
    this.#take(current, program.next(transaction), by);
  }

  #finish(current: Task, by: string): void {
    while (current.program !== null && current.shown.length === 0) this.#advance(current, by);
  }

  #isIdle(): boolean {
    return [...this.#tasks.values()].every(({ program, shown }) => program === null && shown.length === 0);
  }

  #checkpoint(): Checkpoint {
    return {
      at: this.#at,
      matched: this.#matched,
      world: this.#machine.world,
      chunks: new Map(this.#chunks),
      tasks: [...this.#tasks].map(([name, { process }]) => [name, process] as const),
    };
  }

  #restore(checkpoint: Checkpoint, prescribed: readonly number[]): void {
    this.#at = checkpoint.at;
    this.#matched = checkpoint.matched;
    this.#machine.world = checkpoint.world;
    this.#chunks.clear();
    for (const [device, chunks] of checkpoint.chunks) this.#chunks.set(device, chunks);
    this.#tasks.clear();
    for (const [name, process] of checkpoint.tasks) this.#tasks.set(name, newTask(process));
    [this.#prescribed, this.#chosen] = [prescribed, []];
  }

  #choose(of: number): number {
    const option = this.#prescribed[this.#chosen.length] ?? 0;
    this.#chosen.push({ option, of });
    return option;
  }

  /** The order after the one just tried: the last choice that has another option takes it. */
  #nextOrder(): readonly number[] | null {
    for (let i = this.#chosen.length - 1; i >= 0; i--) {
      const choice = this.#chosen[i];
      if (choice !== undefined && choice.option + 1 < choice.of)
        return [...this.#chosen.slice(0, i).map(({ option }) => option), choice.option + 1];
    }
    return null;
  }
}

/** Replays one recording to its first difference. `watch` sees every transaction, also those of orders that are given up. */
export function replay(
  recording: Recording,
  settings: ReplaySettings,
  watch: (transaction: Transaction) => void = () => undefined,
): Comparison {
  return new Replay(recording, settings, watch).run();
}
