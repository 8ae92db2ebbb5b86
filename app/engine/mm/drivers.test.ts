import { describe, expect, it } from 'vitest';
import { driverNames, driverPresets, type DriverName } from '../../model/driver-presets.ts';
import { printDeviceStrip, printStrip } from '../../notation/strip.ts';
import { History } from '../history.ts';
import { initialWorld, type EngineSpec } from '../initial-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp } from '../step.ts';

const machine = (driver: DriverName): EngineSpec => ({
  pools: [
    { id: 'dram0', kind: 'dram', registration: 'system', frames: 4096, device: null },
    { id: 'gpu0.vram', kind: 'vram', registration: 'private', frames: 2048, device: 'gpu0' },
    { id: 'gpu1.vram', kind: 'vram', registration: 'private', frames: 2048, device: 'gpu1' },
  ],
  devices: [
    { id: 'gpu0', memory: 'private', pool: 'gpu0.vram', ...driverPresets[driver].rules },
    { id: 'gpu1', memory: 'private', pool: 'gpu1.vram', ...driverPresets[driver].rules },
  ],
});

function run(driver: DriverName, ops: readonly OpInput[]) {
  const history = new History(initialWorld(machine(driver)));
  const results = ops.map((op) => history.run(completeOp(op)).result);
  expect(checkInvariants(history.last)).toEqual([]);
  const events = history.transactions.flatMap((tx) => tx.events);
  return { world: history.last, results, last: results[results.length - 1], events };
}

/** "D*256.*256" */
const squeeze = (text: string): string =>
  text.replace(/(.)\1{7,}/g, (all: string, letter: string) => `${letter}*${all.length}`);
const strip = (world: ReturnType<typeof run>['world'], place = 'A.heap'): string => squeeze(printStrip(world, place));

const start = (pages = 512): readonly OpInput[] => [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'heap', pages, align: 512 },
  { op: 'write', by: 'A', place: 'A.heap', value: 1, count: true },
  { op: 'open', by: 'A', device: 'gpu0' },
];
const toDevice = (place: string, device = 'gpu0'): OpInput => ({
  op: 'migrateToDevice',
  by: `driver:${device}`,
  context: `${device}:A`,
  place,
});

describe('a migration of one page moves', () => {
  const moved: Readonly<Record<Exclude<DriverName, 'sva'>, string>> = {
    dmirror: 'DS*511',
    nouveau: 'DS*511',
    drm_gpusvm: 'D*512',
    amdkfd: 'D*512',
  };
  it.each(Object.entries(moved))('by %s: %s', (driver, shows) => {
    expect(strip(run(driver as DriverName, [...start(), toDevice('A.heap[0]')]).world)).toBe(shows);
  });

  it('a smaller range of drm_gpusvm where the area is small, and what the area has of a chunk by amdkfd', () => {
    expect(strip(run('drm_gpusvm', [...start(40), toDevice('A.heap[0]')]).world)).toBe('D*16S*24');
    expect(strip(run('drm_gpusvm', [...start(40), toDevice('A.heap[36]')]).world)).toBe(`S*36DSSS`);
    expect(strip(run('amdkfd', [...start(40), toDevice('A.heap[0]')]).world)).toBe('D*40');
  });
});

describe('a CPU fault on one page brings back', () => {
  const back: Readonly<Record<Exclude<DriverName, 'sva'>, string>> = {
    dmirror: 'DDDDDDDSD*504',
    nouveau: 'DDDDDDDSD*504',
    drm_gpusvm: 'S*512',
    amdkfd: 'S*512',
  };
  it.each(Object.entries(back))('to %s: %s', (driver, shows) => {
    const ops: readonly OpInput[] = [...start(), toDevice('A.heap'), { op: 'read', by: 'A', place: 'A.heap[7]' }];
    const { world, events } = run(driver as DriverName, ops);
    expect(strip(world)).toBe(shows);
    expect(events.filter((event) => event.kind === 'cpuRead').at(-1)?.args['value']).toBe(8);
  });
});

describe('memory of another device', () => {
  const onOther: readonly OpInput[] = [
    ...start(16),
    { op: 'open', by: 'A', device: 'gpu1' },
    toDevice('A.heap', 'gpu1'),
  ];

  it.each([
    ['dmirror', 'gpu1.vram'],
    ['nouveau', 'gpu1.vram'],
    ['drm_gpusvm', 'gpu0.vram'],
    ['amdkfd', 'gpu0.vram'],
  ] as const)('is asked for by %s and ends up in %s', (driver, pool) => {
    const { world } = run(driver, [...onOther, toDevice('A.heap')]);
    const used = Object.entries(world.records.pool).filter(([id, { free, frames }]) => id !== 'dram0' && free < frames);
    expect(used.map(([id]) => id)).toEqual([pool]);
  });
});

describe('munmap of a part of a range', () => {
  it.each([
    ['dmirror', '.*8D*32'],
    ['drm_gpusvm', '.*16D*24'],
    ['amdkfd', '.*8D*32'],
  ] as const)('leaves %s with the mirror %s', (driver, mirror) => {
    const cut: OpInput = { op: 'munmap', by: 'A', place: 'A.heap[0..8]' };
    const { world, events } = run(driver, [...start(40), toDevice('A.heap'), cut]);
    expect(strip(world)).toBe('.*8D*32');
    expect(squeeze(printDeviceStrip(world, 'gpu0:A', 'A.heap'))).toBe(mirror);
    const settled = events.filter((event) => event.kind === 'driverRange').map((event) => event.fn);
    expect(settled).toEqual(
      { dmirror: [], drm_gpusvm: ['drm_gpusvm_range_remove'], amdkfd: ['svm_range_split'] }[driver],
    );
  });
});

describe('a child that reads inherited device memory', () => {
  const forked: readonly OpInput[] = [...start(512), toDevice('A.heap'), { op: 'fork', by: 'A', child: 'B' }];
  const childReads: OpInput = { op: 'read', by: 'B', place: 'B.heap[3]' };

  it('moves the range of its parent under amdkfd, and a page of its own under the test driver', () => {
    expect(strip(run('amdkfd', [...forked, childReads]).world)).toBe('s*512');
    expect(strip(run('dmirror', [...forked, childReads]).world)).toBe('dddsd*508');
  });

  it('gets SIGBUS under amdkfd when the parent is gone', () => {
    expect(run('amdkfd', [...forked, { op: 'exit', by: 'A' }, childReads]).last).toEqual({ signal: 'SIGBUS' });
    expect(run('dmirror', [...forked, { op: 'exit', by: 'A' }, childReads]).last).toEqual({ ok: true });
  });
});

describe('a driver on a shared page table', () => {
  it('has no mirror to open', () => {
    expect(run('sva', start()).last).toEqual({ errno: 'EOPNOTSUPP' });
  });
});

describe('a preset', () => {
  it.each(driverNames)('%s can be bound by a story', (name) => {
    const { world } = run('dmirror', [{ op: 'driver', by: 'kernel', device: 'gpu0', name }]);
    expect(world.records.device['gpu0']).toMatchObject(driverPresets[name].rules);
  });
});
