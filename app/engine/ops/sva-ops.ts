/** Operations on address spaces that devices share with processes. */
import { z } from 'zod';
import { firstPasid, pasidLimit } from '../../model/sva.ts';
import { arg, defineOp } from '../define-op.ts';
import { pageRequestState, svaAccess } from '../sharing/page-requests.ts';
import { bindSva, bondKey, unbindSva, usedPasids } from '../sharing/sva.ts';
import { resolvePlace } from '../place.ts';
import { ok } from '../tx.ts';

const device = arg.name;

export const svaBind = defineOp(
  'svaBind',
  'A driver binds its device to the address space of the process: both use the same page table.',
  { device },
  (tx, op) => {
    const process = tx.get('process', op.by);
    return process === null
      ? tx.refuse('ESRCH', 'sva.bind.noProcess', { why: `no process ${op.by} is running` })
      : bindSva(tx, op.device, process.space, null);
  },
);

export const svaUnbind = defineOp('svaUnbind', 'A driver gives up one bind of its device.', { device }, (tx, op) =>
  unbindSva(tx, bondKey(op.device, tx.get('process', op.by)?.space ?? op.by), null),
);

const through = { bond: arg.context.describe('device and address space: dsa0:A'), place: arg.place };

export const svaRead = defineOp(
  'svaRead',
  'A device reads every page of a range by virtual address and PASID.',
  through,
  (tx, op) => {
    const span = resolvePlace(tx.world, op.place);
    if (span === null) return tx.refuse('EINVAL', 'op.place', { why: `there is no ${op.place}` });
    return svaAccess(tx, { key: op.bond, ...span, access: 'read', value: 0, count: false });
  },
);

export const svaWrite = defineOp(
  'svaWrite',
  'A device writes every page of a range by virtual address and PASID.',
  { ...through, value: arg.value, count: arg.count },
  (tx, op) => {
    const span = resolvePlace(tx.world, op.place);
    if (span === null) return tx.refuse('EINVAL', 'op.place', { why: `there is no ${op.place}` });
    return svaAccess(tx, { key: op.bond, ...span, access: 'write', value: op.value, count: op.count });
  },
);

export const pageRequests = defineOp(
  'pageRequests',
  'How the page requests of a device fare: the size of its queue, and whether the queue is in error.',
  {
    device,
    queue: z.number().int().min(1).max(65_536).optional(),
    broken: z.boolean().optional().describe('true: every request is answered with failure'),
    restart: z.boolean().default(false).describe('the driver switches page requests on again after a failure'),
  },
  (tx, op) => {
    if (tx.get('pci', op.device) === null)
      return tx.refuse('ENODEV', 'device.none', { why: `no device ${op.device} in this machine` });
    const now = pageRequestState(tx, op.device);
    const after = {
      queue: op.queue ?? now.queue,
      broken: op.broken ?? now.broken,
      stopped: now.stopped && !op.restart,
    };
    tx.emit({ kind: 'pageRequestsSet', rule: 'sva.pri.set', at: { device: op.device }, args: { ...after } }, (w) =>
      w.put('pageRequests', op.device, after),
    );
    return ok;
  },
);

export const outsidePasids = defineOp(
  'outsidePasids',
  'Processes outside the story bind devices, or end: PASIDs are taken, lowest first, or free again.',
  {
    take: z.number().int().min(0).max(pasidLimit).default(0),
    free: z.array(z.number().int().min(firstPasid).max(pasidLimit)).max(1000).default([]),
  },
  (tx, op) => {
    const taken = (tx.get('pasidsOutside', 'machine')?.taken ?? []).filter((value) => !op.free.includes(value));
    const used = usedPasids(tx.world);
    const fresh: number[] = [];
    for (let value = firstPasid; value < pasidLimit && fresh.length < op.take; value++)
      if (!used.has(value)) fresh.push(value);
    tx.emit({ kind: 'pasidsOutside', rule: 'sva.outside', args: { taken: fresh.length, freed: [...op.free] } }, (w) =>
      w.put('pasidsOutside', 'machine', { taken: [...taken, ...fresh].sort((a, b) => a - b) }),
    );
    return ok;
  },
);

export const attachPasid = defineOp(
  'attachPasid',
  'A driver attaches a domain of its own to a PASID of its device.',
  {
    device,
    pasid: z
      .number()
      .int()
      .min(firstPasid)
      .max(pasidLimit - 1),
  },
  (tx, op) => {
    const pci = tx.get('pci', op.device);
    if (pci === null || pci.iommuGroup === null)
      return tx.refuse('ENODEV', 'sva.attach.noGroup', {
        why: `${op.device} is in no IOMMU group`,
        fn: 'iommu_attach_device_pasid',
      });
    const key = `${op.device}#${op.pasid}`;
    const bound = Object.values(tx.world.records.svaBond).some((b) => b.device === op.device && b.pasid === op.pasid);
    if (op.pasid >= (pci.maxPasids ?? 0) || bound || tx.get('devicePasid', key) !== null)
      return tx.refuse(bound ? 'EBUSY' : 'EINVAL', 'sva.attach.taken', {
        at: { device: op.device },
        why: bound ? 'the PASID is attached already' : 'the device cannot use this PASID',
        fn: 'iommu_attach_device_pasid',
      });
    tx.emit({ kind: 'pasidAttached', rule: 'sva.attach', at: { device: op.device }, args: { pasid: op.pasid } }, (w) =>
      w.put('devicePasid', key, { device: op.device, value: op.pasid }),
    );
    return ok;
  },
);

export const tagAddresses = defineOp(
  'tagAddresses',
  'A process switches on tagged addresses (LAM): the hardware ignores upper bits of its pointers.',
  {},
  (tx, op) => {
    const space = tx.get('process', op.by)?.space;
    if (space === undefined) return tx.refuse('ESRCH', 'tag.noProcess', { why: `no process ${op.by} is running` });
    if (tx.get('pasid', space) !== null)
      return tx.refuse('EINTR', 'tag.shared', {
        at: { space },
        why: 'its address space is shared with a device, which does not know tags',
        fn: 'prctl_enable_tagged_addr',
      });
    tx.emit({ kind: 'addressesTagged', rule: 'tag', at: { space } }, (w) => w.patch('space', space, { tagged: true }));
    return ok;
  },
);
