import { describe, expect, it } from 'vitest';
import { machineWorld } from '../../scenario/testing/machine-world.ts';
import { driversOf } from './drivers-of.ts';

const rows = (machine: string, pool: string): readonly string[] =>
  driversOf(machineWorld(machine), pool).map(
    ({ device, mirror, sva, dma, read, write, atomic }) =>
      `${device}: mirror ${mirror}, SVA ${sva}, DMA ${dma}, ${read ? 'r' : '-'}${write ? 'w' : '-'}${atomic ? 'a' : '-'}`,
  );
const rowOf = (machine: string, pool: string, device: string): string | undefined =>
  rows(machine, pool).find((row) => row.startsWith(`${device}:`));

describe('who can drive a memory', () => {
  it.each([
    ['a GPU its own private memory', 'peer-switch', 'gpu0.vram', 'gpu0', 'mirror yes, SVA no, DMA own, rwa'],
    [
      'a NIC on the same switch that of the GPU, through its BAR',
      'peer-switch',
      'gpu0.vram',
      'nic0',
      'mirror fault, SVA no, DMA BUS_ADDR, rw-',
    ],
    [
      'a NIC at another root port nothing of it: the kernel does not allow the path',
      'peer-switch',
      'gpu0.vram',
      'nic1',
      'mirror fault, SVA no, DMA no, ---',
    ],
    ['ordinary memory everybody', 'peer-switch', 'dram0', 'nic1', 'mirror yes, SVA no, DMA yes, rw-'],
    [
      'coherent memory a NIC too, with AtomicOps that the root port completes',
      'coherent-package',
      'gpu0.vram',
      'nic0',
      'mirror yes, SVA no, DMA yes, rwa',
    ],
  ])('%s', (_what, machine, pool, device, row) => {
    expect(rowOf(machine, pool, device)).toBe(`${device}: ${row}`);
  });

  it('lists those with most ways first, the nearer first among them', () => {
    expect(rows('peer-switch', 'gpu0.vram').map((row) => row.split(':')[0])).toEqual(['gpu0', 'nic0', 'nic1']);
  });

  it('has no rows for a memory that is not there', () => {
    expect(rows('peer-switch', 'hbm7')).toEqual([]);
  });

  it('treats the memory of a device with the same owner as its own, for a mirror', () => {
    const world = machineWorld('accelerators');
    const device = Object.fromEntries(
      Object.entries(world.records.device).map(([name, each]) => [name, { ...each, owner: 'family' }]),
    );
    const family = { ...world, records: { ...world.records, device } };
    const mirror = (of: typeof world) => driversOf(of, 'accel0.hbm').find((row) => row.device === 'accel1')?.mirror;
    expect([mirror(world), mirror(family)]).toEqual(['fault', 'yes']);
  });
});
