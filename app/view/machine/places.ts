/** Packages, groups and memory nodes: what stands at the left of a machine's picture. */
import { plural, printBytes, printRate } from '../../base/format.ts';
import { objectsOf, type KindOf, type TopologyObject } from '../../model/topology.ts';
import { fact, type Sketch } from './sketch.ts';

/** Kinds of objects that the picture draws as places: frames that hold memory, or other places. */
type Place = Extract<TopologyObject, { kind: 'package' | 'group' | 'die' }>;

interface CpuCounts {
  readonly cores: number;
  readonly threads: number;
  readonly cache: string;
}

/** Switches that a source knows to be there, but does not show. */
export const hiddenSwitches = (object: TopologyObject): boolean =>
  object.kind === 'group' && object.subkind === 'NVSwitch';

const isPlace = (object: TopologyObject): object is Place =>
  object.kind === 'package' || object.kind === 'group' || object.kind === 'die';
const isCpuGroup = (object: TopologyObject): boolean => object.kind === 'group' && object.subkind === 'CPU';

/** "Intel(R) Xeon(R) Platinum 8174 CPU @ 3.10GHz" as "Xeon Platinum 8174": what tells it from others. */
const shortModel = (name: string): string =>
  name
    .replace(/\((R|TM|r|tm)\)/g, '')
    .replace(/\s*@\s*[\d.]+\s*GHz/i, '')
    .replace(/\b(CPU|Processor|Intel|AMD|\d+-Core)\b/g, '')
    .replace(/,.*$/, '')
    .replace(/\s+/g, ' ')
    .trim() || name;

/** Packages, and the groups and dies that tell something: those that hold two things or more, but not everything. */
export function drawPlaces(sketch: Sketch): void {
  const { objects } = sketch.topology;
  const packages = objectsOf(sketch.topology, 'package').length;
  const counts = cpuCounts(sketch);
  const content = new Map<string, { parts: number; packages: number }>();
  // Parents come before their children: backwards, what is inside is known before what contains it.
  for (const object of objects.toReversed()) {
    const own = content.get(object.id) ?? { parts: 0, packages: 0 };
    if (object.kind === 'package') own.packages += 1;
    if (object.parent === null) continue;
    const above = content.get(object.parent) ?? { parts: 0, packages: 0 };
    above.packages += own.packages;
    above.parts += object.kind === 'package' || object.kind === 'numaNode' ? 1 : Math.min(1, own.parts);
    content.set(object.parent, above);
  }
  const together = nodesOfPackages(sketch);
  const numbers = new Numbers();
  for (const object of objects) {
    if (object.kind === 'package' || isCpuGroup(object)) {
      const node = together.get(object.id);
      if (node !== undefined && sketch.drawnAs(`node:${node.id}`) === null) {
        const title = `Node ${node.osIndex ?? ''}`.trim();
        sketch.add({ id: `node:${node.id}`, kind: 'group', title, subtitle: null, facts: [] }, `node:${node.id}`);
      }
      const inside = node === undefined ? sketch.holder(object.parent) : `node:${node.id}`;
      if (isPlace(object)) drawPackage(sketch, object, inside, counts);
    } else if (object.kind === 'group' || object.kind === 'die') {
      const { parts, packages: inside } = content.get(object.id) ?? { parts: 0, packages: 0 };
      if (parts < 2 || (inside > 0 && inside === packages) || hiddenSwitches(object)) continue;
      const cores = counts.get(object.id)?.cores ?? 0;
      const inner = sketch.holder(object.parent);
      sketch.add(
        {
          id: object.id,
          kind: 'group',
          parent: inner,
          title: `${object.kind === 'die' ? 'Die' : 'Group'} ${object.osIndex ?? numbers.next(`${inner ?? ''} ${object.kind}`)}`,
          subtitle: cores === 0 ? null : plural(cores, 'core'),
          facts: [fact('name', object.name), fact('cores', cores === 0 ? null : String(cores))],
        },
        object.id,
      );
    }
  }
}

/** Counts up within each key: what a source does not number is numbered in its order. */
class Numbers {
  readonly #next = new Map<string, number>();

  next(key: string): number {
    const n = this.#next.get(key) ?? 0;
    this.#next.set(key, n + 1);
    return n;
  }
}

/**
 * Where a source keeps memory apart from the packages, its CPUs tell where it belongs: to one package, which takes it,
 * or to several, which are then drawn as one node together with it. Answers the nodes of the latter by package.
 */
function nodesOfPackages(sketch: Sketch): ReadonlyMap<string, KindOf<'numaNode'>> {
  const together = new Map<string, KindOf<'numaNode'>>();
  const apart = objectsOf(sketch.topology, 'numaNode').filter(
    (node) =>
      (node.cpus?.length ?? 0) > 0 &&
      sketch.nearest(node.parent, (object) => object.kind === 'package' || isCpuGroup(object)) === null,
  );
  if (apart.length === 0) return together;
  const packageOf = new Map<number, string>();
  for (const pu of objectsOf(sketch.topology, 'pu')) {
    const pack = sketch.nearest(pu.parent, (object) => object.kind === 'package');
    if (pu.osIndex !== null && pack !== null) packageOf.set(pu.osIndex, pack.id);
  }
  for (const node of apart) {
    const found = new Set<string>();
    for (const [cpu, id] of packageOf)
      if (node.cpus?.some((span) => cpu >= span.start && cpu < span.end) === true) found.add(id);
    const [first] = found;
    if (first === undefined) continue;
    if (found.size === 1) sketch.move(node.id, first);
    else for (const id of found) if (!together.has(id)) together.set(id, node);
    if (found.size > 1) sketch.move(node.id, `node:${node.id}`);
  }
  return together;
}

/** Cores and threads below every place, and the caches of the outermost level. */
function cpuCounts(sketch: Sketch): ReadonlyMap<string, CpuCounts> {
  const counts = new Map<string, { cores: number; threads: number; caches: Map<number, number[]> }>();
  for (const object of sketch.topology.objects) {
    if (object.kind !== 'core' && object.kind !== 'pu' && object.kind !== 'cache') continue;
    for (let at = object.parent; at !== null;) {
      const above = sketch.object(at);
      if (above === null) break;
      if (isPlace(above)) {
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

function drawPackage(sketch: Sketch, pack: Place, parent: string | null, counts: ReadonlyMap<string, CpuCounts>): void {
  const { cores, threads, cache } = counts.get(pack.id) ?? { cores: 0, threads: 0, cache: '' };
  const told = pack.kind === 'package';
  const number = pack.osIndex ?? '';
  const name = told ? pack.name : null;
  sketch.add(
    {
      id: pack.id,
      kind: 'package',
      parent,
      title: `${told ? 'Package' : 'Node'} ${number}`.trim(),
      subtitle: name === null ? null : shortModel(name),
      facts: [fact('model', name)],
    },
    pack.id,
  );
  const more = [threads > cores && cores > 0 ? plural(threads, 'thread') : '', cache].filter((part) => part !== '');
  sketch.addCpu(
    {
      id: `${pack.id}/cpu`,
      parent: pack.id,
      title: `CPU ${number}`.trim(),
      subtitle: cores > 0 ? plural(cores, 'core') : threads > 0 ? plural(threads, 'thread') : null,
      lines: more.length > 0 ? [more.join(' · ')] : [],
      facts: [
        fact('model', name),
        fact('cores', cores === 0 ? null : String(cores)),
        fact('threads', threads === 0 ? null : String(threads)),
        fact('last cache', cache === '' ? null : cache),
        fact('vendor', told ? pack.vendor : (pack.facts['vendor'] ?? null)),
      ],
    },
    pack.id,
  );
}

const bytes = (n: number | null): string | null => (n === null ? null : printBytes(n));
const kindWords: ReadonlyMap<string, string> = new Map([
  ['unknown', 'Memory'],
  ['gpu', 'GPU memory'],
]);

/** Memory nodes; those of devices that are drawn (`devices`) are parts of their cards. */
export function drawMemory(sketch: Sketch, devices: ReadonlySet<string>): void {
  const best = bestAttributes(sketch);
  for (const node of objectsOf(sketch.topology, 'numaNode')) {
    const owner = sketch.nearest(node.parent, (object) => devices.has(object.id));
    const place = sketch.placeOf(node);
    const pool = sketch.context.names.pools.get(node.id);
    const cpu = owner === null ? sketch.cpuOf(place) : null;
    const cache = sketch.nearest(node.parent, (object) => object.kind === 'memorySideCache');
    const cached = cache?.kind === 'memorySideCache' ? bytes(cache.bytes) : null;
    const cpus = node.cpus?.reduce((sum, span) => sum + span.end - span.start, 0) ?? null;
    const rate = best.get(`Bandwidth ${node.id}`) ?? best.get(`ReadBandwidth ${node.id}`);
    const latency = best.get(`Latency ${node.id}`) ?? best.get(`ReadLatency ${node.id}`);
    sketch.add(
      {
        id: node.id,
        kind: owner === null ? 'memory' : 'device-memory',
        subkind: node.memoryKind,
        parent: owner === null ? (sketch.drawnAs(place ?? '') ?? sketch.holder(place)) : owner.id,
        title: kindWords.get(node.memoryKind) ?? node.memoryKind.toUpperCase(),
        subtitle: [`node ${node.osIndex ?? '?'}`, bytes(node.bytes) ?? 'size unknown'].join(' · '),
        lines: [
          ...(cached === null ? [] : [`behind a cache of ${cached}`]),
          ...(cpus === 0 ? ['no CPU of its own'] : cpus !== null && cpu === null ? [plural(cpus, 'CPU')] : []),
        ],
        facts: [
          fact('size', bytes(node.bytes)),
          fact('kind', node.memoryKind === 'unknown' ? null : node.memoryKind, node.memoryKindInferred ?? undefined),
          fact('CPUs on the node', cpus === null ? null : String(cpus)),
          fact('registered as', node.registration),
          ...(cached === null ? [] : [fact('memory-side cache', cached)]),
          ...(rate === undefined ? [] : [fact('bandwidth from its CPUs', rate.text)]),
          ...(latency === undefined ? [] : [fact('latency from its CPUs', latency.text)]),
          fact('pool', pool ?? null),
        ],
        strips: sketch.strip(pool),
      },
      node.id,
    );
    if (cpu === null || sketch.isWired(node.id)) continue;
    const label = [rate?.text, latency?.text].filter((part) => part !== undefined).join(' · ');
    const kind = node.memoryKind === 'hbm' || node.memoryKind === 'cxl' ? node.memoryKind : 'ddr';
    sketch.edge(`${node.id}--cpu`, cpu, node.id, kind, label === '' ? null : label, rate?.value ?? null, {
      latencyNs: latency?.value ?? null,
    });
  }
}

/** Best value of each memory attribute from any initiator, by name and target: what the CPUs beside it see. In GB/s or ns. */
function bestAttributes(sketch: Sketch): ReadonlyMap<string, { readonly value: number; readonly text: string }> {
  const best = new Map<string, { readonly value: number; readonly text: string }>();
  for (const { name, target, value, unit, initiator } of sketch.topology.memoryAttributes) {
    if (initiator === null) continue;
    const isLatency = name.endsWith('Latency');
    const own = isLatency ? value : unit === 'MiB/s' ? (value * 1.048576) / 1000 : value / 1000;
    const key = `${name} ${target}`;
    const old = best.get(key);
    if (old !== undefined && (isLatency ? own >= old.value : own <= old.value)) continue;
    best.set(key, { value: own, text: isLatency ? `${own} ns` : printRate(own) });
  }
  return best;
}
