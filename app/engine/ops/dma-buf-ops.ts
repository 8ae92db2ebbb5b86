/** Operations on memory that devices share: buffer objects, dma-bufs, attachments. */
import { z } from 'zod';
import { exporterKinds, exporterRules } from '../../model/dma-buf.ts';
import { arg, defineOp } from '../define-op.ts';
import { attach, detach, exportObject, getDmaBuf } from '../sharing/dma-buf.ts';
import { dmaAccess } from '../sharing/dma-access.ts';
import { closeDescriptor, freeDescriptor, installDescriptor, putDmaBuf } from '../sharing/files.ts';
import { freeObject } from '../sharing/leave.ts';
import { mapAttachment, pinAttachment, unmapAttachment, unpinAttachment } from '../sharing/mapping.ts';
import { moveObject, restore, revoke } from '../sharing/moving.ts';
import { mmapDmaBuf, mmapObject, zapObject } from '../sharing/object-mappings.ts';
import { letGoOfObject, makeObject } from '../sharing/objects.ts';
import { lockReservation, signalFences, unlockReservation } from '../sharing/reservation.ts';
import { submit } from '../sharing/submit.ts';
import { ok } from '../tx.ts';
import { spanOf } from './process-ops.ts';
import { reachedPages } from './reached-pages.ts';

const object = arg.name.describe('a buffer object');
const attachment = arg.name.describe('an attachment, by the name that it was given');
const takesLock = z
  .boolean()
  .default(true)
  .describe('false: the caller is to hold the reservation lock already, as a dynamic importer does');

export const makeObjectOp = defineOp(
  'makeObject',
  'A process lets a driver make a buffer object: memory of the device, or main memory.',
  {
    as: arg.name,
    device: arg.name.optional().describe('whose driver; udmabuf has no device'),
    exporter: z.enum(exporterKinds).default('amdgpu').describe('how the driver behaves as an exporter'),
    pages: z
      .number()
      .int()
      .min(1)
      .max(2 ** 30)
      .default(1),
    prefers: z.enum(['vram', 'system']).default('vram'),
    value: arg.value.default(0),
    count: arg.count,
    place: arg.place.optional().describe('memory of the process that it is made from: a user pointer, or udmabuf'),
    cpuFault: z
      .enum(['inPlace', 'copy'])
      .default('inPlace')
      .describe('what a CPU fault maps: the memory where it is, or a copy in main memory'),
  },
  (tx, op) => {
    const span = op.place === undefined ? null : spanOf(tx, op.place);
    if (span !== null && 'refusal' in span) return span.refusal;
    if (op.device !== undefined && tx.get('device', op.device) === null)
      return tx.refuse('ENODEV', 'object.make.noDevice', { why: `no device ${op.device} in this machine` });
    if (span === null && (op.device === undefined || op.exporter === 'udmabuf'))
      return tx.refuse('EINVAL', 'object.make.noPlace', {
        why: 'an object is made by the driver of a device, or from a place in an address space',
      });
    return makeObject(tx, {
      name: op.as,
      device: op.device ?? null,
      exporter: op.exporter,
      pages: op.pages,
      prefers: op.prefers,
      value: op.value,
      count: op.count,
      cpuFault: op.cpuFault,
      from: span === null || op.place === undefined ? null : { span, place: op.place },
    });
  },
);

export const freeObjectOp = defineOp(
  'freeObject',
  'A process gives up its handle of a buffer object.',
  { object },
  (tx, op) => freeObject(tx, op.object, exporterRules[tx.get('object', op.object)?.exporter ?? 'amdgpu'].freeExported),
);

export const exportDmaBuf = defineOp(
  'exportDmaBuf',
  'A process has a buffer object exported: it gets a descriptor that other drivers can import.',
  { object, as: arg.name },
  (tx, op) => exportObject(tx, op.object, op.as),
);

export const openFile = defineOp(
  'openFile',
  'A process opens an ordinary file and gets the lowest free descriptor.',
  { file: arg.name },
  (tx, op) => {
    if (tx.get('process', op.by)?.alive !== true)
      return tx.refuse('ESRCH', 'file.noProcess', { why: `no process ${op.by} is running` });
    if (tx.get('file', op.file) === null)
      return tx.refuse('ENOENT', 'file.open', { why: `there is no file ${op.file}`, fn: 'do_filp_open' });
    const number = freeDescriptor(tx, op.by);
    if (number === null)
      return tx.refuse('EMFILE', 'file.full', { why: `${op.by} has no free descriptor`, fn: 'get_unused_fd_flags' });
    tx.emit({ kind: 'descriptorInstalled', rule: 'file.open', args: { fd: number, name: op.file } }, (w) =>
      installDescriptor(w, op.by, number, { kind: 'file', name: op.file }),
    );
    return ok;
  },
);

export const closeFd = defineOp('closeFd', 'A process closes a descriptor.', { fd: arg.fd }, (tx, op) =>
  closeDescriptor(tx, op.by, op.fd, null),
);

export const sendFd = defineOp(
  'sendFd',
  'A process sends a descriptor to another over a socket (SCM_RIGHTS): both have the file open then.',
  { fd: arg.fd, to: arg.name },
  (tx, op) => {
    const sent = tx.get('descriptor', `${op.by}:${op.fd}`);
    if (sent === null)
      return tx.refuse('EBADF', 'file.send', { why: `${op.by} has no open file ${op.fd}`, fn: 'scm_fp_copy' });
    if (tx.get('process', op.to)?.alive !== true)
      return tx.refuse('ESRCH', 'file.noProcess', { why: `no process ${op.to} is running` });
    const number = freeDescriptor(tx, op.to);
    if (number === null)
      return tx.refuse('EMFILE', 'file.full', { why: `${op.to} has no free descriptor`, fn: 'receive_fd' });
    tx.emit(
      {
        kind: 'descriptorInstalled',
        by: op.to,
        fn: 'receive_fd',
        rule: 'file.send',
        args: { fd: number, name: sent.file.name },
      },
      (w) => installDescriptor(w, op.to, number, sent.file),
    );
    return ok;
  },
);

export const dmaBufGetOp = defineOp(
  'dmaBufGet',
  'A driver looks up the dma-buf behind a descriptor of a process and holds it.',
  { fd: arg.fd, holder: arg.actor.describe('who holds it from now on') },
  (tx, op) => {
    const got = getDmaBuf(tx, op.fd, op.holder);
    return typeof got === 'string' ? ok : got.refusal;
  },
);

export const dmaBufPutOp = defineOp(
  'dmaBufPut',
  'A driver lets go of a dma-buf that it held.',
  { dmaBuf: arg.name, holder: arg.actor },
  (tx, op) => {
    if (tx.get('dmaBuf', op.dmaBuf)?.holders.includes(op.holder) !== true)
      return tx.refuse('EINVAL', 'dmaBuf.put.none', { why: `${op.holder} does not hold ${op.dmaBuf}` });
    putDmaBuf(tx, op.dmaBuf, op.holder, null);
    return ok;
  },
);

export const attachOp = defineOp(
  'attach',
  'A driver ties its device to the dma-buf behind a descriptor of the process.',
  {
    fd: arg.fd,
    importer: arg.name.describe('the importing device'),
    as: arg.name,
    dynamic: z.boolean().default(true).describe('false: the importer cannot follow moves'),
    peer2peer: z.boolean().default(true).describe('the importer can use peer-to-peer addresses'),
    invalidates: z
      .boolean()
      .optional()
      .describe('the importer has an invalidate callback; dynamic importers have one unless it says no'),
    dropsAtOnce: z
      .boolean()
      .default(false)
      .describe('its callback drops the addresses at once (a NIC that can fault), not when the fences signal'),
    obeys: z.boolean().default(true).describe('false: it goes on using old addresses, which is the bug'),
  },
  (tx, op) =>
    attach(tx, {
      name: op.as,
      fd: op.fd,
      importer: op.importer,
      dynamic: op.dynamic,
      peer2peer: op.peer2peer,
      invalidates: op.invalidates ?? op.dynamic,
      dropsAtOnce: op.dropsAtOnce,
      obeys: op.obeys,
    }),
);

export const detachOp = defineOp('detach', 'A driver unties its device from a dma-buf.', { attachment }, (tx, op) =>
  detach(tx, op.attachment, null),
);

export const mapAttachmentOp = defineOp(
  'mapAttachment',
  'An importer asks for addresses of the buffer; the exporter places it where the importer can reach it.',
  { attachment, takesLock, write: z.boolean().default(true).describe('the device will write too') },
  (tx, op) => mapAttachment(tx, op.attachment, { takesLock: op.takesLock, write: op.write, cause: null }),
);

export const unmapAttachmentOp = defineOp(
  'unmapAttachment',
  'An importer gives its addresses of the buffer back.',
  {
    attachment,
    forgets: z.boolean().default(true).describe('false: the device keeps the addresses, which is the bug'),
  },
  (tx, op) =>
    unmapAttachment(tx, op.attachment, {
      forgets: op.forgets && tx.get('attachment', op.attachment)?.obeys !== false,
      cause: null,
    }),
);

export const pinAttachmentOp = defineOp(
  'pinAttachment',
  'A dynamic importer pins the buffer: the exporter puts it where it can stay.',
  { attachment, takesLock },
  (tx, op) => pinAttachment(tx, op.attachment, op.takesLock, null),
);

export const unpinAttachmentOp = defineOp(
  'unpinAttachment',
  'A dynamic importer gives up a pin.',
  { attachment },
  (tx, op) => unpinAttachment(tx, op.attachment, null),
);

export const lockReservationOp = defineOp(
  'lockReservation',
  'Somebody takes the reservation lock of a buffer object and keeps it.',
  { object },
  (tx, op) => {
    if (tx.get('reservation', op.object) === null)
      return tx.refuse('ENOENT', 'object.none', { why: `there is no buffer object ${op.object}` });
    if (tx.get('reservation', op.object)?.lockedBy === op.by)
      return tx.refuse('EALREADY', 'reservation.again', { why: `${op.by} holds it already`, fn: 'dma_resv_lock' });
    return lockReservation(tx, op.object, op.by, null);
  },
);

export const unlockReservationOp = defineOp(
  'unlockReservation',
  'The holder of a reservation lock releases it.',
  { object },
  (tx, op) => {
    if (tx.get('reservation', op.object)?.lockedBy !== op.by)
      return tx.refuse('EPERM', 'reservation.notHeld', { why: `${op.by} does not hold it`, fn: 'dma_resv_unlock' });
    unlockReservation(tx, op.object, null);
    return ok;
  },
);

export const moveObjectOp = defineOp(
  'moveObject',
  'The exporter moves a buffer object: it evicts it to main memory, or brings it back.',
  { object, to: z.enum(['vram', 'system']) },
  (tx, op) => moveObject(tx, op.object, op.to),
);

export const signalFencesOp = defineOp(
  'signalFences',
  'The work under way in a buffer object is done: its fences signal.',
  { object },
  (tx, op) => {
    if (tx.get('reservation', op.object) === null)
      return tx.refuse('ENOENT', 'object.none', { why: `there is no buffer object ${op.object}` });
    signalFences(tx, op.object, null);
    letGoOfObject(tx, op.object, null);
    return ok;
  },
);

export const revokeDmaBuf = defineOp(
  'revokeDmaBuf',
  'The exporter takes a dma-buf away: importers that can be told must stop.',
  { dmaBuf: arg.name },
  (tx, op) => revoke(tx, op.dmaBuf, null),
);

export const restoreDmaBuf = defineOp(
  'restoreDmaBuf',
  'The exporter gives a revoked dma-buf back: importers may map it again.',
  { dmaBuf: arg.name },
  (tx, op) => restore(tx, op.dmaBuf),
);

export const mmapObjectOp = defineOp(
  'mmapObject',
  'A process maps a buffer object through the device file; entries come when they are touched.',
  { object, as: arg.name },
  (tx, op) => mmapObject(tx, op.object, op.as),
);

export const mmapDmaBufOp = defineOp(
  'mmapDmaBuf',
  'A process maps a dma-buf by its descriptor.',
  {
    fd: arg.fd,
    as: arg.name,
    pages: arg.pages,
    offset: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe('first page of the buffer'),
  },
  (tx, op) => mmapDmaBuf(tx, op.fd, op.as, op.pages, op.offset),
);

const through = { through: arg.name.describe('the attachment whose addresses the device uses'), ...reachedPages };

export const dmaRead = defineOp(
  'dmaRead',
  'A device reads pages of a buffer through the addresses that its mapping gave it.',
  through,
  (tx, op) =>
    dmaAccess(tx, { ...op, device: op.by, access: 'read', value: 0, count: false, cause: null, rule: 'access.dma' }),
);

export const dmaWrite = defineOp(
  'dmaWrite',
  'A device writes pages of a buffer through the addresses that its mapping gave it.',
  { ...through, value: arg.value, count: arg.count },
  (tx, op) => dmaAccess(tx, { ...op, device: op.by, access: 'write', cause: null, rule: 'access.dma' }),
);

export const submitOp = defineOp(
  'submit',
  'A process hands work to a device; the driver zaps CPU mappings of the buffers first.',
  {
    device: arg.name,
    objects: z.array(arg.name).min(1).max(64),
    value: arg.value.optional().describe('the device writes this to every page'),
    count: arg.count,
  },
  (tx, op) => submit(tx, { ...op, value: op.value ?? null }),
);

export const zapCpuMappings = defineOp(
  'zapCpuMappings',
  'A driver removes every CPU entry of its buffer objects (unmap_mapping_range).',
  { device: arg.name },
  (tx, op) => {
    if (tx.get('device', op.device) === null)
      return tx.refuse('ENODEV', 'device.none', { why: `no device ${op.device} in this machine` });
    for (const [name, made] of Object.entries(tx.world.records.object))
      if (made.device === op.device) zapObject(tx, name, null);
    return ok;
  },
);
