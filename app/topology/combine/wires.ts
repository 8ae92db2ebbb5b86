import type { Link } from '../../model/topology.ts';
import type { Contradictions } from './contradictions.ts';
import { known } from './fields.ts';

/** Wires and reported reach between the parts that the sources told of so far. */
export class Wires {
  readonly #links = new Map<string, Link>();
  readonly #contradictions: Contradictions;

  constructor(contradictions: Contradictions) {
    this.#contradictions = contradictions;
  }

  add(link: Link, ids: ReadonlyMap<string, string>, source: number): void {
    const [a = '', b = ''] = [ids.get(link.a) ?? link.a, ids.get(link.b) ?? link.b].sort();
    const id = `${link.kind}:${a}~${b}`;
    const there = this.#links.get(id);
    if (there === undefined) {
      this.#links.set(id, { ...link, id, a, b });
      return;
    }
    const first = there.from[0]?.source ?? 0;
    const report = this.#contradictions.report(a, first, source);
    const at = (field: string): string => `${link.kind} to ${b}: ${field}`;
    this.#links.set(id, {
      ...there,
      origin: there.origin === 'wiring' ? 'wiring' : link.origin,
      note: there.origin === 'wiring' ? there.note : (link.note ?? there.note),
      bandwidthGBs: there.bandwidthGBs ?? link.bandwidthGBs,
      latencyNs: known(at('latencyNs'), there.latencyNs, link.latencyNs, report),
      count: known(at('count'), there.count, link.count, report),
      coherent: known(at('coherent'), there.coherent, link.coherent, report),
      atomics: known(at('atomics'), there.atomics, link.atomics, report),
      from: [...there.from, ...link.from],
    });
  }

  /** Reported reach between two devices whose wires are known says nothing new, and is no wire. */
  all(): readonly Link[] {
    const wired = new Set(
      [...this.#links.values()].flatMap((link) =>
        link.origin === 'wiring' ? [`${link.kind} ${link.a}`, `${link.kind} ${link.b}`] : [],
      ),
    );
    return [...this.#links.values()].filter(
      (link) =>
        link.origin === 'wiring' || !(wired.has(`${link.kind} ${link.a}`) && wired.has(`${link.kind} ${link.b}`)),
    );
  }
}
