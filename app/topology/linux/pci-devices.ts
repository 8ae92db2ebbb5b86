import type { Bar, BridgeWindow, NumaNode, P2pMemory, PciBridge, PciFunction, PciLink } from '../../model/topology.ts';
import { parseBitmap, parseCpuList } from '../cpu-set.ts';
import { atPath } from '../draft.ts';
import type { TopologyDraft } from '../draft.ts';
import { parseHex, parseInteger } from '../numbers.ts';
import { readPciConfig } from '../pci-config.ts';
import type { PciConfig } from '../pci-config.ts';
import { inferPortRoles } from '../pci-roles.ts';
import { hostBridgeId, parseBdf, pciAddress, pciBridge, pciFunction, pciId } from '../pci.ts';
import { line, linkName, textOf } from './file-tree.ts';
import type { FileTree } from './file-tree.ts';
import { nodeOfCpus } from './nodes.ts';

const root = 'sys/bus/pci/devices';
const maxFunctions = 16_384;

/** Host bridges, bridges and functions with their BARs, links, ACS and IOMMU groups. */
export function readPciDevices(tree: FileTree, draft: TopologyDraft): void {
  const names = tree.list(root).flatMap((name) => {
    const bdf = parseBdf(name);
    return bdf === null ? [] : [{ name, bdf, real: tree.real(`${root}/${name}`) ?? `${root}/${name}` }];
  });
  if (tree.real('sys/bus/pci') === null && names.length === 0) return;
  const sorted = names.toSorted((a, b) => order(a.bdf) - order(b.bdf)).slice(0, maxFunctions);
  draft.tells('hostBridges', 'pciBridges', 'pciFunctions', 'gpus', 'nics', 'storage', 'accelerators', 'nvSwitches');
  const known = new Set(sorted.map(({ bdf }) => bdf));
  const resources = sorted.filter(({ real }) => tree.read(`${real}/resource`) !== null).length;
  if (resources > 0 || sorted.length === 0) draft.tells('bars');
  else draft.warn(null, 'no PCI function has a resource file: BARs are unknown');
  if (resources > 0 && resources < sorted.length)
    draft.warn(null, `${sorted.length - resources} PCI functions have no resource file: their BARs are unknown`);
  const shallow = sorted.filter(({ real }) => (tree.read(`${real}/config`)?.length ?? 0) < 256).length;
  if (shallow > 0 && shallow === sorted.length)
    draft.warn(
      null,
      'the capabilities of PCI functions are out of reach (not root when the files were read): ACS, Resizable BAR and port types are unknown',
    );
  const place = { known, nodes: draft.objects.filter((object): object is NumaNode => object.kind === 'numaNode') };
  for (const { bdf, real } of sorted) addFunction(tree, draft, bdf, real, place);
  inferPortRoles(draft);
  nameFirstDevices(draft);
}

/** By domain, bus, device and function: the order in which buses are enumerated. */
function order(bdf: string): number {
  const { domain, bus, devfn } = pciAddress(bdf);
  return (domain * 256 + bus) * 256 + devfn;
}

/** What is there to hang a function on. */
interface Place {
  readonly known: ReadonlySet<string>;
  readonly nodes: readonly NumaNode[];
}

function addFunction(tree: FileTree, draft: TopologyDraft, bdf: string, path: string, { known, nodes }: Place): void {
  const number = (name: string): number | null => parseHex(line(tree, `${path}/${name}`) ?? undefined);
  const raw = tree.read(`${path}/config`);
  const config = raw === null ? null : readPciConfig(raw);
  const classCode = number('class');
  const node = nearestNode(tree, draft, path, nodes);
  const common = {
    bdf,
    parent: parentOf(draft, bdf, path, known, node),
    from: atPath(path),
    name: line(tree, `${path}/label`),
    class: classCode === null ? (config?.class ?? null) : classCode >> 8,
    progIf: classCode === null ? (config?.progIf ?? null) : classCode & 0xff,
    vendor: number('vendor') ?? config?.vendor ?? null,
    device: number('device') ?? config?.device ?? null,
    subsystemVendor: number('subsystem_vendor') ?? config?.subsystemVendor ?? null,
    subsystemDevice: number('subsystem_device') ?? config?.subsystemDevice ?? null,
    revision: number('revision') ?? config?.revision ?? null,
    link: bothLinks(readLink(tree, path), config?.link ?? null),
    acs: config?.acs ?? { kind: 'unknown' as const },
    iommuGroup: groupOf(tree, path),
    numaNode: node,
    driver: linkName(tree, `${path}/driver`),
  };
  const rows = readResources(tree, path);
  if (common.class === 0x0604 || config?.isBridge === true) {
    draft.add(
      pciBridge({
        ...common,
        role: config?.role ?? 'bridge',
        secondaryBus:
          parseInteger(line(tree, `${path}/secondary_bus_number`) ?? undefined) ?? config?.secondaryBus ?? null,
        subordinateBus:
          parseInteger(line(tree, `${path}/subordinate_bus_number`) ?? undefined) ?? config?.subordinateBus ?? null,
        completerAtomics: config?.role === 'rootPort' ? config.completerAtomics : null,
        bars: barsOf(
          tree,
          path,
          rows.filter(({ index }) => index <= 1),
          config,
        ),
        windows: rows.filter(({ index }) => index >= 7).flatMap(windowOf),
      }),
    );
    return;
  }
  const physical = linkName(tree, `${path}/physfn`);
  const physicalBdf = physical === null ? null : parseBdf(physical);
  const added = draft.add(
    pciFunction({
      ...common,
      bars: barsOf(tree, path, rows, config),
      p2pMemory: readP2pMemory(tree, path),
      physicalFunction: physicalBdf !== null && known.has(physicalBdf) ? pciId(physicalBdf) : null,
      atomicsRequester: config?.atomicsEnabled === true ? true : null,
      ats: config?.ats ?? null,
      pri: config?.pri ?? null,
      pasidWidth: config?.pasidWidth ?? null,
    }),
  );
  addDeviceMemory(tree, draft, path, bdf, added);
}

/** The bridge above by the device's place in the tree; the host bridge, made on first sight, where there is none. */
function parentOf(
  draft: TopologyDraft,
  bdf: string,
  path: string,
  known: ReadonlySet<string>,
  node: string | null,
): string {
  const above = path.split('/').slice(0, -1);
  const bridge = above.toReversed().find((part) => known.has(parseBdf(part) ?? ''));
  if (bridge !== undefined) return pciId(parseBdf(bridge) ?? bridge);
  const match = /^pci([0-9a-f]{4,8}):([0-9a-f]{2})$/i.exec(
    above.find((part) => /^pci[0-9a-f]{4,8}:[0-9a-f]{2}$/i.test(part)) ?? '',
  );
  const address = pciAddress(bdf);
  const domain = parseHex(match?.[1]) ?? address.domain;
  const rootBus = parseHex(match?.[2]) ?? address.bus;
  const id = hostBridgeId(domain, rootBus);
  if (!draft.has(id)) {
    const bridgePath = match === null ? path : path.slice(0, path.indexOf(match[0]) + match[0].length);
    const holder = node === null ? undefined : draft.get(node);
    const around = holder === undefined ? 'machine' : packageOf(draft, holder.id);
    draft.add({
      kind: 'hostBridge',
      windows: [],
      keepsFirmwareSetup: null,
      id,
      parent: around,
      name: null,
      facts: match === null ? { note: 'the files do not tell the tree above' } : {},
      from: atPath(bridgePath),
      domain,
      rootBus,
      lastBus: null,
      numaNode: node,
      firstDevice: null,
    });
  }
  return id;
}

function packageOf(draft: TopologyDraft, id: string): string {
  for (let at = draft.get(id); at !== undefined; at = at.parent === null ? undefined : draft.get(at.parent))
    if (at.kind === 'package') return at.id;
  return 'machine';
}

function nearestNode(tree: FileTree, draft: TopologyDraft, path: string, nodes: readonly NumaNode[]): string | null {
  const node = parseInteger(line(tree, `${path}/numa_node`) ?? undefined);
  if (node !== null && node >= 0) return draft.has(`numa:${node}`) ? `numa:${node}` : null;
  if (node !== null) return null;
  const list = line(tree, `${path}/local_cpulist`);
  const cpus = list === null ? parseBitmap(line(tree, `${path}/local_cpus`) ?? '?') : parseCpuList(list);
  return cpus === null ? null : nodeOfCpus(nodes, cpus);
}

function groupOf(tree: FileTree, path: string): number | null {
  return parseInteger(linkName(tree, `${path}/iommu_group`) ?? undefined);
}

/** "16.0 GT/s PCIe", "Unknown"; widths 0 and 255 are unknown too. */
function readLink(tree: FileTree, path: string): PciLink | null {
  const speed = (name: string): number | null => {
    const match = /^(\d{1,3}(?:\.\d)?) GT\/s/.exec(line(tree, `${path}/${name}`) ?? '');
    return match === null ? null : Number(match[1]);
  };
  const width = (name: string): number | null => {
    const value = parseInteger(line(tree, `${path}/${name}`) ?? undefined);
    return value === null || value <= 0 || value > 32 ? null : value;
  };
  const link = {
    currentSpeed: speed('current_link_speed'),
    currentWidth: width('current_link_width'),
    maxSpeed: speed('max_link_speed'),
    maxWidth: width('max_link_width'),
    statedGBs: null,
  };
  return Object.values(link).every((value) => value === null) ? null : link;
}

/** What the kernel says, and what it leaves out from config space. */
function bothLinks(told: PciLink | null, config: PciLink | null): PciLink | null {
  if (told === null || config === null) return told ?? config;
  return {
    currentSpeed: told.currentSpeed ?? config.currentSpeed,
    currentWidth: told.currentWidth ?? config.currentWidth,
    maxSpeed: told.maxSpeed ?? config.maxSpeed,
    maxWidth: told.maxWidth ?? config.maxWidth,
    statedGBs: null,
  };
}

interface ResourceRow {
  readonly index: number;
  readonly start: number | null;
  readonly bytes: number | null;
  readonly flags: number;
}

/** include/linux/ioport.h */
const flag = { io: 0x100, memory: 0x200, prefetch: 0x2000, memory64: 0x10_0000, unset: 0x2000_0000 } as const;
const has = (flags: number, bit: number): boolean => Math.floor(flags / bit) % 2 === 1;

/** Rows of the `resource` file that are in use: start, end (inclusive), flags. */
function readResources(tree: FileTree, path: string): readonly ResourceRow[] {
  return (textOf(tree, `${path}/resource`) ?? '')
    .split('\n')
    .slice(0, 64)
    .flatMap((row, index): readonly ResourceRow[] => {
      const [start, end, flags] = row
        .trim()
        .split(/\s+/)
        .map((part) => (/^0x[0-9a-f]{1,16}$/i.test(part) ? BigInt(part) : null));
      if (
        start === undefined ||
        end === undefined ||
        flags === undefined ||
        start === null ||
        end === null ||
        flags === null ||
        flags === 0n
      )
        return [];
      const bytes = end < start ? null : end - start + 1n;
      const exact = (value: bigint | null): number | null =>
        value === null || value > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(value);
      return [{ index, start: exact(start), bytes: exact(bytes), flags: Number(flags & 0xffff_ffffn) }];
    });
}

const romRow = 6;

function barsOf(tree: FileTree, path: string, rows: readonly ResourceRow[], config: PciConfig | null): readonly Bar[] {
  return rows
    .filter(({ flags }) => has(flags, flag.io) || has(flags, flag.memory))
    .map(({ index, start, bytes, flags }): Bar => {
      const unset = has(flags, flag.unset) || (start === 0 && !has(flags, flag.io));
      const type =
        index === romRow ? 'rom' : has(flags, flag.io) ? 'io' : has(flags, flag.memory64) ? 'mem64' : 'mem32';
      return {
        index,
        type,
        prefetchable: has(flags, flag.prefetch),
        bytes,
        start: unset ? null : start,
        assigned: !unset,
        resizableBytes: config?.resizable.get(index) ?? resizeFile(tree, path, index),
        backing: null,
      };
    });
}

/** `resourceN_resize`: a mask in hex, bit n is 2^n MiB. */
function resizeFile(tree: FileTree, path: string, index: number): readonly number[] | null {
  const mask = line(tree, `${path}/resource${index}_resize`);
  if (mask === null || !/^[0-9a-f]{1,16}$/i.test(mask)) return null;
  const bits = BigInt(`0x${mask}`);
  const sizes = Array.from({ length: 33 }, (_, bit) => bit).flatMap((bit) =>
    ((bits >> BigInt(bit)) & 1n) === 1n ? [2 ** (20 + bit)] : [],
  );
  return sizes.length === 0 ? null : sizes;
}

function windowOf({ start, bytes, flags }: ResourceRow): readonly BridgeWindow[] {
  if (start === null || bytes === null || has(flags, flag.unset)) return [];
  return [
    { type: has(flags, flag.io) ? 'io' : has(flags, flag.prefetch) ? 'prefetch' : 'mem', start, end: start + bytes },
  ];
}

function readP2pMemory(tree: FileTree, path: string): P2pMemory | null {
  if (tree.list(`${path}/p2pmem`).length === 0) return null;
  const bytes = (name: string): number | null => parseInteger(line(tree, `${path}/p2pmem/${name}`) ?? undefined);
  const published = line(tree, `${path}/p2pmem/published`);
  return {
    bytes: bytes('size'),
    availableBytes: bytes('available'),
    published: published === null ? null : published === '1',
  };
}

/** VRAM where the driver tells: amdgpu, i915. */
function addDeviceMemory(tree: FileTree, draft: TopologyDraft, path: string, bdf: string, parent: string): void {
  const vram = parseInteger(line(tree, `${path}/mem_info_vram_total`) ?? undefined);
  const card = tree.list(`${path}/drm`).find((name) => /^card\d+$/.test(name));
  const local =
    card === undefined ? null : parseInteger(line(tree, `${path}/drm/${card}/lmem_total_bytes`) ?? undefined);
  const bytes = vram ?? local;
  if (bytes === null || bytes <= 0) return;
  const file = vram === null ? `${path}/drm/${card ?? ''}/lmem_total_bytes` : `${path}/mem_info_vram_total`;
  draft.add({
    kind: 'deviceMemory',
    id: `vram:${bdf}`,
    parent,
    name: null,
    facts: {},
    from: atPath(file),
    memoryKind: 'vram',
    bytes,
    registration: null,
  });
}

/** The first function on each root bus, and the last bus below it. */
function nameFirstDevices(draft: TopologyDraft): void {
  const pci = draft.objects.filter(
    (object): object is PciBridge | PciFunction => object.kind === 'pciBridge' || object.kind === 'pciFunction',
  );
  const onBus = new Map<string, (PciBridge | PciFunction)[]>();
  for (const object of pci) {
    if (object.parent === null || draft.get(object.parent)?.kind !== 'hostBridge') continue;
    const known = onBus.get(object.parent);
    if (known === undefined) onBus.set(object.parent, [object]);
    else known.push(object);
  }
  for (const bridge of draft.objects) {
    if (bridge.kind !== 'hostBridge') continue;
    const below = onBus.get(bridge.id) ?? [];
    const first = below.toSorted((a, b) => pciAddress(a.bdf).devfn - pciAddress(b.bdf).devfn)[0];
    const ends = below.flatMap((object) =>
      object.kind === 'pciBridge' && object.subordinateBus !== null ? [object.subordinateBus] : [],
    );
    draft.replace({
      ...bridge,
      lastBus: below.length === 0 || bridge.rootBus === null ? null : Math.max(bridge.rootBus, ...ends),
      firstDevice:
        first === undefined || first.vendor === null || first.device === null
          ? null
          : {
              devfn: pciAddress(first.bdf).devfn,
              vendor: first.vendor,
              device: first.device,
              isRootPort: first.kind === 'pciBridge' && first.role === 'rootPort',
            },
    });
  }
}
