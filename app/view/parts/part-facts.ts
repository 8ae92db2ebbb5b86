/** What is known of one part, as facts with words; what its kind could tell and the source does not is there as unknown. */
import { printBytes, printHex, printRate } from '../../base/format.ts';
import type { Span } from '../../base/span.ts';
import type { Fact } from '../../contract/frame.ts';
import { isDegraded, linkGBs, type Bar, type Link, type PciLink, type TopologyObject } from '../../model/topology.ts';
import type { IndexedPart } from './part-index.ts';

const fact = (label: string, value: string | number | null, note?: string | null): Fact => ({
  label,
  value: value === null ? null : String(value),
  ...(note == null ? {} : { note }),
});
const bytes = (n: number | null): string | null => (n === null ? null : printBytes(n));
const address = (n: number | null): string | null => (n === null ? null : printHex(n));
const yes = (value: boolean | null): string | null => (value === null ? null : value ? 'yes' : 'no');
const id = (n: number | null): string | null => (n === null ? null : n.toString(16).padStart(4, '0'));

/** "0-3, 8": hardware threads by number. */
export const printCpus = (spans: readonly Span[] | null): string | null =>
  spans === null
    ? null
    : spans.length === 0
      ? 'none'
      : spans.map(({ start, end }) => (end - start === 1 ? String(start) : `${start}-${end - 1}`)).join(', ');

const lanes = (speed: number | null, width: number | null): string | null =>
  speed === null && width === null ? null : `${speed ?? '?'} GT/s x${width ?? '?'}`;

function linkFacts(link: PciLink | null): readonly Fact[] {
  if (link === null) return [fact('link', null)];
  const rate = linkGBs(link);
  return [
    fact('link now', lanes(link.currentSpeed, link.currentWidth), isDegraded(link) ? 'below what it can' : null),
    fact('link at most', lanes(link.maxSpeed, link.maxWidth)),
    fact('link rate', rate === null ? null : printRate(rate)),
  ];
}

function pciFacts(object: Extract<TopologyObject, { kind: 'pciFunction' | 'pciBridge' }>): readonly Fact[] {
  const { acs } = object;
  return [
    fact('address', object.bdf),
    fact('class', object.class === null ? null : `0x${id(object.class)}`),
    fact('ids', object.vendor === null ? null : `${id(object.vendor)}:${id(object.device) ?? '????'}`),
    ...linkFacts(object.link),
    fact('nearest node', object.numaNode),
    fact('IOMMU group', object.iommuGroup),
    fact(
      'ACS',
      acs.kind === 'unknown' ? null : acs.kind === 'absent' ? 'no capability' : `control 0x${acs.control.toString(16)}`,
    ),
    fact('driver', object.driver),
  ];
}

function objectFacts(object: TopologyObject): readonly Fact[] {
  switch (object.kind) {
    case 'machine':
      return [fact('architecture', object.architecture)];
    case 'package':
      return [fact('vendor', object.vendor), fact('family', object.family), fact('model', object.model)];
    case 'die':
    case 'core':
    case 'pu':
      return [fact('number', object.osIndex)];
    case 'group':
      return [fact('number', object.osIndex), fact('means', object.subkind)];
    case 'cache':
      return [fact('size', bytes(object.bytes)), fact('line', bytes(object.lineBytes)), fact('holds', object.holds)];
    case 'memorySideCache':
      return [fact('size', bytes(object.bytes)), fact('line', bytes(object.lineBytes))];
    case 'numaNode':
      return [
        fact('size', bytes(object.bytes)),
        fact('kind', object.memoryKind === 'unknown' ? null : object.memoryKind, object.memoryKindInferred),
        fact('CPUs', printCpus(object.cpus)),
        fact('nearest CPUs', printCpus(object.nearCpus)),
        fact('registered as', object.registration),
      ];
    case 'deviceMemory':
      return [
        fact('size', bytes(object.bytes)),
        fact('kind', object.memoryKind === 'unknown' ? null : object.memoryKind),
        fact('registered as', object.registration),
      ];
    case 'hostBridge':
      return [fact('domain', id(object.domain)), fact('nearest node', object.numaNode)];
    case 'pciBridge':
      return [
        ...pciFacts(object),
        ...object.windows.map((window) =>
          fact(
            `${window.type} window`,
            `${printHex(window.start)} to ${printHex(window.end)}`,
            printBytes(window.end - window.start),
          ),
        ),
      ];
    case 'pciFunction':
      return [
        ...pciFacts(object),
        fact('ATS', yes(object.ats)),
        fact('PRI', yes(object.pri)),
        fact('PASID bits', object.pasidWidth),
        ...(object.physicalFunction === null ? [] : [fact('virtual function of', object.physicalFunction)]),
      ];
    case 'osDevice':
      return [fact('class', object.classes.join(', ') || null), fact('driver words', object.subtype)];
    case 'cxlBus':
    case 'cxlPort':
    case 'cxlDecoder':
    case 'cxlRegion':
      return [
        fact('start', address(object.start)),
        fact('size', bytes(object.bytes)),
        fact('interleave ways', object.interleaveWays),
        fact('interleave granularity', bytes(object.interleaveGranularity)),
        fact('targets', object.targets.join(', ') || null),
        fact('mode', object.mode),
      ];
    case 'misc':
      return [fact('means', object.subtype)];
  }
}

const barFacts = (bar: Bar): readonly Fact[] => [
  fact('size', bytes(bar.bytes)),
  fact('start', address(bar.start), bar.assigned === false ? 'not assigned' : null),
  fact('type', bar.type),
  fact('prefetchable', yes(bar.prefetchable)),
  fact('can be resized to', bar.resizableBytes === null ? null : bar.resizableBytes.map(printBytes).join(', ')),
  fact('window onto', bar.backing?.object ?? null),
];

const wireFacts = (link: Link): readonly Fact[] => [
  fact('ends', `${link.a}, ${link.b}`),
  fact('bandwidth', link.bandwidthGBs === null ? null : printRate(link.bandwidthGBs), 'in one direction'),
  fact('latency', link.latencyNs === null ? null : `${link.latencyNs} ns`),
  fact('physical links', link.count),
  fact('coherent', yes(link.coherent)),
  fact('known from', link.origin === 'wiring' ? 'wiring' : 'a driver that reports it: a wire is not told', link.note),
];

/** Facts of a part; facts of the source in its own words come last. */
export function partFacts({ what }: IndexedPart): readonly Fact[] {
  switch (what.kind) {
    case 'object':
      return [
        ...objectFacts(what.object),
        ...Object.entries(what.object.facts).map(([label, value]) => fact(label, value)),
      ];
    case 'bar':
      return barFacts(what.bar);
    case 'link':
      return wireFacts(what.link);
  }
}
