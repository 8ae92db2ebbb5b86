import type { Problem, Result } from '../../base/result.ts';
import { err, ok } from '../../base/result.ts';
import type { PciBridge, PciFunction, Topology } from '../../model/topology.ts';
import { atLine, TopologyDraft } from '../draft.ts';
import type { TopologyInput } from '../formats.ts';
import { parseHex, parseInteger } from '../numbers.ts';
import { readPciConfig } from '../pci-config.ts';
import { inferPortRoles } from '../pci-roles.ts';
import { deviceKindOf, hostBridgeId, pciAddress, pciBridge, pciClass, pciFunction, pciId } from '../pci.ts';
import { firstLines, textLines } from '../text-lines.ts';
import { acsIn, barsIn, blocksOf, find, isHeader, linkIn, roleIn, showsExtended, windowsIn } from './device-block.ts';
import type { DeviceBlock } from './device-block.ts';
import { isTreeLine, readTree } from './tree.ts';

export const isLspci = ({ bytes }: TopologyInput): boolean => {
  const lines = firstLines(bytes);
  return lines.some((text) => isHeader(text) || isTreeLine(text));
};

/** `lspci -v`, `-vv`, `-vvv`, `-x`, `-xxx`, `-xxxx` and mixtures of them; `lspci -t` and `-tv`. */
export function readLspci({ name, bytes }: TopologyInput): Result<Topology, readonly Problem[]> {
  const draft = new TopologyDraft(name, 'lspci');
  const lines = textLines(bytes, draft);
  draft.addMachine();
  const isTree = lines.some(({ text }) => isTreeLine(text));
  const { blocks, orphans } = isTree ? { blocks: [], orphans: [] } : blocksOf(lines);
  const [orphan] = orphans;
  if (orphan !== undefined)
    draft.warn(
      orphan.line,
      `${orphans.length} lines stand before the first device: the device that they belong to is missing`,
    );
  if (isTree) addTree(draft, lines);
  else addBlocks(draft, blocks);
  if (!draft.objects.some((object) => object.kind === 'pciBridge' || object.kind === 'pciFunction')) {
    return err([
      {
        file: name,
        line: 1,
        column: 1,
        message: 'no PCI function in it: give the output of "lspci -vvv", "lspci -tv" or "lspci -xxx"',
      },
    ]);
  }
  inferPortRoles(draft);
  return ok(draft.finish());
}

function addTree(draft: TopologyDraft, lines: Parameters<typeof readTree>[0]): void {
  for (const fn of readTree(lines, (line, message) => draft.warn(line, message))) {
    const from = atLine(fn.line);
    const bridge = hostBridgeId(fn.domain, fn.rootBus);
    if (!draft.has(bridge))
      draft.add({
        kind: 'hostBridge',
        windows: [],
        keepsFirmwareSetup: null,
        id: bridge,
        parent: 'machine',
        name: null,
        facts: {},
        from,
        domain: fn.domain,
        rootBus: fn.rootBus,
        lastBus: null,
        numaNode: null,
        firstDevice: null,
      });
    const parent = fn.parent === null ? bridge : pciId(fn.parent);
    if (fn.secondary === null) draft.add(pciFunction({ bdf: fn.bdf, parent, from, name: fn.name }));
    else
      draft.add(
        pciBridge({
          bdf: fn.bdf,
          parent,
          from,
          role: 'bridge',
          secondaryBus: fn.secondary,
          subordinateBus: fn.subordinate,
        }),
      );
  }
  draft.tells('hostBridges', 'pciBridges', 'pciFunctions');
}

function addBlocks(draft: TopologyDraft, blocks: readonly DeviceBlock[]): void {
  const pci = blocks.map((block) => functionOf(draft, block));
  const bridgeAbove = bridgeFinder(pci);
  const roots = rootBuses(pci, bridgeAbove);
  const lastBuses = new Map<string, number>();
  for (const object of pci) {
    if (object.kind !== 'pciBridge' || object.subordinateBus === null) continue;
    const { domain, bus } = pciAddress(object.bdf);
    lastBuses.set(busOf(domain, bus), Math.max(lastBuses.get(busOf(domain, bus)) ?? 0, object.subordinateBus));
  }
  let stray = 0;
  for (const object of pci) {
    const { domain, bus } = pciAddress(object.bdf);
    const bridge = bridgeAbove(domain, bus);
    if (bridge !== null) {
      draft.add({ ...object, parent: bridge.id });
      continue;
    }
    if (!roots.has(busOf(domain, bus))) {
      stray += 1;
      draft.add({ ...object, parent: 'machine' });
      continue;
    }
    const id = hostBridgeId(domain, bus);
    if (!draft.has(id))
      draft.add(hostBridge(id, domain, bus, Math.max(bus, lastBuses.get(busOf(domain, bus)) ?? 0), object));
    draft.add({ ...object, parent: id });
  }
  draft.tells('pciBridges', 'pciFunctions', 'gpus', 'nics', 'storage', 'accelerators', 'nvSwitches', 'cxlMemdevs');
  if (stray === 0) draft.tells('hostBridges');
  else
    draft.warn(
      null,
      `the bridges above ${stray} of ${pci.length} functions are not in the listing: where they hang is unknown`,
    );
  if (blocks.some((block) => block.lines.length > 0 || block.hex !== null)) draft.tells('bars');
  if (blocks.some((block) => find(block.lines, /Capabilities: <access denied>/) !== null))
    draft.warn(null, 'the listing was not made by root: links, ACS and Resizable BAR are unknown');
}

const busOf = (domain: number, bus: number): string => `${domain}:${bus}`;

/** The bridge whose secondary bus this is; else, where that one is not listed, the narrowest one whose buses contain it. */
function bridgeFinder(pci: readonly (PciBridge | PciFunction)[]): (domain: number, bus: number) => PciBridge | null {
  const found = new Map<string, PciBridge>();
  const widths = new Map<string, number>();
  for (const object of pci) {
    if (object.kind !== 'pciBridge' || object.secondaryBus === null) continue;
    const { domain, bus } = pciAddress(object.bdf);
    const last = Math.max(object.secondaryBus, object.subordinateBus ?? 0);
    // A bridge that was not set up says 0: it leads nowhere.
    if (object.secondaryBus <= bus) continue;
    for (let inside = object.secondaryBus; inside <= last; inside += 1) {
      const key = busOf(domain, inside);
      const width = inside === object.secondaryBus ? 0 : last - object.secondaryBus + 1;
      if (width < (widths.get(key) ?? Number.POSITIVE_INFINITY)) {
        widths.set(key, width);
        found.set(key, object);
      }
    }
  }
  return (domain, bus) => found.get(busOf(domain, bus)) ?? null;
}

/**
 * Buses that no listed bridge leads to: root buses, but in an excerpt (`lspci -s`), which has neither bus 0 nor a host
 * bridge nor several bridges; there nobody knows.
 */
function rootBuses(
  pci: readonly (PciBridge | PciFunction)[],
  bridgeAbove: (domain: number, bus: number) => PciBridge | null,
): ReadonlySet<string> {
  const isWhole =
    pci.some((object) => pciAddress(object.bdf).bus === 0 || object.class === pciClass.hostBridge) ||
    pci.filter((object) => object.kind === 'pciBridge').length > 1;
  return new Set(
    pci.flatMap((object) => {
      const { domain, bus } = pciAddress(object.bdf);
      return isWhole && bridgeAbove(domain, bus) === null ? [busOf(domain, bus)] : [];
    }),
  );
}

function hostBridge(
  id: string,
  domain: number,
  bus: number,
  lastBus: number,
  first: PciBridge | PciFunction,
): Parameters<TopologyDraft['add']>[0] {
  const known =
    first.vendor !== null && first.device !== null
      ? {
          devfn: pciAddress(first.bdf).devfn,
          vendor: first.vendor,
          device: first.device,
          isRootPort: first.kind === 'pciBridge' && first.role === 'rootPort',
        }
      : null;
  return {
    kind: 'hostBridge',
    windows: [],
    keepsFirmwareSetup: null,
    id,
    parent: 'machine',
    name: null,
    facts: {},
    from: first.from,
    domain,
    rootBus: bus,
    lastBus,
    numaNode: first.numaNode,
    firstDevice: known,
  };
}

/** The function as its lines, its hex dump, or both tell it; its parent is found later. */
function functionOf(draft: TopologyDraft, block: DeviceBlock): PciBridge | PciFunction {
  const { lines } = block;
  const config = block.hex === null ? null : readPciConfig(block.hex);
  const number = (pattern: RegExp): number | null => parseInteger(find(lines, pattern)?.[1]);
  const node = number(/^\s*NUMA node: (\d{1,5})/);
  const subsystem = find(lines, /^\s*Subsystem: .*\[([0-9a-f]{4}):([0-9a-f]{4})\]/i);
  const common = {
    bdf: block.bdf,
    parent: 'machine',
    from: atLine(block.line),
    name: block.name === '' ? null : block.name,
    class: config?.class ?? block.class,
    progIf: config?.progIf ?? parseHex(find(lines, /prog-if ([0-9a-f]{2})/i)?.[1]),
    vendor: config?.vendor ?? block.vendor,
    device: config?.device ?? block.device,
    subsystemVendor: config?.subsystemVendor ?? parseHex(subsystem?.[1]),
    subsystemDevice: config?.subsystemDevice ?? parseHex(subsystem?.[2]),
    revision: config?.revision ?? block.revision,
    bars:
      lines.some(({ text }) => /^\s*(Region|Expansion ROM)/.test(text)) || config === null
        ? barsIn(lines)
        : config.bars.map((bar) => ({
            ...bar,
            bytes: null,
            assigned: bar.start !== null,
            resizableBytes: config.resizable.get(bar.index) ?? null,
            backing: null,
          })),
    link: linkIn(lines) ?? config?.link ?? null,
    acs: config === null || acsIn(lines).kind === 'present' ? acsIn(lines) : config.acs,
    iommuGroup: number(/^\s*IOMMU group: (\d{1,6})/),
    numaNode: node === null ? null : nodeOf(draft, node, block.line),
    driver: find(lines, /^\s*Kernel driver in use: (\S+)/)?.[1] ?? null,
  };
  if (common.class === pciClass.bridgePci || config?.isBridge === true) {
    const buses = find(lines, /^\s*Bus: primary=[0-9a-f]{2}, secondary=([0-9a-f]{2}), subordinate=([0-9a-f]{2})/i);
    const role = config?.role ?? roleIn(lines);
    const completer = find(lines, /AtomicOpsCap:.*32bit([+-]) 64bit([+-]) 128bitCAS([+-])/);
    return pciBridge({
      ...common,
      role,
      secondaryBus: parseHex(buses?.[1]) ?? config?.secondaryBus ?? null,
      subordinateBus: parseHex(buses?.[2]) ?? config?.subordinateBus ?? null,
      windows: windowsIn(lines),
      completerAtomics:
        role !== 'rootPort'
          ? null
          : completer === null
            ? (config?.completerAtomics ?? null)
            : completer[3] === '+'
              ? 128
              : completer[2] === '+'
                ? 64
                : completer[1] === '+'
                  ? 32
                  : 0,
    });
  }
  const extended = showsExtended(lines);
  const shows = (pattern: RegExp): boolean | null => (find(lines, pattern) !== null ? true : extended ? false : null);
  const vendorByName = /NVIDIA/i.test(block.name) ? 0x10de : /\[AMD\/ATI\]|Instinct/i.test(block.name) ? 0x1002 : null;
  return pciFunction({
    ...common,
    deviceKind: deviceKindOf(common.class, common.vendor ?? vendorByName),
    ats: config?.ats ?? shows(/Address Translation Service/),
    pri: config?.pri ?? shows(/Page Request Interface/),
    pasidWidth:
      config?.pasidWidth ?? parseHex(find(lines, /Max PASID Width: ([0-9a-f]{1,2})/i)?.[1]) ?? (extended ? 0 : null),
    atomicsRequester: find(lines, /AtomicOpsCtl:.*ReqEn\+/) !== null || config?.atomicsEnabled === true ? true : null,
  });
}

/** A node that the listing only names: all else of it is unknown. */
function nodeOf(draft: TopologyDraft, index: number, line: number): string {
  const id = `numa:${index}`;
  if (!draft.has(id)) {
    draft.add({
      kind: 'numaNode',
      id,
      parent: 'machine',
      name: null,
      facts: {},
      from: atLine(line),
      osIndex: index,
      memoryKind: 'unknown',
      memoryKindInferred: null,
      bytes: null,
      cpus: null,
      nearCpus: null,
      registration: null,
    });
  }
  return id;
}
