/** What must hold of memory that devices share (I11 of semantics 1.14, and what frames of buffer objects need). */
import type { World } from '../../model/world.ts';
import { frameColumn, frameFlag } from '../../model/frame-state.ts';
import { devicePermits } from '../../model/device-pte.ts';
import { permits, pteKind } from '../../model/pte.ts';
import type { PageMap } from '../../store/page-map.ts';
import { isFilled, valueAt } from '../../store/run.ts';
import { pageMap } from '../apply.ts';
import type { Violation } from '../invariants.ts';
import { allFrames } from '../mm/frames.ts';
import { ghostKey } from './reservation.ts';
import { objectBehind } from './object-mappings.ts';
import { stretches, type FrameTable, type Stretch } from './object-frames.ts';

const hex = (frame: number): string => `0x${frame.toString(16)}`;

/** A table of page -> frame, and by how much its pages are ahead of those that are compared with it. */
interface Table {
  readonly map: PageMap;
  readonly ahead: number;
}

/** How many pages from `page` on a table has in frames from `frame` on, at most `pages`. */
function agreed({ map, ahead }: Table, page: number, frame: number, pages: number): number {
  const run = map.occupied(page + ahead, page + ahead + pages)[0];
  if (run === undefined || run.start !== page + ahead || valueAt(run, run.start, 0) !== frame) return 0;
  return run.strides[0] === 1 ? run.end - run.start : 1;
}

/** The first page whose frame none of the tables has for it; null: one or another has all. Goes run by run. */
function firstOther(
  used: readonly Stretch[],
  tables: readonly Table[],
): { readonly page: number; readonly frame: number } | null {
  for (const { page, frame, pages } of used) {
    for (let done = 0; done < pages;) {
      const upto = Math.max(0, ...tables.map((table) => agreed(table, page + done, frame + done, pages - done)));
      if (upto === 0) return { page: page + done, frame: frame + done };
      done += upto;
    }
  }
  return null;
}

const tableOf = (world: World, table: FrameTable, key: string, ahead = 0): Table => ({
  map: pageMap(world, table, key),
  ahead,
});

/**
 * I11: an importing device has only addresses of memory that is still the buffer's, or, told that it moves, of what
 * the buffer left behind until the fences signal.
 */
function importersForget(world: World): readonly Violation[] {
  const { attachment, dmaBuf, object, reservation } = world.records;
  return Object.keys(world.pages.importPte).flatMap((key): readonly Violation[] => {
    const tie = attachment[key];
    // A pinned region has no attachment: its pins are looked at below.
    if (tie === undefined && world.records.memoryRegion[key]?.kind === 'pinned') return [];
    const objectName = tie === undefined ? null : (dmaBuf[tie.dmaBuf]?.object ?? null);
    const fences = objectName === null ? [] : (reservation[objectName]?.fences ?? []);
    const current = tableOf(world, 'objectPage', objectName ?? '');
    const left = fences.map((fence) => tableOf(world, 'ghostPage', ghostKey(objectName ?? '', fence.seqno)));
    const used = stretches(world, 'importPte', key);
    const may = tie !== undefined && objectName !== null && object[objectName] !== undefined;
    // Under the reservation lock an exporter is still telling its importers.
    const telling = objectName !== null && (reservation[objectName]?.lockedBy ?? null) !== null;
    const told = tie === undefined || tie.mapping !== 'mapped';
    const allowed = !may || (told && fences.length === 0 && !telling) ? [] : told ? [current, ...left] : [current];
    const wrong = firstOther(used, allowed);
    if (wrong === null) return [];
    const device = tie?.importer;
    const why = told ? 'it was told to forget, and no fence is pending' : 'the buffer does not have this frame';
    return [
      {
        invariant: 'I11',
        text: `${key} still has the address of frame ${hex(wrong.frame)} for page ${wrong.page}: ${why}`,
        at: { ...(device === undefined ? {} : { device }), start: wrong.frame, pages: 1 },
      },
    ];
  });
}

/** S1: what an exporter handed out, and what CPUs map of a buffer, is the buffer's own memory. */
function mappingsAgree(world: World): readonly Violation[] {
  const found: Violation[] = [];
  for (const [name, tie] of Object.entries(world.records.attachment)) {
    if (tie.mapping !== 'mapped') continue;
    const current = tableOf(world, 'objectPage', world.records.dmaBuf[tie.dmaBuf]?.object ?? '');
    const wrong = firstOther(stretches(world, 'sgTable', name), [current]);
    if (wrong !== null)
      found.push({
        invariant: 'S1',
        text: `the sg table of ${name} says frame ${hex(wrong.frame)} for page ${wrong.page}; the buffer does not have it`,
        at: { device: tie.importer, start: wrong.frame, pages: 1 },
      });
  }
  for (const area of Object.values(world.records.vma)) {
    if (area.backing !== 'pfnmap') continue;
    const name = objectBehind({ world }, area) ?? '';
    const ahead = area.pgoff - area.start;
    const used = stretches(world, 'pte', area.space, area.start, area.end);
    const wrong = firstOther(used, [
      tableOf(world, 'objectPage', name, ahead),
      tableOf(world, 'copyPage', name, ahead),
    ]);
    if (wrong !== null)
      found.push({
        invariant: 'S1',
        text: `a CPU entry maps frame ${hex(wrong.frame)}; the buffer behind it does not have it`,
        at: { space: area.space, start: wrong.page, pages: 1 },
      });
  }
  return found;
}

interface Owned {
  readonly start: number;
  readonly end: number;
  readonly key: string;
}

/** Every stretch of frames that an object says is its own, lowest first. */
function ownedFrames(world: World): readonly Owned[] {
  const all = (['objectPage', 'copyPage', 'ghostPage'] as const).flatMap((table) =>
    Object.keys(world.pages[table]).flatMap((key): readonly Owned[] =>
      table === 'objectPage' && world.records.object[key]?.frames !== 'own'
        ? []
        : stretches(world, table, key).map(({ frame, pages }) => ({ start: frame, end: frame + pages, key })),
    ),
  );
  return all.sort((a, b) => a.start - b.start);
}

/** S2: frames of buffer objects are in use by a driver, and each belongs to one object only. */
function framesAreOwned(world: World): readonly Violation[] {
  const frames = pageMap(world, 'frame', allFrames);
  const found: Violation[] = [];
  const blame = (frame: number, text: string): void => {
    found.push({ invariant: 'S2', text, at: { start: frame, pages: 1 } });
  };
  let before: Owned | null = null;
  for (const owned of ownedFrames(world)) {
    const lost = frames
      .runs(owned.start, owned.end)
      .find((run) => !isFilled(run) || (valueAt(run, run.start, frameColumn.flags) & frameFlag.driverHeld) === 0);
    if (lost !== undefined)
      blame(lost.start, `${owned.key} has frame ${hex(lost.start)}, which is free or somebody else's`);
    if (before !== null && before.end > owned.start)
      blame(owned.start, `${before.key} and ${owned.key} both have frame ${hex(owned.start)}`);
    before = owned;
  }
  return found;
}

/** S3: an object is pinned as often as its importers pin it. */
const pinsAddUp = (world: World): readonly Violation[] =>
  Object.entries(world.records.object).flatMap(([name, object]): readonly Violation[] => {
    const pins = Object.values(world.records.attachment).reduce(
      (sum, tie) => sum + (world.records.dmaBuf[tie.dmaBuf]?.object === name ? tie.pins : 0),
      0,
    );
    return object.pins === pins
      ? []
      : [
          {
            invariant: 'S3',
            text: `${name} is pinned ${object.pins} times; its importers pin it ${pins} times`,
            at: object.device === null ? {} : { device: object.device },
          },
        ];
  });

/** S4: no mapping of a BAR or a buffer is an ordinary entry, and none survives without its area. */
const entriesHaveAreas = (world: World): readonly Violation[] =>
  Object.entries(world.pages.pte).flatMap(([space, table]): readonly Violation[] => {
    if ((world.records.subscriptions[space]?.active ?? 0) > 0) return [];
    const stray = table
      .occupied()
      .find(
        (run) =>
          pteKind(run.values[0] ?? 0) === 'PFNMAP' &&
          !Object.values(world.records.vma).some((v) => v.space === space && v.start <= run.start && run.end <= v.end),
      );
    return stray === undefined
      ? []
      : [
          {
            invariant: 'S4',
            text: 'an entry of a device mapping is left without its area',
            at: { space, start: stray.start, pages: stray.end - stray.start },
          },
        ];
  });

/** S6: the frames of a pinned region are in use and pinned, whatever became of the mapping they were pinned through. */
const regionsArePinned = (world: World): readonly Violation[] =>
  Object.entries(world.records.memoryRegion).flatMap(([key, region]): readonly Violation[] => {
    if (region.kind !== 'pinned') return [];
    const frames = pageMap(world, 'frame', allFrames);
    for (const { frame, pages } of stretches(world, 'importPte', key)) {
      const loose = frames
        .runs(frame, frame + pages)
        .find((run) => !isFilled(run) || valueAt(run, run.start, frameColumn.pins) === 0);
      if (loose !== undefined)
        return [
          {
            invariant: 'S6',
            text: `${key} has the address of frame ${hex(loose.start)}, which is not pinned`,
            at: { device: region.device, start: loose.start, pages: 1 },
          },
        ];
    }
    return [];
  });

/** S5: a device caches only translations that the CPU's table has, except while an invalidation is under way. */
const cachesAgree = (world: World): readonly Violation[] =>
  Object.entries(world.pages.atc).flatMap(([key, table]): readonly Violation[] => {
    const space = world.records.svaBond[key]?.space;
    const at = { context: key, space: space ?? '' };
    const blame = (start: number, text: string): readonly Violation[] => [
      { invariant: 'S5', text, at: { ...at, start, pages: 1 } },
    ];
    if (space === undefined) return blame(0, `${key} caches translations of an address space that it does not share`);
    if ((world.records.subscriptions[space]?.active ?? 0) > 0) return [];
    const cpu = pageMap(world, 'pte', space);
    for (const run of table.occupied()) {
      for (const entry of cpu.runs(run.start, run.end)) {
        const word = isFilled(entry) ? (entry.values[0] ?? 0) : 0;
        const same = isFilled(entry) && valueAt(entry, entry.start, 1) === valueAt(run, entry.start, 1);
        const access = devicePermits(run.values[0] ?? 0, 'write') ? 'write' : 'read';
        if (!same || !permits(word, access))
          return blame(entry.start, `${key} still has a translation of frame ${hex(valueAt(run, entry.start, 1))}`);
      }
    }
    return [];
  });

/** I13: no two address spaces have the same PASID, and every bond has that of its space. */
function pasidsAreUnique(world: World): readonly Violation[] {
  const { pasid, pasidsOutside, svaBond } = world.records;
  const used = new Map<number, string>();
  const found: Violation[] = [];
  const claim = (value: number, who: string): void => {
    const other = used.get(value);
    if (other !== undefined)
      found.push({ invariant: 'I13', text: `${who} and ${other} both have PASID ${value}`, at: { space: who } });
    used.set(value, who);
  };
  for (const { taken } of Object.values(pasidsOutside)) for (const value of taken) claim(value, 'another process');
  for (const [space, { value }] of Object.entries(pasid)) claim(value, space);
  for (const [key, bond] of Object.entries(svaBond))
    if (pasid[bond.space]?.value !== bond.pasid)
      found.push({
        invariant: 'I13',
        text: `${key} uses PASID ${bond.pasid}, which is not that of ${bond.space}`,
        at: { context: key, space: bond.space },
      });
  return found;
}

export const sharingChecks: readonly ((world: World) => readonly Violation[])[] = [
  importersForget,
  mappingsAgree,
  framesAreOwned,
  pinsAddUp,
  entriesHaveAreas,
  regionsArePinned,
  cachesAgree,
  pasidsAreUnique,
];
