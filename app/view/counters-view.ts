/** The numbers that stories are about: what is resident and held now, and what it took so far. */
import { plural, printBytes } from '../base/format.ts';
import type { Fact } from '../contract/frame.ts';
import type { Event } from '../engine/event.ts';
import type { EventKind } from '../engine/event-kinds.ts';
import { allFrames } from '../engine/mm/frames.ts';
import { pageMap } from '../engine/apply.ts';
import { pageBytes } from '../model/ids.ts';
import { frameColumn } from '../model/frame-state.ts';
import type { World } from '../model/world.ts';
import type { Measure } from '../store/page-map.ts';
import { valueAt } from '../store/run.ts';

/** What happened up to a moment, in events or pages. */
export interface Tally {
  readonly cpuFaults: number;
  readonly deviceFaults: number;
  readonly invalidations: number;
  readonly refusals: number;
  readonly copiedPages: number;
}

export const noTally: Tally = { cpuFaults: 0, deviceFaults: 0, invalidations: 0, refusals: 0, copiedPages: 0 };

/** Events of a group stand for one after the other of their pages. */
const times = (event: Event): number => (event.group === null ? 1 : (event.at.pages ?? 1));

/** Pages that a migration copied: those that got a destination and had something to copy from. */
export function copiedPages(event: Event): number {
  if (typeof event.args['pages'] === 'number') return event.args['pages'];
  return event.changes.reduce(
    (sum, change) =>
      'pages' in change && change.pages === 'migrateDst'
        ? sum + change.after.reduce((pages, run) => pages + (run.values === null ? 0 : run.end - run.start), 0)
        : sum,
    0,
  );
}

const counted: { readonly [K in EventKind]?: (event: Event) => Partial<Tally> } = {
  cpuFault: (event) => ({ cpuFaults: times(event) }),
  deviceFault: (event) => ({ deviceFaults: times(event) }),
  deviceInvalidate: (event) => ({ invalidations: event.args['ignored'] === true ? 0 : times(event) }),
  refused: () => ({ refusals: 1 }),
  signalled: () => ({ refusals: 1 }),
  migrateCopy: (event) => ({ copiedPages: copiedPages(event) }),
  objectCopied: (event) => ({ copiedPages: copiedPages(event) }),
  importerInvalidated: () => ({ invalidations: 1 }),
  wpPageCopy: (event) => ({ copiedPages: event.at.pages ?? 1 }),
};

export function addEvent(tally: Tally, event: Event): Tally {
  const more = counted[event.kind]?.(event);
  if (more === undefined) return tally;
  return {
    cpuFaults: tally.cpuFaults + (more.cpuFaults ?? 0),
    deviceFaults: tally.deviceFaults + (more.deviceFaults ?? 0),
    invalidations: tally.invalidations + (more.invalidations ?? 0),
    refusals: tally.refusals + (more.refusals ?? 0),
    copiedPages: tally.copiedPages + (more.copiedPages ?? 0),
  };
}

const pinnedFrames: Measure<number> = {
  empty: 0,
  run: (run, start, end) => (valueAt(run, start, frameColumn.pins) > 0 ? end - start : 0),
  join: (a, b) => a + b,
  kept: new WeakMap(),
};

/** How many frames somebody holds in place. */
const pins = (world: World): number =>
  Object.values(world.records.pool).reduce(
    (sum, pool) =>
      sum + pageMap(world, 'frame', allFrames).measure(pinnedFrames, pool.firstFrame, pool.firstFrame + pool.frames),
    0,
  );

export function countersView(world: World, tally: Tally): readonly Fact[] {
  const rss = Object.entries(world.records.space)
    .filter(([, mm]) => mm.users > 0)
    .map(([space, mm]) => ({
      label: `RSS of ${space}`,
      value: plural(mm.rss.anon + mm.rss.file + mm.rss.shmem, 'page'),
    }));
  const swapped = Object.values(world.records.swapArea)
    .filter((area) => area.slots > area.free)
    .map((area) => ({ label: 'used in swap', value: plural(area.slots - area.free, 'slot') }));
  const pools = Object.entries(world.records.pool)
    .filter(([, pool]) => pool.frames > pool.free)
    .map(([id, pool]) => ({ label: `used in ${id}`, value: plural(pool.frames - pool.free, 'frame') }));
  const sequences = Object.entries(world.records.subscriptions)
    .filter(([space]) => Object.values(world.records.notifier).some((n) => n.space === space))
    .map(([space, subs]) => ({ label: `notifier sequence of ${space}`, value: String(subs.seq) }));
  if (rss.length === 0) return [...pools, ...sequences];
  return [
    ...rss,
    ...pools,
    ...swapped,
    { label: 'pinned', value: plural(pins(world), 'frame') },
    ...sequences,
    { label: 'CPU faults so far', value: String(tally.cpuFaults) },
    { label: 'device faults so far', value: String(tally.deviceFaults) },
    { label: 'mirrors told to forget', value: String(tally.invalidations) },
    { label: 'copied so far', value: printBytes(tally.copiedPages * pageBytes) },
    { label: 'refused so far', value: String(tally.refusals) },
  ];
}
