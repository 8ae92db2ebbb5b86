/**
 * What a recording does not say but shows: where its buffers lie, which devices are behind its files and how much
 * memory they had, which task a fork made.
 */
import { initialWorld, type EngineSpec } from '../engine/initial-world.ts';
import { faultWindow } from '../engine/mm/file-fault.ts';
import type { OpInput } from '../engine/operations.ts';
import type { Buffer, World } from '../model/world.ts';
import { Machine } from './machine.ts';
import { isInput, type Recording } from './recording.ts';
import { dmirrorMachine } from './test-machine.ts';
import type { PlacedBuffer } from './translate.ts';

export interface ReplaySettings {
  /** /sys/kernel/mm/transparent_hugepage/enabled of the recorded machine. */
  readonly thp: 'always' | 'never';
}

/** Where the first buffer goes: 2 MiB aligned, in the middle of a user address space. */
const firstBuffer = 0x7_f000_1000;
/** Another page of the process, in the same gigabyte. */
const occupied = firstBuffer - 0x800;
const blockPages = 512;

/**
 * Addresses are not recorded, but where the windows of read faults are cut shows how a buffer lies to page tables: of
 * all places within 2 MiB, the one that explains most of its faults. Without such faults a buffer starts at a border.
 */
function offsetOf(recording: Recording, buffer: string): number {
  const pages = recording.events.flatMap(({ e, buf, range }) =>
    e === 'do_read_fault' && buf === buffer && range !== undefined ? [range[0]] : [],
  );
  const length = recording.buffers[buffer] ?? 0;
  let best = 0;
  let explained = 0;
  for (let offset = 0; offset < blockPages; offset++) {
    let count = 0;
    for (let i = 1; i < pages.length; i++) {
      const [, end] = faultWindow((pages[i - 1] ?? 0) + offset, offset, offset + length);
      if (end - offset === pages[i]) count++;
    }
    if (count > explained) [best, explained] = [offset, count];
  }
  return best;
}

/** Buffers in the order of their names, which is that of their addresses, with room between them. */
export function placeBuffers(recording: Recording): readonly PlacedBuffer[] {
  let next = firstBuffer;
  return Object.keys(recording.buffers)
    .sort()
    .map((name): PlacedBuffer => {
      const start = next + offsetOf(recording, name);
      const end = start + (recording.buffers[name] ?? 0);
      next = (Math.floor(end / blockPages) + 2) * blockPages;
      return { name, start, end };
    });
}

/**
 * Which device is behind an open file: a recording tells files apart, not devices. The fixture with two devices opens
 * one file on each; the other opens its own device, and the children of its tests open the first device that the driver
 * has, which is a private one.
 */
export function deviceOf(recording: Recording, file: string): string {
  if (recording.test.startsWith('hmm2.')) return `dmirror${file.slice(1)}`;
  const opener = recording.events.find((event) => event.e === 'open' && event.dev === file)?.by;
  return memoryOf(recording) === 'private' || opener === recording.events[0]?.by ? 'dmirror0' : 'dmirrorOfChildren';
}

const memoryOf = (recording: Recording): 'private' | 'coherent' =>
  recording.test.includes('coherent') ? 'coherent' : 'private';

/**
 * A chunk of device memory is made for small pages or for huge ones, and a coherent device has one chunk only. Which
 * kind it was shows where huge pages were split on their way to it though no allocation was made to fail.
 */
function splitsAtCommit(recording: Recording): boolean {
  let committing = false;
  for (const { e, cmd } of recording.events) {
    if (cmd === 'flags') return false;
    if (e === 'migrate_vma_pages') committing = true;
    if (e === 'migrate_vma_finalize') committing = false;
    if (committing && e === '__split_huge_pmd') return true;
  }
  return false;
}

function machineOf(recording: Recording, settings: ReplaySettings): EngineSpec {
  const memory = memoryOf(recording);
  const files = recording.events.flatMap(({ e, dev }) => (e === 'open' && dev !== undefined ? [dev] : []));
  const ids = [...new Set(files.map((file) => deviceOf(recording, file)))].sort();
  return dmirrorMachine(
    ids.map((id) => ({
      id,
      memory: id === 'dmirrorOfChildren' ? 'private' : memory,
      hugePages: memory === 'private' || !splitsAtCommit(recording),
    })),
    settings.thp,
  );
}

/** Chunks that a device has when the recording begins: as many as its first eviction finds. */
export function chunksAtStart(recording: Recording): Map<string, number> {
  const chunks = new Map<string, number>();
  recording.events.forEach((event, at) => {
    const evicts = event.e === 'close' || (event.e === 'ioctl' && event.cmd === 'release');
    if (!evicts) return;
    const device = deviceOf(recording, event.dev ?? 'D0');
    if (chunks.has(device)) return;
    let found = 0;
    for (let i = at + 1; i < recording.events.length; i++) {
      const next = recording.events[i];
      if (next === undefined || (isInput(next) && next.by === event.by)) break;
      if (next.e === 'migrate_device_range') found++;
    }
    chunks.set(device, found);
  });
  return chunks;
}

/** The recording's name of each fork's child: the first task after it that was not there before. */
export function childrenOf(recording: Recording): ReadonlyMap<number, string> {
  const children = new Map<number, string>();
  const known = new Set<string>();
  const unnamed: number[] = [];
  recording.events.forEach((event, at) => {
    if (!known.has(event.by)) {
      known.add(event.by);
      const fork = unnamed.shift();
      if (fork !== undefined) children.set(fork, event.by);
    }
    if (event.e === 'fork') unnamed.push(at);
  });
  for (const at of unnamed) children.set(at, `child${at}`);
  return children;
}

/** The recorded machine with its first process, before the first input. */
export function startOf(
  recording: Recording,
  settings: ReplaySettings,
  buffers: readonly PlacedBuffer[],
  root: string,
): World {
  const machine = new Machine(initialWorld(machineOf(recording, settings)));
  machine.do({ op: 'process', by: 'kernel', name: root });
  // The process has more than its buffers: something is in the same gigabyte, and something follows each buffer.
  const others = [occupied, ...buffers.filter(({ end }) => end % blockPages !== 0).map(({ end }) => end)];
  for (const [index, at] of others.entries()) {
    const place = `${root}.other${index}`;
    const ops: readonly OpInput[] = [
      { op: 'mmap', by: root, as: `other${index}`, at, pages: 1 },
      { op: 'madvise', by: root, place, advice: 'NOHUGEPAGE' },
      { op: 'write', by: root, place, value: 1 },
    ];
    for (const op of ops) machine.do(op);
  }
  return withBuffers(machine.world, root, buffers);
}

function withBuffers(world: World, space: string, placed: readonly PlacedBuffer[]): World {
  const buffers: Record<string, Buffer> = {};
  for (const { name, start, end } of placed) buffers[`${space}.${name}`] = { space, start, pages: end - start };
  return { ...world, records: { ...world.records, buffer: { ...world.records.buffer, ...buffers } } };
}

/**
 * Files that no invalidation names although they were opened: the recorder took them for another, so what it says of
 * files in invalidations tells nothing.
 */
export function hasLostFiles(recording: Recording): boolean {
  const opened = new Set<string>();
  const named = new Set<string>();
  for (const { e, dev } of recording.events) {
    if (e === 'open' && dev !== undefined) opened.add(dev);
    if (e === 'device_invalidate' && dev !== undefined) named.add(dev);
  }
  return named.size > 0 && [...opened].some((file) => !named.has(file));
}
