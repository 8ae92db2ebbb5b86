/** No sequence of export, attach, map, move, revoke and exit leaves a mapping to freed memory unseen. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { World } from '../../model/world.ts';
import { pteKind } from '../../model/pte.ts';
import { apply } from '../apply.ts';
import { completeOp, step } from '../step.ts';
import { initialWorld } from '../initial-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { stretches } from './object-frames.ts';
import { sharingMachine } from './testing/machine.ts';

/** Every address that a device or a CPU has of memory that somebody shares: "where page" -> frame. */
function addresses(world: World): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const key of Object.keys(world.pages.importPte))
    for (const { page, frame, pages } of stretches(world, 'importPte', key))
      for (let i = 0; i < pages; i++) found.set(`${key} ${page + i}`, frame + i);
  for (const [space, table] of Object.entries(world.pages.pte))
    for (const run of table.occupied())
      if (pteKind(run.values[0] ?? 0) === 'PFNMAP')
        for (let page = run.start; page < run.end; page++)
          found.set(`cpu ${space} ${page}`, (run.values[1] ?? 0) + (page - run.start) * (run.strides[1] ?? 0));
  return found;
}

const framesOf = (world: World): ReadonlySet<number> => {
  const used = new Set<number>();
  for (const run of world.pages.frame['all']?.occupied() ?? [])
    for (let frame = run.start; frame < run.end; frame++) used.add(frame);
  return used;
};

/** Watches which frames were given back since an address of them was handed out. */
class Watch {
  readonly #generation = new Map<number, number>();
  #known = new Map<string, { readonly frame: number; readonly generation: number }>();
  #used: ReadonlySet<number>;

  constructor(public world: World) {
    this.#used = framesOf(world);
  }

  #generationOf(frame: number): number {
    return this.#generation.get(frame) ?? 0;
  }

  see(world: World): void {
    const used = framesOf(world);
    for (const frame of this.#used) if (!used.has(frame)) this.#generation.set(frame, this.#generationOf(frame) + 1);
    this.#used = used;
    const now = new Map<string, { readonly frame: number; readonly generation: number }>();
    for (const [where, frame] of addresses(world)) {
      const before = this.#known.get(where);
      now.set(where, before?.frame === frame ? before : { frame, generation: this.#generationOf(frame) });
    }
    this.#known = now;
    this.world = world;
  }

  /** Addresses of memory that was freed after they were handed out. */
  dangling(): readonly string[] {
    return [...this.#known]
      .filter(([, { frame, generation }]) => !this.#used.has(frame) || this.#generationOf(frame) !== generation)
      .map(([where]) => where);
  }
}

const process = fc.constantFrom('A', 'B');
const object = fc.constantFrom('o0', 'o1', 'o2');
const dmaBuf = fc.constantFrom('d0', 'd1');
const attachment = fc.constantFrom('a0', 'a1', 'a2');
const driver = fc.constantFrom('driver:gpu0', 'driver:nic0');
const fd = fc.integer({ min: 3, max: 5 });
const c = <const T>(value: T) => fc.constant(value);

const operations = (obeys: fc.Arbitrary<boolean>): fc.Arbitrary<OpInput> =>
  fc.oneof(
    fc.record({
      op: c('makeObject'),
      by: process,
      as: object,
      device: fc.constantFrom('gpu0', 'accel0'),
      pages: fc.integer({ min: 1, max: 5 }),
      exporter: fc.constantFrom('amdgpu', 'habanalabs', 'vfio'),
      cpuFault: fc.constantFrom('inPlace', 'copy'),
    }),
    fc.record({ op: c('exportDmaBuf'), by: process, object, as: dmaBuf }),
    fc.record({ op: c('sendFd'), by: process, fd, to: process }),
    fc.record({ op: c('closeFd'), by: process, fd }),
    fc.record({ op: c('freeObject'), by: process, object }),
    fc.record({
      op: c('attach'),
      by: process,
      fd,
      as: attachment,
      importer: fc.constantFrom('nic0', 'nic1', 'accel0'),
      dynamic: fc.boolean(),
      peer2peer: fc.boolean(),
      invalidates: fc.boolean(),
      dropsAtOnce: fc.boolean(),
      obeys,
    }),
    fc.record({ op: c('mapAttachment'), by: driver, attachment }),
    fc.record({ op: c('mapAttachment'), by: driver, attachment }),
    fc.record({ op: c('unmapAttachment'), by: driver, attachment, forgets: obeys }),
    fc.record({ op: c('pinAttachment'), by: driver, attachment }),
    fc.record({ op: c('unpinAttachment'), by: driver, attachment }),
    fc.record({ op: c('detach'), by: driver, attachment }),
    fc.record({ op: c('moveObject'), by: driver, object, to: fc.constantFrom('vram', 'system') }),
    fc.record({ op: c('signalFences'), by: c('gpu0'), object }),
    fc.record({ op: c('revokeDmaBuf'), by: driver, dmaBuf }),
    fc.record({ op: c('restoreDmaBuf'), by: driver, dmaBuf }),
    fc.record({ op: c('mmapObject'), by: process, object, as: fc.constantFrom('m0', 'm1') }),
    fc.record({
      op: c('mmapDmaBuf'),
      by: process,
      fd,
      as: fc.constantFrom('m2', 'm3'),
      pages: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({
      op: c('write'),
      by: process,
      place: fc.constantFrom('A.m0', 'A.m1', 'A.m2', 'B.m0', 'B.m2'),
      value: c(5),
    }),
    fc.record({ op: c('munmap'), by: process, place: fc.constantFrom('A.m0', 'A.m2', 'B.m0', 'B.m2[0]') }),
    fc.record({ op: c('submit'), by: process, device: c('gpu0'), objects: fc.tuple(object), value: c(9) }),
    fc.record({ op: c('dmaWrite'), by: c('nic0'), through: attachment, value: c(7) }),
    fc.record({
      op: c('regMr'),
      by: process,
      device: fc.constantFrom('nic0', 'nic1'),
      as: c('mr'),
      fd,
      kind: fc.constantFrom('dmaBuf', 'dmaBufPinned', 'dmaBufRevocable'),
    }),
    fc.record({ op: c('rdmaWrite'), by: c('peer'), region: fc.constantFrom('nic0:mr', 'nic1:mr'), value: c(8) }),
    fc.record({ op: c('deregMr'), by: process, region: fc.constantFrom('nic0:mr', 'nic1:mr') }),
    fc.record({ op: c('fork'), by: process, child: fc.constantFrom('C', 'D') }),
    fc.record({ op: c('exit'), by: fc.constantFrom('A', 'B', 'C', 'D') }),
  ) as fc.Arbitrary<OpInput>;

const policies = fc.record({
  gpu0: fc.constantFrom('keep', 'revoke', 'recycle'),
  accel0: fc.constantFrom('keep', 'revoke', 'recycle'),
});
type Policies = Readonly<Record<string, 'keep' | 'revoke' | 'recycle'>>;

/** Two buffers that are shared, attached, mapped and registered: from there on anything may happen. */
const shared = (obeys: fc.Arbitrary<boolean>): fc.Arbitrary<readonly OpInput[]> =>
  fc
    .record({
      obeys,
      dynamic: fc.boolean(),
      dropsAtOnce: fc.boolean(),
      exporter: fc.constantFrom('amdgpu', 'habanalabs', 'vfio'),
    })
    .map(({ exporter, ...how }): readonly OpInput[] => [
      { op: 'makeObject', by: 'A', as: 'o0', device: 'gpu0', pages: 4, exporter: 'amdgpu' },
      { op: 'exportDmaBuf', by: 'A', object: 'o0', as: 'd0' },
      { op: 'makeObject', by: 'A', as: 'o1', device: 'accel0', pages: 3, exporter },
      { op: 'exportDmaBuf', by: 'A', object: 'o1', as: 'd1' },
      { op: 'sendFd', by: 'A', fd: 4, to: 'B' },
      { op: 'attach', by: 'A', fd: 3, as: 'a0', importer: 'nic0', ...how },
      { op: 'attach', by: 'B', fd: 3, as: 'a1', importer: 'nic0', ...how },
      { op: 'mapAttachment', by: 'driver:nic0', attachment: 'a0' },
      { op: 'mapAttachment', by: 'driver:nic0', attachment: 'a1' },
      { op: 'mmapObject', by: 'A', object: 'o0', as: 'm0' },
      { op: 'regMr', by: 'B', device: 'nic0', as: 'mr', fd: 3, kind: 'dmaBuf' },
    ]);

const story = (obeys: fc.Arbitrary<boolean>): fc.Arbitrary<readonly OpInput[]> =>
  fc
    .tuple(shared(obeys), fc.array(operations(obeys), { minLength: 10, maxLength: 50 }))
    .map(([first, rest]) => [...first, ...rest]);

/** Runs operations event by event; what dangles after each operation, and what the checker says. */
function* run(ops: readonly OpInput[], policy: Policies) {
  const devices = sharingMachine.devices.map((d) => ({ ...d, ownerLeaves: policy[d.id] ?? 'keep' }));
  const watch = new Watch(initialWorld({ ...sharingMachine, devices }));
  const start: readonly OpInput[] = ['A', 'B'].map((name) => ({ op: 'process', by: 'kernel', name }));
  for (const op of [...start, ...ops]) {
    const { events, before, after } = step(watch.world, completeOp(op));
    let world = before;
    for (const event of events) {
      world = apply(world, event);
      watch.see(world);
    }
    watch.world = after;
    yield { op, dangling: watch.dangling(), violations: checkInvariants(after).map(({ text }) => text) };
  }
}

describe('sharing memory in any order', () => {
  it('leaves no address of freed memory that the invariants do not name', () => {
    let seen = 0;
    fc.assert(
      fc.property(story(fc.boolean()), policies, (ops, policy) => {
        for (const { dangling, violations } of run(ops, policy)) {
          if (dangling.length === 0) continue;
          seen += 1;
          expect(violations).not.toEqual([]);
        }
      }),
      { seed: 5, numRuns: 300 },
    );
    // The property says something only where addresses do dangle.
    expect(seen).toBeGreaterThan(50);
  });

  it('breaks nothing where importers obey and drivers do not hand out memory that is still held', () => {
    const sane = fc.record({ gpu0: fc.constantFrom('keep', 'revoke'), accel0: fc.constantFrom('keep', 'revoke') });
    fc.assert(
      fc.property(story(c(true)), sane, (ops, policy) => {
        for (const { dangling, violations } of run(ops, policy as Policies))
          expect([...dangling, ...violations]).toEqual([]);
      }),
      { seed: 6, numRuns: 300 },
    );
  });
});
