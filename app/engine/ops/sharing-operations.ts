/** Operations on memory and address spaces that devices share. Part of the table in ../operations.ts. */
import * as dmaBuf from './dma-buf-ops.ts';
import * as rdma from './rdma-ops.ts';
import * as sva from './sva-ops.ts';

export const sharingOperations = {
  // Memory that devices share.
  makeObject: dmaBuf.makeObjectOp,
  freeObject: dmaBuf.freeObjectOp,
  exportDmaBuf: dmaBuf.exportDmaBuf,
  openFile: dmaBuf.openFile,
  closeFd: dmaBuf.closeFd,
  sendFd: dmaBuf.sendFd,
  dmaBufGet: dmaBuf.dmaBufGetOp,
  dmaBufPut: dmaBuf.dmaBufPutOp,
  attach: dmaBuf.attachOp,
  detach: dmaBuf.detachOp,
  mapAttachment: dmaBuf.mapAttachmentOp,
  unmapAttachment: dmaBuf.unmapAttachmentOp,
  pinAttachment: dmaBuf.pinAttachmentOp,
  unpinAttachment: dmaBuf.unpinAttachmentOp,
  lockReservation: dmaBuf.lockReservationOp,
  unlockReservation: dmaBuf.unlockReservationOp,
  moveObject: dmaBuf.moveObjectOp,
  signalFences: dmaBuf.signalFencesOp,
  revokeDmaBuf: dmaBuf.revokeDmaBuf,
  restoreDmaBuf: dmaBuf.restoreDmaBuf,
  mmapObject: dmaBuf.mmapObjectOp,
  mmapDmaBuf: dmaBuf.mmapDmaBufOp,
  dmaRead: dmaBuf.dmaRead,
  dmaWrite: dmaBuf.dmaWrite,
  submit: dmaBuf.submitOp,
  zapCpuMappings: dmaBuf.zapCpuMappings,
  // Memory regions.
  regMr: rdma.regMr,
  deregMr: rdma.deregMr,
  rdmaRead: rdma.rdmaRead,
  rdmaWrite: rdma.rdmaWrite,
  // Address spaces that devices share.
  svaBind: sva.svaBind,
  svaUnbind: sva.svaUnbind,
  svaRead: sva.svaRead,
  svaWrite: sva.svaWrite,
  pageRequests: sva.pageRequests,
  outsidePasids: sva.outsidePasids,
  attachPasid: sva.attachPasid,
  tagAddresses: sva.tagAddresses,
} as const;
