import type { Matrix, MemoryAttribute } from '../../model/topology.ts';
import type { Contradictions } from './contradictions.ts';

/** Matrices between parts, and figures of memories, that the sources told so far. */
export class Figures {
  readonly matrices: Matrix[] = [];
  readonly #attributes = new Map<string, MemoryAttribute>();
  readonly #contradictions: Contradictions;

  constructor(contradictions: Contradictions) {
    this.#contradictions = contradictions;
  }

  addMatrix(matrix: Matrix, ids: ReadonlyMap<string, string>, source: number): void {
    const moved = {
      ...matrix,
      rows: matrix.rows.map((id) => ids.get(id) ?? id),
      columns: matrix.columns.map((id) => ids.get(id) ?? id),
    };
    const there = this.matrices.find(
      (other) =>
        other.name === moved.name &&
        other.rows.join() === moved.rows.join() &&
        other.columns.join() === moved.columns.join(),
    );
    if (there === undefined) {
      this.matrices.push(moved);
      return;
    }
    const width = moved.columns.length;
    moved.values.forEach((value, i) => {
      const first = there.values[i] ?? null;
      const row = moved.rows[Math.floor(i / width)] ?? 'machine';
      if (first !== null && value !== null && first !== value)
        this.#contradictions.differ(
          row,
          `${moved.name} to ${moved.columns[i % width] ?? ''}`,
          [there.from[0]?.source ?? 0, first],
          [source, value],
        );
    });
  }

  addAttribute(attribute: MemoryAttribute, ids: ReadonlyMap<string, string>, source: number): void {
    const { initiator } = attribute;
    const moved: MemoryAttribute = {
      ...attribute,
      target: ids.get(attribute.target) ?? attribute.target,
      initiator:
        initiator?.kind === 'object'
          ? { kind: 'object', object: ids.get(initiator.object) ?? initiator.object }
          : initiator,
    };
    const key = JSON.stringify([moved.name, moved.unit, moved.target, moved.initiator]);
    const there = this.#attributes.get(key);
    if (there === undefined) this.#attributes.set(key, moved);
    else if (there.value !== moved.value)
      this.#contradictions.differ(
        moved.target,
        moved.name,
        [there.from[0]?.source ?? 0, there.value],
        [source, moved.value],
      );
  }

  attributes(): readonly MemoryAttribute[] {
    return [...this.#attributes.values()];
  }
}
