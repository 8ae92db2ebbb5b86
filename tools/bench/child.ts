/** Whole processes, as a person starts them: wall time, processor time and peak memory of each. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { join } from 'node:path';
import { median } from './measure.ts';

const time = '/usr/bin/time';
export const measuresMemory = existsSync(time);

export interface Run {
  readonly status: number | null;
  readonly seconds: number;
  /** Seconds of processor time, in the program and in the kernel for it; null where /usr/bin/time is not installed. */
  readonly cpuSeconds: number | null;
  readonly peakMegabytes: number | null;
  readonly said: string;
}

/** The command line as it is installed: built, and nothing looked for that may be stale. */
export const memscape = (...args: readonly string[]): readonly string[] => [
  process.execPath,
  join(process.cwd(), 'bin/memscape.mjs'),
  ...args,
];

export function run(command: readonly string[], seconds = 60): Run {
  const [program = '', ...args] = measuresMemory ? [time, '-f', '\n%U %S %M', ...command] : command;
  const started = performance.now();
  const { status, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: seconds * 1000,
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, MEMSCAPE_NO_BUILD: '1', DISPLAY: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const figures = measuresMemory ? /\n([\d.]+) ([\d.]+) (\d+)\n?$/.exec(stderr) : null;
  return {
    status,
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: figures === null ? null : Number(figures[1]) + Number(figures[2]),
    peakMegabytes: figures === null ? null : Number(figures[3]) / 1024,
    said: stderr.slice(0, 400),
  };
}

/** Median of several runs after one that warms the caches of the disk; null where the command fails. */
export function medianRun(command: readonly string[], runs = 5): Run | null {
  const [first, ...rest] = Array.from({ length: runs + 1 }, () => run(command));
  if (first === undefined || rest.some((one) => one.status !== 0)) return null;
  const of = (value: (one: Run) => number | null): number | null => {
    const values = rest.map(value).filter((one) => one !== null);
    return values.length === 0 ? null : median(values);
  };
  return {
    ...first,
    seconds: of((one) => one.seconds) ?? first.seconds,
    cpuSeconds: of((one) => one.cpuSeconds),
    peakMegabytes: of((one) => one.peakMegabytes),
  };
}
