/**
 * Which operations wait for which lock, and when they may go on: the reason why many races cannot happen.
 * Models mmap_lock, the driver lock, and sleeping on migration entries and on the notifier sequence.
 */
import { frameFlag } from '../model/frame-state.ts';
import { hasFrame, isMigration } from '../model/pte.ts';
import type { World } from '../model/world.ts';
import { pageMap } from './apply.ts';
import type { Op, OpName } from './operations.ts';
import { areasIn } from './mm/areas.ts';
import { changesArea } from './mm/madvise.ts';
import { allFrames } from './mm/frames.ts';
import { anyTimeslice, keepsPage } from './mm/timeslice.ts';
import { isUnderWay } from './mm/notifier.ts';
import { resolvePlace, type SpaceSpan } from './place.ts';
import { bitstreamBusy } from './owners/hotplug.ts';
import { pagemapBusy } from './owners/pagemap.ts';
import { stillBusy } from './sharing/waits.ts';

/** How each operation takes the mmap lock of its address space; what is not listed takes none. */
const mmapLock: { readonly [N in OpName]?: 'read' | 'write' } = {
  mmap: 'write',
  munmap: 'write',
  munmapStart: 'write',
  fork: 'write',
  hmmRangeFault: 'read',
  deviceRead: 'read',
  deviceWrite: 'read',
  migrateSetup: 'read',
  migrateToDevice: 'read',
  migrateToSystem: 'read',
  mprotect: 'write',
  mlock: 'write',
  munlock: 'write',
  mmapDevice: 'write',
  mremap: 'write',
  madvise: 'read',
  pin: 'read',
  makeExclusive: 'read',
  exit: 'write',
  exec: 'write',
  userfaultfd: 'write',
  uffdCopy: 'read',
  uffdZeropage: 'read',
  uffdPoison: 'read',
  uffdWriteProtect: 'read',
  oomReap: 'read',
  mbind: 'write',
};

/** The address space that an operation works on, or null. */
function spaceOf(world: World, op: Op): string | null {
  if (op.op === 'oomReap') return world.records.process[op.process]?.space ?? null;
  if ('context' in op) return world.records.context[op.context]?.space ?? null;
  if ('place' in op && op.place !== undefined) return resolvePlace(world, op.place)?.space ?? null;
  return world.records.process[op.by]?.space ?? null;
}

/** What the operation must wait for before it can start, or null. */
export function mustWait(world: World, op: Op): string | null {
  const mode = op.op === 'madvise' && changesArea(op.advice) ? 'write' : mmapLock[op.op];
  const space = spaceOf(world, op);
  const mm = space === null ? undefined : world.records.space[space];
  if (mode === undefined || mm === undefined) return null;
  if (mm.mmapWriter !== null) return 'mmap';
  return mode === 'write' && mm.mmapReaders.length > 0 ? 'mmap' : null;
}

/** Whether what a sleeping operation waits for is still not there. */
export function stillWaits(world: World, op: Op, on: string): boolean {
  if (mustWait(world, op) !== null) return true;
  if (on === 'notifier' && 'context' in op) {
    const notifier = world.records.notifier[op.context];
    return notifier !== undefined && notifier.seq === world.records.subscriptions[notifier.space]?.seq;
  }
  if (on === 'userfault') return Object.values(world.records.userfault).some((fault) => fault.by === op.by);
  if (on === 'driverLock')
    return op.op === 'driverLock'
      ? (world.records.context[op.context]?.driverLock ?? null) !== null
      : Object.values(world.records.context).some((context) => context.driverLock !== null);
  // A page request takes the mmap lock only once it is handled.
  if (on === 'mmap') return (world.records.space[spaceOf(world, op) ?? '']?.mmapWriter ?? null) !== null;
  if (on === 'invalidation' && 'context' in op)
    return isUnderWay({ world }, world.records.notifier[op.context]?.space ?? '');
  if (on === 'timeslice') {
    const span = 'place' in op && op.place !== undefined ? resolvePlace(world, op.place) : null;
    return span === null ? anyTimeslice(world) : keepsPage(world, span);
  }
  if (on === 'reservation' || on === 'fence') return stillBusy(world, op, on);
  if (on === 'pagemap' && op.op === 'loadBitstream') return bitstreamBusy(world, op.device);
  if (on === 'pagemap' && 'device' in op) return pagemapBusy(world, String(op.device));
  if (on === 'folioLock' && 'place' in op && op.place !== undefined) {
    const span = resolvePlace(world, op.place);
    return span !== null && lockedFrames(world, span);
  }
  if (on === 'migration' && 'place' in op && op.place !== undefined) {
    const span = resolvePlace(world, op.place);
    return (
      span !== null &&
      pageMap(world, 'pte', span.space)
        .occupied(span.start, span.end)
        .some((run) => isMigration(run.values[0] ?? 0))
    );
  }
  return false;
}

/** Some page of the span lies in a frame whose folio lock is held. */
function lockedFrames(world: World, { space, start, end }: SpaceSpan): boolean {
  const isLocked = (frame: number, pages: number): boolean =>
    pageMap(world, 'frame', allFrames)
      .occupied(frame, frame + pages)
      .some((part) => ((part.values[0] ?? 0) & frameFlag.locked) !== 0);
  const mapped = pageMap(world, 'pte', space)
    .occupied(start, end)
    .some((run) => hasFrame(run.values[0] ?? 0) && isLocked(run.values[1] ?? 0, run.end - run.start));
  // A fault on a file waits for a folio of the page cache that nobody here maps yet.
  return (
    mapped ||
    areasIn(world, space, start, end).some((area) =>
      pageMap(world, 'pageCache', area.file ?? '')
        .occupied(
          area.pgoff + Math.max(start, area.start) - area.start,
          area.pgoff + Math.min(end, area.end) - area.start,
        )
        .some((run) => isLocked(run.values[0] ?? 0, run.end - run.start)),
    )
  );
}
