/**
 * Flows that run at the same time share the wires that they have in common, max-min fair: nobody can get more without
 * taking it from somebody who has less.
 *
 *      a ─┐
 *         ├── 30 GB/s ──     a and b 15 each; when a is done, b has 30
 *      b ─┘
 */

/** Bytes over some wires; a wire and its direction are one name. */
export interface Flow {
  readonly bytes: number;
  /** Wires in use, each with a capacity; an empty list is done at once. */
  readonly wires: readonly string[];
}

/** Rates of the flows in bytes a ns (progressive filling). A flow over no limiting wire has Infinity. */
export function fairRates(flows: readonly (readonly string[])[], capacity: ReadonlyMap<string, number>): number[] {
  const rates = flows.map(() => Number.POSITIVE_INFINITY);
  const left = new Map(capacity);
  const open = new Set(flows.keys());
  for (;;) {
    const users = new Map<string, number>();
    for (const flow of open) for (const wire of flows[flow] ?? []) users.set(wire, (users.get(wire) ?? 0) + 1);
    let share = Number.POSITIVE_INFINITY;
    let narrowest: string | null = null;
    for (const [wire, count] of users) {
      const each = (left.get(wire) ?? Number.POSITIVE_INFINITY) / count;
      if (each < share) {
        share = each;
        narrowest = wire;
      }
    }
    if (narrowest === null) return rates;
    for (const flow of [...open]) {
      const wires = flows[flow] ?? [];
      if (!wires.includes(narrowest)) continue;
      rates[flow] = share;
      open.delete(flow);
      for (const wire of wires) left.set(wire, Math.max(0, (left.get(wire) ?? Number.POSITIVE_INFINITY) - share));
    }
  }
}

/** When each flow is done, in whole ns from the common start. A flow that ends leaves its share to the others. */
export function finishTimes(flows: readonly Flow[], capacity: ReadonlyMap<string, number>): readonly number[] {
  const done = flows.map(() => 0);
  const bytes = flows.map((flow) => flow.bytes);
  let open = [...flows.keys()].filter((flow) => (bytes[flow] ?? 0) > 0);
  for (let now = 0; open.length > 0;) {
    const rates = fairRates(
      open.map((flow) => flows[flow]?.wires ?? []),
      capacity,
    );
    const needs = open.map((flow, i) => (bytes[flow] ?? 0) / (rates[i] ?? 1));
    const next = Math.min(...needs);
    now += next;
    const still: number[] = [];
    open.forEach((flow, i) => {
      // What is left of a flow that ends now is nothing but rounding.
      if ((needs[i] ?? 0) <= next * (1 + 1e-12)) done[flow] = wholeNs(now);
      else {
        bytes[flow] = (bytes[flow] ?? 0) - (rates[i] ?? 0) * next;
        still.push(flow);
      }
    });
    open = still;
  }
  return done;
}

/** A time as integer ns, rounded up; sums that are whole but for rounding stay whole. */
export const wholeNs = (time: number): number => Math.ceil(time - 1e-6);
