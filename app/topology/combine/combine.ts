import type { CostOverrides } from '../../model/costs.ts';
import type { Json } from '../../base/json.ts';
import type {
  Bar,
  Conflict,
  CountName,
  Link,
  Matrix,
  MemoryAttribute,
  PciFunction,
  Provenance,
  Topology,
  TopologyFormat,
  TopologyObject,
} from '../../model/topology.ts';
import { pciAddress } from '../pci.ts';
import { known, mergeObjects } from './fields.ts';
import type { Report } from './fields.ts';

/** Whose word on the order of things counts first: what shows the whole machine before what shows a part of it. */
const rank: readonly TopologyFormat[] = [
  'memscape',
  'this-machine',
  'linux-snapshot',
  'hwloc-xml',
  'lspci',
  'nccl-xml',
  'numactl',
  'cxl-list',
  'daxctl-list',
  'rocm-smi-topo',
  'nvidia-smi-topo',
  'iomem',
];

/**
 * Several descriptions of one machine as one. Things are matched by PCI address, NUMA node, CPU number and the names that
 * the operating system gives; what one source leaves open another fills in; where two contradict each other the first
 * value stands and both are listed. Which source stands first does not depend on the order of the arguments but for sources
 * of one format.
 */
export function combineTopologies(given: readonly Topology[]): Topology {
  const [only] = given;
  if (only !== undefined && given.length === 1) return only;
  const offsets = given.map((_, i) => given.slice(0, i).reduce((sum, topology) => sum + topology.sources.length, 0));
  const moved = given.map((topology, i) => renumber(topology, offsets[i] ?? 0));
  const place = (topology: Topology): number => Math.max(0, rank.indexOf(topology.sources[0]?.format ?? 'iomem'));
  const ordered = moved.toSorted((a, b) => place(a) - place(b));
  const combination = new Combination();
  for (const topology of ordered) combination.add(topology);
  return combination.finish(moved);
}

/** The topology with its source numbers moved up by `offset`. */
function renumber(topology: Topology, offset: number): Topology {
  if (offset === 0) return topology;
  const from = (provenance: readonly Provenance[]): readonly Provenance[] =>
    provenance.map((entry) => ({ ...entry, source: entry.source + offset }));
  const each = <T extends { readonly from: readonly Provenance[] }>(items: readonly T[]): readonly T[] =>
    items.map((item) => ({ ...item, from: from(item.from) }));
  return {
    ...topology,
    objects: each(topology.objects),
    links: each(topology.links),
    matrices: each(topology.matrices),
    memoryAttributes: each(topology.memoryAttributes),
    addressRanges: each(topology.addressRanges),
    warnings: topology.warnings.map((warning) => ({ ...warning, source: warning.source + offset })),
    conflicts: topology.conflicts.map((conflict) => ({
      ...conflict,
      values: conflict.values.map((value) => ({ ...value, source: value.source + offset })),
    })),
  };
}

/** What a thing is known by in every format. */
function keyOf(object: TopologyObject): string {
  switch (object.kind) {
    case 'pciBridge':
    case 'pciFunction':
      return `pci ${object.bdf}`;
    case 'numaNode':
      return object.osIndex === null ? `id ${object.id}` : `numa ${object.osIndex}`;
    case 'package':
      return object.osIndex === null ? `id ${object.id}` : `package ${object.osIndex}`;
    case 'pu':
      return object.osIndex === null ? `id ${object.id}` : `pu ${object.osIndex}`;
    case 'osDevice':
      return object.name === null ? `id ${object.id}` : `os ${object.name}`;
    case 'hostBridge':
      return object.domain === null || object.rootBus === null
        ? `id ${object.id}`
        : `root ${object.domain}:${object.rootBus}`;
    case 'misc':
      // The address map knows of functions only that they own ranges.
      return object.id.startsWith('pci:') ? `pci ${object.id.slice(4)}` : `id ${object.id}`;
    default:
      return `id ${object.id}`;
  }
}

const keyOfField = (object: string, field: string): string => `${object}\n${field}`;

const vendorOf: Partial<Record<TopologyFormat, number>> = { 'nvidia-smi-topo': 0x10de, 'rocm-smi-topo': 0x1002 };

class Combination {
  readonly #objects = new Map<string, TopologyObject>();
  readonly #byKey = new Map<string, string>();
  readonly #links = new Map<string, Link>();
  readonly #matrices: Matrix[] = [];
  readonly #attributes = new Map<string, MemoryAttribute>();
  /** By object and field. */
  readonly #conflicts = new Map<string, Conflict>();
  /** Which source told a field, where it was not the first that told of the object. */
  readonly #told = new Map<string, number>();
  readonly #notes: { readonly source: number; readonly line: null; readonly message: string }[] = [];
  readonly #tells = new Set<CountName>();
  #ranges: Topology['addressRanges'] = [];
  #policy: Topology['policy'] = { cpuForwardsPeers: null, iommu: null };
  /** Figures of the cost model; what an earlier source sets stands. */
  #costs: CostOverrides = {};
  #title: string | null = null;
  #added = 0;
  #first = 0;

  add(topology: Topology): void {
    const source = topology.objects[0]?.from[0]?.source ?? 0;
    if (this.#added === 0) this.#first = source;
    const ids = this.#match(topology, source);
    const shared = [...ids.values()].filter((id) => id !== 'machine' && this.#objects.has(id)).length;
    if (this.#added > 0 && shared === 0 && topology.objects.length > 1) {
      this.#notes.push({
        source,
        line: null,
        message: 'nothing in this source is also in the others: is it the same machine?',
      });
    }
    for (const object of topology.objects) this.#place(object, ids, source);
    for (const link of topology.links) this.#link(link, ids, source);
    for (const matrix of topology.matrices) this.#matrix(matrix, ids, source);
    for (const attribute of topology.memoryAttributes) this.#attribute(attribute, ids, source);
    if (this.#ranges.length === 0)
      this.#ranges = topology.addressRanges.map((range) => ({
        ...range,
        object: range.object === null ? null : (ids.get(range.object) ?? null),
      }));
    const report = this.#report('machine', this.#first, source);
    this.#costs = { ...topology.costs, ...this.#costs };
    this.#policy = {
      cpuForwardsPeers: known(
        'policy.cpuForwardsPeers',
        this.#policy.cpuForwardsPeers,
        topology.policy.cpuForwardsPeers,
        report,
      ),
      iommu: known('policy.iommu', this.#policy.iommu, topology.policy.iommu, report),
    };
    this.#title ??= topology.title;
    for (const name of topology.tells) this.#tells.add(name);
    for (const conflict of topology.conflicts) {
      const object = ids.get(conflict.object) ?? conflict.object;
      this.#conflicts.set(keyOfField(object, conflict.field), { ...conflict, object });
    }
    this.#added += 1;
  }

  /** Notes who said what about one thing: `first` told of it first, `source` speaks now. */
  #report(object: string, first: number, source: number): Report {
    return {
      differs: (field, before, now) => this.#differ(object, field, [first, before], [source, now]),
      takes: (field) => void this.#told.set(keyOfField(object, field), source),
    };
  }

  #differ(object: string, field: string, first: readonly [number, Json], now: readonly [number, Json]): void {
    const key = keyOfField(object, field);
    const [source, value] = now;
    const there = this.#conflicts.get(key);
    const values = there?.values ?? [{ source: this.#told.get(key) ?? first[0], value: first[1] }];
    this.#conflicts.set(key, { object, field, values: [...values, { source, value }] });
  }

  /** Id in the combination of every object of the source; the same id where it is new. */
  #match(topology: Topology, source: number): ReadonlyMap<string, string> {
    const ids = new Map<string, string>();
    const byNumber = this.#numbered(topology, source);
    for (const object of topology.objects) {
      const found =
        object.kind === 'machine' ? 'machine' : (byNumber.get(object.id) ?? this.#byKey.get(keyOf(object)) ?? null);
      ids.set(object.id, found ?? this.#free(object.id));
    }
    this.#skipContainers(topology, ids);
    return ids;
  }

  #free(id: string): string {
    let free = id;
    for (let n = 2; this.#objects.has(free); n += 1) free = `${id}#${n}`;
    return free;
  }

  /**
   * SMI tools number GPUs by PCI address and tell none: the nth is the nth of that vendor, where there are as many. Their
   * NICs have the name of the operating system.
   */
  #numbered(topology: Topology, source: number): ReadonlyMap<string, string> {
    const vendor = vendorOf[topology.sources[0]?.format ?? 'iomem'];
    const ids = new Map<string, string>();
    const gpus = topology.objects.filter((object) => object.kind === 'osDevice' && object.subtype === 'gpu');
    for (const object of topology.objects) {
      if (object.kind !== 'osDevice' || object.subtype !== 'nic' || object.facts['device'] === undefined) continue;
      const named = this.#byKey.get(`os ${object.facts['device']}`);
      const owner = named === undefined ? undefined : this.#objects.get(named)?.parent;
      if (owner !== undefined && owner !== null && this.#objects.get(owner)?.kind === 'pciFunction')
        ids.set(object.id, owner);
    }
    if (vendor === undefined || gpus.length === 0) return ids;
    const own = [...this.#objects.values()]
      .filter(
        (object): object is PciFunction =>
          object.kind === 'pciFunction' &&
          object.deviceKind === 'gpu' &&
          (object.vendor === vendor || object.vendor === null),
      )
      .toSorted((a, b) => busOrder(a.bdf) - busOrder(b.bdf));
    if (own.length === gpus.length) {
      gpus.forEach((gpu, i) => ids.set(gpu.id, own[i]?.id ?? gpu.id));
      this.#notes.push({
        source,
        line: null,
        message: `the ${gpus.length} GPUs of this source are taken in the order of PCI addresses: it tells none`,
      });
    } else if (own.length > 0) {
      this.#notes.push({
        source,
        line: null,
        message: `this source has ${gpus.length} GPUs, the others ${own.length}: which is which is not told`,
      });
    }
    return ids;
  }

  /** Groups that only stand for a NUMA node dissolve into what holds that node already. */
  #skipContainers(topology: Topology, ids: Map<string, string>): void {
    const byId = new Map(topology.objects.map((object) => [object.id, object]));
    for (const object of topology.objects) {
      if (object.kind !== 'numaNode' || object.parent === null) continue;
      const known = this.#objects.get(ids.get(object.id) ?? '');
      const container = byId.get(object.parent);
      if (
        known?.parent != null &&
        container?.kind === 'group' &&
        (container.subkind === 'CPU' || container.subkind === 'NUMA')
      )
        ids.set(container.id, known.parent);
    }
  }

  #place(object: TopologyObject, ids: ReadonlyMap<string, string>, source: number): void {
    const id = ids.get(object.id) ?? object.id;
    const behind = (backing: Bar['backing']): Bar['backing'] =>
      backing === null ? null : { ...backing, object: ids.get(backing.object) ?? backing.object };
    const refer = <T extends TopologyObject>(at: T): T => ({
      ...at,
      id,
      parent: at.parent === null ? null : (ids.get(at.parent) ?? 'machine'),
      ...('numaNode' in at && at.numaNode !== null ? { numaNode: ids.get(at.numaNode) ?? null } : {}),
      ...('physicalFunction' in at && at.physicalFunction !== null
        ? { physicalFunction: ids.get(at.physicalFunction) ?? null }
        : {}),
      ...('targets' in at ? { targets: at.targets.map((target) => ids.get(target) ?? target) } : {}),
      ...('bars' in at ? { bars: at.bars.map((bar) => ({ ...bar, backing: behind(bar.backing) })) } : {}),
    });
    const there = this.#objects.get(id);
    const moved = refer(object);
    if (there === undefined) {
      this.#objects.set(id, moved);
      const key = keyOf(object);
      if (!this.#byKey.has(key)) this.#byKey.set(key, id);
      return;
    }
    // A drawn tree shows a bridge without buses behind it like any function.
    if (there.kind === 'pciBridge' && moved.kind === 'pciFunction' && moved.class === null) {
      this.#objects.set(id, { ...there, from: [...there.from, ...moved.from] });
      return;
    }
    // What dissolved into a container of another kind, and a number that stands for a function, add only facts.
    if (there.kind !== moved.kind) {
      const adds = (moved.kind === 'osDevice' && there.kind === 'pciFunction') || moved.kind === 'misc';
      if (adds)
        this.#objects.set(id, {
          ...there,
          facts: { ...moved.facts, ...there.facts },
          from: [...there.from, ...moved.from],
        });
      else if (keyOf(there) === keyOf(moved))
        this.#differ(id, 'kind', [there.from[0]?.source ?? 0, there.kind], [source, moved.kind]);
      return;
    }
    const merged = mergeObjects(there, moved, this.#report(id, there.from[0]?.source ?? 0, source));
    this.#objects.set(id, { ...merged, parent: this.#parentOf(there, moved, source) });
  }

  /** A place in the tree is better than none; two places for one function are a contradiction. */
  #parentOf(there: TopologyObject, moved: TopologyObject, source: number): string | null {
    if (there.parent === moved.parent || moved.parent === null) return there.parent;
    const isVague = (id: string | null): boolean =>
      id === null || ['machine', 'group', 'numaNode', undefined].includes(this.#objects.get(id)?.kind);
    if (isVague(there.parent) && this.#objects.has(moved.parent))
      return isVague(moved.parent) ? there.parent : moved.parent;
    if ('bdf' in there && !isVague(moved.parent))
      this.#differ(there.id, 'parent', [there.from[0]?.source ?? 0, there.parent], [source, moved.parent]);
    return there.parent;
  }

  #link(link: Link, ids: ReadonlyMap<string, string>, source: number): void {
    const [a = '', b = ''] = [ids.get(link.a) ?? link.a, ids.get(link.b) ?? link.b].sort();
    const id = `${link.kind}:${a}~${b}`;
    const there = this.#links.get(id);
    if (there === undefined) {
      this.#links.set(id, { ...link, id, a, b });
      return;
    }
    const first = there.from[0]?.source ?? 0;
    const report = this.#report(a, first, source);
    const at = (field: string): string => `${link.kind} to ${b}: ${field}`;
    this.#links.set(id, {
      ...there,
      origin: there.origin === 'wiring' ? 'wiring' : link.origin,
      note: there.origin === 'wiring' ? there.note : (link.note ?? there.note),
      bandwidthGBs: there.bandwidthGBs ?? link.bandwidthGBs,
      latencyNs: known(at('latencyNs'), there.latencyNs, link.latencyNs, report),
      count: known(at('count'), there.count, link.count, report),
      coherent: known(at('coherent'), there.coherent, link.coherent, report),
      atomics: known(at('atomics'), there.atomics, link.atomics, report),
      from: [...there.from, ...link.from],
    });
  }

  #matrix(matrix: Matrix, ids: ReadonlyMap<string, string>, source: number): void {
    const moved = {
      ...matrix,
      rows: matrix.rows.map((id) => ids.get(id) ?? id),
      columns: matrix.columns.map((id) => ids.get(id) ?? id),
    };
    const there = this.#matrices.find(
      (other) =>
        other.name === moved.name &&
        other.rows.join() === moved.rows.join() &&
        other.columns.join() === moved.columns.join(),
    );
    if (there === undefined) {
      this.#matrices.push(moved);
      return;
    }
    const width = moved.columns.length;
    moved.values.forEach((value, i) => {
      const first = there.values[i] ?? null;
      const row = moved.rows[Math.floor(i / width)] ?? 'machine';
      if (first !== null && value !== null && first !== value)
        this.#differ(
          row,
          `${moved.name} to ${moved.columns[i % width] ?? ''}`,
          [there.from[0]?.source ?? 0, first],
          [source, value],
        );
    });
  }

  #attribute(attribute: MemoryAttribute, ids: ReadonlyMap<string, string>, source: number): void {
    const { initiator } = attribute;
    const moved: MemoryAttribute = {
      ...attribute,
      target: ids.get(attribute.target) ?? attribute.target,
      initiator:
        initiator?.kind === 'object'
          ? { kind: 'object', object: ids.get(initiator.object) ?? initiator.object }
          : initiator,
    };
    const key = JSON.stringify([moved.name, moved.unit, moved.target, moved.initiator]);
    const there = this.#attributes.get(key);
    if (there === undefined) this.#attributes.set(key, moved);
    else if (there.value !== moved.value)
      this.#differ(moved.target, moved.name, [there.from[0]?.source ?? 0, there.value], [source, moved.value]);
  }

  /** Reported reach between two devices whose wires are known says nothing new, and is no wire. */
  #wires(): readonly Link[] {
    const wired = new Set(
      [...this.#links.values()].flatMap((link) =>
        link.origin === 'wiring' ? [`${link.kind} ${link.a}`, `${link.kind} ${link.b}`] : [],
      ),
    );
    return [...this.#links.values()].filter(
      (link) =>
        link.origin === 'wiring' || !(wired.has(`${link.kind} ${link.a}`) && wired.has(`${link.kind} ${link.b}`)),
    );
  }

  finish(given: readonly Topology[]): Topology {
    return {
      title: this.#title,
      sources: given.flatMap((topology) => topology.sources),
      objects: parentsFirst(this.#objects),
      links: this.#wires(),
      matrices: this.#matrices,
      memoryAttributes: [...this.#attributes.values()],
      addressRanges: this.#ranges,
      policy: this.#policy,
      ...(Object.keys(this.#costs).length === 0 ? {} : { costs: this.#costs }),
      tells: [...this.#tells],
      warnings: [...given.flatMap((topology) => topology.warnings), ...this.#notes],
      conflicts: [...this.#conflicts.values()],
    };
  }
}

function busOrder(bdf: string): number {
  const { domain, bus, devfn } = pciAddress(bdf);
  return (domain * 256 + bus) * 256 + devfn;
}

/** Children of one source may have got a parent that came later. */
function parentsFirst(objects: ReadonlyMap<string, TopologyObject>): readonly TopologyObject[] {
  const done = new Map<string, TopologyObject>();
  const visit = (object: TopologyObject, below: ReadonlySet<string>): void => {
    if (done.has(object.id)) return;
    const parent = object.parent === null || below.has(object.parent) ? undefined : objects.get(object.parent);
    if (parent !== undefined) visit(parent, new Set([...below, object.id]));
    // Where things contain each other, the visit of the parent has placed this one already.
    if (done.has(object.id)) return;
    done.set(object.id, parent === undefined && object.kind !== 'machine' ? { ...object, parent: 'machine' } : object);
  };
  const machine = objects.get('machine');
  if (machine !== undefined) visit(machine, new Set());
  for (const object of objects.values()) visit(object, new Set());
  return [...done.values()];
}
