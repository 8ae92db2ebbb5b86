/**
 * The cheapest assignments of a pipeline by sum of costs, exactly, and fast on a thousand devices: of the devices whose
 * ways are the same, only those that were reached cheapest are looked at.
 *
 *      nic0 nic1 … nic255 ──> gpu0        32 shapes of NICs: 32 steps worked out, the 12 cheapest arrivals found among them
 */
import { ensure } from '../../base/assert.ts';
import type { EngineKind } from '../../model/topology.ts';
import type { World } from '../../model/world.ts';
import { isNear, Places, unlimited, type Place } from './pipeline-places.ts';

/** What a stage does: an engine, or a CPU; `on` is a device or socket that is decided already. */
export interface Stage {
  readonly engine: EngineKind | 'cpu';
  readonly on?: string;
}

/** A pipeline up to one stage, by sum of costs. */
export interface Partial {
  readonly ns: number;
  readonly device: string;
  readonly buffer: string | null;
  readonly before: Partial | null;
}

/** Assignments that are kept at each device: those that may be ranked. */
const kept = 12;

/** ns that the engine of a stage needs for the bytes; 0 where its throughput is not told. */
export function engineNs(world: World, { engine }: Stage, device: string, bytes: number): number {
  const gbs = world.records.pci[device]?.engines.find(({ kind }) => kind === engine)?.throughputGBs ?? null;
  return gbs === null ? 0 : bytes / gbs;
}

/** Whether a device or socket can do a stage; a device of which no engine is told may have any. */
export function canDo({ records: { pci, socket } }: World, engine: Stage['engine'], on: string): boolean {
  if (engine === 'cpu') return socket[on] !== undefined;
  const engines = pci[on]?.role === 'endpoint' ? pci[on].engines : undefined;
  return engines !== undefined && (engines.length === 0 || engines.some(({ kind }) => kind === engine));
}

/** A device of a stage, its best pipelines so far, and its place among the stage's devices: of equals, the first wins. */
interface Arrival {
  readonly place: Place;
  readonly best: readonly Partial[];
  readonly ns: number;
  readonly order: number;
}

/** The devices of a stage by what they have in common, each list the cheapest first. */
interface Front {
  readonly byShape: ReadonlyMap<number, readonly Arrival[]>;
  readonly byRoot: ReadonlyMap<string, readonly Arrival[]>;
  readonly byIsland: ReadonlyMap<string | null, readonly Arrival[]>;
  /** The cheapest ways to places of one shape, as far as they were asked for; of no use are those near all `without`. */
  readonly far: Map<
    number,
    {
      readonly enough: number;
      readonly ways: readonly Way[];
      readonly without: readonly (readonly Arrival[])[];
    }
  >;
}

function groupBy<T, K>(list: readonly T[], keyOf: (each: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const each of list) {
    const key = keyOf(each);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  return groups;
}

function frontOf(arrivals: readonly Arrival[]): Front {
  const sorted = arrivals.toSorted((a, b) => a.ns - b.ns || a.order - b.order);
  return {
    byShape: groupBy(sorted, ({ place }) => place.shape),
    byRoot: groupBy(sorted, ({ place }) => place.root),
    byIsland: groupBy(sorted, ({ place }) => place.island),
    far: new Map(),
  };
}

/** The cheapest buffer between two places: memory that all may use, or the own memory of one of the two. */
interface Step {
  readonly ns: number;
  readonly in: 'shared' | 'from' | 'to';
  readonly index: number;
}

/** A way to arrive somewhere: from an arrival over a step. */
interface Way {
  readonly ns: number;
  readonly from: Arrival;
  readonly step: Step;
}

/** Keeps a way where it is among the cheapest, `most` of them; answers whether it (yet) is. */
function keep(ways: Way[], from: Arrival, step: Step, most: number): boolean {
  const ns = from.ns + step.ns;
  let at = ways.length;
  for (; at > 0; at--) {
    const before = ways[at - 1];
    if (before === undefined || before.ns < ns || (before.ns === ns && before.from.order < from.order)) break;
  }
  if (at === most) return false;
  ways.splice(at, 0, { ns, from, step });
  if (ways.length > most) ways.pop();
  return true;
}

export class Search {
  readonly places: Places;
  /** Devices by the engines they have; filled when first asked for. */
  readonly #byEngine = new Map<EngineKind, Set<string>>();

  constructor(
    readonly world: World,
    readonly bytes: number,
  ) {
    this.places = new Places(world, bytes);
  }

  #step(from: Place, to: Place): Step | null {
    const { places } = this;
    let least: Step | null = null;
    const offer = (ns: number, side: Step['in'], index: number): void => {
      if (ns < (least?.ns ?? unlimited)) least = { ns, in: side, index };
    };
    places.shared.forEach((_, i) => offer((from.shared[i] ?? unlimited) + (to.shared[i] ?? unlimited), 'shared', i));
    from.own.forEach(({ way }, i) => offer(places.cost(way.ns, way.gbs) + places.peerCost(to, from, way), 'from', i));
    if (from.name !== to.name)
      to.own.forEach(({ way }, i) => offer(places.cost(way.ns, way.gbs) + places.peerCost(from, to, way), 'to', i));
    return least;
  }

  #buffer({ in: side, index }: Step, from: Place, to: Place): string | null {
    if (side === 'shared') return this.places.shared[index] ?? null;
    return (side === 'from' ? from : to).own[index]?.pool ?? null;
  }

  #candidates({ engine, on }: Stage): readonly string[] {
    const { pci, socket } = this.world.records;
    if (on !== undefined) return canDo(this.world, engine, on) ? [on] : [];
    if (engine === 'cpu') return Object.keys(socket);
    if (this.#byEngine.size === 0)
      for (const name of Object.keys(pci))
        for (const { kind } of pci[name]?.engines ?? []) {
          const names = this.#byEngine.get(kind) ?? new Set<string>();
          this.#byEngine.set(kind, names.add(name));
        }
    return [...(this.#byEngine.get(engine) ?? [])];
  }

  /** The cheapest pipelines, one buffer each step, the cheapest first; or the stage that nothing can do or reach. */
  run(stages: readonly Stage[]): readonly Partial[] | number {
    let arrivals: readonly Arrival[] = [];
    for (const [index, stage] of stages.entries()) {
      const front = frontOf(arrivals);
      arrivals = this.#candidates(stage).flatMap((device, order) => {
        const own = engineNs(this.world, stage, device, this.bytes);
        const place = this.places.place(device);
        const best = index === 0 ? [{ ns: own, device, buffer: null, before: null }] : this.#arrive(front, place, own);
        const [first] = best;
        return first === undefined ? [] : [{ place, best, ns: first.ns, order }];
      });
      if (arrivals.length === 0) return index;
    }
    return arrivals
      .flatMap(({ best }) => best)
      .sort((a, b) => a.ns - b.ns)
      .slice(0, kept);
  }

  /** The cheapest ways from the devices before that are not near a place, and from some that are: `enough` of them. */
  #farWays({ byShape, far }: Front, to: Place, enough: number): readonly Way[] {
    const known = far.get(to.shape);
    const isNearTo = ({ place }: Arrival): boolean => isNear(place, to);
    if (known !== undefined && known.enough >= enough && known.without.every((alike) => alike.every(isNearTo)))
      return known.ways;
    const without: (readonly Arrival[])[] = [];
    const steps: { readonly ns: number; readonly alike: readonly Arrival[]; readonly step: Step }[] = [];
    for (const alike of byShape.values()) {
      const from = alike.find((each) => !isNearTo(each));
      const step = from === undefined ? null : this.#step(from.place, to);
      if (from === undefined) without.push(alike);
      if (step !== null) steps.push({ ns: (alike[0]?.ns ?? unlimited) + step.ns, alike, step });
    }
    const ways: Way[] = [];
    // The cheapest first: of the others, most are turned away at once.
    for (const { alike, step } of steps.sort((a, b) => a.ns - b.ns))
      for (const each of alike) if (!keep(ways, each, step, enough)) break;
    far.set(to.shape, { enough, ways, without });
    return ways;
  }

  /** The cheapest ways from the devices before, by the best pipeline of each. */
  #ways(front: Front, to: Place): readonly Way[] {
    const island = to.island === null ? [] : (front.byIsland.get(to.island) ?? []);
    const near = new Set([...(front.byRoot.get(to.root) ?? []), ...island]);
    const far = this.#farWays(front, to, kept + near.size);
    const ways = far.filter(({ from }) => !near.has(from)).slice(0, kept);
    for (const from of near) {
      const step = this.#step(from.place, to);
      if (step !== null) keep(ways, from, step, kept);
    }
    return ways;
  }

  /** The best pipelines of a device come from the devices before it whose own best are best: no others are looked at. */
  #arrive(front: Front, to: Place, own: number): readonly Partial[] {
    const ways = this.#ways(front, to);
    const taken = ways.map(() => 0);
    const best: Partial[] = [];
    while (best.length < kept) {
      let least = unlimited;
      let next = -1;
      for (let i = 0; i < ways.length; i++) {
        const way = ensure(ways[i], 'below the length');
        // What follows starts dearer.
        if (way.ns >= least) break;
        const ns = (way.from.best[taken[i] ?? 0]?.ns ?? unlimited) + way.step.ns;
        if (ns < least) [least, next] = [ns, i];
      }
      const way = ways[next];
      if (way === undefined) break;
      const before = ensure(way.from.best[taken[next] ?? 0], 'it costs least');
      taken[next] = (taken[next] ?? 0) + 1;
      best.push({ ns: least + own, device: to.name, buffer: this.#buffer(way.step, way.from.place, to), before });
    }
    return best;
  }
}
