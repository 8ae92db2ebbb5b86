import type { Json } from '../base/json.ts';
import type { Conflict, Provenance, Topology } from './topology.ts';

/** "lspci.txt:12"; of a snapshot "server.tar.gz: sys/devices/system/node/node0". */
export function printPlace({ sources }: Pick<Topology, 'sources'>, { source, line, path }: Provenance): string {
  const name = sources[source]?.name ?? 'unknown';
  if (path !== null) return line === null ? `${name}: ${path}` : `${name}: ${path}:${line}`;
  return line === null ? name : `${name}:${line}`;
}

/** The first place that tells of a thing; null: its source keeps no places. */
export const firstPlace = (topology: Pick<Topology, 'sources'>, [first]: readonly Provenance[]): string | null =>
  first === undefined ? null : printPlace(topology, first);

/** One of the values that contradict each other, and where it was read. */
export interface Claim {
  readonly value: Json;
  readonly from: Provenance;
}

/** A contradiction with the place of each of its values: the line at which that source tells of the object. */
export interface Contradiction {
  readonly object: string;
  readonly field: string;
  readonly claims: readonly Claim[];
}

/** What the sources disagree about, the value that stands first. */
export function contradictions(topology: Pick<Topology, 'objects' | 'conflicts'>): readonly Contradiction[] {
  if (topology.conflicts.length === 0) return [];
  const wanted = new Set(topology.conflicts.map(({ object }) => object));
  const places = new Map(topology.objects.flatMap(({ id, from }) => (wanted.has(id) ? [[id, from] as const] : [])));
  return topology.conflicts.map(({ object, field, values }: Conflict) => ({
    object,
    field,
    claims: values.map(({ source, value }) => ({
      value,
      from: places.get(object)?.find((place) => place.source === source) ?? { source, line: null, path: null },
    })),
  }));
}

const hexFields = /^(bars\[\d+\]\.start|class|vendor|device|subsystemVendor|subsystemDevice|revision|progIf)$/;

const isSpan = (value: Json): value is { readonly start: number; readonly end: number } =>
  typeof value === 'object' && value !== null && 'start' in value && 'end' in value;

/** A value as people write it: identifiers and addresses in hexadecimal, sets of CPUs as "0-7,16". */
export function printValue(field: string, value: Json): string {
  if (Array.isArray(value) && value.length > 0 && value.every(isSpan))
    return value.map(({ start, end }) => (end - start === 1 ? `${start}` : `${start}-${end - 1}`)).join(',');
  if (typeof value === 'number' && hexFields.test(field)) return `0x${value.toString(16)}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** "pci:0000:01:00.0 link.maxWidth: 16 (a.xml:3), 8 (b.txt:9)" */
export const printContradiction = (topology: Topology, { object, field, claims }: Contradiction): string =>
  `${object} ${field}: ${claims.map(({ value, from }) => `${printValue(field, value)} (${printPlace(topology, from)})`).join(', ')}`;
