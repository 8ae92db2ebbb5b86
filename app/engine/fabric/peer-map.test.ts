import { describe, expect, it } from 'vitest';
import type { World } from '../../model/world.ts';
import { machineWorld } from '../../scenario/testing/machine-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp, step } from '../step.ts';

const server = machineWorld('dual-socket');
const visiblePages = (256 * 2 ** 20) / 4096;

function run(start: World, ops: readonly OpInput[]) {
  let world = start;
  const ends: string[] = [];
  for (const op of ops) {
    const { after, result } = step(world, completeOp(op));
    expect(checkInvariants(after)).toEqual([]);
    ends.push('errno' in result ? result.errno : 'ok');
    world = after;
  }
  return { world, ends };
}

const make = (as: string, pages = 16): OpInput => ({ op: 'makeObject', by: 'A', as, device: 'gpu0', pages, value: 3 });
const ask = (object: string, importer = 'nic0'): OpInput => ({
  op: 'peerMap',
  by: 'driver:nic0',
  importer,
  object,
  as: 'peer',
});
const process: OpInput = { op: 'process', by: 'kernel', name: 'A' };

describe('the peer mapping callback', () => {
  it('is allowed where the peer may and the BAR shows the buffer: it stays where it is', () => {
    const { world, ends } = run(server, [process, make('buffer'), ask('buffer')]);
    expect(ends).toEqual(['ok', 'ok', 'ok']);
    expect(world.records.dmaMapping['peer']).toMatchObject({ target: 'PEER_HOST', iommuPages: 16 });
    expect(world.records.object['buffer']?.placement).toBe('vram');
  });

  it('falls back to main memory where there is no way', () => {
    const hostBridge = Object.fromEntries(
      Object.keys(server.records.hostBridge).map((name) => [
        name,
        { firstDevice: null, windows: [], keepsFirmwareSetup: false },
      ]),
    );
    const unlisted = { ...server, records: { ...server.records, hostBridge } };
    const { world, ends } = run(unlisted, [process, make('buffer'), ask('buffer')]);
    expect(ends.at(-1)).toBe('ok');
    expect(world.records.dmaMapping['peer']?.target).toBe('SYS');
    expect(world.records.object['buffer']?.placement).toBe('system');
  });

  it('falls back where the BAR does not show the buffer, and where it lies in main memory already', () => {
    const { world, ends } = run(server, [process, make('front', visiblePages), make('back'), ask('back')]);
    expect(ends.at(-1)).toBe('ok');
    expect(world.records.object['back']?.placement).toBe('system');
    expect(world.records.object['front']?.placement).toBe('vram');
    const again = run(world, [{ op: 'dmaUnmap', by: 'driver:nic0', mapping: 'peer' }, ask('back')]);
    expect(again.ends).toEqual(['ok', 'ok']);
    expect(again.world.records.dmaMapping['peer']?.target).toBe('SYS');
  });

  it('is for memory of another device', () => {
    expect(run(server, [process, make('buffer'), ask('buffer', 'gpu0'), ask('nothing')]).ends.slice(2)).toEqual([
      'EINVAL',
      'EINVAL',
    ]);
  });
});

describe('questions as operations', () => {
  const last = (ops: readonly OpInput[]) => {
    const { world } = run(server, ops.slice(0, -1));
    return step(world, completeOp(ops[ops.length - 1] ?? process));
  };

  it('change nothing and say what was found', () => {
    const { events, before, after } = last([{ op: 'findRoute', by: 'kernel', from: 'gpu0', to: 'dram1' }]);
    expect(events).toMatchObject([
      { kind: 'routeFound', args: { latencyNs: 510, bottleneck: 'gpu0--pci:0000:17:00.0' } },
    ]);
    expect(after).toBe(before);
  });

  it('refuse where nothing leads there, or nothing can do a stage', () => {
    expect(last([{ op: 'findRoute', by: 'kernel', from: 'gpu0', to: 'nowhere' }]).result).toEqual({
      errno: 'EHOSTUNREACH',
    });
    expect(last([{ op: 'planPipeline', by: 'kernel', stages: [{ engine: 'rsa' }] }]).result).toEqual({
      errno: 'ENODEV',
    });
    expect(last([{ op: 'nearestInitiators', by: 'kernel', pool: 'dram9' }]).result).toEqual({ errno: 'ENODEV' });
  });

  it('see a wire that was added', () => {
    const wire: OpInput = {
      op: 'addLink',
      by: 'kernel',
      as: 'short',
      between: ['gpu0', 'nic0'],
      kind: 'nvlink',
      bandwidthGBs: 100,
      latencyNs: 10,
    };
    const { events } = last([wire, { op: 'findRoute', by: 'kernel', from: 'gpu0', to: 'nic0' }]);
    expect(events).toMatchObject([{ args: { latencyNs: 10, gbs: 100 } }]);
    expect(last([wire, wire]).result).toEqual({ errno: 'EEXIST' });
    expect(last([{ ...wire, between: ['gpu0', 'gpu0'] }]).result).toEqual({ errno: 'EINVAL' });
  });
});
