/** PCI functions, host bridges, BARs and device files of a machine as records, from its topology. */
import type { OsNode, P2pMemory, PciBar, PciDevice, PciHostBridge } from '../../model/fabric.ts';
import { objectsOf, type Bar, type PciFunction } from '../../model/topology.ts';
import { barName } from './fabric.ts';
import { isPci, type Pci, type TopologyIndex } from './topology-index.ts';

/** Functions and bridges, by name. */
export function pciOf(index: TopologyIndex): Record<string, PciDevice> {
  const all = index.topology.objects.filter(isPci);
  const virtual = new Map<string, number>();
  for (const fn of all)
    if (fn.kind === 'pciFunction' && fn.physicalFunction !== null)
      virtual.set(fn.physicalFunction, (virtual.get(fn.physicalFunction) ?? 0) + 1);
  return Object.fromEntries(all.map((fn) => [index.name(fn.id), pciDevice(index, fn, virtual.get(fn.id) ?? 0)]));
}

function pciDevice(index: TopologyIndex, fn: Pci, virtualFunctions: number): PciDevice {
  const above = index.bridgeAbove(fn);
  const endpoint = fn.kind === 'pciFunction' ? fn : null;
  const bridge = fn.kind === 'pciBridge' ? fn : null;
  const width = endpoint?.pasidWidth ?? null;
  const most = width === null ? null : width === 0 ? 0 : 2 ** width;
  const limit = endpoint?.maxPasids ?? null;
  const physical = index.get(endpoint?.physicalFunction ?? null);
  return {
    bdf: fn.bdf,
    role: bridge?.role ?? 'endpoint',
    deviceKind: endpoint?.deviceKind ?? null,
    above: above === null ? null : index.name(above.id),
    hostBridge: index.hostBridgeOf(index.physical(fn)),
    physicalFunction: physical === undefined ? null : index.name(physical.id),
    acs: fn.acs.kind === 'present' ? { capability: fn.acs.capability, control: fn.acs.control } : null,
    acsTold: fn.acs.kind !== 'unknown',
    iommuGroup: fn.iommuGroup,
    driver: fn.driver,
    decode: fn.bars.some((bar) => bar.start !== null),
    virtualFunctions,
    windows: bridge?.windows ?? [],
    ats: endpoint?.ats ?? null,
    pri: endpoint?.pri ?? null,
    maxPasids: limit === null ? most : most === null ? limit : Math.min(limit, most),
    atomics: {
      requester: endpoint?.atomicsRequester ?? null,
      enabled: false,
      completer: bridge?.completerAtomics ?? null,
      routes: bridge?.routesAtomics ?? null,
      blocks: bridge?.blocksAtomics ?? null,
    },
    engines: endpoint?.engines ?? enginesByKind(endpoint),
  };
}

/** Host bridges by id: those that are told, and those that a function needs. */
export function hostBridgesOf(index: TopologyIndex): Record<string, PciHostBridge> {
  const told = objectsOf(index.topology, 'hostBridge').map((bridge): [string, PciHostBridge] => [
    bridge.id,
    {
      firstDevice: bridge.firstDevice,
      windows: bridge.windows,
      keepsFirmwareSetup: bridge.keepsFirmwareSetup ?? false,
    },
  ]);
  const missing = index.topology.objects
    .filter(isPci)
    .map((fn): [string, PciHostBridge] => [
      index.hostBridgeOf(fn),
      { firstDevice: null, windows: [], keepsFirmwareSetup: false },
    ]);
  return Object.fromEntries([...missing, ...told]);
}

/** BARs of all functions, by `barName`. */
export function barsOf(index: TopologyIndex): Record<string, PciBar> {
  return Object.fromEntries(
    index.topology.objects.filter(isPci).flatMap((fn) =>
      fn.bars.map((bar): [string, PciBar] => {
        const device = index.name(fn.id);
        return [barName(device, bar.index), pciBar(index, device, bar)];
      }),
    ),
  );
}

function pciBar(index: TopologyIndex, device: string, bar: Bar): PciBar {
  return {
    device,
    index: bar.index,
    type: bar.type === 'mem' ? 'mem64' : bar.type,
    prefetchable: bar.prefetchable ?? false,
    bytes: bar.bytes ?? 0,
    start: bar.assigned === false ? null : bar.start,
    resizable: bar.resizableBytes,
    pool: bar.backing === null ? null : index.name(bar.backing.object),
    offset: bar.backing?.offset ?? 0,
  };
}

/** Memory that the kernel of the described machine offers to peers already. */
export function p2pMemoryOf(index: TopologyIndex): Record<string, P2pMemory> {
  return Object.fromEntries(
    objectsOf(index.topology, 'pciFunction').flatMap((fn) => {
      const { p2pMemory: offered } = fn;
      if (offered === null || offered.bytes === null) return [];
      const bar = fn.bars.find((b) => b.type !== 'io' && b.type !== 'rom' && (b.bytes ?? 0) >= (offered.bytes ?? 0));
      const memory: P2pMemory = {
        regions: [{ bar: bar?.index ?? 0, offset: 0, bytes: offered.bytes }],
        bytes: offered.bytes,
        free: offered.availableBytes ?? offered.bytes,
        published: offered.published ?? false,
      };
      return [[index.name(fn.id), memory] as const];
    }),
  );
}

/** Device files by name, each with the function that it belongs to. */
export function osNodesOf(index: TopologyIndex): Record<string, OsNode> {
  return Object.fromEntries(
    objectsOf(index.topology, 'osDevice').map((node) => {
      const above = index.above(node, ['pciFunction']);
      return [node.name ?? node.id, { above: above === null ? null : index.name(above.id) }];
    }),
  );
}

function enginesByKind(fn: PciFunction | null): PciDevice['engines'] {
  if (fn?.deviceKind === 'gpu')
    return [
      { kind: 'compute', throughputGBs: null },
      { kind: 'copy', throughputGBs: null },
    ];
  return fn?.deviceKind === 'nic' ? [{ kind: 'nic', throughputGBs: null }] : [];
}
