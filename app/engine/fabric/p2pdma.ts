/**
 * Whether one PCI function may reach another's BAR memory by peer-to-peer DMA, and how far it is.
 *
 *      root port                 no ACS redirect on the way:   EP0 -> EP1  BUS_ADDR          distance 4
 *      └ switch                  redirect set on a port:       EP0 -> EP1  THRU_HOST_BRIDGE  distance 4,
 *        ├ port ─ EP0            where the CPU or the host bridges are trusted, else NOT_SUPPORTED
 *        └ port ─ EP1
 *
 * Models calc_map_type_and_dist, host_bridge_whitelist and pci_p2pdma_distance_many of drivers/pci/p2pdma.c.
 */

/** `enum pci_p2pdma_map_type` without UNKNOWN; NONE is "not a peer page at all". */
export type MapType = 'NONE' | 'NOT_SUPPORTED' | 'BUS_ADDR' | 'THRU_HOST_BRIDGE';

/** ACS control bits (PCI_ACS_*). Only the three redirect bits matter to peer-to-peer. */
export const acsBits = { SV: 0x01, TB: 0x02, RR: 0x04, CR: 0x08, UF: 0x10, EC: 0x20, DT: 0x40 } as const;
const acsRedirect = acsBits.RR | acsBits.CR | acsBits.EC;

/** What the decision needs to know of one PCI function (bridges are functions too). */
export interface PciNode {
  /** domain:bus:device.function, lower-case hex, as sysfs writes it. */
  readonly bdf: string;
  /** Bridge above, by bdf; null on a root bus. A virtual function names the bridge above its physical function. */
  readonly upstream: string | null;
  /** Host bridge whose root bus this function is below. */
  readonly hostBridge: string;
  /** PCI_ACS_CTRL, or null where the function has no ACS capability. */
  readonly acsCtrl: number | null;
}

/** The first device enumerated on a root bus: the identity by which a host bridge is trusted. */
export interface RootDevice {
  readonly vendor: number;
  readonly device: number;
  /** Device and function number on the root bus: `device << 3 | function`. */
  readonly devfn: number;
  readonly isRootPort: boolean;
}

export interface PciTree {
  node(bdf: string): PciNode | null;
  rootDevice(hostBridge: string): RootDevice | null;
  /** The CPU rule: every AMD processor of family 0x17 (Zen) and later forwards between its root ports. */
  readonly cpuForwardsPeers: boolean;
}

export interface PeerDecision {
  readonly mapType: MapType;
  /** Hops up from both sides; null where no distance was computed. */
  readonly distance: number | null;
  /** Functions whose ACS redirect broke the direct path, provider's side first. */
  readonly acs: readonly string[];
  /** What decided, dotted: "direct", "host.cpu", "host.whitelist", "refuse.peer.acs", "refuse.peer.hostBridge". */
  readonly rule: string;
}

interface WhitelistRow {
  readonly vendor: number;
  /** null: any device of the vendor. */
  readonly device: number | null;
  readonly sameHostBridgeOnly: boolean;
}

/** pci_p2pdma_whitelist. */
const whitelist: readonly WhitelistRow[] = [
  ...[0x3c00, 0x3c01, 0x2f00, 0x2f01].map((device) => ({ vendor: 0x8086, device, sameHostBridgeOnly: true })),
  ...[0x2030, 0x2031, 0x2032, 0x2033, 0x2020, 0x09a2].map((device) => ({
    vendor: 0x8086,
    device,
    sameHostBridgeOnly: false,
  })),
  { vendor: 0x1ae0, device: null, sameHostBridgeOnly: false },
];

const hasRedirect = (node: PciNode): boolean => node.acsCtrl !== null && (node.acsCtrl & acsRedirect) !== 0;

function parent(tree: PciTree, node: PciNode): PciNode | null {
  return node.upstream === null ? null : tree.node(node.upstream);
}

/** `node` and every bridge above it, nearest first. */
function chain(tree: PciTree, node: PciNode): readonly PciNode[] {
  const path: PciNode[] = [];
  for (let n: PciNode | null = node; n !== null; n = parent(tree, n)) path.push(n);
  return path;
}

/** A host bridge has an identity only if its first device is at 00.0 or is a root port (pci_host_bridge_dev). */
function trusted(tree: PciTree, hostBridge: string, sameHostBridge: boolean): boolean {
  const root = tree.rootDevice(hostBridge);
  if (root === null || (root.devfn !== 0 && !root.isRootPort)) return false;
  return whitelist.some(
    (row) =>
      row.vendor === root.vendor &&
      (row.device === null || row.device === root.device) &&
      (sameHostBridge || !row.sameHostBridgeOnly),
  );
}

function bothTrusted(tree: PciTree, a: PciNode, b: PciNode): boolean {
  if (a.hostBridge === b.hostBridge) return trusted(tree, a.hostBridge, true);
  return trusted(tree, a.hostBridge, false) && trusted(tree, b.hostBridge, false);
}

/**
 * Decides for one provider (whose BAR memory it is) and one client (who wants to reach it).
 * Source: calc_map_type_and_dist.
 */
export function decidePeer(tree: PciTree, provider: PciNode, client: PciNode): PeerDecision {
  const up = chain(tree, provider);
  const down = chain(tree, client);
  const meet = up.findIndex((node) => down.some((other) => other.bdf === node.bdf));
  const acs: string[] = [];
  let distance: number;
  if (meet === -1) {
    distance = up.length + down.length;
  } else {
    const ancestor = up[meet];
    const below = down.findIndex((node) => node.bdf === ancestor?.bdf);
    // The provider's walk looks at the ancestor as well; the client's stops short of it.
    acs.push(...[...up.slice(0, meet + 1), ...down.slice(0, below)].filter(hasRedirect).map((node) => node.bdf));
    distance = meet + below;
    if (acs.length === 0) return { mapType: 'BUS_ADDR', distance, acs, rule: 'direct' };
  }
  if (tree.cpuForwardsPeers) return { mapType: 'THRU_HOST_BRIDGE', distance, acs, rule: 'host.cpu' };
  if (bothTrusted(tree, provider, client))
    return { mapType: 'THRU_HOST_BRIDGE', distance, acs, rule: 'host.whitelist' };
  return {
    mapType: 'NOT_SUPPORTED',
    distance,
    acs,
    rule: acs.length > 0 ? 'refuse.peer.acs' : 'refuse.peer.hostBridge',
  };
}
