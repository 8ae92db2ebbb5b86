/** Simulated time and bytes over links, in words. */
import { printBytes, printTime } from '../base/format.ts';
import type { Fact, StepStory } from '../contract/frame.ts';
import type { Cost, CostPart } from '../engine/costs/cost.ts';
import { assumedRate, sourcedFigure } from '../engine/costs/figures.ts';
import type { World } from '../model/world.ts';

const bases = {
  source: 'source',
  measured: 'measured',
  derived: 'derived',
  default: 'engineering default, not a fact',
} as const;

/** "0000:17:00.0" of "pci:0000:17:00.0": names of places as they fit a line. */
const short = (place: string): string => place.replace(/^(pci|hostbridge):/, '');

/** A link by its two ends. */
function printLinkName(world: World, key: string): string {
  const link = world.records.link[key];
  return link === undefined ? key : `${short(link.a)} – ${short(link.b)}`;
}

function partFact(world: World, { what, count, ns }: CostPart): Fact {
  const value = printTime(ns);
  if (what === 'wire')
    return { label: `${printBytes(count)} over wires`, value, note: 'bytes by the rate of the narrowest link' };
  if (what === 'latency') return { label: 'latency of the way', value, note: 'the sum over its links' };
  const { meaning, basis, source } = sourcedFigure(world, what);
  const each = count === 1 ? '' : `${count} × `;
  return { label: `${each}${meaning}`, value, note: `${what}: ${bases[basis]}: ${source}` };
}

/** Links that carried most first; at most `most`. */
export function linkFacts(world: World, bytes: Cost['bytes'], most: number): readonly Fact[] {
  return Object.entries(bytes)
    .filter(([key]) => world.records.link[key]?.kind !== 'internal')
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([key, moved]): Fact => {
      const link = world.records.link[key];
      const assumed = link === undefined ? null : assumedRate(link);
      const fact = { label: printLinkName(world, key), value: printBytes(moved) };
      return assumed === null ? fact : { ...fact, note: `its rate is not told: ${assumed} stands in for it` };
    });
}

const mostLinks = 32;

/** What a step costs; undefined where no time passes and nothing moves. */
export function stepCost(world: World, cost: Cost): StepStory['cost'] {
  if (cost.ns === 0 && Object.keys(cost.bytes).length === 0) return undefined;
  return {
    time: printTime(cost.ns),
    parts: [...cost.parts].sort((a, b) => b.ns - a.ns).map((part) => partFact(world, part)),
    links: linkFacts(world, cost.bytes, mostLinks),
  };
}

/** The clock and the busiest links, for the counters. */
export function costCounters(world: World, cost: Cost): readonly Fact[] {
  if (cost.ns === 0) return [];
  return [
    { label: 'simulated time', value: printTime(cost.ns), note: 'figures of the cost model, see each step' },
    ...linkFacts(world, cost.bytes, 4).map((fact) => ({ ...fact, label: `over ${fact.label}` })),
  ];
}
