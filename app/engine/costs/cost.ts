import type { CostName } from '../../model/costs.ts';

/** One reason for time that passes. */
export interface CostPart {
  /** The figure of the model, or "wire": bytes over a route. */
  readonly what: CostName | 'wire' | 'latency';
  readonly count: number;
  readonly ns: number;
}

/** What something costs: simulated time in integer ns, why, and bytes over each link by its key. */
export interface Cost {
  readonly ns: number;
  readonly parts: readonly CostPart[];
  readonly bytes: Readonly<Record<string, number>>;
}

export const noCost: Cost = { ns: 0, parts: [], bytes: {} };

function addBytes(a: Cost['bytes'], b: Cost['bytes']): Cost['bytes'] {
  const sum: Record<string, number> = { ...a };
  for (const [link, bytes] of Object.entries(b)) sum[link] = (sum[link] ?? 0) + bytes;
  return sum;
}

/** One after the other: times and bytes add up; equal reasons become one. */
export function addCosts(a: Cost, b: Cost): Cost {
  if (b === noCost) return a;
  if (a === noCost) return b;
  const parts = new Map(a.parts.map((part) => [part.what, part]));
  for (const part of b.parts) {
    const known = parts.get(part.what);
    parts.set(
      part.what,
      known === undefined ? part : { ...known, count: known.count + part.count, ns: known.ns + part.ns },
    );
  }
  return { ns: a.ns + b.ns, parts: [...parts.values()], bytes: addBytes(a.bytes, b.bytes) };
}

export const sumCosts = (costs: readonly Cost[]): Cost => costs.reduce(addCosts, noCost);

/** A cost of one part that moves nothing. */
export const timeOf = (what: CostPart['what'], count: number, ns: number): Cost =>
  ns === 0 ? noCost : { ns, parts: [{ what, count, ns }], bytes: {} };
