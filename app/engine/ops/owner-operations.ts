/** Operations on device nodes and owners, error reports, and bytes on the move: part of ../operations.ts. */
import * as cost from './cost-ops.ts';
import * as exposure from './exposure-ops.ts';
import * as node from './node-ops.ts';
import * as owner from './owner-ops.ts';
import * as ras from './ras-ops.ts';
import * as uacce from './uacce-ops.ts';

export const ownerOperations = {
  // Device nodes, their numbers and their owners.
  minorTable: node.minorTable,
  minorAlloc: node.minorAlloc,
  minorStore: node.minorStore,
  minorInsert: node.minorInsert,
  minorCompareExchange: node.minorCompareExchange,
  minorLookup: node.minorLookup,
  minorRelease: node.minorRelease,
  minorErase: node.minorErase,
  drmInit: node.drmInitOp,
  drmRegister: node.drmRegisterOp,
  drmUnregister: node.drmUnregisterOp,
  drmPut: node.drmPutOp,
  nodeOpen: node.nodeOpen,
  nodeIoctl: node.nodeIoctl,
  nodeClose: node.nodeClose,
  setMaster: owner.setMasterOp,
  dropMaster: owner.dropMasterOp,
  leaseMaster: owner.leaseMaster,
  authenticate: owner.authenticateOp,
  ownerPolicy: owner.ownerPolicyOp,
  deviceState: owner.deviceStateOp,
  setOwner: owner.setOwnerOp,
  dropOwner: owner.dropOwnerOp,
  command: owner.command,
  commandDone: owner.commandDone,
  resetDone: owner.resetDone,
  scrubDone: owner.scrubDone,
  holders: owner.holders,
  removePagemap: owner.removePagemapOp,
  moduleBuild: owner.moduleBuild,
  moduleDrop: owner.moduleDrop,
  moduleLoad: owner.moduleLoad,
  moduleUnload: owner.moduleUnload,
  // Queues in user space.
  uacceRegister: uacce.uacceRegisterOp,
  uacceRemove: uacce.uacceRemove,
  queueOpen: uacce.queueOpen,
  queueStart: uacce.queueStart,
  queuePut: uacce.queuePut,
  queueMmap: uacce.queueMmap,
  queueClose: uacce.queueClose,
  isolateStrategy: uacce.isolateStrategy,
  charJob: exposure.charJobOp,
  iovaMap: exposure.iovaMap,
  iovaUnmap: exposure.iovaUnmap,
  compareExposures: exposure.compareExposuresOp,
  // Error reports.
  rasRegister: ras.rasRegisterOp,
  rasUnregister: ras.rasUnregisterOp,
  rasList: ras.rasListOp,
  rasGet: ras.rasGetOp,
  rasDump: ras.rasDumpOp,
  rasClear: ras.rasClearOp,
  rasOffer: ras.rasOfferOp,
  rasCapabilities: ras.rasCapabilitiesOp,
  rasReport: ras.rasReportOp,
  injectError: ras.injectErrorOp,
  memoryFailure: ras.memoryFailureOp,
  poisonPage: ras.poisonPage,
  poisonHandler: ras.poisonHandler,
  // Bytes on the move.
  transfer: cost.transferOp,
  allReduce: cost.allReduceOp,
} as const;
