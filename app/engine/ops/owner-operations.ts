/** Operations on device nodes and owners, error reports, and bytes on the move: part of ../operations.ts. */
import * as cost from './cost-ops.ts';
import * as node from './node-ops.ts';
import * as ras from './ras-ops.ts';

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
  // Bytes on the move.
  transfer: cost.transferOp,
  allReduce: cost.allReduceOp,
} as const;
