/**
 * Random operations that mean something: an intent is a few small numbers, and which operation it stands for is decided
 * in the world where it is carried out, so that it names processes, buffers and devices that are there. Intents shrink
 * (fast-check leaves some out and lowers numbers) and the rest still means something.
 */
import fc from 'fast-check';
import type { World } from '../../model/world.ts';
import { advices } from '../mm/madvise.ts';
import type { Op, OpInput } from '../operations.ts';
import { resolvePlace } from '../place.ts';
import { completeOp } from '../step.ts';
import type { NextOp } from './laws.ts';

export interface Intent {
  readonly verb: Verb;
  /** Choices among what is there: which process or context, which buffer, which part of it, and how. */
  readonly who: number;
  readonly what: number;
  readonly part: number;
  readonly from: number;
  readonly pages: number;
  readonly how: number;
}

/** A place where an intent becomes an operation. */
interface Scene {
  readonly world: World;
  readonly intent: Intent;
  /** A live process. */
  readonly process: string;
  /** A part of one of its buffers. */
  readonly place: string | null;
  /** An open device file. */
  readonly context: string | null;
  /** A part of a buffer of the address space that it mirrors. */
  readonly seen: string | null;
  readonly device: string;
}

const pick = <T>(values: readonly T[], choice: number): T | undefined => values[choice % Math.max(1, values.length)];
const count = (world: World, name: string): number => world.records.counter[name]?.value ?? 0;
const onBuffer =
  (make: (scene: Scene & { readonly place: string }) => OpInput | null) =>
  (scene: Scene): OpInput | null =>
    scene.place === null ? null : make({ ...scene, place: scene.place });
const through =
  (make: (scene: Scene & { readonly context: string; readonly seen: string; readonly by: string }) => OpInput | null) =>
  (scene: Scene): OpInput | null => {
    const { context, seen } = scene;
    return context === null || seen === null
      ? null
      : make({ ...scene, context, seen, by: `driver:${scene.world.records.context[context]?.device ?? 'gpu0'}` });
  };

/** Sizes of new buffers: small ones, and where memory has room for them such as hold huge pages. */
const smallSizes = [4, 1, 9, 17, 33] as const;
const allSizes = [...smallSizes, 512, 600, 1024] as const;
const prots = ['r--', 'rw-', '---', '-w-'] as const;

function freshName(world: World, process: string): string {
  for (let i = 0; ; i++) if (world.records.buffer[`${process}.b${i}`] === undefined) return `b${i}`;
}

const mmap = ({ world, process, intent }: Scene): OpInput => {
  const large = Object.values(world.records.pool).some((pool) => pool.registration === 'system' && pool.frames > 512);
  const pages = pick(large ? allSizes : smallSizes, intent.pages) ?? 4;
  const as = freshName(world, process);
  const file = pick(
    Object.entries(world.records.file)
      .filter(([, f]) => !f.shmem)
      .map(([name]) => name),
    intent.what,
  );
  const base = { op: 'mmap', by: process, as, pages, align: pages >= 512 ? 512 : 1 } as const;
  switch (intent.how % 8) {
    case 1:
      return { ...base, shared: true };
    case 2:
      return file === undefined ? base : { ...base, file, offset: intent.from % 4 };
    case 3:
      return file === undefined ? base : { ...base, file, shared: true };
    case 4:
      return large ? { ...base, pages: pages >= 512 ? 1024 : 512, hugetlb: '2M', align: 512 } : base;
    case 5:
      return { ...base, prot: 'r--' };
    case 6: {
      // In the place of what is there, or across its borders.
      const other = pick(Object.values(world.records.buffer), intent.what);
      return other === undefined ? base : { ...base, at: other.start + (intent.from % other.pages) };
    }
    default:
      return base;
  }
};

const verbs = {
  mmap,
  munmap: onBuffer(({ process, place }) => ({ op: 'munmap', by: process, place })),
  read: onBuffer(({ process, place }) => ({ op: 'read', by: process, place })),
  write: onBuffer(({ process, place, intent }) => ({
    op: 'write',
    by: process,
    place,
    value: 1 + intent.what * 100 + intent.from,
    count: intent.how % 2 === 1,
  })),
  mprotect: onBuffer(({ process, place, intent }) => ({
    op: 'mprotect',
    by: process,
    place,
    prot: pick(prots, intent.how) ?? 'r--',
  })),
  madvise: onBuffer(({ process, place, intent }) => ({
    op: 'madvise',
    by: process,
    place,
    advice: pick(advices, intent.how) ?? 'DONTNEED',
  })),
  pageOut: onBuffer(({ process, place, intent }) => ({
    op: 'madvise',
    by: process,
    place,
    advice: pick(['PAGEOUT', 'PAGEOUT', 'WILLNEED', 'COLD'] as const, intent.how) ?? 'PAGEOUT',
  })),
  guard: onBuffer(({ process, place, intent }) => ({
    op: 'madvise',
    by: process,
    place,
    advice: intent.how % 3 === 2 ? 'GUARD_REMOVE' : 'GUARD_INSTALL',
  })),
  mlock: onBuffer(({ process, place, intent }) => ({
    op: intent.how % 3 === 2 ? 'munlock' : 'mlock',
    by: process,
    place,
  })),
  atomic: onBuffer(({ process, place, intent }) => ({ op: 'atomic', by: process, place, add: 1 + intent.from })),
  userfaultfd: onBuffer(({ process, place, intent }) => ({
    op: 'userfaultfd',
    by: process,
    place,
    mode: pick(['missing', 'wp', 'both', 'none'] as const, intent.how) ?? 'missing',
  })),
  uffdCopy: onBuffer(({ process, place, intent }) => ({
    op: 'uffdCopy',
    by: process,
    place,
    value: 9000 + intent.from,
    count: intent.how % 2 === 1,
  })),
  uffdFill: onBuffer(({ process, place, intent }) => ({
    op: intent.how % 4 === 3 ? 'uffdPoison' : 'uffdZeropage',
    by: process,
    place,
  })),
  uffdWriteProtect: onBuffer(({ process, place, intent }) => ({
    op: 'uffdWriteProtect',
    by: process,
    place,
    on: intent.how % 3 !== 2,
  })),
  mirrorTimeout: through(({ context, by }) => ({ op: 'mirrorTimeout', by, context })),
  mremap: onBuffer(({ world, process, place, intent }) => {
    const span = resolvePlace(world, place);
    if (span === null) return null;
    // Into free space far below, aligned or not, or over another buffer.
    const other = pick(
      Object.values(world.records.buffer).filter((b) => b.space === span.space),
      intent.what,
    );
    const far = 0x10_0000 + count(world, 'nextVma') * 4096 + (intent.from % 3);
    const to = intent.how % 4 === 3 && other !== undefined ? other.start : far;
    return { op: 'mremap', by: process, place, to, dontUnmap: intent.how % 4 === 2 };
  }),
  pin: onBuffer(({ process, place, intent }) => ({
    op: 'pin',
    by: process,
    place,
    flags: pick(
      [['pin', 'write'], ['get'], ['pin'], ['pin', 'longterm'], ['pin', 'write', 'longterm']] as const,
      intent.how,
    )?.slice() ?? ['pin'],
  })),
  unpin: ({ world, intent }: Scene): OpInput | null => {
    const held = pick(Object.values(world.records.hold), intent.what);
    const [first] = held?.pages ?? [];
    const [name, buffer] =
      Object.entries(world.records.buffer).find(
        ([, b]) =>
          b.space === held?.space && first !== undefined && b.start <= first.start && first.end <= b.start + b.pages,
      ) ?? [];
    if (held === undefined || first === undefined || name === undefined || buffer === undefined) return null;
    const place = `${name}[${first.start - buffer.start}..${first.end - buffer.start}]`;
    return { op: 'unpin', by: 'kernel', place, flags: [held.pin ? 'pin' : 'get'] };
  },
  oomReap: ({ process }: Scene): OpInput => ({ op: 'oomReap', by: 'kernel', process }),
  /** munmap in three steps, where others may come in between. */
  munmapNext: onBuffer(({ world, process, place, intent }) => {
    const [space, mm] = Object.entries(world.records.space).find(([, m]) => m.mmapWriter !== null) ?? [];
    if (space === undefined || mm?.mmapWriter == null) return { op: 'munmapStart', by: process, place };
    const under = mm.unmapping;
    const [name, buffer] =
      Object.entries(world.records.buffer).find(
        ([, b]) => b.space === space && under != null && b.start <= under.start && under.end <= b.start + b.pages,
      ) ?? [];
    if (under == null || name === undefined || buffer === undefined) return null;
    const left = Object.values(world.pages.pte[space]?.occupied(under.start, under.end) ?? []).length > 0;
    const op = left !== (intent.how % 8 === 7) ? 'munmapZap' : 'munmapEnd';
    return { op, by: mm.mmapWriter, place: `${name}[${under.start - buffer.start}..${under.end - buffer.start}]` };
  }),
  driverLock: through(({ world, context, by }) => ({
    op: world.records.context[context]?.driverLock === null ? 'driverLock' : 'driverUnlock',
    by,
    context,
  })),
  deviceAtomic: through(({ context, seen, device }) => ({
    op: 'deviceAtomic',
    by: device,
    context,
    place: seen,
    add: 3,
  })),
  reclaim: ({ intent }: Scene): OpInput => ({ op: 'reclaim', by: 'kernel', pages: 1 + intent.pages }),
  fork: ({ world, process }: Scene): OpInput => ({
    op: 'fork',
    by: process,
    child: `P${Object.keys(world.records.process).length}`,
  }),
  exit: ({ process }: Scene): OpInput => ({ op: 'exit', by: process }),
  exec: ({ process, intent }: Scene): OpInput => ({ op: 'exec', by: process, closeOnExec: intent.how % 2 === 0 }),
  process: ({ world }: Scene): OpInput => ({
    op: 'process',
    by: 'kernel',
    name: `P${Object.keys(world.records.process).length}`,
  }),
  file: ({ world, intent }: Scene): OpInput => ({
    op: 'file',
    by: 'kernel',
    name: `f${Object.keys(world.records.file).length}`,
    pages: 1 + (intent.pages % 24),
    value: intent.from,
    count: intent.how % 2 === 1,
  }),
  open: ({ process, device, intent }: Scene): OpInput => ({
    op: 'open',
    by: process,
    device,
    ...(intent.how % 4 === 3 ? { as: `${process}-${intent.what % 2}` } : {}),
  }),
  close: through(({ world, context }) => ({
    op: 'close',
    by: world.records.context[context]?.space ?? 'kernel',
    context,
  })),
  deviceRead: through(({ context, seen, device, intent }) => ({
    op: 'deviceRead',
    by: device,
    context,
    place: seen,
    unlockable: intent.how % 4 === 3,
  })),
  deviceWrite: through(({ context, seen, device, intent }) => ({
    op: 'deviceWrite',
    by: device,
    context,
    place: seen,
    value: 5000 + intent.what * 100 + intent.from,
    count: intent.how % 2 === 1,
  })),
  migrateToDevice: through(({ context, seen, by }) => ({ op: 'migrateToDevice', by, context, place: seen })),
  migrateToSystem: through(({ context, seen, by }) => ({ op: 'migrateToSystem', by, context, place: seen })),
  migrateSetup: through(({ context, seen, by, intent }) => ({
    op: 'migrateSetup',
    by,
    context,
    place: seen,
    select: pick(
      [
        ['system'],
        ['system', 'compound'],
        ['private'],
        ['coherent'],
        ['system', 'private', 'coherent', 'compound'],
      ] as const,
      intent.how,
    )?.slice() ?? ['system'],
  })),
  /** The next part of a migration that is under way, sometimes a wrong one. */
  migrateNext: through(({ world, context, by, intent }) => {
    const phase = world.records.migration[context]?.phase;
    const next = { collected: 'migrateCopy', copied: 'migratePages', committed: 'migrateFinalize' } as const;
    const parts = ['migrateFinalize', 'migrateCopy', 'migratePages'] as const;
    const op = intent.how % 8 === 7 ? (pick(parts, intent.from) ?? 'migrateCopy') : next[phase ?? 'collected'];
    if (op === 'migratePages') return { op, by, context };
    if (op === 'migrateFinalize') return { op, by, context };
    return { op, by, context, to: intent.how % 3 === 2 ? 'system' : 'device' };
  }),
  hmmRangeFault: through(({ context, seen, by, intent }) => ({
    op: 'hmmRangeFault',
    by,
    context,
    place: seen,
    request: pick(['read', 'write', 'snapshot'] as const, intent.how) ?? 'read',
  })),
  readBegin: through(({ context, by }) => ({ op: 'readBegin', by, context })),
  program: through(({ context, seen, by }) => ({ op: 'program', by, context, place: seen })),
  makeExclusive: through(({ context, seen, by, intent }) => ({
    op: 'makeExclusive',
    by,
    context,
    place: seen,
    owner: intent.how % 2 === 1,
  })),
  evict: ({ device, intent }: Scene): OpInput => ({
    op: 'evict',
    by: `driver:${device}`,
    device,
    ...(intent.how % 2 === 1 ? { first: intent.from, frames: 1 + intent.pages } : {}),
  }),
  failAllocation: ({ device }: Scene): OpInput => ({ op: 'failAllocation', by: `driver:${device}`, device }),
  mmapDevice: through(({ world, context, intent }) => {
    const process =
      Object.entries(world.records.process).find(([, p]) => p.space === world.records.context[context]?.space)?.[0] ??
      'A';
    return { op: 'mmapDevice', by: process, context, as: freshName(world, process), pages: 1 + (intent.pages % 6) };
  }),
} as const satisfies Readonly<Record<string, (scene: Scene) => OpInput | null>>;

type Verb = keyof typeof verbs;

/** How often each is asked for. */
const weights: { readonly [V in Verb]: number } = {
  mmap: 8,
  munmap: 3,
  read: 8,
  write: 12,
  mprotect: 4,
  madvise: 6,
  pageOut: 2,
  guard: 1,
  mlock: 1,
  atomic: 1,
  userfaultfd: 1,
  uffdCopy: 1,
  uffdFill: 1,
  uffdWriteProtect: 1,
  mirrorTimeout: 1,
  mremap: 4,
  pin: 3,
  unpin: 2,
  oomReap: 1,
  reclaim: 3,
  munmapNext: 4,
  driverLock: 2,
  deviceAtomic: 2,
  fork: 4,
  exit: 1,
  exec: 1,
  process: 1,
  file: 1,
  open: 5,
  close: 1,
  deviceRead: 6,
  deviceWrite: 6,
  migrateToDevice: 9,
  migrateToSystem: 4,
  migrateSetup: 4,
  migrateNext: 10,
  hmmRangeFault: 2,
  readBegin: 1,
  program: 2,
  makeExclusive: 4,
  evict: 3,
  failAllocation: 1,
  mmapDevice: 1,
};

/** And where memory is short: pages come and go, and others meet them on the way. */
const swappingWeights: { readonly [V in Verb]: number } = {
  ...weights,
  pageOut: 12,
  reclaim: 8,
  write: 10,
  fork: 5,
  guard: 2,
  mlock: 2,
  exec: 2,
  exit: 2,
  userfaultfd: 3,
  uffdCopy: 3,
  uffdFill: 2,
  uffdWriteProtect: 3,
};

/** A part of a buffer: all of it, one page, or a stretch. */
function partOf(world: World, name: string | undefined, { part, from, pages }: Intent): string | null {
  const buffer = name === undefined ? undefined : world.records.buffer[name];
  if (name === undefined || buffer === undefined) return null;
  const start = from % buffer.pages;
  switch (part % 4) {
    case 1:
      return `${name}[${start}]`;
    case 2:
      return `${name}[${start}..${Math.min(buffer.pages, start + 1 + pages)}]`;
    case 3:
      return `${name}[${start}..${buffer.pages}]`;
    default:
      return name;
  }
}

/** The operation that an intent stands for in a world; null: nothing fits. */
export function operationFor(world: World, intent: Intent): Op | null {
  const processes = Object.entries(world.records.process).filter(([, p]) => p.alive);
  const [process, { space } = { space: '' }] = pick(processes, intent.who) ?? [];
  if (process === undefined)
    return completeOp({ op: 'process', by: 'kernel', name: `P${Object.keys(world.records.process).length}` });
  const buffersOf = (of: string): readonly string[] =>
    Object.entries(world.records.buffer).flatMap(([name, b]) => (b.space === of ? [name] : []));
  const buffers = buffersOf(space);
  if (buffers.length === 0 && intent.verb !== 'mmap') return operationFor(world, { ...intent, verb: 'mmap' });
  const contexts = Object.entries(world.records.context).filter(([, c]) => c.open);
  const [context = null, mirrored] = pick(contexts, intent.who) ?? [];
  const op = verbs[intent.verb]({
    world,
    intent,
    process,
    place: partOf(world, pick(buffers, intent.what), intent),
    context,
    seen: mirrored === undefined ? null : partOf(world, pick(buffersOf(mirrored.space), intent.what), intent),
    device: mirrored?.device ?? pick(Object.keys(world.records.device), intent.who) ?? 'gpu0',
  });
  if (op !== null) return completeOp(op);
  return context === null && intent.verb !== 'open' ? operationFor(world, { ...intent, verb: 'open' }) : null;
}

const small = fc.nat(9);
const intentsOf = (often: { readonly [V in Verb]: number }): fc.Arbitrary<readonly Intent[]> =>
  fc.array(
    fc.record({
      verb: fc.oneof(
        ...(Object.keys(verbs) as Verb[]).map((verb) => ({ arbitrary: fc.constant(verb), weight: often[verb] })),
      ),
      who: fc.nat(3),
      what: fc.nat(5),
      part: small,
      from: fc.oneof({ arbitrary: small, weight: 4 }, { arbitrary: fc.nat(1023), weight: 1 }),
      pages: fc.oneof({ arbitrary: small, weight: 4 }, { arbitrary: fc.nat(600), weight: 1 }),
      how: fc.nat(63),
    }),
    { minLength: 1, maxLength: 40, size: 'max' },
  );

/** Sequences of intents, long ones too. */
export const anyIntents = intentsOf(weights);
export const swappingIntents = intentsOf(swappingWeights);

export const asNextOps = (intents: readonly Intent[]): readonly NextOp[] =>
  intents.map((intent) => (world) => operationFor(world, intent));
