import { describe, expect, it } from 'vitest';
import { machineWorld } from '../../scenario/testing/machine-world.ts';
import type { World } from '../../model/world.ts';
import { apply, invert, sameWorld } from '../apply.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp, step } from '../step.ts';

const by = 'driver:gpu0';
const [gpuPort, nicPort] = ['pci:0000:17:00.0', 'pci:0000:17:01.0'];

/** Runs operations; each is taken back, done again, and leaves what must hold. */
function run(start: World, ops: readonly OpInput[]) {
  let world = start;
  const said: unknown[] = [];
  for (const op of ops) {
    const { before, after, events, result } = step(world, completeOp(op));
    const back = [...events].reverse().reduce((w, event) => apply(w, invert(event)), after);
    expect(sameWorld(back, before)).toBe(true);
    expect(sameWorld(events.reduce(apply, before), after)).toBe(true);
    expect(checkInvariants(after)).toEqual([]);
    said.push('errno' in result ? result.errno : (events[events.length - 1]?.args ?? {}));
    world = after;
  }
  return { world, said };
}

const server = machineWorld('dual-socket');
const open: readonly OpInput[] = [
  { op: 'setAcs', by: 'kernel', device: gpuPort, bits: [] },
  { op: 'setAcs', by: 'kernel', device: nicPort, bits: [] },
];
const register: OpInput = { op: 'p2pRegister', by, provider: 'gpu0', bar: 1, bytes: 2 ** 20 };
const lookUp: OpInput = { op: 'p2pMapType', by, provider: 'gpu0', client: 'nic0' };
const distance: OpInput = { op: 'p2pDistance', by, provider: 'gpu0', clients: ['nic0'] };

describe('peer-to-peer as operations', () => {
  it('keeps a map type until a distance is asked for: ACS bits that change in between are not noticed', () => {
    const { said } = run(server, [
      ...open,
      register,
      lookUp,
      { op: 'setAcs', by: 'kernel', device: nicPort, bits: ['RR'] },
      lookUp,
      distance,
      lookUp,
    ]);
    expect(said.slice(3)).toMatchObject([
      { mapType: 'BUS_ADDR', kept: false },
      { before: 'none', after: 'RR' },
      { mapType: 'BUS_ADDR', kept: true },
      { distance: 4 },
      { mapType: 'THRU_HOST_BRIDGE', kept: true },
    ]);
  });

  it('drops ACS bits that the port lacks, and has none to set where there is no capability', () => {
    const { said } = run(server, [
      { op: 'setAcs', by: 'kernel', device: 'pci:0000:15:01.0', bits: ['RR', 'DT'] },
      { op: 'setAcs', by: 'kernel', device: 'gpu0', bits: ['RR'] },
    ]);
    expect(said).toMatchObject([{ before: 'SV RR CR UF', after: 'RR' }, 'ENOTTY']);
  });

  it('hands out what is free, and says which error it is when not', () => {
    const { said, world } = run(server, [
      { op: 'p2pAlloc', by, provider: 'gpu0', as: 'early', bytes: 1 },
      register,
      { op: 'p2pAlloc', by, provider: 'gpu0', as: 'a', bytes: 2 ** 19 },
      { op: 'p2pAlloc', by, provider: 'gpu0', as: 'b', bytes: 2 ** 19 },
      { op: 'p2pAlloc', by, provider: 'gpu0', as: 'c', bytes: 1 },
      { op: 'p2pFree', by, buffer: 'a' },
      { op: 'p2pAlloc', by, provider: 'gpu0', as: 'c', bytes: 1 },
    ]);
    expect(said.map((s) => (typeof s === 'string' ? s : 'ok'))).toEqual([
      'ENODEV',
      'ok',
      'ok',
      'ok',
      'ENOMEM',
      'ok',
      'ok',
    ]);
    expect(world.records.p2pBuffer['c']).toEqual({ provider: 'gpu0', bar: 1, offset: 0, bytes: 4096 });
    expect(world.records.p2pMemory['gpu0']?.free).toBe(2 ** 19 - 4096);
  });

  it('gives a peer the bus address without the IOMMU, main memory through it', () => {
    const { said } = run(server, [
      ...open,
      register,
      { op: 'p2pAlloc', by, provider: 'gpu0', as: 'ring', bytes: 65536 },
      { op: 'dmaMap', by: 'driver:nic0', client: 'nic0', memory: 'ring', as: 'peer' },
      { op: 'dmaMap', by: 'driver:nic0', client: 'nic0', memory: 'dram0', as: 'plain', bytes: 8192 },
      { op: 'p2pFree', by, buffer: 'ring' },
      { op: 'dmaUnmap', by: 'driver:nic0', mapping: 'peer' },
      { op: 'p2pFree', by, buffer: 'ring' },
    ]);
    expect(said.slice(4)).toMatchObject([
      { target: 'PEER_BUS', address: 0x2000_0000_0000, iommuPages: 0 },
      { target: 'SYS', iommuPages: 2 },
      'EBUSY',
      { mapping: 'peer' },
      { buffer: 'ring' },
    ]);
  });

  it('refuses a peer that cannot be reached; a driver that falls back takes main memory and gives it back', () => {
    const hostBridge = { ...server.records.hostBridge };
    for (const name of Object.keys(hostBridge))
      hostBridge[name] = { firstDevice: null, windows: [], keepsFirmwareSetup: false };
    const unlisted = { ...server, records: { ...server.records, hostBridge } };
    const map: OpInput = { op: 'dmaMap', by: 'driver:nic0', client: 'nic0', memory: 'ring', as: 'peer' };
    const free = unlisted.records.pool['dram0']?.free ?? 0;
    const { said, world } = run(unlisted, [
      register,
      { op: 'p2pAlloc', by, provider: 'gpu0', as: 'ring', bytes: 65536 },
      map,
      { ...map, fallback: true },
    ]);
    expect(said.slice(2)).toMatchObject(['EREMOTEIO', { target: 'BOUNCE', iommuPages: 16 }]);
    expect(world.records.pool['dram0']?.free).toBe(free - 16);
    const after = run(world, [{ op: 'dmaUnmap', by: 'driver:nic0', mapping: 'peer' }]).world;
    expect(after.records.pool['dram0']?.free).toBe(free);
  });

  it('asks for the PCI function that a block device belongs to', () => {
    const { said } = run(server, [register, { ...distance, clients: ['nvme0n1'] }, { ...lookUp, client: 'nvme0n1' }]);
    expect(said.slice(1)).toMatchObject([{ distance: 6 }, { mapType: 'NOT_SUPPORTED' }]);
  });

  it('finds only what is published', () => {
    const find: OpInput = { op: 'p2pFind', by, clients: ['nic0'] };
    const { said } = run(server, [
      register,
      find,
      { op: 'p2pPublish', by, provider: 'gpu0' },
      find,
      { op: 'p2pPublish', by, provider: 'nic0' },
    ]);
    expect(said.slice(1)).toMatchObject([
      { provider: null },
      { published: true },
      { provider: 'gpu0', distance: 4 },
      'ENODEV',
    ]);
  });
});
