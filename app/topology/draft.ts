import type { CostOverrides } from '../model/costs.ts';
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
import { plausible } from './plausible.ts';

const maxWarnings = 500;

/**
 * Far above real machines: 16384 threads make about 30,000 objects, a thousand virtual functions a card a few thousand.
 * Ids leave room for the number behind them within the 256 characters that a file of our own may have.
 */
export const draftLimits = { objects: 120_000, pci: 16_384, id: 240, label: 256 } as const;

/** What a reader fills; `finish` makes the immutable topology of it. One source, index 0. */
export class TopologyDraft {
  readonly #objects = new Map<string, TopologyObject>();
  readonly #links = new Map<string, Link>();
  readonly #warnings: { source: number; line: number | null; message: string }[] = [];
  readonly #tells = new Set<CountName>();
  readonly #taken = new Map<string, number>();
  #dropped = 0;
  #pci = 0;
  #full = false;
  readonly matrices: Matrix[] = [];
  readonly memoryAttributes: MemoryAttribute[] = [];
  readonly addressRanges: AddressRange[] = [];
  policy: MachinePolicy = { cpuForwardsPeers: null, iommu: null };
  costs: CostOverrides = {};
  title: string | null = null;
  readonly #name: string;
  readonly #format: TopologyFormat;
  version: string | null = null;

  constructor(name: string, format: TopologyFormat) {
    this.#name = name;
    this.#format = format;
  }

  /**
   * Adds the object under its id, or under the id with a number behind where the id is taken, and cut where it is too
   * long; says which. Beyond the limits nothing is added: what would be inside goes to the parent.
   */
  add(given: TopologyObject): string {
    const object = this.#bounded(given);
    let { id } = object;
    const isPci = object.kind === 'pciFunction' || object.kind === 'pciBridge';
    if (this.#objects.size >= draftLimits.objects || (isPci && this.#pci >= draftLimits.pci)) {
      if (!this.#full)
        this.warn(object.from[0]?.line ?? null, 'there are more objects than any machine has: the rest is left out');
      this.#full = true;
      return object.parent ?? 'machine';
    }
    if (isPci) this.#pci += 1;
    while (this.#objects.has(id)) {
      const n = (this.#taken.get(object.id) ?? 1) + 1;
      this.#taken.set(object.id, n);
      id = `${object.id}#${n}`;
    }
    this.#objects.set(id, id === object.id ? object : { ...object, id });
    return id;
  }

  /** The machine itself, of which the source tells only what is in it. */
  addMachine(line = 1): void {
    const from = atLine(line);
    this.add({ kind: 'machine', id: 'machine', parent: null, name: null, facts: {}, from, architecture: null });
  }

  /** Names that no file of our own could hold come from damage: an id is cut, a fact is left out. */
  #bounded(given: TopologyObject): TopologyObject {
    const { id, facts, from } = given;
    const warn = (message: string): void => this.warn(from[0]?.line ?? null, message);
    const object = plausible(given, (message) => warn(`${id}: ${message}`));
    const isLong = (label: string): boolean => label.length > draftLimits.label;
    if (id.length <= draftLimits.id && !Object.keys(facts).some(isLong)) return object;
    if (id.length > draftLimits.id) warn(`a name of ${id.length} characters is cut to "${id.slice(0, 32)}..."`);
    const kept = Object.entries(facts).filter(([label]) => {
      if (isLong(label)) warn(`a fact with a label of ${label.length} characters is left out`);
      return !isLong(label);
    });
    return { ...object, id: id.slice(0, draftLimits.id), facts: Object.fromEntries(kept) };
  }

  /** True once something had to be left out: adding more is in vain. */
  get isFull(): boolean {
    return this.#full;
  }

  has(id: string): boolean {
    return this.#objects.has(id);
  }

  get(id: string): TopologyObject | undefined {
    return this.#objects.get(id);
  }

  /** Puts a changed object in the place of the one with its id. */
  replace(object: TopologyObject): void {
    this.#objects.set(object.id, this.#bounded(object));
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

  /** Damaged sources name things that they do not describe: such links, matrices and attributes are left out. */
  #dropLoose(): void {
    const has = (id: string): boolean => this.#objects.has(id);
    for (const [id, link] of this.#links) {
      if (has(link.a) && has(link.b)) continue;
      this.#links.delete(id);
      this.warn(link.from[0]?.line ?? null, `a ${link.kind} link to something that is not described is left out`);
    }
    keepWhere(this.matrices, ({ name, rows, columns, from }) => {
      if (rows.length === 0 || columns.length === 0) return false;
      const whole = rows.every(has) && columns.every(has);
      if (!whole) this.warn(from[0]?.line ?? null, `the matrix "${name}" names what is not described: it is left out`);
      return whole;
    });
    keepWhere(
      this.memoryAttributes,
      ({ target, initiator }) => has(target) && (initiator?.kind !== 'object' || has(initiator.object)),
    );
    for (const object of this.#objects.values()) {
      if ('numaNode' in object && object.numaNode !== null && !has(object.numaNode))
        this.replace({ ...object, numaNode: null });
      if ('targets' in object && !object.targets.every(has)) {
        this.warn(object.from[0]?.line ?? null, `${object.id} names a target that is not described: it is left out`);
        this.replace({ ...object, targets: object.targets.filter(has) });
      }
    }
  }

  /** A BAR that is listed twice is one: the first stands. */
  #joinBars(): void {
    for (const object of this.#objects.values()) {
      if (!('bars' in object) || object.bars.length < 2) continue;
      const seen = new Set<number>();
      const bars = object.bars.filter(({ index }) => !seen.has(index) && seen.add(index));
      if (bars.length === object.bars.length) continue;
      this.warn(object.from[0]?.line ?? null, `${object.bdf} lists a BAR twice: the first one stands`);
      this.replace({ ...object, bars });
    }
  }

  finish(): Topology {
    this.#dropLoose();
    this.#joinBars();
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
      ...(Object.keys(this.costs).length === 0 ? {} : { costs: this.costs }),
      tells: [...this.#tells],
      warnings: this.#warnings,
      conflicts: [],
    };
  }
}

function keepWhere<T>(list: T[], keep: (item: T) => boolean): void {
  const kept = list.filter(keep);
  if (kept.length < list.length) list.splice(0, list.length, ...kept);
}

/** In order of insertion, but no child before its parent; what has no parent, or one inside itself, is in the machine. */
function parentsFirst(objects: ReadonlyMap<string, TopologyObject>): readonly TopologyObject[] {
  const done = new Map<string, TopologyObject>();
  for (const object of objects.values()) {
    const above: TopologyObject[] = [];
    for (let at: TopologyObject | undefined = object; at !== undefined && !done.has(at.id) && !above.includes(at);) {
      above.push(at);
      at = at.parent === null ? undefined : objects.get(at.parent);
    }
    for (const next of above.reverse()) {
      const orphan = next.kind !== 'machine' && (next.parent === null || !done.has(next.parent));
      done.set(next.id, orphan ? { ...next, parent: done.has('machine') ? 'machine' : null } : next);
    }
  }
  return [...done.values()];
}

export const atLine = (line: number | null): readonly Provenance[] => [{ source: 0, line, path: null }];
export const atPath = (path: string): readonly Provenance[] => [{ source: 0, line: null, path }];
