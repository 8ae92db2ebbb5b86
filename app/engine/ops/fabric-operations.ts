/** Operations on the fabric: peer-to-peer, BARs, atomics. Part of the table in ../operations.ts. */
import * as bar from './bar-ops.ts';
import * as graph from './graph-ops.ts';
import * as peer from './peer-ops.ts';

export const fabricOperations = {
  setAcs: peer.setAcsOp,
  p2pRegister: peer.p2pRegister,
  p2pPublish: peer.p2pPublish,
  p2pAlloc: peer.p2pAlloc,
  p2pFree: peer.p2pFree,
  p2pMapType: peer.p2pMapType,
  p2pDistance: peer.p2pDistance,
  p2pFind: peer.p2pFind,
  dmaMap: peer.dmaMap,
  dmaUnmap: peer.dmaUnmap,
  resizeBar: bar.resizeBarOp,
  setDecode: bar.setDecode,
  pciDriver: bar.pciDriver,
  barAccess: bar.barAccess,
  enableAtomics: bar.enableAtomicsOp,
  findDevice: graph.findDevice,
  findRoute: graph.findRoute,
  nearestInitiators: graph.nearestInitiatorsOp,
  planPipeline: graph.planPipelineOp,
  breakEven: graph.breakEvenOp,
  addLink: graph.addLink,
  peerMap: graph.peerMap,
} as const;
