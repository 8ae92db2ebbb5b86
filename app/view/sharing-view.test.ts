import { describe, expect, it } from 'vitest';
import { History } from '../engine/history.ts';
import { initialWorld } from '../engine/initial-world.ts';
import { checkInvariants } from '../engine/invariants.ts';
import type { OpInput } from '../engine/operations.ts';
import { sharingMachine } from '../engine/sharing/testing/machine.ts';
import { completeOp } from '../engine/step.ts';
import { actions, mappings, type NodeNames } from './relations-view.ts';
import { sharingFacts } from './sharing-view.ts';
import { tableView } from './table-view.ts';

const devices = ['gpu0', 'accel0', 'nic0', 'nic1', 'wide0', 'wide1'];
const names: NodeNames = {
  device: new Map(devices.map((id) => [id, `node:${id}`])),
  pool: new Map([
    ['dram0', 'dram'],
    ['gpu0.vram', 'vram'],
  ]),
  cpu: 'cpu',
  anchor: new Map(),
};

function play(ops: readonly OpInput[]) {
  const history = new History(initialWorld(sharingMachine));
  for (const op of ops) history.run(completeOp(op));
  const { last: world, transactions } = history;
  const events = transactions[transactions.length - 1]?.events ?? [];
  const say = ({ source, target, label, state }: ReturnType<typeof mappings>[number]) =>
    `${source} -> ${target}: ${label} (${state ?? 'none'})`;
  return {
    world,
    before: transactions[transactions.length - 1]?.before ?? world,
    lines: mappings(world, names, checkInvariants(world)).map(say),
    moment: actions(world, events, names, []).map(say),
    facts: (node: string) =>
      (sharingFacts(world, names).get(node) ?? []).map(({ label, value }) => `${label}: ${value ?? ''}`),
  };
}

const share: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'makeObject', by: 'A', as: 'weights', device: 'gpu0', pages: 4 },
  { op: 'exportDmaBuf', by: 'A', object: 'weights', as: 'shared' },
  { op: 'attach', by: 'A', fd: 3, importer: 'nic0', as: 'nic' },
  { op: 'mapAttachment', by: 'driver:nic0', attachment: 'nic' },
];
const evict: OpInput = { op: 'moveObject', by: 'driver:gpu0', object: 'weights', to: 'system' };

describe('what devices share', () => {
  it('is a line from the importer to the memory, which says how it gets there', () => {
    expect(play(share).lines).toEqual(['node:nic0 -> vram: nic: 4 pages, peer, bus addresses (bar)']);
    expect(play([...share, evict]).lines).toEqual([
      'node:nic0 -> vram: nic: 4 pages, stale until the fence signals (migrating)',
    ]);
  });

  it('is told, moved and read in lines of the moment', () => {
    expect(play([...share, evict]).moment).toEqual([
      'node:gpu0 -> node:nic0: shared: it moves (none)',
      'vram -> dram: 4 pages · 16 KiB to system memory (migrating)',
    ]);
    expect(play([...share, { op: 'dmaWrite', by: 'nic0', through: 'nic', pages: 4, value: 1 }]).moment).toEqual([
      'node:nic0 -> vram: 4 pages · 16 KiB by DMA (system)',
    ]);
  });

  it('is told as facts of the devices and processes', () => {
    const { facts } = play(share);
    expect(facts('node:gpu0')).toEqual(['buffer weights: 4 pages in gpu0.vram, exported as shared, of A']);
    expect(facts('node:nic0')).toEqual([
      'import nic: shared, follows moves, peer-to-peer, mapped, 4 pages of peer, bus addresses',
    ]);
    expect(facts('process:A')).toEqual(['open files: 3: shared', 'buffer objects: weights']);
  });

  it('is painted as stale where a device has addresses of memory that is gone', () => {
    const policy = sharingMachine.devices.map((d) => ({ ...d, ownerLeaves: 'recycle' as const }));
    const history = new History(initialWorld({ ...sharingMachine, devices: policy }));
    for (const op of [...share, { op: 'exit', by: 'A' } as const]) history.run(completeOp(op));
    const lines = mappings(history.last, names, checkInvariants(history.last));
    expect(lines.map(({ label, state }) => [label, state])).toEqual([['nic: 4 pages, stale', 'stale']]);
  });

  it('is a region, with its key and where it leads', () => {
    const region: OpInput = { op: 'regMr', by: 'A', device: 'nic1', as: 'mr', kind: 'dmaBufPinned', fd: 3 };
    const { facts, lines } = play([...share.slice(0, 3), region]);
    expect(facts('node:nic1')).toEqual([
      'region nic1:mr: dmaBufPinned, rkey 0x1000, shared, follows moves, pins 1, mapped, 4 pages of main memory',
    ]);
    expect(lines).toEqual(['node:nic1 -> dram: nic1:mr: 4 pages, main memory (system)']);
  });

  it('is an address space: a line with the PASID, a column of cached translations, a flush', () => {
    const ops: readonly OpInput[] = [
      { op: 'process', by: 'kernel', name: 'A' },
      { op: 'mmap', by: 'A', as: 'heap', pages: 2 },
      { op: 'svaBind', by: 'A', device: 'wide0' },
      { op: 'svaWrite', by: 'wide0', bond: 'wide0:A', place: 'A.heap', value: 1 },
    ];
    const shared = play(ops);
    expect(shared.lines).toEqual(['node:wide0 -> process:A: shares its address space, PASID 1 (system)']);
    expect(shared.facts('process:A')).toEqual(['PASID: 1']);
    expect(shared.facts('node:wide0')).toEqual(['shares A: PASID 1, 1 bound, domain A@iommu']);
    const table = tableView(shared.before, shared.world, [], { table: 'A.heap', start: 0, count: 1 });
    expect(table?.columns).toEqual(['wide0:A']);
    expect(table?.rows[0]?.devices[0]).toMatchObject({ text: 'sys rw', changed: true });
    expect(play([...ops, { op: 'munmap', by: 'A', place: 'A.heap' }]).moment).toContain(
      'cpu -> node:wide0: flush, PASID 1 (none)',
    );
  });
});
