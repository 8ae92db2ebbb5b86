import { readFileSync } from 'node:fs';
import { shortNames } from '../../model/short-names.ts';
import type { Topology } from '../../model/topology.ts';
import { readTopology } from '../../topology/read-topology.ts';
import { machineView } from '../machine-view.ts';
import { indexParts, type PartIndex } from '../parts/part-index.ts';

export interface Opened {
  readonly machine: Topology;
  readonly index: PartIndex;
}

/** A machine as the views see it. */
export function openedText(name: string, text: string | Uint8Array): Opened {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const read = readTopology(name, bytes);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  const names = shortNames(read.value);
  const graph = machineView(read.value, { names, shown: new Map() });
  return {
    machine: read.value,
    index: indexParts(read.value, names, new Set(graph.nodes.map((node) => node.id))),
  };
}

/** One of the built-in machines. */
export const openedMachine = (id: string): Opened =>
  openedText(`${id}.yaml`, readFileSync(new URL(`../../../assets/topologies/${id}.yaml`, import.meta.url)));
