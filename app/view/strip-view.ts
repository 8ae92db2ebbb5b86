/** Strips of pages as bytes: one legend code a cell, the most notable state of the pages that the cell stands for. */
import { intersect, type Span } from '../base/span.ts';
import { legend, type LegendId } from '../model/legend.ts';
import { frameFlag, readFrame } from '../model/frame-state.ts';
import type { PageMap } from '../store/page-map.ts';
import { isFilled, type Run } from '../store/run.ts';
import type { World } from '../model/world.ts';
import { pageMap } from '../engine/apply.ts';
import { allFrames, poolOf } from '../engine/mm/frames.ts';
import { cpuState } from '../notation/strip.ts';

const codes = new Map<LegendId, number>(legend.map((row) => [row.id, row.code]));
const code = (id: LegendId): number => codes.get(id) ?? 0;

/** What a strip shows: entries of a space, or frames of a pool; null where there is no such strip. */
interface StripSource {
  readonly map: PageMap;
  readonly first: number;
  readonly pages: number;
  state(run: Run): LegendId;
}

function stripSource(world: World, id: string): StripSource | null {
  const [kind, ...rest] = id.split(':');
  const key = rest.join(':');
  if (kind === 'space') {
    const buffer = world.records.buffer[key];
    if (buffer === undefined) return null;
    return {
      map: pageMap(world, 'pte', buffer.space),
      first: buffer.start,
      pages: buffer.pages,
      state: (run) => cpuState(world, run.values),
    };
  }
  const pool = kind === 'pool' ? world.records.pool[key] : undefined;
  if (pool === undefined) return null;
  return {
    map: pageMap(world, 'frame', allFrames),
    first: pool.firstFrame,
    pages: pool.frames,
    state: (run) => frameState(world, run),
  };
}

function frameState(world: World, run: Run): LegendId {
  if (!isFilled(run)) return 'free';
  const frame = readFrame(run.values);
  if ((frame.flags & frameFlag.poisoned) !== 0) return 'poison';
  if ((frame.flags & frameFlag.isolated) !== 0) return 'migrating';
  if (frame.pins > 0) return 'pinned';
  const registration = poolOf(world, run.start)?.registration ?? 'system';
  if (registration !== 'system') return registration;
  return (frame.flags & frameFlag.pageCache) !== 0 ? 'file' : 'system';
}

/** `cells` bytes for pages [start, start + pages) of a strip; the codes rise with notability, so the largest wins. */
export function stripCells(world: World, id: string, start: number, pages: number, cells: number): Uint8Array {
  const out = new Uint8Array(cells);
  const source = stripSource(world, id);
  if (source === null || pages <= 0 || cells <= 0) return out;
  const from = source.first + start;
  const perCell = pages / cells;
  for (const run of cutByFrames(world, source, id, from, from + pages)) {
    const value = code(source.state(run));
    const first = Math.floor((run.start - from) / perCell);
    const last = Math.min(cells - 1, Math.ceil((run.end - from) / perCell) - 1);
    for (let cell = first; cell <= last; cell++) if (value > (out[cell] ?? 0)) out[cell] = value;
  }
  return out;
}

/** A stretch of equal entries may name frames of different kinds (pinned, coherent): cut it where they change. */
function cutByFrames(world: World, source: StripSource, id: string, start: number, end: number): readonly Run[] {
  const runs = source.map.runs(start, end);
  if (!id.startsWith('space:')) return runs;
  const frames = pageMap(world, 'frame', allFrames);
  return runs.flatMap((run) => {
    if (!isFilled(run) || run.strides[1] === 0) return [run];
    const first = run.values[1] ?? 0;
    return frames.runs(first, first + (run.end - run.start)).map((part): Run => ({
      ...run,
      start: run.start + (part.start - first),
      end: run.start + (part.end - first),
      values: [run.values[0] ?? 0, part.start],
    }));
  });
}

/** Pages of a space whose frames have another state than before (pinned, isolated, poisoned), though their entries are the same. */
function pagesOfFrames(before: World, after: World, source: StripSource): readonly Span[] {
  const changed = pageMap(after, 'frame', allFrames).diff(pageMap(before, 'frame', allFrames));
  if (changed.length === 0) return [];
  return source.map.runs(source.first, source.first + source.pages).flatMap((run) => {
    if (!isFilled(run)) return [];
    const frame = run.values[1] ?? 0;
    if (run.strides[1] === 0) return changed.some(({ start, end }) => frame >= start && frame < end) ? [run] : [];
    const frames = { start: frame, end: frame + (run.end - run.start) };
    return changed.flatMap((span) => {
      const common = intersect(span, frames);
      return common === null
        ? []
        : [{ start: run.start + (common.start - frame), end: run.start + (common.end - frame) }];
    });
  });
}

/** Spans in order, those that touch as one. */
function joined(spans: readonly Span[]): readonly Span[] {
  const all: Span[] = [];
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = all[all.length - 1];
    if (last !== undefined && start <= last.end)
      all[all.length - 1] = { start: last.start, end: Math.max(last.end, end) };
    else all.push({ start, end });
  }
  return all;
}

/**
 * Where two worlds draw a strip differently, in its own pages: every page outside of these is drawn the same. At most
 * `limit` spans; more are joined.
 */
export function stripChanges(before: World, after: World, id: string, limit = 64): readonly Span[] {
  const now = stripSource(after, id);
  const then = stripSource(before, id);
  if (now === null) return [];
  if (then === null || then.first !== now.first || then.pages !== now.pages) return [{ start: 0, end: now.pages }];
  const last = now.first + now.pages;
  const entries = now.map.diff(then.map);
  const spans = joined(id.startsWith('space:') ? [...entries, ...pagesOfFrames(before, after, now)] : entries)
    .filter((span) => span.start < last && span.end > now.first)
    .map((span) => ({ start: Math.max(0, span.start - now.first), end: Math.min(now.pages, span.end - now.first) }));
  const [first] = spans;
  const end = spans[spans.length - 1]?.end;
  return spans.length <= limit || first === undefined || end === undefined ? spans : [{ start: first.start, end }];
}
