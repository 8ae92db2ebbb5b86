/**
 * The way between two parts of a machine: its hops, its narrowest link, and the class that nvidia-smi and NCCL give it,
 * with the reason in words.
 */
import { printRate } from '../base/format.ts';
import type { GraphEdge, GraphNode } from '../contract/frame.ts';
import { kindWord } from './kind-words.ts';
import { isInside, type Picture } from './picture.ts';

export type PathClass = 'PIX' | 'PXB' | 'PHB' | 'NODE' | 'SYS';

export interface PathHop {
  readonly edge: GraphEdge;
  /** The node that the hop leads to. */
  readonly to: string;
}

export interface MachinePath {
  readonly from: string;
  readonly to: string;
  readonly hops: readonly PathHop[];
  /** The slowest of the hops whose rate is told; null where none is. */
  readonly bottleneck: GraphEdge | null;
  /** Hops whose rate nobody tells. */
  readonly untold: number;
  /** Of two devices on PCIe; null for what else there is, and where a direct link joins them. */
  readonly pathClass: PathClass | null;
  readonly reason: string;
}

const meanings: Readonly<Record<PathClass, string>> = {
  PIX: 'both hang on one switch: the way crosses no other bridge',
  PXB: 'the way crosses several switches, but no host bridge',
  PHB: 'the way crosses the host bridge that both hang on',
  NODE: 'each hangs on a host bridge of its own, of the same CPU',
  SYS: 'they hang on different CPUs: the way crosses the link between sockets or nodes',
};

/** Fewest hops, and among those the widest narrowest one. Null where nothing that is told joins the two. */
export function pathBetween(picture: Picture, from: string, to: string): MachinePath | null {
  const nodes = new Map(picture.nodes.map((node) => [node.id, node]));
  const outer = (id: string): string => {
    const node = nodes.get(id);
    return node !== undefined && isInside(node) && node.parent !== null ? node.parent : id;
  };
  const [start, goal] = [anchorOf(nodes, outer(from)), anchorOf(nodes, outer(to))];
  if (start === goal) return null;
  const near = new Map<string, PathHop[]>();
  const join = (id: string, hop: PathHop): void => {
    const own = near.get(id);
    if (own === undefined) near.set(id, [hop]);
    else own.push(hop);
  };
  for (const edge of picture.edges) {
    join(edge.source, { edge, to: edge.target });
    join(edge.target, { edge, to: edge.source });
  }
  const hops = widest(near, start, goal);
  if (hops === null) return null;
  const told = hops.filter(({ edge }) => edge.bandwidthGBs !== null);
  const bottleneck = told.reduce<GraphEdge | null>(
    (least, { edge }) => (least === null || (edge.bandwidthGBs ?? 0) < (least.bandwidthGBs ?? 0) ? edge : least),
    null,
  );
  const onPcie = hops.every(({ edge }) => edge.kind === 'pcie' || edge.kind === 'on-package' || edge.kind === 'upi');
  const isDevice = (id: string): boolean => nodes.get(id)?.kind === 'device';
  const pathClass = onPcie && isDevice(start) && isDevice(goal) ? classOf(nodes, start, goal) : null;
  const direct = hops.find(({ edge }) => edge.kind !== 'pcie' && edge.kind !== 'on-package')?.edge.kind;
  return {
    from: start,
    to: goal,
    hops,
    bottleneck,
    untold: hops.filter(({ edge }) => edge.bandwidthGBs === null && edge.kind !== 'on-package').length,
    pathClass,
    reason:
      pathClass !== null
        ? meanings[pathClass]
        : direct === undefined || kindWord(direct) === ''
          ? 'the shortest way that the machine tells'
          : `joined by ${kindWord(direct)}`,
  };
}

/** Where the wires of a part end: a package's at its CPU. */
function anchorOf(nodes: ReadonlyMap<string, GraphNode>, id: string): string {
  const cpu = `${id}/cpu`;
  return nodes.get(id)?.kind === 'package' && nodes.has(cpu) ? cpu : id;
}

/** Breadth first; of two ways of equal length the one whose narrowest hop is wider. */
function widest(near: ReadonlyMap<string, readonly PathHop[]>, start: string, goal: string): readonly PathHop[] | null {
  const best = new Map<
    string,
    { readonly width: number; readonly before: string | null; readonly hop: PathHop | null }
  >();
  best.set(start, { width: Number.POSITIVE_INFINITY, before: null, hop: null });
  let level: readonly string[] = [start];
  while (level.length > 0 && !best.has(goal)) {
    const next = new Map<string, { readonly width: number; readonly before: string; readonly hop: PathHop }>();
    for (const id of level) {
      const { width } = best.get(id) ?? { width: 0 };
      for (const hop of near.get(id) ?? []) {
        if (best.has(hop.to)) continue;
        const narrow = Math.min(width, hop.edge.bandwidthGBs ?? width);
        const known = next.get(hop.to);
        if (known === undefined || narrow > known.width) next.set(hop.to, { width: narrow, before: id, hop });
      }
    }
    for (const [id, way] of next) best.set(id, way);
    level = [...next.keys()];
  }
  const hops: PathHop[] = [];
  for (let at: string | null = goal; at !== null;) {
    const way = best.get(at);
    if (way === undefined) return null;
    if (way.hop !== null) hops.unshift(way.hop);
    at = way.before;
  }
  return hops;
}

/** As nvidia-smi topo names it, from what both hang on. */
function classOf(nodes: ReadonlyMap<string, GraphNode>, a: string, b: string): PathClass {
  const chain = (id: string): readonly string[] => {
    const found: string[] = [];
    for (let at = nodes.get(id)?.parent ?? null; at !== null; at = nodes.get(at)?.parent ?? null) found.push(at);
    return found;
  };
  const [first, second] = [chain(a), chain(b)];
  const common = first.find((id) => second.includes(id));
  const kind = common === undefined ? undefined : nodes.get(common)?.kind;
  if (kind === 'switch') return first[0] === common && second[0] === common ? 'PIX' : 'PXB';
  if (kind === 'host-bridge') return 'PHB';
  if (kind !== 'package') return 'SYS';
  const node = (ids: readonly string[]): string | null =>
    ids
      .map((id) => nodes.get(id))
      .find((one) => one?.kind === 'host-bridge')
      ?.facts.find((fact) => fact.label === 'nearest node')?.value ?? null;
  const [one, other] = [node(first), node(second)];
  return one !== null && other !== null && one !== other ? 'SYS' : 'NODE';
}

/** "gpu0 to nic0: 4 hops, narrowest 15.8 GB/s (x8 gen4 to nic0)" */
export function printPath(path: MachinePath, nameOf: (id: string) => string): string {
  const hops = `${path.hops.length} hop${path.hops.length === 1 ? '' : 's'}`;
  const narrow =
    path.bottleneck === null || path.bottleneck.bandwidthGBs === null
      ? 'rates not told'
      : `narrowest ${printRate(path.bottleneck.bandwidthGBs)}: ${nameOf(path.bottleneck.source)} – ${nameOf(path.bottleneck.target)}`;
  const untold = path.untold > 0 && path.bottleneck !== null ? `, ${path.untold} not told` : '';
  return `${nameOf(path.from)} to ${nameOf(path.to)}: ${hops}, ${narrow}${untold}`;
}
