import { describe, expect, it } from 'vitest';
import type { World } from '../../model/world.ts';
import { machineWorld } from '../../scenario/testing/machine-world.ts';
import { apply, invert, sameWorld } from '../apply.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp, step, type Transaction } from '../step.ts';

const start = machineWorld('dual-socket');

/** Each result, the last world and all that happened; laws hold after each event, and every event can be taken back. */
function play(ops: readonly OpInput[], from: World = start) {
  let world = from;
  const transactions: Transaction[] = [];
  for (const op of ops) {
    const done = step(world, completeOp(op));
    for (const event of done.events) {
      const next = apply(world, event);
      expect(checkInvariants(next)).toEqual([]);
      expect(sameWorld(apply(next, invert(event)), world)).toBe(true);
      world = next;
    }
    transactions.push(done);
  }
  const results = transactions.map(({ result }) =>
    'ok' in result ? 'ok' : 'errno' in result ? result.errno : 'signal' in result ? result.signal : 'waits',
  );
  return { world, results, transactions, last: transactions.at(-1)?.events ?? [] };
}

type Functions = NonNullable<Extract<OpInput, { op: 'loadBitstream' }>['functions']>;
const gpu: Functions[number] = { as: 'soft0', kind: 'gpu', engines: ['compute'], memory: { bytes: 16 * 4096 } };
const load = (name: string, ...functions: Functions): OpInput => ({
  op: 'loadBitstream',
  by: 'kernel',
  device: 'accel0',
  name,
  functions,
});
const loaded = load('A', gpu);
const work: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'data', pages: 4 },
  { op: 'write', by: 'A', place: 'A.data', value: 10, count: true },
  { op: 'open', by: 'A', device: 'soft0' },
  { op: 'migrateToDevice', by: 'driver:soft0', context: 'soft0:A', place: 'A.data' },
];
const read: OpInput = { op: 'deviceRead', by: 'soft0', context: 'soft0:A', place: 'A.data' };
const close: OpInput = { op: 'close', by: 'A', context: 'soft0:A' };

describe('a bitstream', () => {
  it('makes a function on the connector of the FPGA, with memory and a link to what is above', () => {
    const { world } = play([loaded]);
    const base = world.records.pci['accel0'];
    const made = world.records.pci['soft0'];
    expect(made).toMatchObject({ above: base?.above, hostBridge: base?.hostBridge, iommuGroup: base?.iommuGroup });
    expect(made?.bdf.replace(/\.\d$/, '')).toBe(base?.bdf.replace(/\.\d$/, ''));
    expect(made?.bdf).not.toBe(base?.bdf);
    expect(world.records.pool['soft0.vram']).toMatchObject({ frames: 16, free: 16, device: 'soft0' });
    const wire = (name: string) => Object.values(world.records.link).find(({ a }) => a === name)?.wire;
    expect(wire('soft0')).toBe(wire('accel0'));
  });

  it('gives frame numbers that no other memory has', () => {
    const { world } = play([load('A', gpu, { ...gpu, as: 'soft1' })]);
    const spans = Object.values(world.records.pool)
      .map(({ firstFrame, frames }) => [firstFrame, firstFrame + frames] as const)
      .sort(([a], [b]) => a - b);
    expect(spans.every(([first], i) => i === 0 || first >= (spans[i - 1]?.[1] ?? 0))).toBe(true);
  });

  it('leaves nothing of the one before where nobody has a file of it', () => {
    const { world } = play([loaded, load('empty')]);
    const { bitstream, ...records } = world.records;
    const { bitstream: _, ...before } = start.records;
    expect(records).toEqual(before);
    expect(bitstream).toEqual({ accel0: { name: 'empty' } });
  });

  it.each([
    ['a name that a device of the machine has', [load('A', { ...gpu, as: 'gpu0' })], 'EEXIST'],
    ['one name twice', [load('A', gpu, gpu)], 'EEXIST'],
    ['no FPGA', [{ ...loaded, device: 'nothing' } as OpInput], 'ENODEV'],
    ['logic of an FPGA', [loaded, { ...load('B'), device: 'soft0' } as OpInput], 'ENODEV'],
    ['the name of one that is still open', [loaded, ...work, load('B', gpu)], 'EEXIST'],
    ['the name of the one before', [loaded, load('B', gpu)], 'ok'],
    ['the name of one that was closed in the meantime', [loaded, ...work, load('B'), close, load('C', gpu)], 'ok'],
    [
      'the one before has a buffer in its memory',
      [loaded, ...work, { op: 'makeObject', by: 'A', as: 'bo', device: 'soft0', pages: 2 }, load('B')],
      'EBUSY',
    ],
  ] satisfies readonly (readonly [string, readonly OpInput[], string])[])('%s', (_name, ops, result) => {
    expect(play(ops).results.at(-1)).toBe(result);
  });

  it('brings what lies in the memory to main memory, and keeps what it holds', () => {
    const { world, results } = play([loaded, ...work, load('B')]);
    expect(results.at(-1)).toBe('ok');
    expect(world.records.pool['soft0.vram']).toBeUndefined();
    expect(world.records.pci['soft0']).toBeUndefined();
    const after = play([{ op: 'read', by: 'A', place: 'A.data[3]' }], world);
    expect(after.last.find(({ kind }) => kind === 'cpuRead')?.args['value']).toBe(13);
  });

  it('leaves the files of the one before open, and nothing behind them', () => {
    const { results, world } = play([
      loaded,
      ...work,
      load('B'),
      read,
      close,
      { op: 'open', by: 'A', device: 'soft0' },
    ]);
    expect(results.slice(-4)).toEqual(['ok', 'ENODEV', 'ok', 'ENODEV']);
    expect(world.records.device['soft0']).toBeUndefined();
    expect(world.records.hotFunction['soft0']).toBeUndefined();
  });

  it('ends what the function shares with address spaces', () => {
    const shared = load('A', { ...gpu, pasids: 64, ats: true, pri: true });
    const bind: OpInput = { op: 'svaBind', by: 'A', device: 'soft0' };
    const access: OpInput = { op: 'svaRead', by: 'soft0', bond: 'soft0:A', place: 'A.data' };
    const { results, world } = play([shared, ...work, bind, bind, access, load('B'), access]);
    expect(results.slice(-3)).toEqual(['ok', 'ok', 'EINVAL']);
    expect([world.records.svaBond, world.records.svaDomain]).toEqual([{}, {}]);
    expect(world.records.pasid['A']).toBeDefined();
  });

  it.each([
    ['a memory_failure callback', { op: 'poisonHandler', by: 'driver:soft0', device: 'soft0' }],
    ['an owner policy', { op: 'ownerPolicy', by: 'driver:soft0', device: 'soft0', policy: 'exclusive' }],
    ['error formats', { op: 'rasOffer', by: 'driver:soft0', device: 'soft0', mask: 3 }],
    [
      'error counters',
      {
        op: 'rasRegister',
        by: 'driver:soft0',
        device: 'soft0',
        name: 'errors',
        last: 1,
        counters: { 0: 'corrected', 1: 'uncorrected' },
      },
    ],
    ['a queue of page requests', { op: 'pageRequests', by: 'driver:soft0', device: 'soft0', queue: 4 }],
  ] satisfies readonly (readonly [string, OpInput])[])('leaves %s to no function that comes later', (_name, op) => {
    const { results, world } = play([loaded, op, load('B')]);
    expect(results).toEqual(['ok', 'ok', 'ok']);
    // The array of node numbers stays, empty.
    const records = { ...world.records, bitstream: {}, minorTable: start.records.minorTable };
    expect(records).toEqual({ ...start.records, bitstream: {} });
  });

  it('waits for a page that cannot move, and goes on when it can', () => {
    const coherent = { ...gpu, memory: { bytes: 16 * 4096, registration: 'coherent' as const } };
    const pinned: OpInput = { op: 'pin', by: 'A', place: 'A.data[0]' };
    const { results, world } = play([
      load('A', coherent),
      ...work,
      pinned,
      load('B'),
      { op: 'unpin', by: 'A', place: 'A.data[0]' },
    ]);
    expect(results.slice(-3)).toEqual(['ok', 'waits', 'ok']);
    expect(world.records.bitstream['accel0']).toEqual({ name: 'B' });
    expect(world.records.pool['soft0.vram']).toBeUndefined();
  });
});
