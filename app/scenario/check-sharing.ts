/** Expectations about what devices share: buffer objects, addresses of importers, cached translations. */
import type { World } from '../model/world.ts';
import { devicePermits, deviceTarget } from '../model/device-pte.ts';
import { frameColumn } from '../model/frame-state.ts';
import { pageMap } from '../engine/apply.ts';
import { allFrames, poolOf } from '../engine/mm/frames.ts';
import { resolvePlace } from '../engine/place.ts';
import { text, type Verdict } from './check-pages.ts';
import type { Expectation } from './expectation.ts';

type Of<K extends string> = Extract<Expectation, { readonly [P in K]: unknown }>;

const contentOf = (world: World, frame: number): number | null =>
  pageMap(world, 'frame', allFrames).column(frame, frameColumn.content);

export function checkObject(world: World, e: Of<'holds'>): Verdict {
  const object = world.records.object[e.object];
  if (object === undefined) return { expected: `there is a buffer object ${e.object}`, actual: 'there is none' };
  const frames = pageMap(world, 'objectPage', e.object);
  for (let page = 0; page < Math.min(object.pages, 4096); page++) {
    const want = e.holds + (e.count === true ? page : 0);
    const frame = frames.column(page, 0);
    const found = frame === null ? null : contentOf(world, frame);
    if (found !== want)
      return {
        expected: `page ${page} of ${e.object} holds ${want}`,
        actual: `page ${page} of ${e.object} holds ${found ?? 'nothing'}`,
      };
  }
  const all = `${e.object} holds ${e.holds}${e.count === true ? ' and on' : ''}`;
  return { expected: all, actual: all };
}

export function checkAddresses(world: World, e: Of<'addresses'>): Verdict {
  const { attachment, memoryRegion } = world.records;
  if (attachment[e.addresses] === undefined && memoryRegion[e.addresses] === undefined)
    return { expected: `there is an attachment or a region ${e.addresses}`, actual: 'there is none' };
  const runs = pageMap(world, 'importPte', e.addresses).occupied();
  const word = runs[0]?.values[0] ?? 0;
  const frame = runs[0]?.values[1] ?? null;
  const found: Readonly<Record<string, unknown>> = {
    target: frame === null ? 'NONE' : deviceTarget(word),
    write: frame !== null && devicePermits(word, 'write'),
    pool: frame === null ? null : (poolOf(world, frame)?.id ?? null),
    value: frame === null ? null : contentOf(world, frame),
    pages: runs.reduce((sum, run) => sum + run.end - run.start, 0),
  };
  const say = (fields: Readonly<Record<string, unknown>>): string =>
    `addresses of ${e.addresses}: ${Object.keys(e.are)
      .map((key) => `${key} ${text(fields[key])}`)
      .join(', ')}`;
  return { expected: say(e.are), actual: say(found) };
}

export function checkTranslations(world: World, e: Of<'translations'>): Verdict {
  const span = resolvePlace(world, e.place);
  if (span === null) return { expected: `${e.place} is mapped`, actual: `there is no ${e.place}` };
  if (world.records.svaBond[e.translations] === undefined)
    return { expected: `${e.translations} share an address space`, actual: 'they do not' };
  const cached = pageMap(world, 'atc', e.translations);
  let shows = '';
  for (let page = span.start; page < span.end; page++) {
    const word = cached.column(page, 0);
    shows += word === null ? '.' : devicePermits(word, 'write') ? 'T' : 't';
  }
  const where = `translations of ${e.translations} for ${e.place}: `;
  return { expected: `${where}${e.shows}`, actual: `${where}${shows}` };
}
