/** One part: its row, all facts with what sources contradict each other about, and where it was read. */
import type { PartView } from '../../contract/machine-views.ts';
import { printPlace } from '../../model/provenance.ts';
import type { Topology } from '../../model/topology.ts';
import { claimsByObject } from '../origins-view.ts';
import { partFacts } from './part-facts.ts';
import { partOf, type PartIndex } from './part-index.ts';

/** null: there is no part of this id. */
export function partView(topology: Topology, index: PartIndex, id: string): PartView | null {
  const part = partOf(index, id);
  if (part === undefined) return null;
  const { what } = part;
  const from = what.kind === 'link' ? what.link.from : what.object.from;
  const claims = what.kind === 'object' ? (claimsByObject(topology).get(what.object.id) ?? []) : [];
  return {
    row: part.row,
    facts: [...partFacts(part), ...claims],
    read: from.map((place) => printPlace(topology, place)),
    changes: [],
  };
}
