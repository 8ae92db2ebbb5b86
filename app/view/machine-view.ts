/**
 * A machine as nodes and edges of one picture. Ports are folded into what they belong to: a switch is one node, a root
 * port is part of its host bridge; the link of a device is the edge to the node above.
 */
import { plural, printBytes, printRate } from '../base/format.ts';
import type { Fact, GraphEdge, GraphNode, GraphView, StripRef } from '../contract/frame.ts';
import type { ShortNames } from '../model/short-names.ts';
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

/** A BAR from this size on is drawn though nobody says what is behind it: memory rather than registers. */
const largeBar = 256 * 1024 * 1024;

const linkWords = new Map([
  ['nvlink', 'NVLink'],
  ['xgmi', 'xGMI'],
  ['on-package', 'on package'],
  ['network', 'network'],
]);

interface CpuCounts {
  readonly cores: number;
  readonly threads: number;
  readonly cache: string;
}

/** Kinds of objects that the picture draws as places: frames that hold memory, or other places. */
type Place = Extract<TopologyObject, { kind: 'package' | 'group' | 'die' }>;

const switchesOf = 'NVSwitch';

class Picture {
  readonly nodes: GraphNode[] = [];
  readonly edges: GraphEdge[] = [];
  readonly #objects: ReadonlyMap<string, TopologyObject>;
  readonly #children = new Map<string, TopologyObject[]>();
  /** Node that stands for an object. */
  readonly #drawn = new Map<string, string>();
  /** Nodes that hold a CPU's memory and more: packages, and groups that a source names for them. */
  readonly #cpus = new Set<string>();

  constructor(
    readonly topology: Topology,
    readonly context: MachineContext,
  ) {
    this.#objects = new Map(topology.objects.map((object) => [object.id, object]));
    for (const object of topology.objects) {
      const siblings = this.#children.get(object.parent ?? '');
      if (siblings === undefined) this.#children.set(object.parent ?? '', [object]);
      else siblings.push(object);
    }
  }

  draw(): GraphView {
    this.#places();
    const wanted = this.#wantedFunctions();
    const ids = new Set(wanted.map((fn) => fn.id));
    for (const node of objectsOf(this.topology, 'numaNode')) this.#memory(node, ids);
    const used = this.#above(wanted);
    for (const bridge of objectsOf(this.topology, 'hostBridge')) if (used.has(bridge.id)) this.#hostBridge(bridge);
    for (const object of this.topology.objects) {
      if (object.kind === 'pciBridge' && used.has(object.id) && this.#isSwitch(object, used)) this.#switch(object);
      if (object.kind === 'pciFunction' && ids.has(object.id)) this.#function(object);
      if (object.kind === 'group' && object.subkind === switchesOf) this.#hiddenSwitches(object);
    }
    for (const memory of objectsOf(this.topology, 'deviceMemory')) this.#deviceMemory(memory);
    this.#links();
    return { nodes: this.nodes, edges: this.edges };
  }

  /** Nearest object of some kinds above an object, itself included. */
  #nearest(id: string | null, is: (object: TopologyObject) => boolean): TopologyObject | null {
    for (let at = id; at !== null;) {
      const object = this.#objects.get(at);
      if (object === undefined) return null;
      if (is(object)) return object;
      at = object.parent;
    }
    return null;
  }

  /** The drawn node that an object is in, itself included; null at the machine. */
  #holder(id: string | null): string | null {
    const object = this.#nearest(id, ({ id: at }) => this.#drawn.has(at));
    return object === null ? null : (this.#drawn.get(object.id) ?? null);
  }

  /** Every object that contains one of these, however deep. */
  #above(objects: readonly TopologyObject[]): ReadonlySet<string> {
    const found = new Set<string>();
    for (const object of objects) {
      for (let at = object.parent; at !== null && !found.has(at);) {
        found.add(at);
        at = this.#objects.get(at)?.parent ?? null;
      }
    }
    return found;
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

  /** Packages, and the groups and dies that tell something: those that hold two things or more, but not everything. */
  #places(): void {
    const packages = objectsOf(this.topology, 'package').length;
    const counts = this.#cpuCounts();
    const content = new Map<string, { parts: number; packages: number }>();
    // Parents come before their children: backwards, what is inside is known before what contains it.
    for (const object of this.topology.objects.toReversed()) {
      const own = content.get(object.id) ?? { parts: 0, packages: 0 };
      if (object.kind === 'package') own.packages += 1;
      if (object.parent === null) continue;
      const above = content.get(object.parent) ?? { parts: 0, packages: 0 };
      above.packages += own.packages;
      above.parts += object.kind === 'package' || object.kind === 'numaNode' ? 1 : Math.min(1, own.parts);
      content.set(object.parent, above);
    }
    for (const object of this.topology.objects) {
      if (object.kind === 'package' || (object.kind === 'group' && object.subkind === 'CPU'))
        this.#package(object, counts);
      else if (object.kind === 'group' || object.kind === 'die') {
        const { parts, packages: inside } = content.get(object.id) ?? { parts: 0, packages: 0 };
        if (parts < 2 || (inside > 0 && inside === packages)) continue;
        if (object.kind === 'group' && object.subkind === switchesOf) continue;
        const cores = counts.get(object.id)?.cores ?? 0;
        this.#add(
          {
            id: object.id,
            kind: 'group',
            parent: this.#holder(object.parent),
            title: `${object.kind === 'die' ? 'Die' : 'Group'} ${object.osIndex ?? ''}`.trim(),
            subtitle: cores === 0 ? null : plural(cores, 'core'),
            facts: [fact('name', object.name), fact('cores', cores === 0 ? null : String(cores))],
          },
          object.id,
        );
      }
    }
  }

  /** Cores and threads below every object, and the caches of the outermost level. */
  #cpuCounts(): ReadonlyMap<string, CpuCounts> {
    const counts = new Map<string, { cores: number; threads: number; caches: Map<number, number[]> }>();
    for (const object of this.topology.objects) {
      if (object.kind !== 'core' && object.kind !== 'pu' && object.kind !== 'cache') continue;
      for (let at = object.parent; at !== null;) {
        const above = this.#objects.get(at);
        if (above === undefined) break;
        if (above.kind === 'package' || above.kind === 'group' || above.kind === 'die') {
          const own = counts.get(at) ?? { cores: 0, threads: 0, caches: new Map<number, number[]>() };
          counts.set(at, own);
          if (object.kind === 'core') own.cores += 1;
          else if (object.kind === 'pu') own.threads += 1;
          else if (object.holds === 'unified' && object.bytes !== null)
            own.caches.set(object.level, [...(own.caches.get(object.level) ?? []), object.bytes].slice(0, 1024));
        }
        at = above.parent;
      }
    }
    return new Map(
      [...counts].map(([id, { cores, threads, caches }]) => {
        const level = Math.max(0, ...caches.keys());
        const sizes = caches.get(level) ?? [];
        const [first] = sizes;
        const same = first !== undefined && sizes.every((size) => size === first);
        const cache = !same ? '' : `L${level} ${sizes.length > 1 ? `${sizes.length} × ` : ''}${printBytes(first)}`;
        return [id, { cores, threads, cache }];
      }),
    );
  }

  #package(pack: Place, counts: ReadonlyMap<string, CpuCounts>): void {
    const { cores, threads, cache } = counts.get(pack.id) ?? { cores: 0, threads: 0, cache: '' };
    const told = pack.kind === 'package';
    const title = `CPU ${pack.osIndex ?? ''}`.trim();
    const frame = `${told ? 'Package' : 'Node'} ${pack.osIndex ?? ''}`.trim();
    const name = told ? pack.name : null;
    this.#add({ id: pack.id, kind: 'package', parent: this.#holder(pack.parent), title: frame, subtitle: name });
    this.#cpus.add(pack.id);
    const vendor = told ? pack.vendor : (pack.facts['vendor'] ?? null);
    const facts = [
      fact('model', name),
      fact('cores', cores === 0 ? null : String(cores)),
      fact('threads', threads === 0 ? null : String(threads)),
      fact('last cache', cache === '' ? null : cache),
      fact('vendor', vendor),
    ];
    const more = [threads > cores && cores > 0 ? plural(threads, 'thread') : '', cache].filter((part) => part !== '');
    this.#add({
      id: `${pack.id}/cpu`,
      kind: 'cpu',
      parent: pack.id,
      title,
      subtitle: cores > 0 ? plural(cores, 'core') : threads > 0 ? plural(threads, 'thread') : null,
      lines: more.length > 0 ? [more.join(' · ')] : [],
      facts,
    });
    this.#drawn.set(pack.id, pack.id);
  }

  /** The CPU card of the package that an object is in, or null. */
  #cpuOf(id: string | null): string | null {
    const pack = this.#nearest(id, (object) => this.#cpus.has(object.id));
    return pack === null ? null : `${pack.id}/cpu`;
  }

  #memory(node: Extract<TopologyObject, { kind: 'numaNode' }>, devices: ReadonlySet<string>): void {
    const owner = this.#nearest(node.parent, (object) => devices.has(object.id));
    const pool = this.context.names.pools.get(node.id);
    const kind =
      node.memoryKind === 'unknown'
        ? 'Memory'
        : node.memoryKind === 'gpu'
          ? 'GPU memory'
          : node.memoryKind.toUpperCase();
    const cpu = owner === null ? this.#cpuOf(node.parent) : null;
    const cache = this.#nearest(node.parent, (object) => object.kind === 'memorySideCache');
    const cached = cache?.kind === 'memorySideCache' ? bytes(cache.bytes) : null;
    const cpus = node.cpus?.reduce((sum, span) => sum + span.end - span.start, 0) ?? null;
    const rate = this.#attribute('Bandwidth', node.id) ?? this.#attribute('ReadBandwidth', node.id);
    const latency = this.#attribute('Latency', node.id) ?? this.#attribute('ReadLatency', node.id);
    this.#add(
      {
        id: node.id,
        kind: owner === null ? 'memory' : 'device-memory',
        subkind: node.memoryKind,
        parent: owner === null ? this.#holder(node.parent) : owner.id,
        title: kind,
        subtitle: [`node ${node.osIndex ?? '?'}`, bytes(node.bytes) ?? 'size unknown'].join(' · '),
        lines: [
          ...(cached === null ? [] : [`behind a ${cached} memory-side cache`]),
          ...(cpus === 0 ? ['no CPU on this node'] : []),
        ],
        facts: [
          fact('size', bytes(node.bytes)),
          fact('kind', node.memoryKind === 'unknown' ? null : node.memoryKind, node.memoryKindInferred ?? undefined),
          fact('CPUs on the node', cpus === null ? null : String(cpus)),
          fact('registered as', node.registration),
          ...(cached === null ? [] : [fact('memory-side cache', cached)]),
          ...(rate === null ? [] : [fact('bandwidth from its CPUs', rate.text)]),
          ...(latency === null ? [] : [fact('latency from its CPUs', latency.text)]),
          fact('pool', pool ?? null),
        ],
        strips: this.#strip(pool),
      },
      node.id,
    );
    if (cpu !== null && !this.#isWired(node.id)) {
      const label = [rate?.text, latency?.text].filter((part) => part !== undefined).join(' · ');
      this.#edge(
        `${node.id}--cpu`,
        cpu,
        node.id,
        node.memoryKind === 'hbm' ? 'hbm' : node.memoryKind === 'cxl' ? 'cxl' : 'ddr',
        label === '' ? null : label,
        rate?.value ?? null,
        { latencyNs: latency?.value ?? null },
      );
    }
  }

  /** Best value of a memory attribute from any of its initiators: what the CPUs beside it see. In GB/s or ns. */
  #attribute(name: string, target: string): { readonly value: number; readonly text: string } | null {
    const found = this.#attributes().get(`${name} ${target}`);
    if (found === undefined) return null;
    if (name.endsWith('Latency')) return { value: found.value, text: `${found.value} ns` };
    const value = found.unit === 'MiB/s' ? (found.value * 1.048576) / 1000 : found.value / 1000;
    return { value, text: printRate(value) };
  }

  #best: ReadonlyMap<string, { readonly value: number; readonly unit: string | null }> | null = null;

  #attributes(): ReadonlyMap<string, { readonly value: number; readonly unit: string | null }> {
    if (this.#best !== null) return this.#best;
    const best = new Map<string, { readonly value: number; readonly unit: string | null }>();
    for (const { name, target, value, unit, initiator } of this.topology.memoryAttributes) {
      if (initiator === null) continue;
      const key = `${name} ${target}`;
      const old = best.get(key);
      const better = old === undefined || (name.endsWith('Latency') ? value < old.value : value > old.value);
      if (better) best.set(key, { value, unit });
    }
    this.#best = best;
    return best;
  }

  #wired: ReadonlySet<string> | null = null;

  #isWired(id: string): boolean {
    this.#wired ??= new Set(
      this.topology.links.filter((link) => link.origin === 'wiring').flatMap((link) => [link.a, link.b]),
    );
    return this.#wired.has(id);
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

  /** Functions that are drawn: all that have a use of their own; those of the platform only where there is nothing else. */
  #wantedFunctions(): readonly PciFunction[] {
    const all = objectsOf(this.topology, 'pciFunction');
    const useful = all.filter((fn) => fn.deviceKind !== 'other');
    return useful.length > 0 ? useful : all;
  }

  /** Where a root bridge, or what hangs on none, is attached: its package, else what contains it. */
  #attachedTo(parent: string | null, numaNode: string | null): string | null {
    const near = this.#nearest(numaNode, (object) => this.#cpus.has(object.id));
    return near?.id ?? this.#holder(parent);
  }

  /** The wire between what hangs on the machine and the CPU that it is attached to. */
  #attach(id: string, at: string | null, parent: string | null, numaNode: string | null): void {
    const cpu = this.#cpuOf(numaNode) ?? this.#cpuOf(parent);
    if (at !== null && cpu !== null && !this.#isWired(id)) this.#edge(`${id}--cpu`, cpu, id, 'on-package', null, null);
  }

  #hostBridge(bridge: Extract<TopologyObject, { kind: 'hostBridge' }>): void {
    const name = `${hex(bridge.domain, 4) ?? '????'}:${hex(bridge.rootBus, 2) ?? '??'}`;
    const near = bridge.numaNode === null ? null : (this.#objects.get(bridge.numaNode) ?? null);
    const node = near?.kind === 'numaNode' && near.osIndex !== null ? `node ${near.osIndex}` : null;
    const facts = [
      fact('root bus', name),
      fact('nearest node', node ?? bridge.numaNode),
      fact(
        'first device',
        bridge.firstDevice === null
          ? null
          : `${hex(bridge.firstDevice.vendor, 4)}:${hex(bridge.firstDevice.device, 4)}`,
      ),
    ];
    const parent = this.#attachedTo(bridge.parent, bridge.numaNode);
    this.#add({ id: bridge.id, kind: 'host-bridge', parent, title: 'Host bridge', subtitle: name, facts }, bridge.id);
    this.#attach(bridge.id, parent, bridge.parent, bridge.numaNode);
  }

  /** A switch, or a bridge that joins several things; ports that lead to one thing are part of its wire. */
  #isSwitch(port: PciBridge, used: ReadonlySet<string>): boolean {
    if (port.role === 'upstream') return true;
    if (port.role !== 'bridge') return false;
    const below = (this.#children.get(port.id) ?? []).filter(
      (object) => object.kind === 'pciFunction' || (object.kind === 'pciBridge' && used.has(object.id)),
    );
    return below.length > 1;
  }

  #switch(port: PciBridge): void {
    const ports = (this.#children.get(port.id) ?? []).filter(
      (other): other is PciBridge => other.kind === 'pciBridge' && port.role === 'upstream',
    );
    const redirecting = ports.filter(
      (other) => other.acs.kind === 'present' && (other.acs.control & 0x2c) !== 0,
    ).length;
    const known = ports.some((other) => other.acs.kind !== 'unknown');
    const acs = !known ? null : redirecting > 0 ? 'ACS redirect on' : 'ACS redirect off';
    const parent = this.#holder(port.parent);
    this.#add(
      {
        id: port.id,
        kind: 'switch',
        parent: this.#pciParent(port),
        title: 'Switch',
        subtitle: acs ?? port.bdf,
        facts: [
          fact('address', port.bdf),
          fact('model', port.name),
          fact('link', port.link === null ? null : printLink(port.link)),
          fact('downstream ports', port.role === 'upstream' ? String(ports.length) : null),
          fact('ACS', acs),
          fact('ports that redirect', known ? String(redirecting) : null),
        ],
      },
      port.id,
    );
    this.#pciEdge(port, parent);
  }

  /** What a switch or a function hangs on: the switch or root bridge above, else its package. */
  #pciParent(object: PciFunction | PciBridge): string | null {
    const above = this.#holder(object.parent);
    return above === null || this.#isPlace(above) ? this.#attachedTo(object.parent, object.numaNode) : above;
  }

  #pciEdge(object: PciFunction | PciBridge, above: string | null): void {
    const { link } = object;
    const onCpu = above === null || this.#isPlace(above);
    const source = onCpu ? (this.#cpuOf(object.numaNode) ?? this.#cpuOf(object.parent)) : above;
    if (source === null) return;
    this.#edge(
      `${object.id}--up`,
      source,
      object.id,
      'pcie',
      link === null ? null : printLink(link),
      link === null ? null : linkGBs(link),
      { degraded: link === null ? null : printDegraded(link) },
    );
  }

  #isPlace(id: string): boolean {
    const kind = this.#objects.get(id)?.kind;
    return kind === 'package' || kind === 'group' || kind === 'die';
  }

  #function(fn: PciFunction): void {
    const name = this.context.names.devices.get(fn.id) ?? fn.bdf;
    const acs =
      fn.acs.kind === 'unknown'
        ? null
        : fn.acs.kind === 'absent'
          ? 'no capability'
          : `control 0x${fn.acs.control.toString(16)}`;
    const called = (this.#children.get(fn.id) ?? []).flatMap((object) =>
      object.kind === 'osDevice' && object.name !== null ? [object.name] : [],
    );
    const facts = [
      fact('address', fn.bdf),
      fact('model', fn.name),
      fact('class', fn.class === null ? null : hex(fn.class, 4)),
      fact('ids', fn.vendor === null ? null : `${hex(fn.vendor, 4)}:${hex(fn.device, 4)}`),
      ...(called.length === 0 ? [] : [fact('called', called.join(', '))]),
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
    const above = this.#holder(fn.parent);
    this.#add(
      {
        id: fn.id,
        kind: 'device',
        subkind: fn.deviceKind,
        parent: this.#pciParent(fn),
        title: name,
        subtitle: fn.bdf,
        lines: [...(fn.name === null ? [] : [fn.name]), ...(called.length === 0 ? [] : [called.join(', ')])],
        facts,
      },
      fn.id,
    );
    this.#pciEdge(fn, above);
    for (const bar of fn.bars) if (bar.backing !== null || (bar.bytes ?? 0) >= largeBar) this.#bar(fn, bar);
  }

  #hiddenSwitches(fabric: TopologyObject): void {
    this.#add(
      {
        id: fabric.id,
        kind: 'device',
        subkind: 'nvSwitch',
        title: fabric.name ?? 'NVSwitch fabric',
        subtitle: 'switches not told',
        facts: [fact('switches', null)],
      },
      fabric.id,
    );
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
        fact('address', bar.start === null ? null : `0x${bar.start.toString(16)}`),
        fact('window onto', size === null ? null : printBytes(size)),
        fact('can be resized to', bar.resizableBytes === null ? null : bar.resizableBytes.map(printBytes).join(', ')),
      ],
      ...(bar.backing === null || bar.bytes === null || size === null
        ? {}
        : { window: { of: bar.backing.object, offset: bar.backing.offset, bytes: bar.bytes, ofBytes: size } }),
    });
  }

  #deviceMemory(memory: Extract<TopologyObject, { kind: 'deviceMemory' }>): void {
    const owner = this.#nearest(memory.parent, (object) => object.kind === 'pciFunction');
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

  /** The node at which a wire ends: links of devices to a memory node of a package end at its CPU. */
  #wireEnd(id: string, other: string): string | null {
    const object = this.#objects.get(id);
    const peer = this.#objects.get(other);
    if (object !== undefined && (this.#cpus.has(id) || (object.kind === 'numaNode' && peer?.kind === 'pciFunction')))
      return this.#cpuOf(id) ?? this.#drawn.get(id) ?? null;
    return this.#drawn.get(id) ?? null;
  }

  #links(): void {
    for (const link of this.topology.links) {
      if (link.origin !== 'wiring') continue;
      const [one, other] = [this.#wireEnd(link.a, link.b), this.#wireEnd(link.b, link.a)];
      if (one === null || other === null || one === other) continue;
      // Wires lead from a CPU to what is attached to it.
      const [a, b] = other.endsWith('/cpu') && !one.endsWith('/cpu') ? [other, one] : [one, other];
      const parts = [
        link.count !== null && link.count > 1 ? `${link.count} ×` : '',
        link.kind === 'unknown' ? '' : (linkWords.get(link.kind) ?? link.kind.toUpperCase()),
        link.bandwidthGBs === null ? '' : `· ${printRate(link.bandwidthGBs)}`,
      ];
      this.#edge(link.id, a, b, link.kind, parts.filter((part) => part !== '').join(' '), link.bandwidthGBs, {
        latencyNs: link.latencyNs,
        links: link.count,
      });
    }
  }
}

export const machineView = (topology: Topology, context: MachineContext): GraphView =>
  new Picture(topology, context).draw();
