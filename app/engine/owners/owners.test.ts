import { describe, expect, it } from 'vitest';
import type { World } from '../../model/world.ts';
import { printStrip } from '../../notation/strip.ts';
import { initialWorld } from '../initial-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp, step } from '../step.ts';
import { testMachine } from '../testing/machine.ts';
import { cycleOf } from './modules.ts';

/** A small machine: one GPU with memory of its own, and an accelerator with some. */
const start = (): World =>
  initialWorld({
    pools: [
      { id: 'dram0', kind: 'dram', registration: 'system', frames: 512, device: null },
      { id: 'gpu0.vram', kind: 'vram', registration: 'private', frames: 64, device: 'gpu0' },
      { id: 'npu0.memory', kind: 'vram', registration: 'private', frames: 64, device: 'npu0' },
    ],
    devices: [
      { id: 'gpu0', memory: 'private', pool: 'gpu0.vram' },
      { id: 'npu0', memory: 'private', pool: 'npu0.memory' },
      { id: 'nic0', memory: 'none', pool: null },
    ],
  });

interface Played {
  readonly world: World;
  readonly results: readonly string[];
  readonly kinds: readonly string[];
}

function play(ops: readonly OpInput[], from = start()): Played {
  let world = from;
  const results: string[] = [];
  const kinds: string[] = [];
  for (const op of ops) {
    const { result, after, events } = step(world, completeOp(op));
    world = after;
    results.push(
      'ok' in result ? 'ok' : 'errno' in result ? result.errno : 'signal' in result ? result.signal : 'waits',
    );
    kinds.push(...events.map(({ kind }) => kind));
    expect(checkInvariants(world)).toEqual([]);
  }
  return { world, results, kinds };
}

const processes = (...names: string[]): OpInput[] => names.map((name) => ({ op: 'process', by: 'kernel', name }));
const offered = (device: string, ...features: ('COMPUTE_ACCEL' | 'RENDER' | 'MODESET')[]): OpInput[] => [
  { op: 'drmInit', by: `driver:${device}`, device, features },
  { op: 'drmRegister', by: `driver:${device}`, device },
];
const open = (by: string, node: string): OpInput => ({ op: 'nodeOpen', by, node });
const close = (by: string, file: string): OpInput => ({ op: 'nodeClose', by, file });

describe('DRM master', () => {
  const both = play([...processes('A', 'B'), ...offered('gpu0', 'MODESET'), open('A', 'card0'), open('B', 'card0')]);
  const after = (...ops: OpInput[]): readonly string[] => play(ops, both.world).results;
  const set = (by: string, file: string, admin = false): OpInput => ({ op: 'setMaster', by, file, admin });
  const drop = (by: string, file: string, admin = false): OpInput => ({ op: 'dropMaster', by, file, admin });

  it('the first to open is master, the second belongs to it and is not authenticated', () => {
    expect(both.world.records.nodeFile).toMatchObject({
      'card0:A': { isMaster: true, wasMaster: true, authenticated: true, master: 'gpu0#1' },
      'card0:B': { isMaster: false, wasMaster: false, authenticated: false, master: 'gpu0#1' },
    });
    expect(both.world.records.drmMaster['gpu0#1']?.refs).toBe(2);
  });

  it.each([
    ['master again', [set('A', 'card0:A')], ['ok']],
    ['never master, no administrator', [set('B', 'card0:B')], ['EACCES']],
    ['an administrator while A is master', [set('B', 'card0:B', true)], ['EBUSY']],
    ['a drop by who never was master', [drop('B', 'card0:B')], ['EACCES']],
    ['a drop by an administrator who is not master', [drop('B', 'card0:B', true)], ['EINVAL']],
    ['an administrator after the drop', [drop('A', 'card0:A'), set('B', 'card0:B', true)], ['ok', 'ok']],
    [
      'who was master once, while somebody else is',
      [drop('A', 'card0:A'), set('B', 'card0:B', true), set('A', 'card0:A')],
      ['ok', 'ok', 'EBUSY'],
    ],
    [
      'the old master after the new one closed',
      [drop('A', 'card0:A'), set('B', 'card0:B', true), close('B', 'card0:B'), set('A', 'card0:A')],
      ['ok', 'ok', 'ok', 'ok'],
    ],
    [
      'a lease',
      [
        { op: 'leaseMaster', by: 'A', file: 'card0:A', as: 'lease:A' },
        set('A', 'lease:A', true),
        { op: 'leaseMaster', by: 'A', file: 'lease:A', as: 'lease:B' },
      ],
      ['ok', 'EINVAL', 'EINVAL'],
    ],
    [
      'vouching for another file',
      [
        { op: 'authenticate', by: 'B', file: 'card0:B', other: 'card0:A' },
        { op: 'authenticate', by: 'A', file: 'card0:A', other: 'card0:B' },
      ],
      ['EACCES', 'ok'],
    ],
  ] satisfies readonly (readonly [string, readonly OpInput[], readonly string[]])[])(
    '%s: %#',
    (_what, ops, results) => {
      expect(after(...ops)).toEqual(results);
    },
  );

  it('closing the master leaves the device without one, and the next to open is master', () => {
    const { world } = play([close('A', 'card0:A'), open('A', 'card0')], both.world);
    expect(world.records.drmDevice['gpu0']?.master).toBe('gpu0#2');
    expect(world.records.nodeFile['card0:A']?.isMaster).toBe(true);
  });
});

describe('a single-user device', () => {
  const ready: readonly OpInput[] = [
    ...processes('A', 'B', 'C'),
    { op: 'ownerPolicy', by: 'driver:npu0', device: 'npu0', policy: 'singleUser' },
    ...offered('npu0', 'COMPUTE_ACCEL'),
  ];
  const state = (device: 'malfunction' | 'disabled' | 'ok'): OpInput => ({
    op: 'deviceState',
    by: 'driver:npu0',
    device: 'npu0',
    state: device,
  });

  it('lets one in, and the control node always', () => {
    const { results } = play([...ready, open('A', 'accel0'), open('B', 'accel0'), open('B', 'accel_controlD0')]);
    expect(results.slice(-3)).toEqual(['ok', 'EBUSY', 'ok']);
  });

  it('is free after a close that leaves nothing behind', () => {
    const { results, kinds } = play([...ready, open('A', 'accel0'), close('A', 'accel0:A'), open('B', 'accel0')]);
    expect(results.slice(-1)).toEqual(['ok']);
    expect(kinds).not.toContain('hardReset');
  });

  it('resets where a command is under way: EAGAIN until reset and scrub are done', () => {
    const { results, world } = play([
      ...ready,
      open('A', 'accel0'),
      { op: 'command', by: 'A', file: 'accel0:A', name: 'train' },
      { op: 'exit', by: 'A' },
      open('B', 'accel0'),
      { op: 'resetDone', by: 'driver:npu0', device: 'npu0' },
      open('B', 'accel0'),
      { op: 'scrubDone', by: 'driver:npu0', device: 'npu0' },
      open('B', 'accel0'),
      open('C', 'accel0'),
    ]);
    expect(results.slice(-6)).toEqual(['EAGAIN', 'ok', 'EAGAIN', 'ok', 'ok', 'EBUSY']);
    expect(world.records.ownership['npu0']).toMatchObject({ resets: 1, commands: [], context: 'active' });
  });

  it.each(['malfunction', 'disabled'] as const)('says EPERM while it is %s', (bad) => {
    const { results } = play([...ready, state(bad), open('A', 'accel0'), state('ok'), open('A', 'accel0')]);
    expect(results.slice(-3)).toEqual(['EPERM', 'ok', 'ok']);
  });
});

describe('modules', () => {
  const drm = ['drm_minor_acquire', 'drm_open'];
  const cyclic: readonly OpInput[] = [
    { op: 'moduleBuild', by: 'kernel', name: 'drm', exports: drm, needs: ['accel_open'] },
    { op: 'moduleBuild', by: 'kernel', name: 'accel', exports: ['accel_open'], needs: ['drm_minor_acquire'] },
  ];

  it('that need each other cannot be loaded, whichever comes first', () => {
    const { results, world } = play([
      ...cyclic,
      { op: 'moduleLoad', by: 'kernel', name: 'drm' },
      { op: 'moduleLoad', by: 'kernel', name: 'accel' },
    ]);
    expect(results).toEqual(['ok', 'ok', 'ENOENT', 'ENOENT']);
    expect(cycleOf(world.records.module, 'drm')).toEqual(['drm', 'accel', 'drm']);
  });

  it('load when one is linked into the other, and the used one stays', () => {
    const { results } = play([
      ...cyclic,
      { op: 'moduleDrop', by: 'kernel', name: 'accel' },
      { op: 'moduleBuild', by: 'kernel', name: 'drm', exports: [...drm, 'accel_open'], needs: [] },
      { op: 'moduleBuild', by: 'kernel', name: 'ivpu', exports: [], needs: ['drm_open', 'accel_open'] },
      { op: 'moduleLoad', by: 'kernel', name: 'ivpu' },
      { op: 'moduleLoad', by: 'kernel', name: 'drm' },
      { op: 'moduleLoad', by: 'kernel', name: 'ivpu' },
      { op: 'moduleUnload', by: 'kernel', name: 'drm' },
      { op: 'moduleUnload', by: 'kernel', name: 'ivpu' },
      { op: 'moduleUnload', by: 'kernel', name: 'drm' },
    ]);
    expect(results.slice(2)).toEqual(['ok', 'ok', 'ok', 'ENOENT', 'ok', 'ok', 'EAGAIN', 'ok', 'ok']);
  });
});

describe('bad memory', () => {
  const heap: readonly OpInput[] = [
    ...processes('A'),
    { op: 'mmap', by: 'A', as: 'heap', pages: 4 },
    { op: 'write', by: 'A', place: 'A.heap', value: 7, count: true },
    { op: 'open', by: 'A', device: 'gpu0' },
  ];
  const onDevice: OpInput = { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap' };
  const counters: OpInput = {
    op: 'rasRegister',
    by: 'driver:gpu0',
    device: 'gpu0',
    name: 'vram',
    first: 0,
    last: 1,
    counters: { 0: 'corrected', 1: 'uncorrected' },
  };
  const touch = (page: number): OpInput => ({ op: 'read', by: 'A', place: `A.heap[${page}]` });

  it('in RAM: the entry is poisoned in every process, and a touch is a SIGBUS; the neighbours are well', () => {
    const { results, world } = play([
      ...heap,
      { op: 'fork', by: 'A', child: 'B' },
      { op: 'memoryFailure', by: 'kernel', place: 'A.heap[1]' },
      touch(1),
      { op: 'read', by: 'B', place: 'B.heap[1]' },
      touch(2),
      { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[1]' },
      { op: 'exit', by: 'B' },
    ]);
    expect(results.slice(-6)).toEqual(['ok', 'SIGBUS', 'SIGBUS', 'ok', 'EIO', 'ok']);
    expect(world.records.space['A']?.rss.anon).toBe(3);
  });

  describe('in a huge page', () => {
    const block = (hugetlb: boolean): readonly OpInput[] => [
      { op: 'process', by: 'kernel', name: 'A' },
      { op: 'mmap', by: 'A', as: 'heap', pages: 512, align: 512, ...(hugetlb ? { hugetlb: '2M' as const } : {}) },
      ...(hugetlb ? [] : [{ op: 'madvise', by: 'A', place: 'A.heap', advice: 'HUGEPAGE' } as const]),
      { op: 'write', by: 'A', place: 'A.heap', value: 1 },
    ];
    const fails: OpInput = { op: 'memoryFailure', by: 'kernel', place: 'A.heap[3]' };
    const after = (ops: readonly OpInput[]) => {
      const { results, world } = play(ops, initialWorld(testMachine));
      return { results, strip: printStrip(world, 'A.heap') };
    };

    it('takes that one alone: the huge page is split', () => {
      const { results, strip } = after([...block(false), fails, touch(3), touch(4)]);
      expect(results.slice(-3)).toEqual(['ok', 'SIGBUS', 'ok']);
      expect(strip).toBe(`SSS!${'S'.repeat(508)}`);
    });

    it('takes none where somebody holds the huge page: EBUSY', () => {
      const hold: OpInput = { op: 'pin', by: 'A', place: 'A.heap[5]', flags: ['get'] };
      const { results, strip } = after([...block(false), hold, fails, touch(3)]);
      expect(results.slice(-2)).toEqual(['EBUSY', 'ok']);
      expect(strip).toBe('S'.repeat(512));
    });

    it('that was held is not held by the failure: it can go when it is let go', () => {
      const hold: OpInput = { op: 'pin', by: 'A', place: 'A.heap[5]', flags: ['get'] };
      const away: OpInput = { op: 'unpin', by: 'A', place: 'A.heap[5]', flags: ['get'] };
      const dontNeed: OpInput = { op: 'madvise', by: 'A', place: 'A.heap', advice: 'DONTNEED' };
      const all = play(block(false).slice(0, -1), initialWorld(testMachine)).world.records.pool['dram0']?.free;
      const { world } = play([...block(false), hold, fails, away, dontNeed], initialWorld(testMachine));
      expect(world.records.pool['dram0']?.free).toBe(all);
    });

    it('of hugetlb memory takes all of it', () => {
      const { results, strip } = after([...block(true), fails, touch(3), touch(4)]);
      expect(results.slice(-3)).toEqual(['ok', 'SIGBUS', 'SIGBUS']);
      expect(strip).toBe('!'.repeat(512));
    });
  });

  it('on a device: the core says ENXIO and changes nothing', () => {
    const { results, world } = play([...heap, onDevice]);
    const failed = play([{ op: 'memoryFailure', by: 'kernel', place: 'A.heap[1]' }], world);
    expect([...results.slice(-1), ...failed.results]).toEqual(['ok', 'ENXIO']);
    expect(failed.world.pages).toEqual(world.pages);
  });

  it('on a device whose driver has a handler: it is asked', () => {
    const { results, kinds } = play([
      ...heap,
      onDevice,
      { op: 'poisonHandler', by: 'driver:gpu0', device: 'gpu0' },
      { op: 'memoryFailure', by: 'kernel', place: 'A.heap[1]' },
    ]);
    expect(results.slice(-1)).toEqual(['ok']);
    expect(kinds).toContain('deviceEntryFailed');
  });

  it('that the driver finds: device entry an error, one more counted, SIGBUS for the CPU, the others come home', () => {
    const { results, world } = play([
      ...heap,
      counters,
      onDevice,
      { op: 'poisonPage', by: 'driver:gpu0', device: 'gpu0', place: 'A.heap[1]' },
      { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[1]' },
      { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[2]' },
      touch(1),
      touch(0),
      { op: 'evict', by: 'driver:gpu0', device: 'gpu0' },
    ]);
    expect(results.slice(-6)).toEqual(['ok', 'EIO', 'ok', 'SIGBUS', 'ok', 'ok']);
    expect(world.records.rasCounter['0.1']?.value).toBe(1);
    expect(world.records.contextError['gpu0:A']?.count).toBe(1);
    expect(play([touch(3), touch(1)], world).results).toEqual(['ok', 'SIGBUS']);
  });

  it('an uncorrected error ends the commands under way; one that no counter has is lost', () => {
    const { world, kinds } = play([
      ...processes('A'),
      { op: 'ownerPolicy', by: 'driver:npu0', device: 'npu0', policy: 'exclusive' },
      ...offered('npu0', 'COMPUTE_ACCEL'),
      open('A', 'accel0'),
      { op: 'command', by: 'A', file: 'accel0:A', name: 'train' },
      { op: 'injectError', by: 'npu0', device: 'npu0', severity: 'uncorrected' },
    ]);
    expect(world.records.ownership['npu0']?.commands).toEqual([]);
    expect(kinds).toContain('errorLost');
  });
});

describe('an exclusive owner', () => {
  const owned: readonly OpInput[] = [
    ...processes('A', 'B', 'R'),
    { op: 'ownerPolicy', by: 'driver:npu0', device: 'npu0', policy: 'exclusive' },
    ...offered('npu0', 'COMPUTE_ACCEL'),
    open('A', 'accel0'),
    open('B', 'accel0'),
  ];

  it('is the first to open: others may open, and may not use it', () => {
    const { results, world } = play([
      ...owned,
      { op: 'command', by: 'B', file: 'accel0:B', name: 'steal' },
      { op: 'setOwner', by: 'B', file: 'accel0:B' },
      { op: 'dropOwner', by: 'B', file: 'accel0:B' },
      { op: 'dropOwner', by: 'A', file: 'accel0:A' },
      { op: 'setOwner', by: 'B', file: 'accel0:B' },
      { op: 'command', by: 'B', file: 'accel0:B', name: 'work' },
    ]);
    expect(results.slice(-6)).toEqual(['EACCES', 'EBUSY', 'EINVAL', 'ok', 'ok', 'ok']);
    expect(world.records.ownership['npu0']?.owner).toBe('accel0:B');
  });
});
