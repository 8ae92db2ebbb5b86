/**
 * Matrices that no source states but that follow from what it does: direct links between devices, and the kind of PCIe
 * path between any two of them. They are marked as worked out.
 */
import {
  linkKinds,
  objectsOf,
  type Link,
  type LinkKind,
  type Matrix,
  type PciFunction,
  type Topology,
  type TopologyObject,
} from '../model/topology.ts';

/** More devices than this make a matrix that nobody reads. */
const mostDevices = 128;

export interface DerivedMatrix extends Matrix {
  readonly note: string;
}

const fabrics: ReadonlySet<LinkKind> = new Set(['nvlink', 'xgmi', 'c2c', 'upi']);

/** GB/s of all direct links of one kind between each two things; the number of links where no bandwidth is told. */
function linkMatrix(topology: Topology, kind: LinkKind): DerivedMatrix | null {
  const links = topology.links.filter((link) => link.kind === kind);
  const linked = new Set(links.flatMap(({ a, b }) => [a, b]));
  const ends = topology.objects.map(({ id }) => id).filter((id) => linked.has(id));
  if (ends.length < 3 || ends.length > mostDevices) return null;
  const inGBs = links.every(({ bandwidthGBs }) => bandwidthGBs !== null);
  const value = (link: Link): number => (inGBs ? (link.bandwidthGBs ?? 0) : (link.count ?? 1));
  const cells = new Map<string, number>();
  for (const link of links)
    for (const key of [`${link.a}\n${link.b}`, `${link.b}\n${link.a}`])
      cells.set(key, (cells.get(key) ?? 0) + value(link));
  // A source that tells of such links at all has told of all of them.
  const none = (topology.tells as readonly string[]).includes(`links.${kind}`) ? 0 : null;
  const reported = links.some(({ origin }) => origin === 'reported');
  return {
    name: `${kind === 'nvlink' ? 'NVLink' : kind.toUpperCase()} links`,
    unit: inGBs ? 'GB/s' : 'links',
    means: 'bandwidth',
    rows: ends,
    columns: ends,
    values: ends.flatMap((a) => ends.map((b) => (a === b ? null : (cells.get(`${a}\n${b}`) ?? none)))),
    from: links[0]?.from ?? [],
    note: reported
      ? 'Worked out from what the driver reports: who reaches whom, not which wires there are. 0: no direct link.'
      : 'Worked out from the links: of all between two things together, in one direction. 0: no direct link.',
  };
}

type Path = 'PIX' | 'PXB' | 'PHB' | 'NODE' | 'SYS';

/** Bridges and the host bridge above a function, the nearest first. */
function above(objects: ReadonlyMap<string, TopologyObject>, fn: PciFunction): readonly TopologyObject[] {
  const path: TopologyObject[] = [];
  for (let at = fn.parent === null ? undefined : objects.get(fn.parent); at !== undefined;) {
    if (at.kind === 'pciBridge' || at.kind === 'hostBridge') path.push(at);
    at = at.kind === 'hostBridge' || at.parent === null ? undefined : objects.get(at.parent);
  }
  return path;
}

/** What lies between two functions, in the words of nvidia-smi: one switch, several, a host bridge, a node, the sockets. Null: not told. */
function pathBetween(
  a: PciFunction,
  b: PciFunction,
  upA: readonly TopologyObject[],
  upB: readonly TopologyObject[],
): Path | null {
  const inB = new Set(upB.map(({ id }) => id));
  const meet = upA.findIndex(({ id }) => inB.has(id));
  const common = upA[meet];
  if (common === undefined) {
    if (upA.length === 0 || upB.length === 0 || a.numaNode === null || b.numaNode === null) return null;
    return a.numaNode === b.numaNode ? 'NODE' : 'SYS';
  }
  if (common.kind === 'hostBridge') return 'PHB';
  const other = upB.findIndex(({ id }) => id === common.id);
  // Below one switch there is at most its own downstream port on either way.
  return meet <= 1 && other <= 1 ? 'PIX' : 'PXB';
}

function pathMatrix(topology: Topology): DerivedMatrix | null {
  const devices = objectsOf(topology, 'pciFunction').filter(
    ({ deviceKind, physicalFunction }) =>
      physicalFunction === null &&
      (deviceKind === 'gpu' || deviceKind === 'nic' || deviceKind === 'storage' || deviceKind === 'accelerator'),
  );
  if (devices.length < 2 || devices.length > mostDevices) return null;
  const objects = new Map(topology.objects.map((object) => [object.id, object]));
  const ups = devices.map((device) => above(objects, device));
  const values = devices.flatMap((a, i) =>
    devices.map((b, j) => (i === j ? null : pathBetween(a, b, ups[i] ?? [], ups[j] ?? []))),
  );
  if (values.every((value) => value === null)) return null;
  const ids = devices.map(({ id }) => id);
  return {
    name: 'PCIe paths',
    unit: null,
    means: 'path',
    rows: ids,
    columns: ids,
    values,
    from: devices[0]?.from ?? [],
    note: 'Worked out from the PCI tree. PIX: one switch. PXB: several. PHB: a host bridge. NODE: two of one node. SYS: across nodes.',
  };
}

/** Links first, then paths; a kind of link that a source has a matrix of already is left out. */
export function derivedMatrices(topology: Topology): readonly DerivedMatrix[] {
  const stated = topology.matrices.map(({ name }) => name.toLowerCase());
  const links = linkKinds
    .filter((kind) => fabrics.has(kind) && !stated.some((name) => name.includes(kind)))
    .map((kind) => linkMatrix(topology, kind));
  const paths = stated.some((name) => name.includes('paths')) ? null : pathMatrix(topology);
  return [...links, paths].filter((matrix) => matrix !== null);
}
