import type { Span } from '../base/span.ts';
import { agree, everyColumn, isFilled, isStep, noStrides, RunBuilder, sameStrides, valueAt, valuesAt } from './run.ts';
import type { FilledRun, Run } from './run.ts';

/**
 * A persistent map from an index (a page or frame number) to a tuple of `columns` integers.
 *
 *     root   [ . . N . . . ]        a slot is: nothing | a run | a node of 32 slots
 *                  |
 *     node   [ R R R . R N ]        a run fills its slot wholly; one run object may fill many slots, at any level,
 *                        |          because its values count from its own start
 *     node   [ R S S T . . ]        slots of the lowest level are single pages
 *
 * Writing copies the nodes on the path and shares the rest, so every version stays readable and costs about a
 * kilobyte. The shape is canonical: a slot is a run exactly where its pages are one run, and the root is as low as
 * the occupied pages allow. Two maps that share a subtree share the object, which makes `diff` cheap.
 */
export class PageMap {
  /** One past the highest index: virtual page numbers of a 47-bit user space. */
  static readonly limit = 2 ** 35;

  private constructor(
    /** Number of integers for each page. */
    readonly columns: number,
    /** A bit for each column that may count up within a run; the others are the same on all its pages. */
    private readonly counting: number,
    /** The root slot covers [base, base + width(height)). */
    private readonly base: number,
    /** Levels below the root slot; 0: the root slot is a single page. */
    private readonly height: number,
    private readonly root: Slot,
  ) {}

  /** `counting`: bits of the columns that may count up from page to page within a run; without it all may. */
  static empty(columns: number, counting = everyColumn): PageMap {
    return new PageMap(columns, counting, 0, 0, null);
  }

  /** The inverse of `toRuns`. Throws where runs overlap, are out of order or have another number of columns. */
  static fromRuns(columns: number, runs: readonly Run[]): PageMap {
    let map = PageMap.empty(columns);
    for (const run of runs) map = map.setRun(run);
    return map;
  }

  get isEmpty(): boolean {
    return this.root === null;
  }

  /** The tuple of a page, or null where there is nothing. */
  get(index: number): readonly number[] | null {
    const run = this.#runAt(index);
    return run === null ? null : valuesAt(run, index);
  }

  /** One column of a page without building the tuple; null where there is nothing. */
  column(index: number, column: number): number | null {
    const run = this.#runAt(index);
    return run === null ? null : valueAt(run, index, column);
  }

  has(index: number): boolean {
    return this.#runAt(index) !== null;
  }

  /** [start, end) as maximal runs in order, holes included (values null): a function of the pages, not of their history. */
  runs(start: number, end: number): readonly Run[] {
    const builder = new RunBuilder(this.counting);
    let at = start;
    visit(this.root, this.base, this.height, start, end, (run, from, to) => {
      builder.add(null, at, from);
      builder.add(run, from, to);
      at = to;
    });
    builder.add(null, at, end);
    return builder.finish();
  }

  /** The occupied part of [start, end) as maximal runs. */
  occupied(start = 0, end = PageMap.limit): readonly FilledRun[] {
    return this.runs(start, end).filter(isFilled);
  }

  /** All occupied runs, as plain data. */
  toRuns(): readonly FilledRun[] {
    return this.occupied();
  }

  /** The first occupied index at or after `index`, or null. Does not visit holes. */
  next(index: number): number | null {
    return firstFrom(this.root, this.base, this.height, index);
  }

  /**
   * Visits the occupied stretches of [start, end) in order, without building runs: as they are stored, so a stretch
   * may be cut in several. `each` reads them with `valueAt` and `valuesAt` of run.ts.
   */
  fold<T>(start: number, end: number, initial: T, each: (sum: T, run: FilledRun, start: number, end: number) => T): T {
    let sum = initial;
    visit(this.root, this.base, this.height, start, end, (run, from, to) => {
      sum = each(sum, run, from, to);
    });
    return sum;
  }

  /** Writes one run (values null: empties its span). */
  setRun(run: Run): PageMap {
    return this.set(run.start, run.end, [run]);
  }

  /**
   * Replaces [start, end) by runs that cover it without gap or overlap. Returns this map where nothing changes.
   * The run objects are kept: do not change them.
   */
  set(start: number, end: number, runs: readonly Run[]): PageMap {
    if (start === end) return this;
    this.#check(start, end, runs);
    const lifted = this.#lifted(start, end);
    const root = write(lifted.root, lifted.base, lifted.height, start, end, { runs, at: 0, counting: this.counting });
    return root === lifted.root
      ? this
      : lowered(
          (base, height, slot) => new PageMap(this.columns, this.counting, base, height, slot),
          lifted.base,
          lifted.height,
          root,
        );
  }

  /** The maximal spans whose pages differ, in order. Skips what the two share. */
  diff(other: PageMap): readonly Span[] {
    const spans: Span[] = [];
    if (this.root === other.root && this.base === other.base && this.height === other.height) return spans;
    const [a, b] = PageMap.#common(this, other);
    differ(a.root, b.root, a.base, a.height, (start, end) => {
      const last = spans[spans.length - 1];
      if (last !== undefined && last.end === start) spans[spans.length - 1] = { start: last.start, end };
      else spans.push({ start, end });
    });
    return spans;
  }

  equals(other: PageMap): boolean {
    return (
      this.columns === other.columns &&
      this.height === other.height &&
      this.base === other.base &&
      sameSlot(this.root, other.root, this.base, this.height)
    );
  }

  /**
   * A summary of [start, end), computed once for each shared node and kept with it: cheap to ask again, in this
   * version and in every other that shares the node.
   */
  measure<T>(measure: Measure<T>, start: number, end: number): T {
    return measureSlot(measure, this.root, this.base, this.height, start, end);
  }

  #runAt(index: number): FilledRun | null {
    let slot = this.root;
    if (index < this.base || index >= this.base + width(this.height)) return null;
    for (let level = this.height - 1; isNode(slot); level--) slot = slot[slotOf(index, level)]!;
    return slot;
  }

  /** What makes runs unfit for a map is a fault of ours; messages are built only then. */
  #check(start: number, end: number, runs: readonly Run[]): void {
    if (start < 0 || end > PageMap.limit || start >= end) throw new Error(`span [${start}, ${end}) outside a page map`);
    let at = start;
    for (const run of runs) {
      const { values, strides } = run;
      if (run.start !== at || run.end <= at)
        throw new Error(`run [${run.start}, ${run.end}) where [${at}, ...) must follow`);
      if (values !== null && values.length !== this.columns)
        throw new Error(`a run of ${values.length} columns in a map of ${this.columns}`);
      if (strides !== null && run.end - run.start > 1 && !strides.every((s, c) => isStep(s, c, this.counting)))
        throw new Error(`a run that counts in a column that does not: strides ${String(strides)}`);
      at = run.end;
    }
    if (at !== end) throw new Error(`runs end at ${at}, not at ${end}`);
  }

  /** The same pages under a root that also covers [start, end). */
  #lifted(start: number, end: number): PageMap {
    let { base, height, root } = this;
    if (root === null) {
      height = 0;
      base = start;
    }
    while (base > start || base + width(height) < end) {
      const above = Math.floor(base / width(height + 1)) * width(height + 1);
      if (root !== null) {
        const node = emptyNode();
        node[slotOf(base, height)] = root;
        root = node;
      }
      base = above;
      height++;
    }
    return new PageMap(this.columns, this.counting, base, height, root);
  }

  /** Both under roots of one extent. */
  static #common(a: PageMap, b: PageMap): readonly [PageMap, PageMap] {
    if (a.root === null && b.root === null) return [a, a];
    const start = Math.min(a.root === null ? b.base : a.base, b.root === null ? a.base : b.base);
    const end = Math.max(
      a.root === null ? 0 : a.base + width(a.height),
      b.root === null ? 0 : b.base + width(b.height),
    );
    return [a.#lifted(start, end), b.#lifted(start, end)];
  }
}

/** A summary of pages that can be joined in order: a tally, a mask of states, a count. */
export interface Measure<T> {
  readonly empty: T;
  /** Of pages [start, end) of one run. */
  readonly run: (run: FilledRun, start: number, end: number) => T;
  readonly join: (a: T, b: T) => T;
  /** Kept summaries of whole nodes; make it with the measure, once. */
  readonly kept: WeakMap<object, T>;
}

type Slot = FilledRun | Node | null;
/** 32 slots. An array rather than an object with an array: one allocation a node. */
interface Node extends Array<Slot> {}

const fanout = 32;
const bits = 5;

const isNode = (slot: Slot): slot is Node => Array.isArray(slot);

/** Pages under a slot with `level` levels below it. */
const widths = Array.from({ length: 8 }, (_, level) => 2 ** (bits * level));
const width = (level: number): number => widths[level] ?? 2 ** (bits * level);

/** Which slot of a node whose slots have `level` levels below them holds `index`. Bits above 31 need division. */
const slotOf = (index: number, level: number): number =>
  level < 6 ? (index >>> (bits * level)) & (fanout - 1) : Math.floor(index / width(level)) % fanout;

const emptyNode = (): Node => new Array<Slot>(fanout).fill(null);

interface Cursor {
  readonly runs: readonly Run[];
  at: number;
  readonly counting: number;
}

/** The slot [base, base + width(level)) with [start, end) of it replaced from the cursor's runs; the same slot where nothing changes. */
function write(slot: Slot, base: number, level: number, start: number, end: number, from: Cursor): Slot {
  while (from.runs[from.at]!.end <= start) from.at++;
  const run = from.runs[from.at]!;
  if (start === base && end === base + width(level) && run.end >= end) {
    if (!isFilled(run)) return null;
    return slot !== null && !isNode(slot) && agree(slot, run, base, end - start) ? slot : run;
  }
  const below = level - 1;
  const step = width(below);
  const old: Node | null = isNode(slot) ? slot : null;
  let copy: Node | null = null;
  const first = slotOf(start, below);
  const last = slotOf(end - 1, below);
  for (let i = first; i <= last; i++) {
    const from0 = base + i * step;
    const before = old === null ? (slot as FilledRun | null) : old[i]!;
    const after = write(before, from0, below, Math.max(start, from0), Math.min(end, from0 + step), from);
    if (after === before) continue;
    copy ??= old === null ? new Array<Slot>(fanout).fill(slot) : old.slice();
    copy[i] = after;
  }
  return copy === null ? slot : folded(copy, base, below, from.counting);
}

/** The node, or the run (or nothing) that its slots are together. */
function folded(node: Node, base: number, level: number, counting: number): Slot {
  const first = node[0]!;
  const last = node[fanout - 1]!;
  if (first === null) return last === null && node.every((slot) => slot === null) ? null : node;
  if (last === null || isNode(first) || isNode(last)) return node;
  const step = width(level);
  if (level > 0) {
    for (let i = 1; i < fanout; i++) {
      const slot = node[i]!;
      if (slot === first) continue;
      if (slot === null || isNode(slot) || !agree(first, slot, base + i * step, step)) return node;
    }
    return first;
  }
  const second = node[1]!;
  if (second === null || isNode(second)) return node;
  const strides = new Array<number>(first.values.length);
  let any = 0;
  for (let c = 0; c < strides.length; c++) {
    const value = valueAt(first, base, c);
    const stride = valueAt(second, base + 1, c) - value;
    if (!isStep(stride, c, counting)) return node;
    if (valueAt(last, base + fanout - 1, c) !== value + (fanout - 1) * stride) return node;
    strides[c] = stride;
    any |= stride;
  }
  const run: FilledRun = {
    start: base,
    end: base + fanout,
    values: valuesAt(first, base),
    strides: any === 0 ? noStrides(strides.length) : strides,
  };
  for (let i = 0; i < fanout; i++) {
    const slot = node[i]!;
    if (slot === null || isNode(slot) || !agree(run, slot, base + i, 1)) return node;
  }
  return sameStrides(first, run) ? first : run;
}

/** A map whose root is as low as its pages allow. */
function lowered(
  make: (base: number, height: number, root: Slot) => PageMap,
  base: number,
  height: number,
  root: Slot,
): PageMap {
  while (isNode(root)) {
    let only = -1;
    for (let i = 0; i < fanout; i++) {
      if (root[i] === null) continue;
      if (only >= 0) return make(base, height, root);
      only = i;
    }
    height--;
    base += only * width(height);
    root = root[only]!;
  }
  return root === null ? make(0, 0, null) : make(base, height, root);
}

function visit(
  slot: Slot,
  base: number,
  level: number,
  start: number,
  end: number,
  each: (run: FilledRun, start: number, end: number) => void,
): void {
  if (slot === null || start >= base + width(level) || end <= base) return;
  if (!isNode(slot)) {
    each(slot, Math.max(start, base), Math.min(end, base + width(level)));
    return;
  }
  const below = level - 1;
  const step = width(below);
  const first = start <= base ? 0 : slotOf(start, below);
  const last = end >= base + width(level) ? fanout - 1 : slotOf(end - 1, below);
  for (let i = first; i <= last; i++) {
    const child = slot[i]!;
    if (child !== null) visit(child, base + i * step, below, start, end, each);
  }
}

function firstFrom(slot: Slot, base: number, level: number, index: number): number | null {
  if (slot === null || index >= base + width(level)) return null;
  if (!isNode(slot)) return Math.max(base, index);
  const below = level - 1;
  for (let i = index <= base ? 0 : slotOf(index, below); i < fanout; i++) {
    const found = firstFrom(slot[i]!, base + i * width(below), below, index);
    if (found !== null) return found;
  }
  return null;
}

function differ(a: Slot, b: Slot, base: number, level: number, each: (start: number, end: number) => void): void {
  if (a === b) return;
  if (isNode(a) || isNode(b)) {
    const below = level - 1;
    for (let i = 0; i < fanout; i++) {
      differ(isNode(a) ? a[i]! : a, isNode(b) ? b[i]! : b, base + i * width(below), below, each);
    }
    return;
  }
  const end = base + width(level);
  if (a === null || b === null) {
    each(base, end);
    return;
  }
  const same = meeting(a, b, base, end);
  if (same === 'all') return;
  if (same === null) {
    each(base, end);
    return;
  }
  if (base < same) each(base, same);
  if (same + 1 < end) each(same + 1, end);
}

/** Where two runs say the same in [start, end): on all pages, on one, or on none (two lines of slopes 0 and 1 meet once). */
function meeting(a: FilledRun, b: FilledRun, start: number, end: number): 'all' | number | null {
  let page: number | null = null;
  for (let c = 0; c < a.values.length; c++) {
    const gap = valueAt(b, start, c) - valueAt(a, start, c);
    const closing = a.strides[c]! - b.strides[c]!;
    if (closing === 0) {
      if (gap !== 0) return null;
      continue;
    }
    const at = start + gap / closing;
    if (page !== null && page !== at) return null;
    page = at;
  }
  if (page === null) return 'all';
  if (page < start || page >= end) return null;
  return end - start === 1 ? 'all' : page;
}

function sameSlot(a: Slot, b: Slot, base: number, level: number): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (isNode(a)) {
    if (!isNode(b)) return false;
    for (let i = 0; i < fanout; i++) if (!sameSlot(a[i]!, b[i]!, base + i * width(level - 1), level - 1)) return false;
    return true;
  }
  return !isNode(b) && agree(a, b, base, width(level));
}

function measureSlot<T>(measure: Measure<T>, slot: Slot, base: number, level: number, start: number, end: number): T {
  const stop = base + width(level);
  if (slot === null || start >= stop || end <= base) return measure.empty;
  if (!isNode(slot)) return measure.run(slot, Math.max(start, base), Math.min(end, stop));
  const whole = start <= base && end >= stop;
  const kept = whole ? measure.kept.get(slot) : undefined;
  if (kept !== undefined) return kept;
  const below = level - 1;
  const step = width(below);
  const first = start <= base ? 0 : slotOf(start, below);
  const last = end >= stop ? fanout - 1 : slotOf(end - 1, below);
  let sum = measure.empty;
  for (let i = first; i <= last; i++) {
    const child = slot[i]!;
    if (child !== null) sum = measure.join(sum, measureSlot(measure, child, base + i * step, below, start, end));
  }
  if (whole) measure.kept.set(slot, sum);
  return sum;
}
