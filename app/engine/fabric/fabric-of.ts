/** The fabric of a machine from its topology: PCI functions, BARs and host bridges as records, and one graph of links. */
import { objectsOf, type Topology } from '../../model/topology.ts';
import type { Fabric } from './fabric.ts';
import { linksOf } from './links-of.ts';
import { memoryAccessOf } from './memory-access-of.ts';
import { barsOf, hostBridgesOf, osNodesOf, p2pMemoryOf, pciOf } from './pci-of.ts';
import { TopologyIndex } from './topology-index.ts';

const amdZenFamily = 0x17;

/** The fabric that a machine boots with. */
export function fabricOf(topology: Topology): Fabric {
  const index = new TopologyIndex(topology);
  const sockets = objectsOf(topology, 'package');
  return {
    socket: Object.fromEntries(sockets.map(({ id, vendor, family }) => [id, { vendor, family }])),
    pci: pciOf(index),
    hostBridge: hostBridgesOf(index),
    bar: barsOf(index),
    link: linksOf(index),
    memoryAccess: memoryAccessOf(index),
    p2pMemory: p2pMemoryOf(index),
    osNode: osNodesOf(index),
    cpuForwardsPeers:
      topology.policy.cpuForwardsPeers ??
      sockets.some(({ vendor, family }) => vendor === 'amd' && family !== null && family >= amdZenFamily),
    iommu: topology.policy.iommu ?? false,
  };
}
