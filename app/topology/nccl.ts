import type { Problem, Result } from '../base/result.ts';
import { err, ok } from '../base/result.ts';
import type { LinkKind, PciLink, Topology } from '../model/topology.ts';
import { parseBitmap } from './cpu-set.ts';
import { cpuVendorOf, forwardsPeers } from './cpu-vendor.ts';
import { atLine, TopologyDraft } from './draft.ts';
import type { TopologyInput } from './formats.ts';
import { parseDecimal, parseHex, parseInteger } from './numbers.ts';
import { inferPortRoles } from './pci-roles.ts';
import { deviceKindOf, parseBdf, pciBridge, pciFunction, pciId } from './pci.ts';
import { parseXml } from './xml.ts';
import type { XmlElement } from './xml.ts';

/** GB/s of one NVLink in one direction by SM version, as NCCL takes it (src/graph/topo.cc). */
const nvlinkRates: Readonly<Record<number, number>> = { 60: 18, 70: 20, 80: 20, 86: 12, 90: 20.6, 100: 40.1 };

const fabricId = 'nvswitch:fabric';
/** The bus id that NCCL writes where a virtual machine hides the switches. */
const hiddenSwitch = /^f{4,}:ff:ff\.0$/i;

/** NCCL (version 1) and RCCL (version 2) topology files: CPUs with the PCI tree below them (src/graph/xml.cc). */
export function readNccl({ name, bytes }: TopologyInput): Result<Topology, readonly Problem[]> {
  const parsed = parseXml(name, bytes);
  if (!parsed.ok) return parsed;
  const { root } = parsed.value;
  const refuse = (message: string): Result<never, readonly Problem[]> =>
    err([{ file: name, line: root.line, column: 1, message }]);
  if (root.name === 'graphs')
    return refuse(
      'this is a dump of NCCL graphs (NCCL_GRAPH_DUMP_FILE), not of the topology: give the file of NCCL_TOPO_DUMP_FILE',
    );
  if (root.name !== 'system')
    return refuse(`the root is <${root.name}>, not <system>: give a file of NCCL_TOPO_DUMP_FILE`);
  const reader = new NcclReader(name, root.attributes['version'] ?? null);
  if (parsed.value.invalidLine !== null)
    reader.draft.warn(parsed.value.invalidLine, 'bytes that are not valid UTF-8 are shown as U+FFFD');
  return ok(reader.read(root));
}

interface PendingLink {
  readonly kind: LinkKind;
  readonly from: string;
  readonly element: XmlElement;
  readonly sm: number | null;
  readonly cpu: string;
}

class NcclReader {
  readonly draft: TopologyDraft;
  readonly #pending: PendingLink[] = [];
  #nics = 0;
  #selfLinks = 0;

  constructor(name: string, version: string | null) {
    this.draft = new TopologyDraft(name, 'nccl-xml');
    this.draft.version = version;
  }

  read(root: XmlElement): Topology {
    this.draft.title = root.attributes['name'] ?? null;
    this.draft.add({
      kind: 'machine',
      id: 'machine',
      parent: null,
      name: this.draft.title,
      facts: {},
      from: atLine(root.line),
      architecture: root.children.find((child) => child.name === 'cpu')?.attributes['arch'] ?? null,
    });
    for (const child of root.children) if (child.name === 'cpu') this.#cpu(child);
    for (const link of this.#pending) this.#link(link);
    if (this.#selfLinks > 0)
      this.draft.warn(
        null,
        `${this.#selfLinks} links lead from a GPU to itself: they are left out, what they stand for is not told`,
      );
    inferPortRoles(this.draft);
    this.draft.tells(
      'numaNodes',
      'pciBridges',
      'pciFunctions',
      'gpus',
      'nics',
      'nvSwitches',
      'storage',
      'accelerators',
      'links.nvlink',
      'links.xgmi',
      'links.c2c',
    );
    return this.draft.finish();
  }

  #cpu(element: XmlElement): void {
    const { numaid = '', affinity, vendor, familyid, modelid } = element.attributes;
    const numa = parseInteger(numaid);
    const known = numa !== null && numa >= 0;
    if (!known) this.draft.warn(element.line, `the NUMA node of this CPU is ${numaid === '' ? 'not told' : numaid}`);
    const from = atLine(element.line);
    const vendorKind = cpuVendorOf(vendor);
    const family = parseInteger(familyid);
    const facts = Object.fromEntries(
      Object.entries({ vendor, family: familyid, model: modelid }).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value]],
      ),
    );
    const group = this.draft.add({
      kind: 'group',
      id: `group:cpu${known ? numa : 'x'}`,
      parent: 'machine',
      name: known ? `CPU ${numa}` : 'CPU',
      facts: facts as Readonly<Record<string, string>>,
      from,
      osIndex: known ? numa : null,
      subkind: 'CPU',
    });
    const node = this.draft.add({
      kind: 'numaNode',
      id: `numa:${known ? numa : 'x'}`,
      parent: group,
      name: null,
      facts: {},
      from,
      osIndex: known ? numa : null,
      memoryKind: 'dram',
      memoryKindInferred: 'the file tells of CPUs on the node, not of its memory',
      bytes: null,
      cpus: affinity === undefined ? null : parseBitmap(affinity),
      nearCpus: null,
      registration: 'system',
    });
    if (this.draft.policy.cpuForwardsPeers === null)
      this.draft.policy = { ...this.draft.policy, cpuForwardsPeers: forwardsPeers(vendorKind, family) };
    this.#children(element, group, node);
  }

  #children(element: XmlElement, parent: string, node: string): void {
    for (const child of element.children) {
      if (this.draft.isFull) return;
      if (child.name === 'pci') this.#pci(child, parent, node);
      else if (child.name === 'nic') this.#nic(child, parent);
      else if (child.name === 'gpu') this.#gpu(child, parent, node);
    }
  }

  #pci(element: XmlElement, parent: string, node: string): void {
    const attribute = (key: string): number | null => {
      const value = parseHex(element.attributes[key]);
      return value === null || value === 0 || value > 0xff_ffff ? null : value;
    };
    const bdf = parseBdf(element.attributes['busid'] ?? '');
    if (bdf === null) {
      this.draft.warn(
        element.line,
        `"${element.attributes['busid'] ?? ''}" is no PCI address: the device is left out, what is inside it is kept`,
      );
      return this.#children(element, parent, node);
    }
    const code = attribute('class');
    const common = {
      bdf,
      parent,
      from: atLine(element.line),
      class: code === null ? null : code >> 8,
      progIf: code === null ? null : code & 0xff,
      vendor: attribute('vendor'),
      device: attribute('device'),
      subsystemVendor: attribute('subsystem_vendor'),
      subsystemDevice: attribute('subsystem_device'),
      link: linkOf(element),
      numaNode: node,
    };
    const has = (name: string): boolean => element.children.some((child) => child.name === name);
    if (common.class === 0x0604 || has('pci')) {
      const id = this.draft.add(pciBridge({ ...common, role: 'bridge' }));
      return this.#children(element, id, node);
    }
    const deviceKind = has('gpu') ? 'gpu' : has('nic') ? 'nic' : deviceKindOf(common.class, common.vendor);
    const id = this.draft.add(pciFunction({ ...common, deviceKind }));
    this.#children(element, id, node);
  }

  #gpu(element: XmlElement, parent: string, node: string): void {
    const { dev, sm, gcn, rank } = element.attributes;
    const owner = this.draft.get(parent);
    if (owner?.kind === 'pciFunction') {
      const facts = Object.fromEntries(
        Object.entries({ dev, sm, gcn, rank }).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
      );
      this.draft.replace({ ...owner, facts: { ...owner.facts, ...(facts as Readonly<Record<string, string>>) } });
    }
    for (const child of element.children) {
      const kind = ({ nvlink: 'nvlink', xgmi: 'xgmi', c2c: 'c2c' } as const)[child.name];
      if (kind !== undefined)
        this.#pending.push({ kind, from: parent, element: child, sm: parseInteger(sm), cpu: node });
    }
  }

  #nic(element: XmlElement, parent: string): void {
    const onPci = this.draft.get(parent)?.kind === 'pciFunction' || this.draft.get(parent)?.kind === 'pciBridge';
    const owner = onPci
      ? parent
      : this.draft.add({
          kind: 'osDevice',
          id: `nic:${this.#nics}`,
          parent,
          name: null,
          facts: {},
          from: atLine(element.line),
          classes: ['network'],
          subtype: 'nic',
        });
    this.#nics += 1;
    for (const net of element.children) {
      if (net.name !== 'net') continue;
      const { name = '', speed, port, latency, gdr } = net.attributes;
      const facts = Object.fromEntries(
        Object.entries({ 'speed (Mb/s)': speed, port, latency, gdr }).flatMap(([key, value]) =>
          value === undefined ? [] : [[key, value]],
        ),
      );
      this.draft.add({
        kind: 'osDevice',
        id: `os:${name === '' ? 'net' : name}`,
        parent: owner,
        name: name === '' ? null : name,
        facts: facts as Readonly<Record<string, string>>,
        from: atLine(net.line),
        classes: ['network'],
        subtype: 'net',
      });
    }
  }

  #link({ kind, from, element, sm, cpu }: PendingLink): void {
    const count = parseInteger(element.attributes['count']);
    const provenance = atLine(element.line);
    if (kind === 'c2c') {
      const rate = parseDecimal(element.attributes['bw']);
      const bandwidthGBs = rate === null || rate <= 0 ? null : (rate * Math.max(count ?? 1, 1)) / 1000;
      return this.draft.link('c2c', from, cpu, { count, bandwidthGBs, coherent: true, from: provenance });
    }
    const rate = kind === 'nvlink' ? (nvlinkRates[sm ?? 0] ?? null) : null;
    const bandwidth = {
      count,
      bandwidthGBs: rate === null || count === null || count <= 0 ? null : rate * count,
      note: rate === null ? null : `NCCL's rate for the GPU's generation, ${rate} GB/s a link`,
      from: provenance,
    };
    const target = this.#target(element, cpu);
    if (target === null)
      return this.draft.warn(
        element.line,
        `the other end of this ${kind} link, "${element.attributes['target'] ?? ''}", is not in the file: the link is left out`,
      );
    if (target === from) this.#selfLinks += 1;
    else this.draft.link(kind, from, target, bandwidth);
  }

  /** A GPU, a switch, the CPU behind an NVIDIA bridge (class 0x068001), or the switches that a virtual machine hides. */
  #target(element: XmlElement, cpu: string): string | null {
    const { target = '', tclass } = element.attributes;
    if (hiddenSwitch.test(target.trim())) {
      if (!this.draft.has(fabricId)) {
        this.draft.add({
          kind: 'group',
          id: fabricId,
          parent: 'machine',
          name: 'NVSwitch fabric',
          facts: { note: 'the file does not show the switches themselves' },
          from: atLine(element.line),
          osIndex: null,
          subkind: 'NVSwitch',
        });
      }
      return fabricId;
    }
    const bdf = parseBdf(target);
    if (bdf !== null && this.draft.has(pciId(bdf))) return pciId(bdf);
    if (parseHex(tclass) === 0x068001) return cpu;
    if (bdf !== null && parseHex(tclass) === 0x068000) {
      return this.draft.add(
        pciFunction({ bdf, parent: 'machine', from: atLine(element.line), class: 0x0680, deviceKind: 'nvSwitch' }),
      );
    }
    return null;
  }
}

/** "16.0 GT/s PCIe" or "8 GT/s"; an empty speed and width 0 are unknown. */
function linkOf(element: XmlElement): PciLink | null {
  const speed = /^(\d{1,3}(?:\.\d)?) GT\/s/.exec(element.attributes['link_speed']?.trim() ?? '');
  const width = parseInteger(element.attributes['link_width']);
  if (speed === null && (width === null || width <= 0)) return null;
  return {
    currentSpeed: null,
    currentWidth: null,
    maxSpeed: speed === null ? null : Number(speed[1]),
    maxWidth: width === null || width <= 0 || width > 32 ? null : width,
    statedGBs: null,
  };
}
