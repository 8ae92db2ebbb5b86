import type { LinkKind, Matrix } from '../../model/topology.ts';
import { atLine } from '../draft.ts';
import type { TopologyDraft } from '../draft.ts';
import { parseDecimal, parseInteger } from '../numbers.ts';
import type { XmlElement } from '../xml.ts';
import { integer } from './attributes.ts';

/** Finds the id that an object of the file was given. */
export interface HwlocIndex {
  byGpIndex(gpIndex: string): string | null;
  byOsIndex(type: string, osIndex: string): string | null;
  /** NUMA nodes by logical order: of os_index. */
  numaNodes(): readonly string[];
  /** Ids of the objects `depth` levels below the object of this element, in order. */
  below(element: XmlElement, depth: number): readonly string[];
}

const maxSide = 4096;

const isLatency = 4;
const isBandwidth = 8;
const isHops = 32;

/** Interconnects that hwloc writes as a bandwidth matrix, in MB/s of one direction. */
const linkMatrices: Readonly<
  Record<string, { readonly kind: LinkKind; readonly origin: 'wiring' | 'reported'; readonly note: string | null }>
> = {
  NVLinkBandwidth: { kind: 'nvlink', origin: 'wiring', note: null },
  // The SMI library answers for every pair that can reach each other, not for every pair with a wire between.
  XGMIBandwidth: {
    kind: 'xgmi',
    origin: 'reported',
    note: 'reported by the driver for every pair within reach; which pairs have a wire is not told',
  },
  XeLinkBandwidth: { kind: 'unknown', origin: 'wiring', note: 'Xe Link' },
};

/** `distances2` and `distances2hetero` of version 2 and later. */
export function readDistances(draft: TopologyDraft, element: XmlElement, index: HwlocIndex): void {
  const side = integer(element, 'nbobjs') ?? 0;
  const name = element.attributes['name'] ?? 'distances';
  const kind = integer(element, 'kind') ?? 0;
  const chunk = (tag: string): readonly string[] =>
    element.children
      .filter((child) => child.name === tag)
      .flatMap((child) =>
        child.text
          .trim()
          .split(/\s+/)
          .filter((word) => word !== ''),
      );
  const indexes = chunk('indexes');
  const values = chunk('u64values').map((value) => parseInteger(value));
  if (side < 1 || side > maxSide || indexes.length !== side || values.length !== side * side) {
    draft.warn(
      element.line,
      `the matrix "${name}" says ${side} objects but has ${indexes.length} indexes and ${values.length} values: it is left out`,
    );
    return;
  }
  const hetero = element.name === 'distances2hetero';
  const type = element.attributes['type'] ?? '';
  const byOs = element.attributes['indexing'] !== 'gp' && !hetero;
  const ids = indexes.map((text) =>
    byOs ? index.byOsIndex(type, text) : index.byGpIndex(text.slice(text.indexOf(':') + 1)),
  );
  if (ids.some((id) => id === null)) {
    draft.warn(element.line, `the matrix "${name}" names objects that are not in the file: it is left out`);
    return;
  }
  addMatrix(
    draft,
    element.line,
    name,
    meaning(kind, name),
    ids.filter((id) => id !== null),
    values,
  );
}

function meaning(kind: number, name: string): Matrix['means'] {
  if ((kind & isHops) !== 0 || /hops/i.test(name)) return 'hops';
  if ((kind & isBandwidth) !== 0) return 'bandwidth';
  return (kind & isLatency) !== 0 ? 'latency' : 'unknown';
}

/** `distances` of version 1: an object's matrix between objects some levels below it, in units of a base latency. */
export function readOldDistances(
  draft: TopologyDraft,
  owner: XmlElement,
  element: XmlElement,
  index: HwlocIndex,
): void {
  const side = integer(element, 'nbobjs') ?? 0;
  const base = parseDecimal(element.attributes['latency_base']) ?? 1;
  const values = element.children
    .filter((child) => child.name === 'latency')
    .map((child) => parseDecimal(child.attributes['value']))
    .map((value) => (value === null ? null : Math.round(value * base * 1000) / 1000));
  if (side < 1 || side > maxSide || values.length !== side * side) {
    draft.warn(element.line, `the distances say ${side} objects but have ${values.length} values: they are left out`);
    return;
  }
  const below = index.below(owner, integer(element, 'relative_depth') ?? 1);
  const numa = index.numaNodes();
  const ids = numa.length === side ? numa : below.length === side ? below : null;
  if (ids === null) {
    draft.warn(
      element.line,
      `the distances name ${side} objects, but ${below.length} are found at their depth: they are left out`,
    );
    return;
  }
  addMatrix(draft, element.line, ids === numa ? 'NUMALatency' : 'latency', 'latency', ids, values);
}

function addMatrix(
  draft: TopologyDraft,
  line: number,
  name: string,
  means: Matrix['means'],
  ids: readonly string[],
  values: readonly (number | null)[],
): void {
  const side = ids.length;
  const onDiagonal = (i: number): boolean => Math.floor(i / side) === i % side;
  const unit = means === 'bandwidth' ? 'MB/s' : means === 'hops' ? 'hops' : name === 'NUMALatency' ? 'SLIT' : null;
  draft.matrices.push({
    name,
    unit,
    means,
    rows: ids,
    columns: ids,
    values: means === 'bandwidth' ? values.map((value, i) => (onDiagonal(i) ? null : value)) : values,
    from: atLine(line),
  });
  const link = linkMatrices[name];
  if (link === undefined) return;
  const owner = ids.map((id) => deviceOf(draft, id));
  for (let row = 0; row < side; row += 1) {
    for (let column = row + 1; column < side; column += 1) {
      const best = Math.max(values[row * side + column] ?? 0, values[column * side + row] ?? 0);
      const [a, b] = [owner[row], owner[column]];
      if (best === 0 || a === undefined || b === undefined || a === b) continue;
      draft.link(link.kind, a, b, {
        origin: link.origin,
        note: link.note,
        bandwidthGBs: best / 1000,
        from: atLine(line),
      });
    }
  }
}

/** Wires end at the PCI function, not at the names that drivers give it. */
function deviceOf(draft: TopologyDraft, id: string): string {
  const object = draft.get(id);
  return object?.kind === 'osDevice' && object.parent !== null && draft.get(object.parent)?.kind === 'pciFunction'
    ? object.parent
    : id;
}

const builtinUnits: Readonly<Record<string, string>> = {
  Capacity: 'bytes',
  Locality: 'PUs',
  Bandwidth: 'MiB/s',
  ReadBandwidth: 'MiB/s',
  WriteBandwidth: 'MiB/s',
  Latency: 'ns',
  ReadLatency: 'ns',
  WriteLatency: 'ns',
};

/** `memattr` with its values: per target, and per initiator where the attribute has one. */
export function readMemoryAttribute(
  draft: TopologyDraft,
  element: XmlElement,
  index: HwlocIndex,
  cpus: (text: string) => readonly { readonly start: number; readonly end: number }[] | null,
): void {
  const name = element.attributes['name'] ?? 'attribute';
  for (const child of element.children) {
    if (child.name !== 'memattr_value') continue;
    const target = index.byGpIndex(child.attributes['target_obj_gp_index'] ?? '');
    const value = parseInteger(child.attributes['value']);
    if (target === null || value === null) {
      draft.warn(
        child.line,
        `a value of the memory attribute "${name}" has no target in the file or no number: it is left out`,
      );
      continue;
    }
    const initiatorCpus = child.attributes['initiator_cpuset'];
    const object = child.attributes['initiator_obj_gp_index'];
    const initiator =
      initiatorCpus !== undefined
        ? { kind: 'cpus' as const, cpus: cpus(initiatorCpus) ?? [] }
        : object !== undefined
          ? objectInitiator(index.byGpIndex(object))
          : null;
    draft.memoryAttributes.push({
      name,
      unit: builtinUnits[name] ?? null,
      target,
      initiator,
      value,
      from: atLine(child.line),
    });
  }
}

const objectInitiator = (object: string | null): { readonly kind: 'object'; readonly object: string } | null =>
  object === null ? null : { kind: 'object', object };
