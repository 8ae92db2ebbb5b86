import type { Bar, TopologyObject } from '../../model/topology.ts';
import type { Contradictions } from './contradictions.ts';
import { mergeObjects } from './fields.ts';
import { keyOf } from './identity.ts';

/** The parts of the machine that the sources told of so far. */
export class Parts {
  readonly #objects = new Map<string, TopologyObject>();
  readonly #byKey = new Map<string, string>();
  readonly #contradictions: Contradictions;

  constructor(contradictions: Contradictions) {
    this.#contradictions = contradictions;
  }

  get(id: string): TopologyObject | undefined {
    return this.#objects.get(id);
  }

  /** Id of the part that is known by a key, by `keyOf`. */
  idOf(key: string): string | undefined {
    return this.#byKey.get(key);
  }

  all(): readonly TopologyObject[] {
    return [...this.#objects.values()];
  }

  /** An id that no part has. */
  free(id: string): string {
    let free = id;
    for (let n = 2; this.#objects.has(free); n += 1) free = `${id}#${n}`;
    return free;
  }

  /** A part of a source: a new one, or more about one that is known. */
  add(object: TopologyObject, ids: ReadonlyMap<string, string>, source: number): void {
    const id = ids.get(object.id) ?? object.id;
    const there = this.#objects.get(id);
    const moved = referTo(object, id, ids);
    if (there === undefined) {
      this.#objects.set(id, moved);
      const key = keyOf(object);
      if (!this.#byKey.has(key)) this.#byKey.set(key, id);
      return;
    }
    // A drawn tree shows a bridge without buses behind it like any function.
    if (there.kind === 'pciBridge' && moved.kind === 'pciFunction' && moved.class === null) {
      this.#objects.set(id, { ...there, from: [...there.from, ...moved.from] });
      return;
    }
    // What dissolved into a container of another kind, and a number that stands for a function, add only facts.
    if (there.kind !== moved.kind) {
      const adds = (moved.kind === 'osDevice' && there.kind === 'pciFunction') || moved.kind === 'misc';
      if (adds)
        this.#objects.set(id, {
          ...there,
          facts: { ...moved.facts, ...there.facts },
          from: [...there.from, ...moved.from],
        });
      else if (keyOf(there) === keyOf(moved))
        this.#contradictions.differ(id, 'kind', [there.from[0]?.source ?? 0, there.kind], [source, moved.kind]);
      return;
    }
    const merged = mergeObjects(there, moved, this.#contradictions.report(id, there.from[0]?.source ?? 0, source));
    this.#objects.set(id, { ...merged, parent: this.#parentOf(there, moved, source) });
  }

  /** A place in the tree is better than none; two places for one function are a contradiction. */
  #parentOf(there: TopologyObject, moved: TopologyObject, source: number): string | null {
    if (there.parent === moved.parent || moved.parent === null) return there.parent;
    const isVague = (id: string | null): boolean =>
      id === null || ['machine', 'group', 'numaNode', undefined].includes(this.#objects.get(id)?.kind);
    if (isVague(there.parent) && this.#objects.has(moved.parent))
      return isVague(moved.parent) ? there.parent : moved.parent;
    if ('bdf' in there && !isVague(moved.parent))
      this.#contradictions.differ(
        there.id,
        'parent',
        [there.from[0]?.source ?? 0, there.parent],
        [source, moved.parent],
      );
    return there.parent;
  }

  /** Every part after the one that holds it: children of one source may have got a parent that came later. */
  parentsFirst(): readonly TopologyObject[] {
    return parentsFirst(this.#objects);
  }
}

/** The object under its id in the combination, and whatever it names under theirs. */
function referTo<T extends TopologyObject>(at: T, id: string, ids: ReadonlyMap<string, string>): T {
  const behind = (backing: Bar['backing']): Bar['backing'] =>
    backing === null ? null : { ...backing, object: ids.get(backing.object) ?? backing.object };
  return {
    ...at,
    id,
    parent: at.parent === null ? null : (ids.get(at.parent) ?? 'machine'),
    ...('numaNode' in at && at.numaNode !== null ? { numaNode: ids.get(at.numaNode) ?? null } : {}),
    ...('physicalFunction' in at && at.physicalFunction !== null
      ? { physicalFunction: ids.get(at.physicalFunction) ?? null }
      : {}),
    ...('targets' in at ? { targets: at.targets.map((target) => ids.get(target) ?? target) } : {}),
    ...('bars' in at ? { bars: at.bars.map((bar) => ({ ...bar, backing: behind(bar.backing) })) } : {}),
  };
}

function parentsFirst(objects: ReadonlyMap<string, TopologyObject>): readonly TopologyObject[] {
  const done = new Map<string, TopologyObject>();
  const visit = (object: TopologyObject, below: ReadonlySet<string>): void => {
    if (done.has(object.id)) return;
    const parent = object.parent === null || below.has(object.parent) ? undefined : objects.get(object.parent);
    if (parent !== undefined) visit(parent, new Set([...below, object.id]));
    // Where things contain each other, the visit of the parent has placed this one already.
    if (done.has(object.id)) return;
    done.set(object.id, parent === undefined && object.kind !== 'machine' ? { ...object, parent: 'machine' } : object);
  };
  const machine = objects.get('machine');
  if (machine !== undefined) visit(machine, new Set());
  for (const object of objects.values()) visit(object, new Set());
  return [...done.values()];
}
