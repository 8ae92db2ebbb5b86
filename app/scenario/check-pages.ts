/** Expectations about pages: entries of CPUs and devices, frames, words under way, the page cache. */
import type { World } from '../model/world.ts';
import { pageMap } from '../engine/apply.ts';
import { source } from '../engine/mm/migrate-collect.ts';
import { hmmFlag } from '../engine/mm/mirror.ts';
import { allFrames, poolOf } from '../engine/mm/frames.ts';
import { slotColumn, swapArea } from '../engine/mm/swap-slots.ts';
import { resolvePlace, type SpaceSpan } from '../engine/place.ts';
import { deviceFlag, deviceTarget } from '../model/device-pte.ts';
import { folioOrder, frameFlag, readFrame } from '../model/frame-state.ts';
import { hasFlag, hasFrame, pteFlag, pteKind, pteLevel } from '../model/pte.ts';
import { isWritable, printDeviceStrip, printStrip } from '../notation/strip.ts';
import type { Expectation } from './expectation.ts';

/** Both sides as text; they are equal where the expectation holds. */
export interface Verdict {
  readonly expected: string;
  readonly actual: string;
}

type Of<K extends string> = Extract<Expectation, { readonly [P in K]: unknown }>;
type Entry = readonly number[] | null;

export const text = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');

const missing = (place: string): Verdict => ({ expected: `${place} is mapped`, actual: `there is no ${place}` });

/** Names a page of a place for a message. */
const pageOf = (place: string, span: SpaceSpan, page: number): string =>
  span.end - span.start === 1 ? place : `page ${page - span.start} of ${place}`;

/** The first page whose fields are not as wanted; the last page where all are. */
function eachPage(
  place: string,
  span: SpaceSpan,
  wanted: Readonly<Record<string, unknown>>,
  found: (page: number) => Readonly<Record<string, unknown>>,
): Verdict {
  const keys = Object.keys(wanted);
  const say = (fields: Readonly<Record<string, unknown>>): string =>
    keys.map((key) => `${key} ${text(fields[key])}`).join(', ');
  for (let page = span.start; page < span.end; page++) {
    const fields = found(page);
    if (keys.some((key) => fields[key] !== wanted[key]))
      return {
        expected: `${pageOf(place, span, page)}: ${say(wanted)}`,
        actual: `${pageOf(place, span, page)}: ${say(fields)}`,
      };
  }
  return { expected: `${place}: ${say(wanted)}`, actual: `${place}: ${say(wanted)}` };
}

/** What a frame holds; null where it is free. */
const contentOf = (world: World, frame: number): number | null =>
  pageMap(world, 'frame', allFrames).get(frame)?.[6] ?? null;

const frameOf = (entry: Entry): number | null =>
  entry !== null && hasFrame(entry[0] ?? 0) ? (entry[1] ?? null) : null;

/** What a page holds, through its CPU entry; null: nothing that the entry names. */
function valueOf(world: World, entry: Entry): number | null {
  const frame = frameOf(entry);
  if (frame !== null) return contentOf(world, frame);
  if (entry !== null && pteKind(entry[0] ?? 0) === 'SWAP')
    return pageMap(world, 'swapSlot', swapArea).column(entry[1] ?? 0, slotColumn.content);
  return entry !== null && pteKind(entry[0] ?? 0) === 'PRESENT_ZERO' ? 0 : null;
}

export function checkStrip(world: World, e: Of<'strip'>): Verdict {
  return { expected: `${e.strip} shows ${e.shows}`, actual: `${e.strip} shows ${printStrip(world, e.strip)}` };
}

export function checkPage(world: World, e: Of<'page'>): Verdict {
  const span = resolvePlace(world, e.page);
  if (span === null) return missing(e.page);
  const entries = pageMap(world, 'pte', span.space);
  return eachPage(e.page, span, e.is, (page) => {
    const entry = entries.get(page);
    const word = entry?.[0] ?? 0;
    const frame = frameOf(entry);
    const flag = (name: keyof typeof pteFlag): boolean => entry !== null && hasFlag(word, pteFlag[name]);
    return {
      entry: entry === null ? 'NONE' : pteKind(word),
      write: entry !== null && isWritable(entry),
      young: flag('young'),
      dirty: flag('dirty'),
      softDirty: flag('softDirty'),
      uffdWp: flag('uffdWp'),
      special: flag('special'),
      exclusive: flag('exclusive'),
      level: entry === null ? 0 : pteLevel(word),
      pool: frame === null ? null : (poolOf(world, frame)?.id ?? null),
      value: valueOf(world, entry),
    };
  });
}

export function checkDevice(world: World, e: Of<'device'>): Verdict {
  if ('shows' in e)
    return {
      expected: `${e.device} ${e.place} shows ${e.shows}`,
      actual: `${e.device} ${e.place} shows ${printDeviceStrip(world, e.device, e.place)}`,
    };
  const span = resolvePlace(world, e.place);
  if (span === null) return missing(e.place);
  const entries = pageMap(world, 'devicePte', e.device);
  return eachPage(`${e.device} ${e.place}`, span, e.is, (page) => {
    const entry = entries.get(page);
    const word = entry?.[0] ?? 0;
    const frame = entry?.[1] ?? null;
    const permits = (flag: number): boolean => entry !== null && hasFlag(word, flag);
    return {
      target: entry === null ? 'INVALID' : deviceTarget(word),
      read: permits(deviceFlag.read),
      write: permits(deviceFlag.write),
      atomic: permits(deviceFlag.atomic),
      pool: frame === null ? null : (poolOf(world, frame)?.id ?? null),
      value: frame === null ? null : contentOf(world, frame),
    };
  });
}

export function checkValue(world: World, e: Of<'value'>): Verdict {
  const span = resolvePlace(world, e.value);
  if (span === null) return missing(e.value);
  const entries = pageMap(world, 'pte', span.space);
  for (let page = span.start; page < span.end; page++) {
    const want = e.is + (e.count === true ? page - span.start : 0);
    const found = valueOf(world, entries.get(page));
    const where = `${pageOf(e.value, span, page)} holds`;
    if (found !== want) return { expected: `${where} ${want}`, actual: `${where} ${found ?? 'nothing'}` };
  }
  const all = `${e.value} holds ${e.is}${e.count === true ? ' and on' : ''}`;
  return { expected: all, actual: all };
}

/** The frames that a name stands for: a place through the CPU's entries, or through a device's. */
function namedFrames(
  world: World,
  name: string,
): { readonly span: SpaceSpan; frame(page: number): number | null } | null {
  const [first = '', second] = name.split(/\s+/);
  const span = resolvePlace(world, second ?? first);
  if (span === null) return null;
  const entries = second === undefined ? pageMap(world, 'pte', span.space) : pageMap(world, 'devicePte', first);
  return {
    span,
    frame: (page) => {
      const entry = entries.get(page);
      return second === undefined ? frameOf(entry) : (entry?.[1] ?? null);
    },
  };
}

export function checkFrame(
  world: World,
  e: Extract<Expectation, { readonly frame: string; readonly has: unknown }>,
): Verdict {
  const named = namedFrames(world, e.frame);
  if (named === null) return missing(e.frame);
  const frames = pageMap(world, 'frame', allFrames);
  return eachPage(e.frame, named.span, e.has, (page) => {
    const number = named.frame(page);
    if (number === null) return {};
    const values = frames.get(number);
    const state = readFrame(values ?? []);
    const flags = Object.entries(frameFlag).map(([name, bit]) => [name, (state.flags & bit) !== 0] as const);
    return {
      ...state,
      ...Object.fromEntries(flags),
      free: values === null,
      order: folioOrder(state.flags),
      pool: poolOf(world, number)?.id ?? null,
    };
  });
}

export function checkSame(world: World, e: Of<'same'>): Verdict {
  const [a, b] = e.same.map((name) => {
    const named = namedFrames(world, name);
    return named === null ? null : named.frame(named.span.start);
  });
  const actual =
    a === null || b === null || a === undefined || b === undefined
      ? 'one of them has no frame'
      : a === b
        ? 'the same frame'
        : 'different frames';
  return { expected: e.frame ? 'the same frame' : 'different frames', actual };
}

const wordLetters = {
  source: (word: number) => {
    if (!hasFlag(word, source.migrate)) return 'x';
    const letter = hasFlag(word, source.frame) ? 'm' : 'h';
    return hasFlag(word, source.write) ? letter.toUpperCase() : letter;
  },
  destination: () => 'd',
  mirror: (word: number) =>
    hasFlag(word, hmmFlag.error) ? '!' : !hasFlag(word, hmmFlag.valid) ? '.' : hasFlag(word, hmmFlag.write) ? 'V' : 'v',
} as const;
const wordTables = { source: 'migrateSrc', destination: 'migrateDst', mirror: 'hmmPfn' } as const;

export function checkWords(world: World, e: Of<'words'>): Verdict {
  const span = resolvePlace(world, e.place);
  if (span === null) return missing(e.place);
  const table = pageMap(world, wordTables[e.words], e.context);
  let shows = '';
  for (let page = span.start; page < span.end; page++) {
    const entry = table.get(page);
    shows += entry === null ? '.' : wordLetters[e.words](entry[0] ?? 0);
  }
  const where = `${e.words} words of ${e.context} for ${e.place}: `;
  return { expected: `${where}${e.shows}`, actual: `${where}${shows}` };
}

export function checkCached(world: World, e: Of<'cached'>): Verdict {
  const file = world.records.file[e.cached];
  if (file === undefined) return { expected: `there is a file ${e.cached}`, actual: 'there is none' };
  const cache = pageMap(world, 'pageCache', e.cached);
  let shows = '';
  for (let page = 0; page < Math.min(file.pages, 4096); page++) shows += cache.get(page) === null ? '.' : 'f';
  return { expected: `cache of ${e.cached}: ${e.shows}`, actual: `cache of ${e.cached}: ${shows}` };
}
