import type {
  AddressRange,
  CountName,
  Link,
  LinkKind,
  MachinePolicy,
  Matrix,
  MemoryAttribute,
  Provenance,
  Topology,
  TopologyFormat,
  TopologyObject,
} from '../model/topology.ts';

const maxWarnings = 500;

/** What a reader fills; `finish` makes the immutable topology of it. One source, index 0. */
export class TopologyDraft {
  readonly #objects = new Map<string, TopologyObject>();
  readonly #links = new Map<string, Link>();
  readonly #warnings: { source: number; line: number | null; message: string }[] = [];
  readonly #tells = new Set<CountName>();
  readonly #taken = new Map<string, number>();
  #dropped = 0;
  readonly matrices: Matrix[] = [];
  readonly memoryAttributes: MemoryAttribute[] = [];
  readonly addressRanges: AddressRange[] = [];
  policy: MachinePolicy = { cpuForwardsPeers: null, iommu: null };
  title: string | null = null;
  readonly #name: string;
  readonly #format: TopologyFormat;
  version: string | null = null;

  constructor(name: string, format: TopologyFormat) {
    this.#name = name;
    this.#format = format;
  }

  /** Adds the object under its id, or under the id with a number behind where the id is taken; says which. */
  add(object: TopologyObject): string {
    let { id } = object;
    while (this.#objects.has(id)) {
      const n = (this.#taken.get(object.id) ?? 1) + 1;
      this.#taken.set(object.id, n);
      id = `${object.id}#${n}`;
    }
    this.#objects.set(id, id === object.id ? object : { ...object, id });
    return id;
  }

  has(id: string): boolean {
    return this.#objects.has(id);
  }

  get(id: string): TopologyObject | undefined {
    return this.#objects.get(id);
  }

  /** Puts a changed object in the place of the one with its id. */
  replace(object: TopologyObject): void {
    this.#objects.set(object.id, object);
  }

  get objects(): readonly TopologyObject[] {
    return [...this.#objects.values()];
  }

  /** Adds an undirected edge; a second edge of the kind between the same two is the same edge seen from its other end. */
  link(
    kind: LinkKind,
    a: string,
    b: string,
    facts: Partial<Omit<Link, 'id' | 'kind' | 'a' | 'b'>> & Pick<Link, 'from'>,
  ): void {
    const [first, second] = a < b ? [a, b] : [b, a];
    const id = `${kind}:${first}~${second}`;
    if (this.#links.has(id)) return;
    this.#links.set(id, {
      id,
      kind,
      a: first,
      b: second,
      origin: 'wiring',
      bandwidthGBs: null,
      latencyNs: null,
      count: null,
      coherent: null,
      atomics: null,
      note: null,
      ...facts,
    });
  }

  warn(line: number | null, message: string): void {
    if (this.#warnings.length < maxWarnings) this.#warnings.push({ source: 0, line, message });
    else this.#dropped += 1;
  }

  tells(...names: readonly CountName[]): void {
    for (const name of names) this.#tells.add(name);
  }

  finish(): Topology {
    if (this.#dropped > 0)
      this.#warnings.push({
        source: 0,
        line: null,
        message: `${this.#dropped} more warnings of this source are left out`,
      });
    return {
      title: this.title,
      sources: [{ name: this.#name, format: this.#format, version: this.version }],
      objects: parentsFirst(this.#objects),
      links: [...this.#links.values()],
      matrices: this.matrices,
      memoryAttributes: this.memoryAttributes,
      addressRanges: this.addressRanges,
      policy: this.policy,
      tells: [...this.#tells],
      warnings: this.#warnings,
      conflicts: [],
    };
  }
}

/** In order of insertion, but no child before its parent; a parent that does not exist or is a descendant becomes none. */
function parentsFirst(objects: ReadonlyMap<string, TopologyObject>): readonly TopologyObject[] {
  const done = new Map<string, TopologyObject>();
  for (const object of objects.values()) {
    const above: TopologyObject[] = [];
    for (let at: TopologyObject | undefined = object; at !== undefined && !done.has(at.id) && !above.includes(at);) {
      above.push(at);
      at = at.parent === null ? undefined : objects.get(at.parent);
    }
    for (const next of above.reverse()) {
      const orphan = next.parent !== null && !done.has(next.parent);
      done.set(next.id, orphan ? { ...next, parent: null } : next);
    }
  }
  return [...done.values()];
}

export const atLine = (line: number | null): readonly Provenance[] => [{ source: 0, line, path: null }];
export const atPath = (path: string): readonly Provenance[] => [{ source: 0, line: null, path }];
