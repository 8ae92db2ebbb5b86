import { Document, isScalar, visit } from 'yaml';
import { countNames } from '../../model/topology.ts';
import type { Topology, TopologyObject } from '../../model/topology.ts';
import { printCpuList } from '../cpu-set.ts';

const units = ['', ' KiB', ' MiB', ' GiB', ' TiB'] as const;

/** With a unit where that is exact. */
function bytes(value: number | null): number | string | null {
  if (value === null || value === 0) return value;
  let rest = value;
  let unit = 0;
  while (rest % 1024 === 0 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return unit === 0 ? value : `${rest}${units[unit] ?? ''}`;
}

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0);

/** Without what is unknown. */
const known = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));

function plainObject(object: TopologyObject): Readonly<Record<string, unknown>> {
  const { from: _from, kind, id, parent, ...rest } = object;
  const fields: Record<string, unknown> = { kind, id, parent: parent === 'machine' ? null : parent, ...rest };
  if ('bytes' in object) fields['bytes'] = bytes(object.bytes);
  if (object.kind === 'numaNode') {
    // No CPU at all is told, and not the same as nothing told.
    if (object.cpus !== null) fields['cpus'] = printCpuList(object.cpus);
    if (object.nearCpus !== null) fields['nearCpus'] = printCpuList(object.nearCpus);
  }
  if ('bars' in object) {
    fields['bars'] = object.bars.map((bar) =>
      known({ ...bar, bytes: bytes(bar.bytes), resizableBytes: bar.resizableBytes?.map(bytes) }),
    );
    fields['acs'] =
      object.acs.kind === 'unknown'
        ? null
        : object.acs.kind === 'absent'
          ? 'absent'
          : { capability: object.acs.capability, control: object.acs.control };
    fields['link'] = object.link === null ? null : known({ ...object.link });
  }
  if (object.kind === 'pciFunction' && object.p2pMemory !== null) {
    fields['p2pMemory'] = known({
      ...object.p2pMemory,
      bytes: bytes(object.p2pMemory.bytes),
      availableBytes: bytes(object.p2pMemory.availableBytes),
    });
  }
  return known(fields);
}

/** As many as a file may have. */
const mostConflicts = 10_000;

const hexKeys: readonly string[] = [
  'class',
  'vendor',
  'device',
  'subsystemVendor',
  'subsystemDevice',
  'start',
  'end',
  'secondaryBus',
  'subordinateBus',
  'rootBus',
  'lastBus',
  'capability',
  'control',
  'progIf',
  'revision',
];

/** The topology as a Memscape file. Where things came from is named at the top; lines and warnings of the sources stay behind. */
export function printMemscape(topology: Topology): string {
  const file = known({
    memscape: 'topology',
    version: 1,
    title: topology.title,
    importedFrom: topology.sources.some((source) => source.format !== 'memscape')
      ? topology.sources.map((source) => known({ ...source }))
      : [],
    conflicts: topology.conflicts
      .slice(0, mostConflicts)
      .map(({ values, ...rest }) => ({ ...rest, values: [...values] })),
    policy: known({ ...topology.policy }),
    costs: topology.costs,
    tells: topology.tells.length === countNames.length ? null : topology.tells,
    objects: topology.objects.map(plainObject),
    links: topology.links.map(({ id: _id, a, b, from: _from, origin, kind, ...rest }) =>
      known({ kind, between: [a, b], origin: origin === 'wiring' ? null : origin, ...rest }),
    ),
    matrices: topology.matrices.map(({ from: _from, columns, values, ...rest }) => ({
      ...known({ ...rest, columns: columns.join() === rest.rows.join() ? null : columns }),
      values,
    })),
    memoryAttributes: topology.memoryAttributes.map(({ from: _from, initiator, ...rest }) =>
      known({
        ...rest,
        initiator:
          initiator === null
            ? null
            : initiator.kind === 'object'
              ? { object: initiator.object }
              : { cpus: printCpuList(initiator.cpus) },
      }),
    ),
    addressRanges: topology.addressRanges.map(({ from: _from, depth, ...rest }) =>
      known({ ...rest, depth: depth === 0 ? null : depth }),
    ),
  });
  // A list that is empty because there is nothing is told; known() takes it for unknown.
  const document = new Document(topology.tells.length === 0 ? { ...file, tells: [] } : file, {
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Pair(_, pair) {
      if (
        isScalar(pair.key) &&
        hexKeys.includes(String(pair.key.value)) &&
        isScalar(pair.value) &&
        typeof pair.value.value === 'number'
      )
        pair.value.format = 'HEX';
    },
    Map(_, map, path) {
      if (path.length >= 4) map.flow = true;
    },
    Seq(_, seq) {
      if (seq.items.every((item) => isScalar(item))) seq.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}
