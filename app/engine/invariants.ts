/** What must hold in every world, after every event (semantics 1.14). A broken one is shown, never hidden. */
import { deviceFlag, devicePermits, deviceTarget } from '../model/device-pte.ts';
import { frameFlag, readFrame } from '../model/frame-state.ts';
import {
  countsInMapcount,
  countsInRss,
  hasFlag,
  hasFrame,
  isDevPrivate,
  isMigration,
  pteFlag,
  pteKind,
  pteLevel,
} from '../model/pte.ts';
import { pmdPages, pudPages } from '../model/ids.ts';
import type { World } from '../model/world.ts';
import type { PageMap } from '../store/page-map.ts';
import { isFilled, valueAt, type FilledRun } from '../store/run.ts';
import { pageMap } from './apply.ts';
import { misplacedBars } from './fabric/bar-invariant.ts';
import type { Place } from './event.ts';
import { allFrames, poolOf } from './mm/frames.ts';
import { sharingChecks } from './sharing/invariants.ts';
import { swapChecks } from './mm/swap-checks.ts';
import { ownerChecks } from './owners/checks.ts';

export interface Violation {
  readonly invariant: string;
  readonly text: string;
  readonly at: Place;
}

/** The occupied runs of a map; a map that several checks look at is walked once. */
type Walk = (map: PageMap) => readonly FilledRun[];
type Check = (world: World, walk: Walk) => readonly Violation[];

/** Adds up how often each frame is mapped, as runs: +n from a frame on, -n after its end. */
function mappings(world: World, walk: Walk): Map<number, number> {
  const steps = new Map<number, number>();
  for (const table of Object.values(world.pages.pte)) {
    for (const run of walk(table)) {
      if (!countsInMapcount(run.values[0] ?? 0)) continue;
      const first = run.values[1] ?? 0;
      const end = first + (run.end - run.start);
      steps.set(first, (steps.get(first) ?? 0) + 1);
      steps.set(end, (steps.get(end) ?? 0) - 1);
    }
  }
  return steps;
}

/** I1: page-table entries that count = mapcount, for every frame. */
const mapcounts: Check = (world, walk) => {
  const steps = mappings(world, walk);
  const frames = pageMap(world, 'frame', allFrames);
  for (const run of walk(frames)) {
    const maps = run.values[2] ?? 0;
    steps.set(run.start, (steps.get(run.start) ?? 0) - maps);
    steps.set(run.end, (steps.get(run.end) ?? 0) + maps);
  }
  let sum = 0;
  for (const [frame, delta] of [...steps.entries()].sort(([a], [b]) => a - b)) {
    sum += delta;
    if (sum !== 0)
      return [
        {
          invariant: 'I1',
          text: `frame 0x${frame.toString(16)}: entries and mapcount differ by ${sum}`,
          at: { start: frame, pages: 1 },
        },
      ];
  }
  return [];
};

/** I2: private device memory is never mapped by a present entry. */
const privateIsNotPresent: Check = (world, walk) =>
  eachEntry(world, walk, (space, run, word) => {
    const pool = hasFrame(word) && !isMigration(word) ? poolOf(world, run.values[1] ?? 0) : null;
    const wrong = pool?.registration === 'private' ? pteKind(word) === 'PRESENT' : isDevPrivate(word);
    return wrong
      ? [
          {
            invariant: 'I2',
            text: 'a device-private frame and a present entry do not go together',
            at: { space, start: run.start, pages: run.end - run.start },
          },
        ]
      : [];
  });

function eachEntry(
  world: World,
  walk: Walk,
  look: (space: string, run: FilledRun, word: number) => readonly Violation[],
): readonly Violation[] {
  return Object.entries(world.pages.pte).flatMap(([space, table]) =>
    walk(table).flatMap((run) => look(space, run, run.values[0] ?? 0)),
  );
}

/** I3: a device entry names the frame that the CPU entry names, with no more rights than a valid mirror could have. */
const devicesAgree: Check = (world, walk) =>
  Object.entries(world.pages.devicePte).flatMap(([context, table]) => {
    const space = world.records.context[context]?.space ?? '';
    const cpu = pageMap(world, 'pte', space);
    const calls = Object.entries(world.records.migration).flatMap(([key, m]) => (m.context === context ? [key] : []));
    return walk(table).flatMap((run) =>
      cpu.runs(run.start, run.end).flatMap((entry): readonly Violation[] => {
        const text = disagreement(run, isFilled(entry) ? entry : null, Math.max(run.start, entry.start));
        // Between commit and finalize the driver's table is ahead of the CPU's: it names the destination already.
        const ahead =
          isFilled(entry) &&
          isMigration(entry.values[0] ?? 0) &&
          calls.some((key) => pageMap(world, 'migrateDst', key).get(entry.start)?.[1] === valueAt(run, entry.start, 1));
        return text === null || ahead
          ? []
          : [{ invariant: 'I3', text, at: { context, space, start: entry.start, pages: entry.end - entry.start } }];
      }),
    );
  });

function disagreement(device: FilledRun, cpu: FilledRun | null, page: number): string | null {
  const word = device.values[0] ?? 0;
  if (deviceTarget(word) === 'ERROR') return null;
  const mine = valueAt(device, page, 1);
  const hex = (frame: number): string => `0x${frame.toString(16)}`;
  if (cpu === null) return `the device still maps frame ${hex(mine)}; the CPU maps nothing here`;
  const entry = cpu.values[0] ?? 0;
  const theirs = valueAt(cpu, page, 1);
  if (!hasFrame(entry) && pteKind(entry) !== 'PRESENT_ZERO')
    return `the device still maps frame ${hex(mine)}; the CPU entry is ${pteKind(entry)}`;
  if (mine !== theirs) return `the device maps frame ${hex(mine)}; the CPU entry says ${hex(theirs)}`;
  const cpuWrites =
    hasFlag(entry, pteFlag.write) || ['DEVPRIV_WRITE', 'MIGRATION_WRITE', 'DEVEXCL'].includes(pteKind(entry));
  return devicePermits(word, 'write') && !cpuWrites
    ? `the device may write frame ${hex(mine)}; the CPU entry is read only`
    : null;
}

/** I6: at most one process maps an exclusive frame. */
const exclusiveMeansOne: Check = (world, walk) =>
  walk(pageMap(world, 'frame', allFrames)).flatMap((run): readonly Violation[] => {
    const frame = readFrame(run.values);
    return (frame.flags & frameFlag.anonExclusive) !== 0 && frame.maps > 1
      ? [
          {
            invariant: 'I6',
            text: `an exclusive frame has ${frame.maps} mappings`,
            at: { start: run.start, pages: run.end - run.start },
          },
        ]
      : [];
  });

/** I7: device-exclusive entries are the only mapping of an ordinary anonymous frame. */
const leasesAreSole: Check = (world, walk) =>
  eachEntry(world, walk, (space, run, word) => {
    if (pteKind(word) !== 'DEVEXCL') return [];
    const frame = pageMap(world, 'frame', allFrames).get(run.values[1] ?? 0);
    const state = frame === null ? null : readFrame(frame);
    return state === null || state.maps !== 1 || (state.flags & frameFlag.pageCache) !== 0
      ? [
          {
            invariant: 'I7',
            text: 'a lent page must be anonymous and mapped once',
            at: { space, start: run.start, pages: run.end - run.start },
          },
        ]
      : [];
  });

/** I9: an even sequence means that no invalidation that hits an interval is outstanding. */
const sequences: Check = (world) =>
  Object.entries(world.records.subscriptions).flatMap(([space, subs]): readonly Violation[] => {
    if (subs.active < 0) return [{ invariant: 'I9', text: 'more invalidations ended than started', at: { space } }];
    return subs.active === 0 && subs.seq % 2 === 1
      ? [
          {
            invariant: 'I9',
            text: `the sequence ${subs.seq} is odd though nothing is being invalidated`,
            at: { space },
          },
        ]
      : [];
  });

/** I10: resident pages = entries that count. */
const resident: Check = (world, walk) =>
  Object.entries(world.records.space).flatMap(([space, mm]): readonly Violation[] => {
    const counted = walk(pageMap(world, 'pte', space)).reduce(
      (sum, run) => sum + (countsInRss(run.values[0] ?? 0) ? run.end - run.start : 0),
      0,
    );
    const inSwap = walk(pageMap(world, 'pte', space)).reduce(
      (sum, run) => sum + (pteKind(run.values[0] ?? 0) === 'SWAP' ? run.end - run.start : 0),
      0,
    );
    if (inSwap !== mm.swapped)
      return [
        {
          invariant: 'I10',
          text: `${mm.swapped} pages count as swapped, the page table names ${inSwap} slots`,
          at: { space },
        },
      ];
    const rss = mm.rss.anon + mm.rss.file + mm.rss.shmem;
    return rss === counted
      ? []
      : [{ invariant: 'I10', text: `RSS says ${rss} pages, the page table ${counted}`, at: { space } }];
  });

/** I14: free and used frames make up each pool. */
const pools: Check = (world, walk) =>
  Object.entries(world.records.pool).flatMap(([id, pool]): readonly Violation[] => {
    const last = pool.firstFrame + pool.frames;
    const used = walk(pageMap(world, 'frame', allFrames)).reduce(
      (sum, run) => sum + Math.max(0, Math.min(run.end, last) - Math.max(run.start, pool.firstFrame)),
      0,
    );
    return used + pool.free === pool.frames
      ? []
      : [
          {
            invariant: 'I14',
            text: `${id}: ${used} frames used and ${pool.free} free do not make ${pool.frames}`,
            at: { start: pool.firstFrame, pages: pool.frames },
          },
        ];
  });

/** A device entry that can write is one that can read. */
const writeImpliesRead: Check = (world, walk) =>
  Object.entries(world.pages.devicePte).flatMap(([context, table]) =>
    walk(table).flatMap((run): readonly Violation[] => {
      const flags = run.values[0] ?? 0;
      return (flags & deviceFlag.write) !== 0 && (flags & deviceFlag.read) === 0
        ? [
            {
              invariant: 'D1',
              text: 'a writable device entry must be readable',
              at: { context, start: run.start, pages: run.end - run.start },
            },
          ]
        : [];
    }),
  );

/** A huge entry stands for all the pages of its block. */
const hugeIsWhole: Check = (world, walk) =>
  eachEntry(world, walk, (space, run, word) => {
    const level = pteLevel(word);
    const size = level === 2 ? pudPages : pmdPages;
    const whole = run.start % size === 0 && run.end % size === 0 && (!hasFrame(word) || run.strides[1] === 1);
    return level === 0 || whole
      ? []
      : [
          {
            invariant: 'E1',
            text: `a huge entry stands for ${size} pages, not for ${run.end - run.start}`,
            at: { space, start: run.start, pages: run.end - run.start },
          },
        ];
  });

const checks: readonly Check[] = [
  mapcounts,
  privateIsNotPresent,
  devicesAgree,
  exclusiveMeansOne,
  leasesAreSole,
  sequences,
  resident,
  pools,
  writeImpliesRead,
  ...swapChecks,
  hugeIsWhole,
  ...ownerChecks,
  ...sharingChecks,
  misplacedBars,
];

/** Everything that does not hold in this world; empty: all is well. */
export function checkInvariants(world: World): readonly Violation[] {
  const walked = new Map<PageMap, readonly FilledRun[]>();
  const walk: Walk = (map) => {
    const known = walked.get(map);
    if (known !== undefined) return known;
    const runs = map.occupied();
    walked.set(map, runs);
    return runs;
  };
  return checks.flatMap((check) => check(world, walk));
}
