/** Comparing what the kernel did with what the engine does, event for event. */
import type { RecordedEvent } from './recording.ts';

/** The first place where the two part; a side that has ended is null. */
export interface Difference {
  readonly at: number;
  readonly expected: RecordedEvent | null;
  readonly actual: RecordedEvent | null;
}

export interface Comparison {
  /** Events that agreed before the first difference. */
  readonly matched: number;
  /** Events of the recording that are compared. */
  readonly of: number;
  readonly first: Difference | null;
}

const keys = [
  'by',
  'dev',
  'event',
  'buf',
  'wider',
  'prot',
  'flags',
  'advice',
  'newPages',
  'toBuf',
  'toPage',
  'access',
  'present',
  'request',
  'ret',
  'cmd',
  'cpages',
  'npages',
  'nr',
] as const;

export function sameEvent(a: RecordedEvent, b: RecordedEvent): boolean {
  if (a.e !== b.e || a.range?.[0] !== b.range?.[0] || a.range?.[1] !== b.range?.[1]) return false;
  for (const key of keys) if (a[key] !== b[key]) return false;
  return true;
}

/** "P0 notifier_start CLEAR A[3..5)" */
export function printEvent(event: RecordedEvent): string {
  const { e, by, dev, buf, range, event: name, ...rest } = event;
  const place =
    buf === undefined
      ? ''
      : range === undefined
        ? ` ${buf}`
        : range[1] === range[0] + 1
          ? ` ${buf}[${range[0]}]`
          : ` ${buf}[${range[0]}..${range[1]})`;
  const facts = Object.entries(rest).map(([key, value]) => ` ${key}=${String(value)}`);
  return `${by} ${e}${dev === undefined ? '' : ` ${dev}`}${name === undefined ? '' : ` ${name}`}${place}${facts.join('')}`;
}
