/** Checks what a step expects against what happened. */
import type { World } from '../model/world.ts';
import type { Event, OpResult } from '../engine/event.ts';
import { pageMap } from '../engine/apply.ts';
import type { Violation } from '../engine/invariants.ts';
import { allFrames, poolOf } from '../engine/mm/frames.ts';
import { namePlace, resolvePlace } from '../engine/place.ts';
import { hasFrame, pteKind } from '../model/pte.ts';
import { readFrame } from '../model/frame-state.ts';
import { isWritable, printDeviceStrip, printStrip } from '../notation/strip.ts';
import type { Expectation } from './schema.ts';

export interface StepFacts {
  readonly world: World;
  readonly events: readonly Event[];
  readonly results: readonly OpResult[];
  readonly violations: readonly Violation[];
}

/** Both sides as text; they are equal where the expectation holds. */
export interface Verdict {
  readonly expected: string;
  readonly actual: string;
}

export const printResult = (result: OpResult): string =>
  'ok' in result ? 'ok' : 'errno' in result ? result.errno : 'signal' in result ? result.signal : 'waits';

const text = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));

/** A field of a record by path: "rss.anon". */
function field(record: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? (at as Readonly<Record<string, unknown>>)[key] : undefined),
      record,
    );
}

function entryAt(world: World, place: string): readonly number[] | null {
  const span = resolvePlace(world, place);
  return span === null ? null : pageMap(world, 'pte', span.space).get(span.start);
}

function frameNumber(world: World, place: string): number | null {
  const entry = entryAt(world, place);
  return entry !== null && hasFrame(entry[0] ?? 0) ? (entry[1] ?? null) : null;
}

/** What a page holds, through its CPU entry; null: nothing that the entry names. */
export function valueOf(world: World, space: string, page: number): number | null {
  const entry = pageMap(world, 'pte', space).get(page);
  if (entry === null) return null;
  if (!hasFrame(entry[0] ?? 0)) return pteKind(entry[0] ?? 0) === 'PRESENT_ZERO' ? 0 : null;
  return pageMap(world, 'frame', allFrames).get(entry[1] ?? 0)?.[6] ?? null;
}

type Of<K extends string> = Extract<Expectation, { readonly [P in K]: unknown }>;

function checkValue(world: World, e: Of<'value'>): Verdict {
  const span = resolvePlace(world, e.value);
  if (span === null) return { expected: `${e.value} is mapped`, actual: `there is no ${e.value}` };
  for (let page = span.start; page < span.end; page++) {
    const want = e.is + (e.count === true ? page - span.start : 0);
    const found = valueOf(world, span.space, page);
    const where = `page ${page - span.start} of ${e.value} holds`;
    if (found !== want) return { expected: `${where} ${want}`, actual: `${where} ${found ?? 'nothing'}` };
  }
  return {
    expected: `${e.value} holds ${e.is}${e.count === true ? ' and on' : ''}`,
    actual: `${e.value} holds ${e.is}${e.count === true ? ' and on' : ''}`,
  };
}

/** Some fields of a record, both sides as "name value, name value". */
function compareFields(wanted: Readonly<Record<string, unknown>>, found: unknown, missing: string): Verdict {
  const show = (pick: (key: string) => unknown): string =>
    Object.keys(wanted)
      .map((key) => `${key} ${text(pick(key))}`)
      .join(', ');
  return {
    expected: show((key) => wanted[key]),
    actual: found === null || found === undefined ? missing : show((key) => field(found, key)),
  };
}

function checkFrame(world: World, e: Of<'has'> & { readonly frame: string }): Verdict {
  const number = frameNumber(world, e.frame);
  const values = number === null ? null : pageMap(world, 'frame', allFrames).get(number);
  return compareFields(
    e.has,
    values === null || number === null ? null : { ...readFrame(values), pool: poolOf(world, number)?.id ?? null },
    `${e.frame} has no frame`,
  );
}

function checkRecord(world: World, e: Of<'record'>): Verdict {
  const dot = e.record.indexOf('.');
  const table: Readonly<Record<string, unknown>> = world.records[e.record.slice(0, dot) as keyof World['records']];
  return compareFields(e.has, table[e.record.slice(dot + 1)], `there is no ${e.record}`);
}

function checkEvent(events: readonly Event[], e: Of<'event'>): Verdict {
  const matches = events.filter(
    (event) =>
      event.kind === e.event &&
      (e.by === undefined || event.by === e.by) &&
      Object.entries(e.args ?? {}).every(([key, value]) => event.args[key] === value),
  );
  const name = `${e.event}${e.args === undefined ? '' : ` ${JSON.stringify(e.args)}`}`;
  const found = `${matches.length} times ${name}`;
  if (e.count === undefined)
    return { expected: `at least once ${name}`, actual: matches.length > 0 ? `at least once ${name}` : found };
  return { expected: `${e.count} times ${name}`, actual: found };
}

/** The wanted kinds as far as they come in order, then what is missing. */
function checkOrder(events: readonly Event[], wanted: readonly string[]): Verdict {
  const found: string[] = [];
  for (const event of events) if (event.kind === wanted[found.length]) found.push(event.kind);
  return {
    expected: wanted.join(', '),
    actual:
      found.length === wanted.length ? wanted.join(', ') : `${found.join(', ')}, then no ${wanted[found.length] ?? ''}`,
  };
}

/** Where an invariant is broken, in words that a file can name. */
export function placeOf(world: World, v: Violation): string {
  const name =
    namePlace(world, v.at) ?? (v.at.space === undefined ? `frame 0x${(v.at.start ?? 0).toString(16)}` : v.at.space);
  return v.at.context === undefined ? name : `${v.at.context} ${name}`;
}

function checkBroken({ world, violations }: StepFacts, e: Of<'broken'>): Verdict {
  const found = violations.filter((v) => v.invariant === e.broken).map((v) => placeOf(world, v));
  const expected = e.at === undefined ? `${e.broken} is broken` : `${e.broken} is broken at ${e.at}`;
  const asSaid = e.at === undefined ? found.length > 0 : found.includes(e.at);
  return {
    expected,
    actual: asSaid
      ? expected
      : found.length === 0
        ? `${e.broken} holds`
        : `${e.broken} is broken at ${found.join(', ')}`,
  };
}

function checkPage(world: World, e: Of<'page'>): Verdict {
  const entry = entryAt(world, e.page);
  const say = (kind: string, write: boolean): string =>
    `${e.page} is ${kind}${e.write === undefined ? '' : write ? ', writable' : ', read only'}`;
  return {
    expected: say(e.entry, e.write === true),
    actual: say(entry === null ? 'NONE' : pteKind(entry[0] ?? 0), entry !== null && isWritable(entry)),
  };
}

function checkSame(world: World, e: Of<'same'>): Verdict {
  const [a, b] = e.same.map((place) => frameNumber(world, place));
  return {
    expected: e.frame ? 'the same frame' : 'different frames',
    actual: a === b ? 'the same frame' : 'different frames',
  };
}

/** One expectation of a step. `results` of the step's operations are in order; without `of` the last is meant. */
export function checkExpectation(facts: StepFacts, e: Expectation): Verdict {
  const { world, events, results } = facts;
  if ('strip' in e)
    return { expected: `${e.strip} shows ${e.shows}`, actual: `${e.strip} shows ${printStrip(world, e.strip)}` };
  if ('device' in e)
    return {
      expected: `${e.device} ${e.place} shows ${e.shows}`,
      actual: `${e.device} ${e.place} shows ${printDeviceStrip(world, e.device, e.place)}`,
    };
  if ('value' in e) return checkValue(world, e);
  if ('page' in e) return checkPage(world, e);
  if ('same' in e) return checkSame(world, e);
  if ('record' in e) return checkRecord(world, e);
  if ('has' in e) return checkFrame(world, e);
  if ('event' in e) return checkEvent(events, e);
  if ('order' in e) return checkOrder(events, e.order);
  if ('broken' in e) return checkBroken(facts, e);
  const result = results[e.of ?? results.length - 1];
  return { expected: e.result, actual: result === undefined ? 'no such operation' : printResult(result) };
}
