import { describe, expect, it } from 'vitest';
import { History } from '../history.ts';
import { initialWorld } from '../initial-world.ts';
import { checkInvariants } from '../invariants.ts';
import type { OpInput } from '../operations.ts';
import { completeOp } from '../step.ts';
import { Tx } from '../tx.ts';
import { exportsOf, orphanExports } from './leave.ts';
import { sharingMachine } from './testing/machine.ts';

function play(ops: readonly OpInput[]) {
  const history = new History(initialWorld(sharingMachine));
  const ends = ops.map((input) => {
    const { result, after } = history.run(completeOp(input));
    expect(checkInvariants(after)).toEqual([]);
    return 'ok' in result ? 'ok' : 'errno' in result ? result.errno : 'signal' in result ? result.signal : 'waits';
  });
  return { ends, last: ends[ends.length - 1], world: history.last };
}

const A: OpInput = { op: 'process', by: 'kernel', name: 'A' };
const make = (more: Partial<Extract<OpInput, { op: 'makeObject' }>> = {}): OpInput => ({
  op: 'makeObject',
  by: 'A',
  as: 'weights',
  device: 'gpu0',
  pages: 4,
  value: 10,
  ...more,
});
const exported: OpInput = { op: 'exportDmaBuf', by: 'A', object: 'weights', as: 'shared' };
const attach = (more: Partial<Extract<OpInput, { op: 'attach' }>> = {}): OpInput => ({
  op: 'attach',
  by: 'A',
  fd: 3,
  importer: 'nic0',
  as: 'nic',
  ...more,
});
const map: OpInput = { op: 'mapAttachment', by: 'driver:nic0', attachment: 'nic' };

describe('a buffer object', () => {
  it('goes to main memory where the device is full, if its driver can move it', () => {
    expect(play([A, make({ pages: 1025 })]).world.records.object['weights']?.placement).toBe('system');
    expect(play([A, make({ device: 'accel0', exporter: 'habanalabs', pages: 65 })]).last).toBe('ENOMEM');
  });

  it('lives until handles, exports and mappings are gone, in any order', () => {
    const steps: readonly OpInput[] = [
      { op: 'closeFd', by: 'A', fd: 3 },
      { op: 'freeObject', by: 'A', object: 'weights' },
      { op: 'munmap', by: 'A', place: 'A.view' },
    ];
    for (const order of [
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const ops = [
        A,
        make(),
        exported,
        { op: 'mmapObject', by: 'A', object: 'weights', as: 'view' } as const,
        { op: 'write', by: 'A', place: 'A.view', value: 1 } as const,
      ];
      const rest = order.flatMap((i) => steps[i] ?? []);
      expect(play([...ops, ...rest.slice(0, 2)]).world.records.pool['gpu0.vram']?.free).toBe(1020);
      expect(play([...ops, ...rest]).world.records.pool['gpu0.vram']?.free).toBe(1024);
    }
  });

  it('of a user pointer is neither exported nor mapped a second time', () => {
    const heap: OpInput = { op: 'mmap', by: 'A', as: 'heap', pages: 2 };
    const { ends } = play([
      A,
      heap,
      make({ place: 'A.heap' }),
      exported,
      { op: 'mmapObject', by: 'A', object: 'weights', as: 'view' },
    ]);
    expect(ends.slice(2)).toEqual(['ok', 'EPERM', 'EPERM']);
  });

  it('made of shared memory by udmabuf pins its pages, and gives them back', () => {
    const memory: OpInput = { op: 'mmap', by: 'A', as: 'ring', pages: 2, shared: true };
    const { device: _none, ...rest } = make({ exporter: 'udmabuf', place: 'A.ring' }) as Extract<
      OpInput,
      { op: 'makeObject' }
    >;
    const write: OpInput = { op: 'write', by: 'A', place: 'A.ring', value: 6 };
    const ops: readonly OpInput[] = [
      A,
      memory,
      write,
      rest,
      exported,
      attach(),
      map,
      { op: 'dmaRead', by: 'nic0', through: 'nic' },
    ];
    const { ends, world } = play(ops);
    expect(ends.every((end) => end === 'ok')).toBe(true);
    expect(world.pages.frame['all']?.occupied()[0]?.values[3]).toBe(1);
    const gone = play([...ops, { op: 'detach', by: 'driver:nic0', attachment: 'nic' }, { op: 'exit', by: 'A' }]).world;
    expect(gone.records.pool['dram0']?.free).toBe(4096);
  });

  it('is not made of private memory by udmabuf', () => {
    const memory: OpInput = { op: 'mmap', by: 'A', as: 'heap', pages: 2 };
    const { device: _none, ...rest } = make({ exporter: 'udmabuf', place: 'A.heap' }) as Extract<
      OpInput,
      { op: 'makeObject' }
    >;
    expect(play([A, memory, rest]).last).toBe('EBADFD');
  });

  it('mapped from a revoked dma-buf is a SIGBUS', () => {
    const { ends } = play([
      A,
      make({ device: 'accel0', exporter: 'vfio' }),
      exported,
      { op: 'mmapDmaBuf', by: 'A', fd: 3, as: 'view', pages: 4 },
      { op: 'revokeDmaBuf', by: 'driver:accel0', dmaBuf: 'shared' },
      { op: 'read', by: 'A', place: 'A.view' },
    ]);
    expect(ends.slice(4)).toEqual(['ok', 'SIGBUS']);
  });

  it('in use by a device is freed when its fence signals, not before', () => {
    const ops: readonly OpInput[] = [
      A,
      make(),
      { op: 'submit', by: 'A', device: 'gpu0', objects: ['weights'], value: 3 },
      { op: 'exit', by: 'A' },
    ];
    expect(play(ops).world.records.pool['gpu0.vram']?.free).toBe(1020);
    expect(
      play([...ops, { op: 'signalFences', by: 'gpu0', object: 'weights' }]).world.records.pool['gpu0.vram']?.free,
    ).toBe(1024);
  });

  it('needs a handle to be used in a submission, an export or a mapping', () => {
    const B: OpInput = { op: 'process', by: 'kernel', name: 'B' };
    const { ends } = play([
      A,
      B,
      make(),
      { op: 'submit', by: 'B', device: 'gpu0', objects: ['weights'] },
      { ...exported, by: 'B' } as OpInput,
      { op: 'mmapObject', by: 'B', object: 'weights', as: 'view' },
    ]);
    expect(ends.slice(3)).toEqual(['ENOENT', 'ENOENT', 'EACCES']);
  });
});

describe('descriptors of a dma-buf', () => {
  it('are inherited by a child, sent to others, and each holds the file', () => {
    const { world, ends } = play([
      A,
      { op: 'process', by: 'kernel', name: 'B' },
      make(),
      exported,
      { op: 'fork', by: 'A', child: 'C' },
      { op: 'sendFd', by: 'A', fd: 3, to: 'B' },
      { op: 'exit', by: 'A' },
    ]);
    expect(ends.every((end) => end === 'ok')).toBe(true);
    expect(world.records.dmaBuf['shared']?.holders).toEqual(['C:3', 'B:3']);
  });
});

describe('an importer', () => {
  it('that cannot be told of moves must pin before it maps', () => {
    const { ends } = play([
      A,
      make(),
      exported,
      attach({ invalidates: false }),
      map,
      { op: 'pinAttachment', by: 'driver:nic0', attachment: 'nic' },
    ]);
    expect(ends.slice(4)).toEqual(['EINVAL', 'ok']);
  });

  it('is refused a buffer that is pinned where it cannot reach it', () => {
    // An exporter without a pin callback leaves the memory where it is.
    const { ends } = play([
      A,
      make({ device: 'accel0', exporter: 'vfio' }),
      exported,
      attach(),
      { op: 'pinAttachment', by: 'driver:nic0', attachment: 'nic' },
      map,
      attach({ as: 'far', importer: 'nic1' }),
    ]);
    expect(ends.slice(4)).toEqual(['ok', 'ok', 'EOPNOTSUPP']);
  });

  it('by DMA waits for the fence of a move, and another map of a mapped one is refused', () => {
    const { ends } = play([
      A,
      make(),
      exported,
      attach({ importer: 'nic1' }),
      map,
      { op: 'dmaRead', by: 'nic1', through: 'nic' },
      map,
    ]);
    expect(ends.slice(4)).toEqual(['ok', 'waits', 'EINVAL']);
  });

  it('without a translation in the IOMMU faults there; by bus addresses nothing stops it', () => {
    const keep = { forgets: false } as const;
    const unmap: OpInput = { op: 'unmapAttachment', by: 'driver:nic0', attachment: 'nic', ...keep };
    const history = new History(initialWorld(sharingMachine));
    for (const op of [A, make({ prefers: 'system' }), exported, attach({ obeys: false }), map, unmap])
      history.run(completeOp(op));
    expect(history.run(completeOp({ op: 'dmaWrite', by: 'nic0', through: 'nic', value: 1 })).result).toEqual({
      errno: 'EFAULT',
    });
    const peer = new History(initialWorld(sharingMachine));
    for (const op of [A, make(), exported, attach({ obeys: false }), map, unmap]) peer.run(completeOp(op));
    expect(peer.run(completeOp({ op: 'dmaWrite', by: 'nic0', through: 'nic', value: 1 })).result).toEqual({ ok: true });
    expect(checkInvariants(peer.last).map(({ invariant }) => invariant)).toEqual(['I11']);
  });
});

describe('a device that goes', () => {
  it('leaves orphans: revoked where importers can be told, named where one cannot', () => {
    const { world } = play([
      A,
      make(),
      exported,
      attach({ invalidates: false }),
      { op: 'pinAttachment', by: 'driver:nic0', attachment: 'nic' },
      { op: 'signalFences', by: 'gpu0', object: 'weights' },
      map,
    ]);
    expect(exportsOf({ world }, 'gpu0')).toEqual([{ dmaBuf: 'shared', revocable: false, holders: ['A:3', 'nic'] }]);
    const tx = new Tx(world, 'kernel');
    expect(orphanExports(tx, 'gpu0', null)).toEqual(['shared']);
    expect(tx.get('dmaBuf', 'shared')).toMatchObject({ orphan: true, revoked: true });
    expect(tx.get('object', 'weights')).not.toBeNull();
  });
});
