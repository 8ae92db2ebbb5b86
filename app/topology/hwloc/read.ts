import type { Problem, Result } from '../../base/result.ts';
import { err, ok } from '../../base/result.ts';
import type { Topology, TopologyObject } from '../../model/topology.ts';
import { parseBitmap, sameSpans } from '../cpu-set.ts';
import { forwardsPeers } from '../cpu-vendor.ts';
import { atLine, TopologyDraft } from '../draft.ts';
import type { TopologyInput } from '../formats.ts';
import { inferPortRoles } from '../pci-roles.ts';
import { parseXml } from '../xml.ts';
import type { XmlElement } from '../xml.ts';
import { infosOf, osIndexOf, setOf } from './attributes.ts';
import type { HwlocVersion } from './attributes.ts';
import { readDistances, readMemoryAttribute, readOldDistances } from './matrices.ts';
import type { HwlocIndex } from './matrices.ts';
import { readCpuKinds, readMemoryTiers } from './kinds.ts';
import { inferMemoryKinds } from './memory-kinds.ts';
import {
  byCpu,
  cacheOf,
  cacheShape,
  deviceMemoryOf,
  groupOf,
  hostBridgeOf,
  idOf,
  isMemorySide,
  memorySideCacheOf,
  miscOf,
  numaNodeOf,
  osDeviceOf,
  packageOf,
  pciOf,
} from './objects.ts';

/** hwloc XML of versions 1, 2 and 3 (hwloc/topology-xml.c). */
export function readHwloc(input: TopologyInput): Result<Topology, readonly Problem[]> {
  const parsed = parseXml(input.name, input.bytes);
  if (!parsed.ok) return parsed;
  const { root, invalidLine } = parsed.value;
  const refuse = (line: number, message: string): Result<never, readonly Problem[]> =>
    err([{ file: input.name, line, column: 1, message }]);
  if (root.name !== 'topology')
    return refuse(root.line, `the root is <${root.name}>, not <topology>: give a file written by lstopo`);
  const version = versionOf(root);
  if (version === null)
    return refuse(
      root.line,
      `version "${root.attributes['version'] ?? ''}" of the hwloc XML format is not known: 1, 2 and 3 are`,
    );
  const top = root.children.find((child) => child.name === 'object');
  if (top === undefined) return refuse(root.line, 'the topology has no object: the file is cut off');

  const reader = new HwlocReader(input.name, version, root.attributes['version'] ?? '1.0');
  if (invalidLine !== null) reader.draft.warn(invalidLine, 'bytes that are not valid UTF-8 are shown as U+FFFD');
  reader.readTop(top, root);
  return ok(reader.draft.finish());
}

function versionOf(root: XmlElement): HwlocVersion | null {
  const text = root.attributes['version'];
  if (text === undefined || text.startsWith('1.')) return 1;
  if (text.startsWith('2.')) return 2;
  return text.startsWith('3.') ? 3 : null;
}

const ioTypes: readonly string[] = ['Bridge', 'PCIDev', 'OSDev', 'Misc'];

const maxOldDistances = 64;

class HwlocReader {
  readonly draft: TopologyDraft;
  readonly #version: HwlocVersion;
  readonly #ids = new Map<XmlElement, string>();
  readonly #byGpIndex = new Map<string, string>();
  readonly #byOsIndex = new Map<string, string>();
  #numaNodes: readonly string[] | null = null;
  #oldDistances = 0;

  constructor(name: string, version: HwlocVersion, written: string) {
    this.draft = new TopologyDraft(name, 'hwloc-xml');
    this.draft.version = written;
    this.#version = version;
  }

  readTop(top: XmlElement, root: XmlElement): void {
    const facts = { ...infosOf(root), ...infosOf(top) };
    const isMachine = top.attributes['type'] === 'Machine' || top.attributes['type'] === 'System';
    this.draft.add({
      kind: 'machine',
      id: 'machine',
      parent: null,
      name: facts['HostName'] ?? null,
      facts,
      from: atLine(top.line),
      architecture: facts['Architecture'] ?? null,
    });
    this.draft.title = facts['DMIProductName'] ?? facts['PlatformModel'] ?? facts['HostName'] ?? null;
    if (isMachine) {
      this.#remember(top, 'machine');
      this.#visitChildren(top, 'machine', this.#nearestNode(top, null));
    } else this.#visit(top, 'machine', null);
    readMemoryTiers(this.draft, root);
    readCpuKinds(this.draft, root);
    this.#settle();
    this.#readTables(top, root);
    this.draft.tells(
      'packages',
      'cores',
      'pus',
      'numaNodes',
      'hostBridges',
      'pciBridges',
      'pciFunctions',
      'gpus',
      'nics',
      'storage',
      'accelerators',
      'nvSwitches',
      'cxlMemdevs',
      'links.nvlink',
      'links.xgmi',
    );
  }

  #remember(element: XmlElement, id: string): void {
    const { type = '', gp_index: gpIndex, os_index: osIndex } = element.attributes;
    this.#ids.set(element, id);
    if (gpIndex !== undefined) this.#byGpIndex.set(gpIndex, id);
    if (osIndex !== undefined) this.#byOsIndex.set(`${type}:${osIndex}`, id);
  }

  #add(element: XmlElement, object: TopologyObject): string {
    const id = this.draft.add(object);
    this.#remember(element, id);
    return id;
  }

  /** The one node that an object's nodeset names; I/O objects have none and take that of what they hang on. */
  #nearestNode(element: XmlElement, above: string | null): string | null {
    const nodes = setOf(element, 'nodeset');
    if (nodes === null) return above;
    const [only] = nodes;
    return nodes.length === 1 && only !== undefined && only.end - only.start === 1 ? `numa:${only.start}` : null;
  }

  #visitChildren(element: XmlElement, id: string, node: string | null): void {
    for (const child of element.children) if (child.name === 'object') this.#visit(child, id, node);
  }

  #visit(element: XmlElement, parent: string, above: string | null): void {
    if (this.draft.isFull) return;
    const type = element.attributes['type'] ?? '';
    const node = ioTypes.includes(type) ? above : this.#nearestNode(element, above);
    if (type === 'NUMANode') return this.#visitNode(element, parent, node);
    const object = this.#object(element, type, parent, node);
    if (object === null) {
      this.draft.warn(
        element.line,
        `a ${type || 'nameless'} object without a usable address is left out, what is inside it is kept`,
      );
      return this.#visitChildren(element, parent, node);
    }
    const id = this.#add(element, object);
    if (object.kind === 'osDevice') {
      const owner = this.draft.get(parent)?.kind === 'pciFunction' ? parent : id;
      for (const memory of deviceMemoryOf(element, owner)) if (!this.draft.has(memory.id)) this.draft.add(memory);
    }
    this.#visitChildren(element, id, node);
  }

  #object(element: XmlElement, type: string, parent: string, node: string | null): TopologyObject | null {
    if (isMemorySide(element)) return memorySideCacheOf(element, parent);
    const shape = cacheShape(element);
    if (shape !== null) return cacheOf(element, parent, shape);
    const plain = {
      parent,
      name: null,
      facts: infosOf(element),
      from: atLine(element.line),
      osIndex: osIndexOf(element),
    };
    switch (type) {
      case 'Package':
      case 'Socket':
        return packageOf(element, parent);
      case 'Die':
        return { ...plain, kind: 'die', id: byCpu('die', element) };
      case 'Core':
        return { ...plain, kind: 'core', id: byCpu('core', element) };
      case 'PU':
        return { ...plain, kind: 'pu', id: idOf('pu', element) };
      case 'Bridge':
        return element.attributes['bridge_type']?.startsWith('0-') === true
          ? hostBridgeOf(element, parent, node)
          : pciOf(element, parent, node);
      case 'PCIDev':
        return pciOf(element, parent, node);
      case 'OSDev':
        return osDeviceOf(element, parent, this.#version);
      case 'Misc':
        return miscOf(element, parent);
      case 'Machine':
      case 'Group':
        return groupOf(element, parent);
      default:
        this.draft.warn(element.line, `objects of the type "${type}" are not known: shown as a group`);
        return groupOf(element, parent);
    }
  }

  /**
   * In version 1 a node contains its CPUs; here, as in later versions, the node hangs on the object that has exactly its
   * CPUs, and on a group where there is none.
   */
  #visitNode(element: XmlElement, parent: string, node: string | null): void {
    const inside = element.children.filter((child) => child.name === 'object');
    const cpus = setOf(element, 'cpuset') ?? [];
    const inner = inside.filter((child) => !ioTypes.includes(child.attributes['type'] ?? ''));
    const isMemoryChild = this.#version !== 1 || inner.length === 0;
    if (isMemoryChild) {
      const id = this.#add(element, numaNodeOf(element, parent, this.#version));
      return this.#visitChildren(element, id, node);
    }
    const [only] = inner;
    const twin =
      inner.length === 1 &&
      only !== undefined &&
      only.attributes['type'] !== 'NUMANode' &&
      sameSpans(setOf(only, 'cpuset') ?? [], cpus)
        ? only
        : null;
    const group =
      twin === null ? this.draft.add({ ...groupOf(element, parent), facts: {}, osIndex: null, subkind: 'NUMA' }) : null;
    for (const child of inside) this.#visit(child, group ?? parent, node);
    const owner = group ?? (twin === null ? parent : (this.#ids.get(twin) ?? parent));
    this.#add(element, numaNodeOf(element, owner, this.#version));
  }

  /** What needs all objects: kinds of memory, port roles, places that named a node which is not there, policy. */
  #settle(): void {
    inferMemoryKinds(this.draft);
    inferPortRoles(this.draft);
    for (const object of this.draft.objects) {
      if ('numaNode' in object && object.numaNode !== null && !this.draft.has(object.numaNode))
        this.draft.replace({ ...object, numaNode: null });
    }
    const cpu = this.draft.objects.find((object) => object.kind === 'package');
    this.draft.policy = { cpuForwardsPeers: forwardsPeers(cpu?.vendor ?? null, cpu?.family ?? null), iommu: null };
  }

  #readTables(top: XmlElement, root: XmlElement): void {
    const index: HwlocIndex = {
      byGpIndex: (gpIndex) => this.#byGpIndex.get(gpIndex) ?? null,
      byOsIndex: (type, osIndex) => this.#byOsIndex.get(`${type}:${osIndex}`) ?? null,
      numaNodes: () =>
        (this.#numaNodes ??= this.draft.objects
          .filter((object) => object.kind === 'numaNode')
          .toSorted((a, b) => (a.osIndex ?? 0) - (b.osIndex ?? 0))
          .map((object) => object.id)),
      below: (element, depth) => this.#below(element, depth),
    };
    for (const element of root.children) {
      if (element.name === 'distances2' || element.name === 'distances2hetero')
        readDistances(this.draft, element, index);
      if (element.name === 'memattr') readMemoryAttribute(this.draft, element, index, parseBitmap);
    }
    if (this.#version === 1) this.#readOldDistances(top, index);
  }

  #readOldDistances(element: XmlElement, index: HwlocIndex): void {
    for (const child of element.children) {
      if (child.name === 'distances' && this.#oldDistances < maxOldDistances) {
        this.#oldDistances += 1;
        readOldDistances(this.draft, element, child, index);
      }
      if (child.name === 'object') this.#readOldDistances(child, index);
    }
  }

  #below(element: XmlElement, depth: number): readonly string[] {
    let level: readonly XmlElement[] = [element];
    for (let i = 0; i < Math.min(depth, 32); i += 1) {
      level = level.flatMap((at) =>
        at.children.filter((child) => child.name === 'object' && !ioTypes.includes(child.attributes['type'] ?? '')),
      );
    }
    return level.flatMap((at) => this.#ids.get(at) ?? []);
  }
}
