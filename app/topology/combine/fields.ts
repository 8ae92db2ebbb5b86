import type { Json } from '../../base/json.ts';
import type { Bar, NumaNode, PciLink, TopologyObject } from '../../model/topology.ts';

/** What a merge of two statements about one thing reports on. */
export interface Report {
  /** Both know the field and say different things; the first stands. */
  differs(field: string, first: Json, second: Json): void;
  /** Only the second knows the field: its word stands. */
  takes(field: string): void;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value ?? null)) as Json;

/** The value that is known; the first where both are, and the difference is reported. */
export function known<T>(field: string, first: T, second: T, report: Report): T {
  if (second === null || second === undefined) return first;
  if (first === null || first === undefined) {
    report.takes(field);
    return second;
  }
  if (!same(first, second)) report.differs(field, plain(first), plain(second));
  return first;
}

const mebibyte = 1024 * 1024;

/** Sizes that sources round to whole MiB are the same size. */
function knownBytes(field: string, first: number | null, second: number | null, report: Report): number | null {
  const rounded =
    first !== null &&
    second !== null &&
    Math.abs(first - second) < mebibyte &&
    (first % mebibyte === 0 || second % mebibyte === 0);
  if (rounded) return first % mebibyte === 0 ? second : first;
  return known(field, first, second, report);
}

function mergeLinks(first: PciLink | null, second: PciLink | null, report: Report): PciLink | null {
  if (first === null && second !== null)
    for (const field of ['currentSpeed', 'currentWidth', 'maxSpeed', 'maxWidth']) report.takes(`link.${field}`);
  if (first === null || second === null) return first ?? second;
  return {
    currentSpeed: known('link.currentSpeed', first.currentSpeed, second.currentSpeed, report),
    currentWidth: known('link.currentWidth', first.currentWidth, second.currentWidth, report),
    maxSpeed: known('link.maxSpeed', first.maxSpeed, second.maxSpeed, report),
    maxWidth: known('link.maxWidth', first.maxWidth, second.maxWidth, report),
    // A rounded product of the others; worth nothing beside them.
    statedGBs: first.statedGBs ?? second.statedGBs,
  };
}

function mergeBars(first: readonly Bar[], second: readonly Bar[], report: Report): readonly Bar[] {
  const takesAll = ({ index }: Bar): void => {
    for (const field of ['type', 'prefetchable', 'bytes', 'start', 'assigned', 'resizableBytes'])
      report.takes(`bars[${index}].${field}`);
  };
  if (first.length === 0) second.forEach(takesAll);
  if (first.length === 0 || second.length === 0) return first.length === 0 ? second : first;
  const others = new Map(second.map((bar) => [bar.index, bar]));
  const merged = first.map((bar): Bar => {
    const other = others.get(bar.index);
    others.delete(bar.index);
    if (other === undefined) return bar;
    const at = `bars[${bar.index}]`;
    const vague = bar.type === 'mem' || other.type === 'mem';
    return {
      index: bar.index,
      type: vague ? (bar.type === 'mem' ? other.type : bar.type) : known(`${at}.type`, bar.type, other.type, report),
      prefetchable: known(`${at}.prefetchable`, bar.prefetchable, other.prefetchable, report),
      bytes: known(`${at}.bytes`, bar.bytes, other.bytes, report),
      start: known(`${at}.start`, bar.start, other.start, report),
      assigned: known(`${at}.assigned`, bar.assigned, other.assigned, report),
      resizableBytes: known(`${at}.resizableBytes`, bar.resizableBytes, other.resizableBytes, report),
      backing: bar.backing ?? other.backing,
    };
  });
  for (const bar of others.values()) takesAll(bar);
  return [...merged, ...others.values()].sort((a, b) => a.index - b.index);
}

/** Fields that are settled elsewhere, or where the first word simply stands. */
const own: readonly string[] = [
  'kind',
  'id',
  'parent',
  'name',
  'facts',
  'from',
  'memoryKind',
  'memoryKindInferred',
  'deviceKind',
  'role',
  'acs',
  'link',
  'bars',
  'bytes',
  'windows',
  'subtype',
  'classes',
  'subkind',
  'osIndex',
  'firstDevice',
  'lastBus',
  'targets',
];

/** A kind that a source tells counts for more than one that was concluded, and that for more than none. */
function mergeMemoryKinds(
  first: NumaNode,
  second: NumaNode,
  report: Report,
): Pick<NumaNode, 'memoryKind' | 'memoryKindInferred'> {
  const weight = (node: NumaNode): number =>
    node.memoryKind === 'unknown' ? 0 : node.memoryKindInferred === null ? 2 : 1;
  if (weight(first) === 2 && weight(second) === 2) known('memoryKind', first.memoryKind, second.memoryKind, report);
  if (weight(second) > weight(first)) report.takes('memoryKind');
  const { memoryKind, memoryKindInferred } = weight(second) > weight(first) ? second : first;
  return { memoryKind, memoryKindInferred };
}

/** Both statements about one thing as one: what is known of either, with what they report about. */
export function mergeObjects<T extends TopologyObject>(first: T, second: T, report: Report): T {
  const merged: Record<string, unknown> = { ...first };
  const other = second as unknown as Readonly<Record<string, unknown>>;
  for (const [field, value] of Object.entries(first))
    if (!own.includes(field)) merged[field] = known(field, value as Json, other[field] as Json, report);
  merged['name'] = first.name ?? second.name;
  merged['facts'] = { ...second.facts, ...first.facts };
  merged['from'] = [...first.from, ...second.from];
  if ('bytes' in first && 'bytes' in second) merged['bytes'] = knownBytes('bytes', first.bytes, second.bytes, report);
  if ('osIndex' in first && 'osIndex' in second) merged['osIndex'] = first.osIndex ?? second.osIndex;
  if ('subtype' in first && 'subtype' in second) merged['subtype'] = first.subtype ?? second.subtype;
  if (first.kind === 'hostBridge' && second.kind === 'hostBridge') {
    merged['firstDevice'] = first.firstDevice ?? second.firstDevice;
    // The last bus that a source saw something on.
    merged['lastBus'] =
      first.lastBus === null || second.lastBus === null
        ? (first.lastBus ?? second.lastBus)
        : Math.max(first.lastBus, second.lastBus);
  }
  if (first.kind === 'numaNode' && second.kind === 'numaNode')
    Object.assign(merged, mergeMemoryKinds(first, second, report));
  if ('bars' in first && 'bars' in second) {
    merged['bars'] = mergeBars(first.bars, second.bars, report);
    merged['link'] = mergeLinks(first.link, second.link, report);
    merged['acs'] =
      first.acs.kind === 'unknown'
        ? second.acs
        : second.acs.kind === 'unknown'
          ? first.acs
          : known('acs', first.acs, second.acs, report);
  }
  if (first.kind === 'pciBridge' && second.kind === 'pciBridge') {
    merged['role'] =
      first.role === 'bridge'
        ? second.role
        : second.role === 'bridge'
          ? first.role
          : known('role', first.role, second.role, report);
    merged['windows'] = first.windows.length > 0 ? first.windows : second.windows;
  }
  if (first.kind === 'pciFunction' && second.kind === 'pciFunction') {
    merged['deviceKind'] =
      first.deviceKind === 'other'
        ? second.deviceKind
        : second.deviceKind === 'other'
          ? first.deviceKind
          : known('deviceKind', first.deviceKind, second.deviceKind, report);
  }
  return merged as unknown as T;
}
