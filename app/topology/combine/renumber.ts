import type { Provenance, Topology } from '../../model/topology.ts';

/** The topology with its source numbers moved up by `offset`. */
export function renumber(topology: Topology, offset: number): Topology {
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
