/** Checks what a step expects against what happened. */
import type { World } from '../model/world.ts';
import type { Event, OpResult } from '../engine/event.ts';
import type { Violation } from '../engine/invariants.ts';
import { sumCosts } from '../engine/costs/cost.ts';
import { costOf } from '../engine/costs/event-cost.ts';
import type { Transaction } from '../engine/step.ts';
import { namePlace, resolvePlace } from '../engine/place.ts';
import {
  checkCached,
  checkDevice,
  checkFrame,
  checkPage,
  checkSame,
  checkStrip,
  checkValue,
  checkWords,
  text,
  type Verdict,
} from './check-pages.ts';
import { checkAddresses, checkObject, checkTranslations } from './check-sharing.ts';
import type { Expectation } from './expectation.ts';

export interface StepFacts {
  readonly world: World;
  readonly events: readonly Event[];
  readonly results: readonly OpResult[];
  readonly violations: readonly Violation[];
  readonly transactions: readonly Transaction[];
}

type Of<K extends string> = Extract<Expectation, { readonly [P in K]: unknown }>;

export const printResult = (result: OpResult): string =>
  'ok' in result ? 'ok' : 'errno' in result ? result.errno : 'signal' in result ? result.signal : 'waits';

/** A field of a record by path: "rss.anon". */
function field(record: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? (at as Readonly<Record<string, unknown>>)[key] : undefined),
      record,
    );
}

function checkRecord(world: World, e: Of<'record'>): Verdict {
  const dot = e.record.indexOf('.');
  const table: Readonly<Record<string, unknown>> = world.records[e.record.slice(0, dot) as keyof World['records']];
  const found = table[e.record.slice(dot + 1)];
  if ('exists' in e)
    return {
      expected: `there is ${e.exists ? 'a' : 'no'} ${e.record}`,
      actual: `there is ${found === undefined ? 'no' : 'a'} ${e.record}`,
    };
  const say = (pick: (key: string) => unknown): string =>
    `${e.record}: ${Object.keys(e.has)
      .map((key) => `${key} ${text(pick(key))}`)
      .join(', ')}`;
  return {
    expected: say((key) => e.has[key]),
    actual: found === undefined ? `there is no ${e.record}` : say((key) => field(found, key)),
  };
}

/** Whether an event happened at a named place, whole. */
function isAt(world: World, event: Event, place: string): boolean {
  const span = resolvePlace(world, place);
  const { space, start, pages } = event.at;
  return span !== null && space === span.space && start === span.start && pages === span.end - span.start;
}

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

function checkEvent(world: World, events: readonly Event[], e: Of<'event'>): Verdict {
  const matches = events.filter(
    (event) =>
      event.kind === e.event &&
      (e.by === undefined || event.by === e.by) &&
      (e.at === undefined || isAt(world, event, e.at)) &&
      (e.context === undefined || event.at.context === e.context) &&
      (e.rule === undefined || event.rule === e.rule || event.rule.startsWith(`${e.rule}.`)) &&
      Object.entries(e.args ?? {}).every(([key, value]) => same(event.args[key], value)),
  );
  const { event: kind, count, ...narrow } = e;
  const name = `${kind}${Object.keys(narrow).length === 0 ? '' : ` ${JSON.stringify(narrow)}`}`;
  const found = `${matches.length} times ${name}`;
  if (count !== undefined) return { expected: `${count} times ${name}`, actual: found };
  return { expected: `at least once ${name}`, actual: matches.length > 0 ? `at least once ${name}` : found };
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

/** Whether a step says that this invariant may be broken here. */
export const isForeseen = (world: World, v: Violation, expected: readonly Expectation[]): boolean =>
  expected.some((e) => 'broken' in e && e.broken === v.invariant && (e.at === undefined || e.at === placeOf(world, v)));

function checkTime({ transactions }: StepFacts, e: Of<'time'>): Verdict {
  const { ns } = sumCosts(transactions.map(costOf));
  return { expected: `the step takes ${e.time} ns`, actual: `the step takes ${ns} ns` };
}

function checkLink({ transactions }: StepFacts, e: Of<'link'>): Verdict {
  const { bytes } = sumCosts(transactions.map(costOf));
  return {
    expected: `${e.link} carries ${e.carries} bytes`,
    actual: `${e.link} carries ${bytes[e.link] ?? 0} bytes`,
  };
}

/** One expectation of a step. `results` of the step's operations are in order; without `of` the last is meant. */
export function checkExpectation(facts: StepFacts, e: Expectation): Verdict {
  const { world, events, results } = facts;
  if ('strip' in e) return checkStrip(world, e);
  if ('device' in e) return checkDevice(world, e);
  if ('value' in e) return checkValue(world, e);
  if ('page' in e) return checkPage(world, e);
  if ('same' in e) return checkSame(world, e);
  if ('record' in e) return checkRecord(world, e);
  if ('frame' in e) return checkFrame(world, e);
  if ('words' in e) return checkWords(world, e);
  if ('cached' in e) return checkCached(world, e);
  if ('holds' in e) return checkObject(world, e);
  if ('addresses' in e) return checkAddresses(world, e);
  if ('translations' in e) return checkTranslations(world, e);
  if ('time' in e) return checkTime(facts, e);
  if ('link' in e) return checkLink(facts, e);
  if ('event' in e) return checkEvent(world, events, e);
  if ('order' in e) return checkOrder(events, e.order);
  if ('broken' in e) return checkBroken(facts, e);
  const result = results[e.of ?? results.length - 1];
  return { expected: e.result, actual: result === undefined ? 'no such operation' : printResult(result) };
}
