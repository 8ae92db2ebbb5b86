/** dma-buf and importers, a case for each row of semantics 5.4: built from operations, compared with the table. */
import { checkInvariants } from '../engine/invariants.ts';
import type { RuleTable } from '../engine/step.ts';
import { pageMap } from '../engine/apply.ts';
import { caseOf, expectEqual, type Case } from './case.ts';
import { SharingLab } from './sharing-lab.ts';

const attachment = (lab: SharingLab, name: string): unknown => {
  const found = lab.world.records.attachment[name];
  return found === undefined ? null : { peer2peer: found.peer2peer, mapping: found.mapping, pins: found.pins };
};

const object = (lab: SharingLab, name = 'weights'): unknown => {
  const found = lab.world.records.object[name];
  return found === undefined ? null : { placement: found.placement, pins: found.pins };
};

/** First frame that an importer has addresses for; null: none. */
const firstAddress = (lab: SharingLab, name: string): number | null =>
  pageMap(lab.world, 'importPte', name).get(0)?.[1] ?? null;
const firstFrame = (lab: SharingLab, name = 'weights'): number | null =>
  pageMap(lab.world, 'objectPage', name).get(0)?.[0] ?? null;
const invariants = (lab: SharingLab): readonly string[] => [
  ...new Set(checkInvariants(lab.world).map((violation) => violation.invariant)),
];

/** Exporter moves the buffer to main memory; its fence stays. */
const evict = (lab: SharingLab): void =>
  lab.must({ op: 'moveObject', by: 'driver:gpu0', object: 'weights', to: 'system' });
const signal = (lab: SharingLab): void => lab.must({ op: 'signalFences', by: 'gpu0', object: 'weights' });
const read = (by: string, through: string) => ({ op: 'dmaRead', by, through }) as const;

const cases: Readonly<Record<string, (lab: SharingLab) => void>> = {
  B1: (lab) => {
    lab.must({ op: 'file', by: 'kernel', name: 'notes', pages: 1 });
    lab.must({ op: 'openFile', by: 'A', file: 'notes' });
    lab.expect({ op: 'dmaBufGet', by: 'A', fd: 3, holder: 'nic0' }, 'EINVAL');
    lab.expect({ op: 'attach', by: 'A', fd: 3, importer: 'nic0', as: 'nic' }, 'EINVAL');
    expectEqual('nobody holds anything', lab.world.records.attachment, {});
  },
  B2: (lab) => {
    lab.share();
    lab.must({ op: 'dmaBufGet', by: 'A', fd: 3, holder: 'nic0' });
    lab.expect({ op: 'dmaBufGet', by: 'A', fd: 4, holder: 'nic0' }, 'EBADF');
    lab.must({ op: 'closeFd', by: 'A', fd: 3 });
    lab.expect({ op: 'dmaBufGet', by: 'A', fd: 3, holder: 'nic0' }, 'EBADF');
    expectEqual('the looked-up file is held', lab.world.records.dmaBuf['shared']?.holders, ['nic0']);
  },
  B3: (lab) => {
    lab.share();
    lab.attach('nic', 'nic0');
    lab.map('nic');
    expectEqual('the attachment', attachment(lab, 'nic'), { peer2peer: true, mapping: 'mapped', pins: 0 });
    expectEqual('the buffer', object(lab), { placement: 'vram', pins: 0 });
    expectEqual('mapped as', lab.times('attachmentMapped', { target: 'PEER_BUS' }), 1);
    expectEqual('its first address is that of the buffer', firstAddress(lab, 'nic'), firstFrame(lab));
    lab.must(read('nic0', 'nic'));
    expectEqual('the device reads', lab.times('dmaRead', { value: 10, discarded: false }), 1);
  },
  B4: (lab) => {
    lab.share();
    lab.attach('nic', 'nic1');
    expectEqual('the wish', attachment(lab, 'nic'), { peer2peer: false, mapping: 'none', pins: 0 });
    lab.map('nic');
    expectEqual('the buffer', object(lab), { placement: 'system', pins: 0 });
    expectEqual('mapped as', lab.times('attachmentMapped', { target: 'SYS' }), 1);
    lab.expect(read('nic1', 'nic'), 'blocked');
    signal(lab);
    expectEqual('after the move fence the device reads', lab.times('dmaRead', { value: 10 }), 1);
  },
  B5: (lab) => {
    lab.share();
    lab.attach('old', 'nic0', { dynamic: false });
    lab.map('old', 'blocked');
    expectEqual('pinned before it waits', object(lab), { placement: 'system', pins: 1 });
    signal(lab);
    expectEqual('the attachment', attachment(lab, 'old'), { peer2peer: true, mapping: 'mapped', pins: 1 });
    expectEqual('nobody has the lock', lab.world.records.reservation['weights']?.lockedBy, null);
    lab.expect({ op: 'moveObject', by: 'driver:gpu0', object: 'weights', to: 'vram' }, 'EBUSY');
    expectEqual('the buffer', object(lab), { placement: 'system', pins: 1 });
    lab.must({ op: 'unmapAttachment', by: 'driver:nic0', attachment: 'old' });
    lab.must({ op: 'moveObject', by: 'driver:gpu0', object: 'weights', to: 'vram' });
  },
  B6: (lab) => {
    lab.share();
    lab.attach('nic', 'nic0');
    lab.attach('acc', 'accel0');
    lab.map('nic');
    lab.map('acc');
    const before = firstAddress(lab, 'nic');
    evict(lab);
    for (const name of ['nic', 'acc'])
      expectEqual(`${name} is told`, lab.times('importerInvalidated', { attachment: name }), 1);
    const at = (kind: string): number => lab.events.findIndex((event) => event.kind === kind);
    expectEqual(
      'in this order',
      ['locked', 'importerInvalidated', 'fenceAdded', 'objectCopied', 'unlocked']
        .map(at)
        .every((n, i, all) => n > (all[i - 1] ?? -1)),
      true,
    );
    expectEqual(
      'a fence is pending',
      lab.world.records.reservation['weights']?.fences.map((f) => f.usage),
      ['KERNEL'],
    );
    expectEqual('the mapping', attachment(lab, 'nic'), { peer2peer: true, mapping: 'stale', pins: 0 });
    signal(lab);
    lab.map('nic');
    expectEqual(
      'new addresses',
      [firstAddress(lab, 'nic') === before, firstAddress(lab, 'nic') === firstFrame(lab)],
      [false, true],
    );
    expectEqual('what holds', invariants(lab), []);
  },
  B7: (lab) => {
    lab.share();
    lab.attach('nic', 'nic0');
    lab.map('nic');
    evict(lab);
    lab.must(read('nic0', 'nic'));
    expectEqual('the read is discarded', lab.times('dmaRead', { discarded: true, value: null }), 1);
    lab.expect({ op: 'dmaWrite', by: 'nic0', through: 'nic', value: 99 }, 'EAGAIN');
    expectEqual('what holds', invariants(lab), []);
  },
  B8: (lab) => {
    lab.share();
    lab.attach('nic', 'nic0', { obeys: false });
    lab.attach('good', 'accel0');
    lab.map('nic');
    lab.map('good');
    evict(lab);
    expectEqual('before the fence signals', invariants(lab), []);
    signal(lab);
    lab.must({ op: 'unmapAttachment', by: 'driver:nic0', attachment: 'nic' });
    lab.must({ op: 'dmaWrite', by: 'nic0', through: 'nic', value: 99 });
    expectEqual(
      'a stale access',
      lab.events.map((event) => event.rule),
      ['access.dma.stale'],
    );
    expectEqual('what is broken', invariants(lab), ['I11']);
    lab.expect(read('accel0', 'good'), 'EFAULT');
  },
  B9: (lab) => {
    lab.share();
    lab.attach('old', 'nic0', { dynamic: false });
    lab.attach('nic', 'nic0');
    lab.expect({ op: 'pinAttachment', by: 'driver:nic0', attachment: 'old' }, 'EINVAL');
    expectEqual('the buffer', object(lab), { placement: 'vram', pins: 0 });
    lab.must({ op: 'pinAttachment', by: 'driver:nic0', attachment: 'nic' });
    expectEqual('a dynamic one may', object(lab), { placement: 'system', pins: 1 });
  },
  B10: (lab) => {
    lab.share({ device: 'accel0', exporter: 'habanalabs' });
    lab.attach('far', 'nic1');
    expectEqual('attached without', attachment(lab, 'far'), { peer2peer: false, mapping: 'none', pins: 0 });
    lab.map('far', 'EPERM');
    lab.attach('near', 'nic0');
    lab.map('near');
  },
  B11: (lab) => {
    lab.share({ device: 'accel0', exporter: 'vfio' });
    const attach = { op: 'attach', by: 'A', fd: 3 } as const;
    lab.expect({ ...attach, importer: 'nic0', as: 'shy', peer2peer: false }, 'EOPNOTSUPP');
    lab.expect({ ...attach, importer: 'nic1', as: 'far' }, 'EOPNOTSUPP');
    expectEqual('nothing is attached', lab.world.records.attachment, {});
    expectEqual('nobody else holds it', lab.world.records.dmaBuf['shared']?.holders, ['A:3']);
    lab.attach('near', 'nic0');
  },
  B12: (lab) => {
    lab.share({ device: 'accel0', exporter: 'vfio' });
    lab.attach('nic', 'nic0');
    lab.must({ op: 'revokeDmaBuf', by: 'driver:accel0', dmaBuf: 'shared' });
    lab.expect({ op: 'attach', by: 'A', fd: 3, importer: 'nic0', as: 'late' }, 'ENODEV');
    lab.map('nic', 'ENODEV');
  },
  B13: (lab) => {
    lab.share({ device: 'accel0', exporter: 'vfio' });
    lab.attach('nic', 'nic0');
    lab.map('nic');
    lab.must({ op: 'revokeDmaBuf', by: 'driver:accel0', dmaBuf: 'shared' });
    expectEqual('no address is left', firstAddress(lab, 'nic'), null);
    lab.map('nic', 'ENODEV');
    lab.must({ op: 'restoreDmaBuf', by: 'driver:accel0', dmaBuf: 'shared' });
    lab.map('nic');
    expectEqual('addresses again', firstAddress(lab, 'nic'), firstFrame(lab));
    expectEqual('what holds', invariants(lab), []);
  },
  B14: (lab) => {
    lab.share();
    lab.attach('nic', 'nic0', { dropsAtOnce: true });
    lab.must({ op: 'pinAttachment', by: 'driver:nic0', attachment: 'nic' });
    lab.map('nic');
    lab.expect(read('nic0', 'nic'), 'blocked');
    signal(lab);
    lab.must({ op: 'revokeDmaBuf', by: 'driver:gpu0', dmaBuf: 'shared' });
    expectEqual('told for good', lab.times('importerInvalidated', { permanent: true }), 1);
    expectEqual('the importer dropped it', attachment(lab, 'nic'), { peer2peer: true, mapping: 'none', pins: 0 });
    expectEqual('no address is left', firstAddress(lab, 'nic'), null);
    lab.map('nic', 'ENODEV');
    expectEqual('what holds', invariants(lab), []);
  },
  B15: (lab) => {
    lab.share();
    lab.attach('deaf', 'nic0', { invalidates: false });
    lab.must({ op: 'pinAttachment', by: 'driver:nic0', attachment: 'deaf' });
    signal(lab);
    lab.map('deaf');
    lab.expect({ op: 'revokeDmaBuf', by: 'driver:gpu0', dmaBuf: 'shared' }, 'EBUSY');
    lab.must({ op: 'freeObject', by: 'A', object: 'weights' });
    lab.must({ op: 'closeFd', by: 'A', fd: 3 });
    expectEqual('the memory stays', object(lab), { placement: 'system', pins: 1 });
    lab.must(read('nic0', 'deaf'));
    expectEqual('and is what it was', lab.times('dmaRead', { value: 10 }), 1);
    expectEqual('what holds', invariants(lab), []);
    lab.must({ op: 'detach', by: 'driver:nic0', attachment: 'deaf' });
    expectEqual('until the importer lets go', object(lab), null);
  },
  B16: (lab) => {
    lab.must({ op: 'mmap', by: 'A', as: 'heap', pages: 4 });
    lab.must({ op: 'makeObject', by: 'A', as: 'mine', device: 'gpu0', place: 'A.heap' });
    lab.expect({ op: 'exportDmaBuf', by: 'A', object: 'mine', as: 'shared' }, 'EPERM');
    expectEqual('nothing is exported', lab.world.records.dmaBuf, {});
  },
  B17: (lab) => {
    lab.share();
    lab.attach('nic', 'nic0');
    lab.attach('acc', 'accel0');
    lab.must({ op: 'mapAttachment', by: 'driver:nic0', attachment: 'nic', takesLock: false });
    expectEqual('the engine says so', lab.times('lockNotHeld', { caller: 'dma_buf_map_attachment' }), 1);
    lab.must({ op: 'lockReservation', by: 'driver:accel0', object: 'weights' });
    lab.must({ op: 'mapAttachment', by: 'driver:accel0', attachment: 'acc', takesLock: false });
    expectEqual('with the lock it is silent', lab.times('lockNotHeld'), 0);
    lab.expect({ op: 'unmapAttachment', by: 'driver:nic0', attachment: 'nic' }, 'blocked');
    lab.must({ op: 'unlockReservation', by: 'driver:accel0', object: 'weights' });
    expectEqual('who waited for it goes on', attachment(lab, 'nic'), { peer2peer: true, mapping: 'none', pins: 0 });
  },
  B18: (lab) => {
    lab.share({ device: 'accel0', exporter: 'habanalabs' });
    lab.attach('nic', 'nic0');
    lab.map('nic');
    lab.expect({ op: 'freeObject', by: 'A', object: 'weights' }, 'EINVAL');
    lab.must(read('nic0', 'nic'));
    expectEqual('still mapped', lab.times('dmaRead', { value: 10 }), 1);
    lab.must({ op: 'detach', by: 'driver:nic0', attachment: 'nic' });
    lab.must({ op: 'closeFd', by: 'A', fd: 3 });
    lab.must({ op: 'freeObject', by: 'A', object: 'weights' });
    expectEqual('free when it is no longer exported', lab.world.records.pool['accel0.hbm']?.free, 64);
  },
  B19: (lab) => {
    lab.share();
    lab.attach('nic', 'nic0');
    lab.map('nic');
    lab.must({ op: 'closeFd', by: 'A', fd: 3 });
    lab.must({ op: 'exit', by: 'A' });
    expectEqual('it lives', lab.world.records.dmaBuf['shared']?.holders, ['nic']);
    lab.must(read('nic0', 'nic'));
    lab.must({ op: 'detach', by: 'driver:nic0', attachment: 'nic' });
    expectEqual('until it is detached', [lab.world.records.dmaBuf, lab.world.records.object], [{}, {}]);
    expectEqual('the memory is free', lab.world.records.pool['gpu0.vram']?.free, 1024);
  },
  B20: (lab) => {
    lab.share();
    const mmap = { op: 'mmapDmaBuf', by: 'A', fd: 3 } as const;
    lab.expect({ ...mmap, as: 'long', pages: 5 }, 'EINVAL');
    lab.expect({ ...mmap, as: 'late', pages: 2, offset: 3 }, 'EINVAL');
    lab.expect({ ...mmap, as: 'wraps', pages: 1, offset: 2 ** 52 - 1 }, 'EOVERFLOW');
    expectEqual('nothing is mapped', lab.world.records.vma, {});
    lab.must({ ...mmap, as: 'view', pages: 2, offset: 2 });
    lab.must({ op: 'read', by: 'A', place: 'A.view[0]' });
    expectEqual('it shows the buffer', lab.times('cpuRead', { value: 12 }), 1);
  },
};

export const dmaBufCaseNames: readonly string[] = Object.keys(cases);

/** The cases under the engine's rules, or under rules that a test has broken. */
export const dmaBufCases = (rules?: RuleTable): readonly Case[] =>
  Object.entries(cases).map(([name, body]) => caseOf(`dma-buf/${name}`, () => body(new SharingLab(rules))));
