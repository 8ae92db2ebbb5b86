/**
 * What every page of every address space and file holds, and what it must hold after a list of events. The second is
 * worked out from what the events say was written, moved and unmapped, not from the frames that they changed.
 */
import { frameColumn, frameFlag } from '../../model/frame-state.ts';
import { hasFrame, isMigration, pteKind } from '../../model/pte.ts';
import type { World } from '../../model/world.ts';
import { PageMap } from '../../store/page-map.ts';
import { isFilled, valueAt, type FilledRun } from '../../store/run.ts';
import { apply, pageMap } from '../apply.ts';
import type { Event } from '../event.ts';
import { allFrames } from '../mm/frames.ts';
import { source } from '../mm/migrate-collect.ts';
import { slotColumn, slots } from '../mm/swap-slots.ts';

/** Values by address space and page, or by file ("file:NAME") and page; a page of zeros is not there. */
type Contents = ReadonlyMap<string, PageMap>;

const none = PageMap.empty(1);

function put(
  contents: Map<string, PageMap>,
  key: string,
  start: number,
  end: number,
  value: number,
  counts: boolean,
): void {
  let map = contents.get(key) ?? none;
  const stride = counts && end - start > 1 ? 1 : 0;
  const zero = value === 0 && stride === 0;
  map = map.setRun(
    zero ? { start, end, values: null, strides: null } : { start, end, values: [value], strides: [stride] },
  );
  const nought = start - value;
  if (stride === 1 && start <= nought && nought < end)
    map = map.setRun({ start: nought, end: nought + 1, values: null, strides: null });
  contents.set(key, map);
}

/** What a migration committed lies at its destination already, though the entries still name the source. */
function committed(world: World, run: FilledRun): readonly FilledRun[] {
  return Array.from({ length: run.end - run.start }, (_, i): FilledRun => {
    const page = run.start + i;
    const frame = valueAt(run, page, 1);
    let to = frame;
    for (const [key, call] of Object.entries(world.records.migration))
      for (const part of pageMap(world, 'migrateSrc', key).occupied(call.start, call.end)) {
        const offset = frame - (part.values[1] ?? 0);
        const word = part.values[0] ?? 0;
        if ((word & source.frame) === 0 || (word & source.moved) === 0 || offset < 0 || offset >= part.end - part.start)
          continue;
        to = pageMap(world, 'migrateDst', key).column(part.start + offset, 1) ?? frame;
      }
    return { start: page, end: page + 1, values: [run.values[0] ?? 0, to], strides: [0, 0] };
  });
}

/** Pages of [start, end) whose entries name a frame: where the page lies, which frames, and of which file, if any. */
function stretches(world: World, space: string, start?: number, end?: number) {
  return pageMap(world, 'pte', space)
    .occupied(start, end)
    .filter((run) => hasFrame(run.values[0] ?? 0))
    .flatMap((run) => (isMigration(run.values[0] ?? 0) ? committed(world, run) : [run]))
    .flatMap((run) => {
      const first = run.values[1] ?? 0;
      const length = run.strides[1] === 1 ? run.end - run.start : 1;
      const spans =
        run.end - run.start === length
          ? [run.start]
          : Array.from({ length: run.end - run.start }, (_, i) => run.start + i);
      return spans.flatMap((page) =>
        pageMap(world, 'frame', allFrames)
          .runs(first, first + length)
          .filter(isFilled)
          .map((part) => ({
            start: page + (part.start - first),
            end: page + (part.end - first),
            value: part.values[6] ?? 0,
            counts: part.strides[6] === 1,
            givenUp: ((part.values[0] ?? 0) & (frameFlag.lazyFree | frameFlag.dirty)) === frameFlag.lazyFree,
            cached: ((part.values[0] ?? 0) & frameFlag.pageCache) !== 0 && part.values[4] !== 0 ? part : null,
          })),
      );
    });
}

const fileOf = (world: World, number: number): string | null =>
  Object.entries(world.records.file).find(([, file]) => file.number === number)?.[0] ?? null;

/** What a slot stands for: its frame in the swap cache, where there is one, may be newer than what was written. */
function inSlot(world: World, slot: number): number {
  const frame = slots(world).column(slot, slotColumn.frame) ?? 0;
  return frame === 0
    ? (slots(world).column(slot, slotColumn.content) ?? 0)
    : (pageMap(world, 'frame', allFrames).column(frame, frameColumn.content) ?? 0);
}

/** Pages whose entries name slots of swap space, and what these hold. */
function swapped(world: World, space: string): readonly Stretch[] {
  return pageMap(world, 'pte', space)
    .occupied()
    .filter((run) => pteKind(run.values[0] ?? 0) === 'SWAP')
    .flatMap((run) =>
      Array.from({ length: run.end - run.start }, (_, i) => {
        const value = inSlot(world, valueAt(run, run.start + i, 1));
        return { start: run.start + i, end: run.start + i + 1, value, counts: false };
      }),
    );
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly value: number;
  readonly counts: boolean;
}

/** What is in memory now. */
export function contentsOf(world: World): Contents {
  const contents = new Map<string, PageMap>();
  for (const space of Object.keys(world.records.space))
    for (const { start, end, value, counts, cached } of stretches(world, space))
      if (cached === null) put(contents, space, start, end, value, counts);
  for (const space of Object.keys(world.records.space))
    for (const { start, end, value, counts } of swapped(world, space)) put(contents, space, start, end, value, counts);
  for (const [name, shared] of Object.entries(world.pages.shmemSlot))
    for (const run of shared.occupied())
      for (let page = run.start; page < run.end; page++)
        put(
          contents,
          `file:${name}`,
          page,
          page + 1,
          slots(world).column(valueAt(run, page, 0), slotColumn.content) ?? 0,
          false,
        );
  for (const [name, blocks] of Object.entries(world.pages.fileBlock))
    for (const run of blocks.occupied())
      for (let page = run.start; page < run.end; page++)
        put(contents, `file:${name}`, page, page + 1, valueAt(run, page, 0), false);
  for (const [name, cache] of Object.entries(world.pages.pageCache))
    for (const run of cache.occupied())
      for (let page = run.start; page < run.end; page++)
        put(
          contents,
          `file:${name}`,
          page,
          page + 1,
          pageMap(world, 'frame', allFrames).column(valueAt(run, page, 0), 6) ?? 0,
          false,
        );
  return contents;
}

/** What must be in memory after these events: what was there, and what they say was written, moved or unmapped. */
export function written(before: World, events: readonly Event[]): Contents {
  const contents = new Map(contentsOf(before));
  let world = before;
  for (const event of events) {
    const { space, start = 0, pages = 0 } = event.at;
    const end = start + pages;
    if (space !== undefined) {
      if (event.kind === 'cpuWrite' || event.kind === 'deviceWrite') store(contents, world, event, space, start, end);
      else if (event.kind === 'deviceAtomic') {
        const by = Number(event.args['add']) * Number(event.args['times']);
        for (let page = start; page < end; page++)
          put(contents, space, page, page + 1, (contents.get(space)?.column(page, 0) ?? 0) + by, false);
      } else if (event.kind === 'cpuAtomic') addTo(contents, world, space, start, end, Number(event.args['add']));
      else if (event.kind === 'userfaultFilled') {
        const copied = event.args['with'] === 'copy';
        put(
          contents,
          space,
          start,
          end,
          copied ? Number(event.args['value']) : 0,
          copied && event.args['counting'] === true,
        );
      }
      // munmap, MADV_DONTNEED and exit
      else if (event.kind === 'zapped') put(contents, space, start, end, 0, false);
      else if (event.kind === 'entriesMoved') move(contents, space, start, end, Number(event.args['to']));
      else if (event.kind === 'entriesCopied') {
        const child = String(event.args['child']);
        const map = contents.get(space) ?? none;
        contents.set(child, (contents.get(child) ?? none).set(start, end, map.runs(start, end)));
      } else if (event.kind === 'unmapped') {
        // Reclaim drops what was given up (MADV_FREE) and not written since.
        for (const part of stretches(world, space, start, end))
          if (part.givenUp) put(contents, space, part.start, part.end, 0, false);
      } else if (event.kind === 'entriesCleaned') {
        for (const part of swapped(world, space))
          if (start <= part.start && part.end <= end) put(contents, space, part.start, part.end, 0, false);
      } else if (event.kind === 'doCowFault') copyOfFile(contents, world, space, start, end);
      else if (event.kind === 'entryReplaced') {
        // A private copy of a page of a file shows what the file held.
        for (const part of stretches(world, space, start, end))
          if (part.cached !== null) put(contents, space, part.start, part.end, part.value, part.counts);
      }
    }
    world = apply(world, event);
  }
  for (const key of [...contents.keys()])
    if (key.startsWith('file:') && world.records.file[key.slice(5)] === undefined) contents.delete(key);
  for (const name of Object.keys(world.records.file))
    if (before.records.file[name] === undefined) {
      const now = contentsOf(world).get(`file:${name}`);
      const known = contents.get(`file:${name}`);
      if (now !== undefined && known === undefined) contents.set(`file:${name}`, now);
    }
  return contents;
}

function store(
  contents: Map<string, PageMap>,
  world: World,
  event: Event,
  space: string,
  first: number,
  last: number,
): void {
  const base = Number(event.args['value']);
  const counts = event.args['counting'] === true;
  put(contents, space, first, last, base, counts);
  for (const { start, end, cached } of stretches(world, space, first, last)) {
    if (cached === null) continue;
    // What the entry shows is the page of the file, so that is where the value is.
    put(contents, space, start, end, 0, false);
    const file = fileOf(world, cached.values[4] ?? 0);
    if (file !== null) {
      const index = cached.values[5] ?? 0;
      put(contents, `file:${file}`, index, index + (end - start), base + (counts ? start - first : 0), counts);
    }
  }
}

/** An atomic of a CPU: on the page of a file, it is the file that holds the sum. */
function addTo(
  contents: Map<string, PageMap>,
  world: World,
  space: string,
  first: number,
  last: number,
  by: number,
): void {
  for (const { start, end, cached } of stretches(world, space, first, last)) {
    const file = cached === null ? null : fileOf(world, cached.values[4] ?? 0);
    const key = file === null ? space : `file:${file}`;
    const from = cached === null ? start : (cached.values[5] ?? 0);
    for (let page = from; page < from + (end - start); page++)
      put(contents, key, page, page + 1, (contents.get(key)?.column(page, 0) ?? 0) + by, false);
  }
}

function move(contents: Map<string, PageMap>, space: string, start: number, end: number, to: number): void {
  const map = contents.get(space) ?? none;
  const runs = map
    .runs(start, end)
    .map((run) => ({ ...run, start: run.start + to - start, end: run.end + to - start }));
  contents.set(
    space,
    map.set(start, end, [{ start, end, values: null, strides: null }]).set(to, to + (end - start), runs),
  );
}

function copyOfFile(contents: Map<string, PageMap>, world: World, space: string, start: number, end: number): void {
  for (let page = start; page < end; page++) {
    const vma = Object.values(world.records.vma).find(
      (area) => area.space === space && area.start <= page && page < area.end,
    );
    const index = vma === undefined ? 0 : vma.pgoff + (page - vma.start);
    put(contents, space, page, page + 1, contents.get(`file:${vma?.file ?? ''}`)?.column(index, 0) ?? 0, false);
  }
}

/** Null where both say the same, else what differs first. */
export function sameContents(expected: Contents, actual: Contents): string | null {
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const a = expected.get(key) ?? none;
    const b = actual.get(key) ?? none;
    const [span] = a.diff(b);
    if (span !== undefined)
      return `${key} page ${span.start} holds ${b.column(span.start, 0) ?? 0}, and ${a.column(span.start, 0) ?? 0} was written`;
  }
  return null;
}
