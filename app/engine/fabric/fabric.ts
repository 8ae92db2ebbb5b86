/** The records that a machine's fabric starts with: what `fabricOf` makes of a topology. */
import type {
  CpuSocket,
  FabricLink,
  MemoryAccess,
  OsNode,
  P2pMemory,
  PciBar,
  PciDevice,
  PciHostBridge,
} from '../../model/fabric.ts';

export interface Fabric {
  readonly socket: Readonly<Record<string, CpuSocket>>;
  readonly pci: Readonly<Record<string, PciDevice>>;
  readonly hostBridge: Readonly<Record<string, PciHostBridge>>;
  readonly bar: Readonly<Record<string, PciBar>>;
  readonly link: Readonly<Record<string, FabricLink>>;
  readonly memoryAccess: Readonly<Record<string, MemoryAccess>>;
  readonly p2pMemory: Readonly<Record<string, P2pMemory>>;
  readonly osNode: Readonly<Record<string, OsNode>>;
  readonly cpuForwardsPeers: boolean;
  readonly iommu: boolean;
}

export const noFabric: Fabric = {
  socket: {},
  pci: {},
  hostBridge: {},
  bar: {},
  link: {},
  memoryAccess: {},
  p2pMemory: {},
  osNode: {},
  cpuForwardsPeers: false,
  iommu: false,
};

/** Key of a BAR. */
export const barName = (device: string, index: number): string => `${device}.bar${index}`;
