import type { Json } from '../../base/json.ts';
import type { Conflict } from '../../model/topology.ts';
import type { Report } from './fields.ts';

const keyOfField = (object: string, field: string): string => `${object}\n${field}`;

/** Who said what, where sources contradict each other; by object and field. */
export class Contradictions {
  readonly #conflicts = new Map<string, Conflict>();
  /** Which source told a field, where it was not the first that told of the object. */
  readonly #told = new Map<string, number>();

  /** Notes who said what about one thing: `first` told of it first, `source` speaks now. */
  report(object: string, first: number, source: number): Report {
    return {
      differs: (field, before, now) => this.differ(object, field, [first, before], [source, now]),
      takes: (field) => void this.#told.set(keyOfField(object, field), source),
    };
  }

  /** Two sources say different things of a field: [source, value] of the first and of the one that speaks now. */
  differ(object: string, field: string, first: readonly [number, Json], now: readonly [number, Json]): void {
    const key = keyOfField(object, field);
    const [source, value] = now;
    const there = this.#conflicts.get(key);
    const values = there?.values ?? [{ source: this.#told.get(key) ?? first[0], value: first[1] }];
    this.#conflicts.set(key, { object, field, values: [...values, { source, value }] });
  }

  /** A contradiction that a source brings along. */
  add(conflict: Conflict): void {
    this.#conflicts.set(keyOfField(conflict.object, conflict.field), conflict);
  }

  all(): readonly Conflict[] {
    return [...this.#conflicts.values()];
  }
}
