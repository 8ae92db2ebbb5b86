/**
 * Adds to the nodes of a machine's picture where each was read, and what its sources disagree about: both values with
 * the place of each.
 */
import { printBytes } from '../base/format.ts';
import type { Json } from '../base/json.ts';
import type { Fact, GraphNode, GraphView } from '../contract/frame.ts';
import { contradictions, printPlace, printValue, type Contradiction } from '../model/provenance.ts';
import type { Topology } from '../model/topology.ts';

/** Places of one object that are listed; a machine made of many listings has no more. */
const mostOrigins = 32;

/** "link.maxWidth" as a person would say it. */
const words: Readonly<Record<string, string>> = {
  'link.currentSpeed': 'link speed now (GT/s)',
  'link.currentWidth': 'link width now (lanes)',
  'link.maxSpeed': 'highest link speed (GT/s)',
  'link.maxWidth': 'full link width (lanes)',
  memoryKind: 'kind',
  numaNode: 'nearest node',
  iommuGroup: 'IOMMU group',
  bytes: 'size',
  cpus: 'CPUs',
  nearCpus: 'nearest CPUs',
  parent: 'is in',
};

/** What a machine's sources contradict each other about, as facts, by object. */
export function claimsByObject(topology: Topology): ReadonlyMap<string, readonly Fact[]> {
  const found = new Map<string, Fact[]>();
  for (const contradiction of contradictions(topology)) {
    const fact = claimsOf(topology, contradiction);
    const known = found.get(contradiction.object);
    if (known === undefined) found.set(contradiction.object, [fact]);
    else known.push(fact);
  }
  return found;
}

/** Sizes as people read them, and exactly: sources differ in the last digits. */
const shown = (field: string, value: Json): string =>
  typeof value === 'number' && /(^|\.)bytes$/.test(field)
    ? `${printBytes(value)} (${value} bytes)`
    : printValue(field, value);

function claimsOf(topology: Topology, { field, claims }: Contradiction): Fact {
  return {
    label: words[field] ?? field,
    value: claims[0] === undefined ? null : shown(field, claims[0].value),
    note: 'the sources contradict each other',
    claims: claims.map(({ value, from }) => ({ value: shown(field, value), from: printPlace(topology, from) })),
  };
}

/** Id of the object that a node stands for: "package:0/cpu" and "pci:.../bar1" are parts of what they belong to. */
const objectOf = (id: string): string => id.replace(/\/(cpu|bar\d+)$/, '');

export function withOrigins(graph: GraphView, topology: Topology): GraphView {
  const byObject = new Map<string, Contradiction[]>();
  for (const contradiction of contradictions(topology)) {
    const known = byObject.get(contradiction.object);
    if (known === undefined) byObject.set(contradiction.object, [contradiction]);
    else known.push(contradiction);
  }
  const places = new Map(topology.objects.map(({ id, from }) => [id, from]));
  const decorate = (node: GraphNode): GraphNode => {
    const object = objectOf(node.id);
    const from = places.get(object);
    if (from === undefined) return node;
    const bar = /\/bar(\d+)$/.exec(node.id)?.[1];
    const own = (byObject.get(object) ?? []).filter(
      ({ field }) => bar === undefined || field.startsWith(`bars[${bar}].`),
    );
    return {
      ...node,
      origins: [...new Set(from.slice(0, mostOrigins).map((place) => printPlace(topology, place)))],
      facts: [...node.facts, ...own.map((contradiction) => claimsOf(topology, contradiction))],
    };
  };
  return { ...graph, nodes: graph.nodes.map(decorate) };
}
