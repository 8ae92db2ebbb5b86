import { describe, expect, it } from 'vitest';
import { initialWorld } from '../engine/initial-world.ts';
import type { OpInput } from '../engine/operations.ts';
import { completeOp, step, type Transaction } from '../engine/step.ts';
import type { World } from '../model/world.ts';
import { printDetail } from './event-view.ts';
import { deviceFacts, holderFacts, holderRelations, kernelFacts, ownerActions } from './owners-view.ts';

const names = {
  device: new Map([
    ['gpu0', 'node:gpu0'],
    ['gpu1', 'node:gpu1'],
  ]),
  pool: new Map<string, string>(),
  cpu: null,
  anchor: new Map<string, string>(),
};

const start: World = initialWorld({
  pools: [{ id: 'dram0', kind: 'dram', registration: 'system', frames: 64, device: null }],
  devices: [
    { id: 'gpu0', memory: 'none', pool: null },
    { id: 'gpu1', memory: 'none', pool: null },
  ],
});

function play(...ops: readonly OpInput[]): { readonly world: World; readonly last: Transaction } {
  let world = start;
  let last: Transaction | null = null;
  for (const op of ops) {
    last = step(world, completeOp(op));
    world = last.after;
  }
  if (last === null) throw new Error('nothing was done');
  return { world, last };
}

const opened: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'process', by: 'kernel', name: 'B' },
  { op: 'drmInit', by: 'driver:gpu0', device: 'gpu0', features: ['MODESET'] },
  { op: 'drmRegister', by: 'driver:gpu0', device: 'gpu0' },
  { op: 'nodeOpen', by: 'A', node: 'card0' },
  { op: 'nodeOpen', by: 'B', node: 'card0' },
];
const words = (facts: readonly { readonly label: string; readonly value: string | null }[]): readonly string[] =>
  facts.map(({ label, value }) => `${label}: ${value}`);

describe('device nodes in the object panel', () => {
  it('a device lists its nodes, its references and who has it open, the master first among them', () => {
    expect(words(deviceFacts(play(...opened).world, 'gpu0'))).toEqual([
      'node card0: 226:0, live',
      'references: 3 references',
      'open card0:A: A, master',
      'open card0:B: B, not authenticated',
    ]);
  });

  it('a process lists what it has open', () => {
    const { world } = play(...opened);
    expect(words(holderFacts(world, 'A'))).toEqual(['open card0: master']);
    expect(words(holderFacts(world, 'B'))).toEqual(['open card0: card0:B']);
  });

  it('an exclusive owner, its command and error counters are facts of the device', () => {
    const { world } = play(
      { op: 'process', by: 'kernel', name: 'A' },
      { op: 'ownerPolicy', by: 'driver:gpu0', device: 'gpu0', policy: 'exclusive' },
      { op: 'drmInit', by: 'driver:gpu0', device: 'gpu0', features: ['COMPUTE_ACCEL'] },
      { op: 'drmRegister', by: 'driver:gpu0', device: 'gpu0' },
      { op: 'nodeOpen', by: 'A', node: 'accel0' },
      { op: 'command', by: 'A', file: 'accel0:A', name: 'train' },
      {
        op: 'rasRegister',
        by: 'driver:gpu0',
        device: 'gpu0',
        name: 'hbm',
        last: 1,
        counters: { 0: 'corrected' },
      },
      { op: 'injectError', by: 'gpu0', device: 'gpu0', severity: 'corrected', count: 3 },
    );
    expect(words(deviceFacts(world, 'gpu0'))).toEqual([
      'node accel0: 261:0, live',
      'references: 2 references',
      'open accel0:A: A',
      'owner policy: one exclusive owner',
      'owner: accel0:A',
      'commands under way: train',
      'corrected errors: 3',
    ]);
  });

  it('tables of numbers and modules are facts of the kernel', () => {
    const { world } = play(
      { op: 'minorTable', by: 'kernel', name: 'accel', container: 'xarrayAlloc' },
      { op: 'minorAlloc', by: 'kernel', table: 'accel', pointer: 'gpu0' },
      { op: 'minorAlloc', by: 'kernel', table: 'accel' },
      { op: 'moduleBuild', by: 'kernel', name: 'drm', exports: ['drm_open'], needs: ['accel_open'] },
    );
    expect(words(kernelFacts(world))).toEqual(['table accel: 0 gpu0; 1 reserved', 'module drm: not loaded']);
  });
});

describe('lines between devices and processes', () => {
  it('lead to everybody who has the device open, and say that it is unplugged', () => {
    const { world } = play(...opened, { op: 'drmUnregister', by: 'driver:gpu0', device: 'gpu0', unplug: true });
    expect(holderRelations(world, names).map(({ target, label, state }) => [target, label, state])).toEqual([
      ['process:A', 'card0 open, master, unplugged', 'stale'],
      ['process:B', 'card0 open, unplugged', 'stale'],
    ]);
  });

  it('show who was refused, and why', () => {
    const { world, last } = play(...opened, { op: 'setMaster', by: 'B', file: 'card0:B', admin: true });
    expect(ownerActions(last.events, world, names, [])).toMatchObject([
      { kind: 'refused', source: 'node:gpu0', target: 'process:B', label: 'EBUSY · master.set' },
    ]);
  });
});

describe('events of device numbers in words', () => {
  it('say which table, which number, and what is behind it', () => {
    const { last } = play(
      { op: 'minorTable', by: 'kernel', name: 'accel', container: 'xarrayAlloc' },
      { op: 'minorAlloc', by: 'kernel', table: 'accel' },
      { op: 'minorCompareExchange', by: 'kernel', table: 'accel', id: 0, expected: null, pointer: 'gpu0' },
    );
    expect(last.events.map(printDetail)).toEqual(['table accel, number 0, gpu0, nothing is stored']);
  });
});
