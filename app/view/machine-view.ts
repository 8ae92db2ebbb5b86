/**
 * A machine as nodes and edges of one picture. Ports are folded into what they belong to: a switch is one node, a root
 * port is part of its host bridge; the link of a device is the edge to the node above.
 */
import { plural, printBytes, printRate } from '../base/format.ts';
import type { Fact, GraphEdge, GraphNode, GraphView, StripRef } from '../contract/frame.ts';
import { deviceAbove, type ShortNames } from '../model/short-names.ts';
import {
  isDegraded,
  linkGBs,
  objectsOf,
  type Bar,
  type PciBridge,
  type PciFunction,
  type PciLink,
  type Topology,
  type TopologyObject,
} from '../model/topology.ts';

/** What a machine's picture needs besides the machine: names that stories use, and how much of each pool to show. */
export interface MachineContext {
  readonly names: ShortNames;
  /** Frames of each pool that are drawn, from its first on. */
  readonly shown: ReadonlyMap<string, { readonly start: number; readonly pages: number }>;
}

const blank = { strips: [], count: 1, alerts: [], facts: [], subtitle: null, subkind: null, parent: null } as const;
const fact = (label: string, value: string | null, note?: string): Fact =>
  note === undefined ? { label, value } : { label, value, note };
const bytes = (n: number | null): string | null => (n === null ? null : printBytes(n));
const hex = (n: number | null, digits: number): string | null =>
  n === null ? null : n.toString(16).padStart(digits, '0');

const generations = new Map([
  [2.5, 1],
  [5, 2],
  [8, 3],
  [16, 4],
  [32, 5],
  [64, 6],
]);

/** "x16 gen5 · 63 GB/s" */
export function printLink(link: PciLink): string | null {
  const rate = linkGBs(link);
  const generation = link.currentSpeed === null ? undefined : generations.get(link.currentSpeed);
  const lanes = [
    link.currentWidth === null ? '' : `x${link.currentWidth}`,
    generation === undefined ? '' : `gen${generation}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
  return [lanes, rate === null ? '' : printRate(rate)].filter((part) => part !== '').join(' · ') || null;
}

function printDegraded(link: PciLink): string | null {
  if (!isDegraded(link)) return null;
  const generation = (speed: number | null): string => `gen${generations.get(speed ?? 0) ?? '?'}`;
  const parts = [
    link.currentWidth !== link.maxWidth ? `x${link.currentWidth} of x${link.maxWidth}` : '',
    link.currentSpeed !== link.maxSpeed ? `${generation(link.currentSpeed)} of ${generation(link.maxSpeed)}` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function printBar(bar: Bar): string {
  const size = bytes(bar.bytes) ?? 'size unknown';
  return `${size}${bar.start === null ? ', not assigned' : ` at 0x${bar.start.toString(16)}`}${bar.prefetchable === true ? ', prefetchable' : ''}`;
}

class Picture {
  readonly nodes: GraphNode[] = [];
  readonly edges: GraphEdge[] = [];
  readonly #objects: ReadonlyMap<string, TopologyObject>;
  /** Node that stands for an object. */
  readonly #drawn = new Map<string, string>();

  constructor(
    readonly topology: Topology,
    readonly context: MachineContext,
  ) {
    this.#objects = new Map(topology.objects.map((object) => [object.id, object]));
  }

  draw(): GraphView {
    for (const pack of objectsOf(this.topology, 'package')) this.#package(pack.id);
    for (const node of objectsOf(this.topology, 'numaNode')) this.#memory(node);
    const wanted = this.#wantedFunctions();
    for (const bridge of objectsOf(this.topology, 'hostBridge')) this.#hostBridge(bridge.id, wanted);
    for (const fn of wanted) this.#function(fn);
    for (const memory of objectsOf(this.topology, 'deviceMemory')) this.#deviceMemory(memory);
    this.#links();
    return { nodes: this.nodes, edges: this.edges };
  }

  /** Nearest object of some kinds above an object, itself included. */
  #above(id: string | null, kinds: readonly TopologyObject['kind'][]): TopologyObject | null {
    for (let at = id; at !== null;) {
      const object = this.#objects.get(at);
      if (object === undefined) return null;
      if (kinds.includes(object.kind)) return object;
      at = object.parent;
    }
    return null;
  }

  #add(node: Partial<GraphNode> & Pick<GraphNode, 'id' | 'kind' | 'title'>, of?: string): void {
    this.nodes.push({ ...blank, ...node });
    if (of !== undefined) this.#drawn.set(of, node.id);
  }

  #strip(pool: string | undefined): readonly StripRef[] {
    const shown = pool === undefined ? undefined : this.context.shown.get(pool);
    return pool === undefined || shown === undefined || shown.pages === 0
      ? []
      : [{ id: `pool:${pool}`, label: 'frames', ...shown }];
  }

  #package(id: string): void {
    const pack = this.#objects.get(id);
    if (pack?.kind !== 'package') return;
    const below = (kind: 'core' | 'pu'): number =>
      objectsOf(this.topology, kind).filter((object) => this.#above(object.id, ['package'])?.id === id).length;
    const cores = below('core');
    const threads = below('pu');
    const title = `CPU ${pack.osIndex ?? ''}`.trim();
    this.#add({ id, kind: 'package', title: `Package ${pack.osIndex ?? ''}`.trim(), subtitle: pack.name });
    const facts = [
      fact('model', pack.name),
      fact('cores', cores === 0 ? null : String(cores)),
      fact('threads', threads === 0 ? null : String(threads)),
      fact('vendor', pack.vendor),
    ];
    this.#add(
      { id: `${id}/cpu`, kind: 'cpu', parent: id, title, subtitle: cores === 0 ? null : plural(cores, 'core'), facts },
      id,
    );
  }

  #memory(node: Extract<TopologyObject, { kind: 'numaNode' }>): void {
    const owner = deviceAbove(this.topology, node);
    const pack = this.#above(node.id, ['package']);
    const pool = this.context.names.pools.get(node.id);
    const kind =
      node.memoryKind === 'unknown'
        ? 'Memory'
        : node.memoryKind === 'gpu'
          ? 'GPU memory'
          : node.memoryKind.toUpperCase();
    const parent = owner?.id ?? pack?.id ?? null;
    this.#add(
      {
        id: node.id,
        kind: owner === null ? 'memory' : 'device-memory',
        subkind: node.memoryKind,
        parent,
        title: kind,
        subtitle: [`node ${node.osIndex ?? '?'}`, bytes(node.bytes) ?? 'size unknown'].join(' · '),
        facts: [
          fact('size', bytes(node.bytes)),
          fact('kind', node.memoryKind === 'unknown' ? null : node.memoryKind, node.memoryKindInferred ?? undefined),
          fact('registered as', node.registration),
          fact('pool', pool ?? null),
        ],
        strips: this.#strip(pool),
      },
      node.id,
    );
    if (pack !== null && owner === null && !this.#isWired(node.id)) {
      this.#edge(
        `${node.id}--cpu`,
        `${pack.id}/cpu`,
        node.id,
        node.memoryKind === 'hbm' ? 'hbm' : node.memoryKind === 'cxl' ? 'cxl' : 'ddr',
        null,
        null,
      );
    }
  }

  #isWired(id: string): boolean {
    return this.topology.links.some((link) => link.origin === 'wiring' && (link.a === id || link.b === id));
  }

  #edge(
    id: string,
    source: string,
    target: string,
    kind: GraphEdge['kind'],
    label: string | null,
    bandwidthGBs: number | null,
    rest: Partial<GraphEdge> = {},
  ): void {
    this.edges.push({ id, source, target, kind, label, bandwidthGBs, latencyNs: null, degraded: null, ...rest });
  }

  /** Functions that are drawn: all that have a use of their own; helpers of the platform only where there is nothing else. */
  #wantedFunctions(): readonly PciFunction[] {
    const all = objectsOf(this.topology, 'pciFunction');
    const useful = all.filter((fn) => fn.deviceKind !== 'other');
    return useful.length > 0 ? useful : all;
  }

  #hostBridge(id: string, wanted: readonly PciFunction[]): void {
    const bridge = this.#objects.get(id);
    if (bridge?.kind !== 'hostBridge' || !wanted.some((fn) => this.#above(fn.id, ['hostBridge'])?.id === id)) return;
    const name = `${hex(bridge.domain, 4) ?? '????'}:${hex(bridge.rootBus, 2) ?? '??'}`;
    const group = `group:${id}`;
    this.#add({ id: group, kind: 'group', title: `PCIe ${name}` });
    const facts = [
      fact('root bus', name),
      fact('nearest node', bridge.numaNode),
      fact(
        'first device',
        bridge.firstDevice === null
          ? null
          : `${hex(bridge.firstDevice.vendor, 4)}:${hex(bridge.firstDevice.device, 4)}`,
      ),
    ];
    this.#add({ id, kind: 'host-bridge', parent: group, title: 'Host bridge', subtitle: name, facts }, id);
    const pack = this.#above(id, ['package']) ?? this.#above(bridge.numaNode, ['package']);
    if (pack !== null && !this.#isWired(id)) this.#edge(`${id}--cpu`, `${pack.id}/cpu`, id, 'on-package', null, null);
  }

  /** The node above a function or a switch: the next switch's upstream port, else the host bridge. */
  #upstream(object: PciFunction | PciBridge): string | null {
    let above: TopologyObject | null = this.#above(object.parent, ['pciBridge', 'hostBridge', 'pciFunction']);
    while (above !== null && above.kind === 'pciBridge' && above.role !== 'upstream')
      above = this.#above(above.parent, ['pciBridge', 'hostBridge', 'pciFunction']);
    if (above === null) return null;
    if (above.kind === 'pciBridge' && !this.#drawn.has(above.id)) this.#switch(above);
    return this.#drawn.get(above.id) ?? null;
  }

  #group(object: TopologyObject): string | null {
    const bridge = this.#above(object.id, ['hostBridge']);
    return bridge === null ? null : `group:${bridge.id}`;
  }

  #switch(port: PciBridge): void {
    const ports = objectsOf(this.topology, 'pciBridge').filter((other) => other.parent === port.id);
    const redirecting = ports.filter(
      (other) => other.acs.kind === 'present' && (other.acs.control & 0x2c) !== 0,
    ).length;
    const known = ports.some((other) => other.acs.kind !== 'unknown');
    const acs = !known ? 'ACS unknown' : redirecting > 0 ? 'ACS redirect on' : 'ACS redirect off';
    this.#add(
      {
        id: port.id,
        kind: 'switch',
        parent: this.#group(port),
        title: 'Switch',
        subtitle: acs,
        facts: [
          fact('address', port.bdf),
          fact('model', port.name),
          fact('downstream ports', String(ports.length)),
          fact('ports that redirect', known ? String(redirecting) : null),
        ],
      },
      port.id,
    );
    this.#pciEdge(port);
  }

  #pciEdge(object: PciFunction | PciBridge): void {
    const above = this.#upstream(object);
    if (above === null) return;
    const { link } = object;
    this.#edge(
      `${object.id}--up`,
      above,
      object.id,
      'pcie',
      link === null ? null : printLink(link),
      link === null ? null : linkGBs(link),
      { degraded: link === null ? null : printDegraded(link) },
    );
  }

  #function(fn: PciFunction): void {
    const name = this.context.names.devices.get(fn.id) ?? fn.bdf;
    const acs =
      fn.acs.kind === 'unknown'
        ? null
        : fn.acs.kind === 'absent'
          ? 'no capability'
          : `control 0x${fn.acs.control.toString(16)}`;
    const facts = [
      fact('address', fn.bdf),
      fact('model', fn.name),
      fact('class', fn.class === null ? null : hex(fn.class, 4)),
      fact('ids', fn.vendor === null ? null : `${hex(fn.vendor, 4)}:${hex(fn.device, 4)}`),
      fact(
        'link',
        fn.link === null ? null : printLink(fn.link),
        fn.link === null ? undefined : (printDegraded(fn.link) ?? undefined),
      ),
      fact('IOMMU group', fn.iommuGroup === null ? null : String(fn.iommuGroup)),
      fact('ACS', acs),
      fact('ATS', fn.ats === null ? null : fn.ats ? 'yes' : 'no'),
      fact('PRI', fn.pri === null ? null : fn.pri ? 'yes' : 'no'),
      fact('PASID bits', fn.pasidWidth === null ? null : String(fn.pasidWidth)),
      fact('driver', fn.driver),
      ...fn.bars.map((bar) => fact(`BAR ${bar.index}`, printBar(bar))),
    ];
    this.#add(
      {
        id: fn.id,
        kind: 'device',
        subkind: fn.deviceKind,
        parent: this.#group(fn),
        title: name,
        subtitle: fn.bdf,
        facts,
      },
      fn.id,
    );
    this.#pciEdge(fn);
    for (const bar of fn.bars) if (bar.backing !== null) this.#bar(fn, bar);
  }

  #bar(fn: PciFunction, bar: Bar): void {
    const behind = bar.backing === null ? null : (this.#objects.get(bar.backing.object) ?? null);
    const size = behind !== null && 'bytes' in behind ? behind.bytes : null;
    const share = size === null ? '' : ` of ${printBytes(size)}`;
    this.#add({
      id: `${fn.id}/bar${bar.index}`,
      kind: 'bar',
      parent: fn.id,
      title: `BAR ${bar.index}`,
      subtitle: `${bytes(bar.bytes) ?? '?'}${share}`,
      facts: [
        fact('size', bytes(bar.bytes)),
        fact('window onto', size === null ? null : printBytes(size)),
        fact('can be resized to', bar.resizableBytes === null ? null : bar.resizableBytes.map(printBytes).join(', ')),
      ],
    });
  }

  #deviceMemory(memory: Extract<TopologyObject, { kind: 'deviceMemory' }>): void {
    const owner = deviceAbove(this.topology, memory);
    if (owner === null || !this.#drawn.has(owner.id)) return;
    const pool = this.context.names.pools.get(memory.id);
    const title = memory.memoryKind === 'unknown' ? 'Memory' : memory.memoryKind.toUpperCase();
    const facts = [
      fact('size', bytes(memory.bytes)),
      fact('registered as', memory.registration),
      fact('pool', pool ?? null),
    ];
    this.#add(
      {
        id: memory.id,
        kind: 'device-memory',
        subkind: memory.memoryKind,
        parent: owner.id,
        title,
        subtitle: bytes(memory.bytes) ?? 'size unknown',
        facts,
        strips: this.#strip(pool),
      },
      memory.id,
    );
  }

  #links(): void {
    for (const link of this.topology.links) {
      if (link.origin !== 'wiring') continue;
      const [one, other] = [this.#drawn.get(link.a), this.#drawn.get(link.b)];
      if (one === undefined || other === undefined || one === other) continue;
      // Wires lead from a CPU to what is attached to it.
      const [a, b] = other.endsWith('/cpu') && !one.endsWith('/cpu') ? [other, one] : [one, other];
      const parts = [
        link.count !== null && link.count > 1 ? `${link.count} ×` : '',
        link.kind === 'unknown' ? '' : link.kind.toUpperCase(),
        link.bandwidthGBs === null ? '' : `· ${printRate(link.bandwidthGBs)}`,
      ];
      this.#edge(link.id, a, b, link.kind, parts.filter((part) => part !== '').join(' '), link.bandwidthGBs, {
        latencyNs: link.latencyNs,
      });
    }
  }
}

export const machineView = (topology: Topology, context: MachineContext): GraphView =>
  new Picture(topology, context).draw();
