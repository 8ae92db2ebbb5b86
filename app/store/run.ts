/** A stretch of pages with equal or consecutive column values: page `start + i` has `values[c] + i * strides[c]`. */
export interface Run {
  readonly start: number;
  readonly end: number;
  /** Column values of the first page; null: nothing there. */
  readonly values: readonly number[] | null;
  /** 0 or 1 for each column; null exactly where `values` is null. */
  readonly strides: readonly number[] | null;
}

/** A run that holds something. */
export interface FilledRun extends Run {
  readonly values: readonly number[];
  readonly strides: readonly number[];
}

export const isFilled = (run: Run): run is FilledRun => run.values !== null;

const holeRun = (start: number, end: number): Run => ({ start, end, values: null, strides: null });

/** Bits of all columns: any may count. */
export const everyColumn = -1;

/** Whether a column may take this step from page to page within a run. */
export const isStep = (step: number, column: number, counting: number): boolean =>
  step === 0 || (step === 1 && ((counting >> column) & 1) === 1);

const zeroStrides = new Map<number, readonly number[]>();

/** The strides of a run whose pages are all alike: one shared array for each number of columns. */
export function noStrides(columns: number): readonly number[] {
  let zeros = zeroStrides.get(columns);
  if (zeros === undefined) {
    zeros = new Array<number>(columns).fill(0);
    zeroStrides.set(columns, zeros);
  }
  return zeros;
}

/** Column `column` of page `index`; the index may lie outside the run's own span (the run goes on as it goes). */
export function valueAt(run: FilledRun, index: number, column: number): number {
  return run.values[column]! + (index - run.start) * run.strides[column]!;
}

/** All columns of page `index`. */
export function valuesAt(run: FilledRun, index: number): readonly number[] {
  const offset = index - run.start;
  if (offset === 0) return run.values;
  const values = new Array<number>(run.values.length);
  for (let c = 0; c < values.length; c++) values[c] = run.values[c]! + offset * run.strides[c]!;
  return values;
}

export function sameStrides(a: FilledRun, b: FilledRun): boolean {
  if (a.strides === b.strides) return true;
  for (let c = 0; c < a.strides.length; c++) if (a.strides[c] !== b.strides[c]) return false;
  return true;
}

/** Both say the same about `pages` pages from `index` on. */
export function agree(a: FilledRun, b: FilledRun, index: number, pages: number): boolean {
  if (a === b) return true;
  for (let c = 0; c < a.values.length; c++) if (valueAt(a, index, c) !== valueAt(b, index, c)) return false;
  return pages === 1 || sameStrides(a, b);
}

/**
 * Collects stretches in ascending order into maximal runs. What comes out depends on the pages alone, not on how they
 * were cut on the way in: from each run's first page the run goes on for as long as every column keeps the step
 * (0 or 1) that it took from the first page to the second. A run of one page has strides 0.
 */
export class RunBuilder {
  readonly runs: Run[] = [];
  /** `counting`: a bit for each column that may count up within a run. */
  constructor(readonly counting = everyColumn) {}

  #start = 0;
  #end = 0;
  /** The open run, or null for an open hole; nothing is open while #end === #start. */
  #open: FilledRun | null = null;

  /** Appends pages [start, end) of `run` (null: of nothing). `start` is where the last append ended. */
  add(run: FilledRun | null, start: number, end: number): void {
    if (start >= end) return;
    if (this.#end === this.#start) return this.#begin(run, start, end);
    const open = this.#open;
    if (open === null || run === null) {
      if (open === run) this.#end = end;
      else this.#begin(run, start, end);
      return;
    }
    if (open === run) {
      this.#end = end;
      return;
    }
    const first = this.#start;
    const last = this.#end - 1;
    if (first === last) {
      const strides = stepBetween(open, first, run, start, this.counting);
      if (strides === null) return this.#begin(run, start, end);
      this.#open = { start: first, end: first, values: valuesAt(open, first), strides };
    } else {
      for (let c = 0; c < open.values.length; c++) {
        if (valueAt(open, start, c) !== valueAt(run, start, c)) return this.#begin(run, start, end);
      }
    }
    if (end - start === 1 || sameStrides(this.#open!, run)) {
      this.#end = end;
      return;
    }
    this.#end = start + 1;
    this.#begin(run, start + 1, end);
  }

  finish(): readonly Run[] {
    this.#flush();
    return this.runs;
  }

  #begin(run: FilledRun | null, start: number, end: number): void {
    this.#flush();
    this.#open = run;
    this.#start = start;
    this.#end = end;
  }

  #flush(): void {
    const open = this.#open;
    const start = this.#start;
    const end = this.#end;
    if (start === end) return;
    if (open === null) this.runs.push(holeRun(start, end));
    else {
      const strides = end - start === 1 ? noStrides(open.values.length) : open.strides;
      const whole = open.start === start && open.end === end && open.strides === strides;
      this.runs.push(whole ? open : { start, end, values: valuesAt(open, start), strides });
    }
    this.#start = this.#end;
  }
}

/** The step of each column from page `i` of `a` to page `j` of `b`, or null where one is neither 0 nor, if it may count, 1. */
function stepBetween(a: FilledRun, i: number, b: FilledRun, j: number, counting: number): readonly number[] | null {
  const strides = new Array<number>(a.values.length);
  let any = 0;
  for (let c = 0; c < strides.length; c++) {
    const step = valueAt(b, j, c) - valueAt(a, i, c);
    if (!isStep(step, c, counting)) return null;
    strides[c] = step;
    any |= step;
  }
  return any === 0 ? noStrides(strides.length) : strides;
}
