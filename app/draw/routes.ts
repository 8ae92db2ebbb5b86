/** The ways that wires take between boxes that have their place. */
import { laneStep, type Box, type Kid } from './box.ts';
import type { Bus } from './fabric.ts';
import { type } from './card.ts';
import type { DrawnEdge, Placed, Point } from './picture.ts';
import { textWidth } from './text-width.ts';

export interface Label extends Point {
  readonly lines: readonly string[];
  readonly anchor: 'middle' | 'start';
  /** What it stands on. */
  readonly on: 'background' | 'group';
}

/** What is drawn of one edge, or of a bus. */
export interface Wire {
  readonly id: string;
  readonly kind: DrawnEdge['kind'];
  readonly paths: readonly (readonly Point[])[];
  /** Where the members of a bus join it: a crossing without a dot is none. */
  readonly dots: readonly Point[];
  /** Whole text, for a title. */
  readonly title: string;
  readonly degraded: boolean;
  /** A mesh that no line could draw truthfully: who is joined to whom is written in the cards. */
  readonly listed: boolean;
  readonly label: Label | null;
  readonly ends: readonly string[];
  /** Every edge that it stands for. */
  readonly stands: readonly string[];
}

interface Spot extends Placed {
  readonly box: Box;
  readonly kid: Kid | null;
  readonly parent: Spot | null;
}

/** Height of a line of a label. */
export const labelLine = 15;
/** Of its first line, from the top of the label. */
export const labelBase = 12;

/** Where a label lies, with a little air around it. */
export function labelBox({ x, y, lines, anchor }: Label): Placed {
  const width = Math.max(...lines.map((line) => textWidth(line, type.small))) + 6;
  const height = lines.length * labelLine;
  return { x: anchor === 'middle' ? x - width / 2 : x, y: y - height / 2, width, height };
}

/** How far below its top a box is reached from the side: the middle of its head. */
const entry = (spot: Spot): number => spot.y + Math.min(spot.height / 2, 16);

export class Router {
  readonly #spots = new Map<string, Spot>();
  readonly #all: Spot[] = [];
  readonly #wires: Wire[] = [];
  readonly #routes = new Map<string, readonly Point[]>();

  constructor(
    root: Box,
    readonly up: ReadonlyMap<string, DrawnEdge>,
    readonly buses: ReadonlyMap<string | null, readonly Bus[]>,
    readonly cpuLinks: readonly DrawnEdge[],
    readonly labels: 'wire' | 'card' | 'none',
  ) {
    this.#place(root, null, null, 0, 0);
  }

  #place(box: Box, kid: Kid | null, parent: Spot | null, x: number, y: number): void {
    const spot: Spot = { box, kid, parent, x, y, width: box.width, height: box.height };
    this.#all.push(spot);
    if (box.node !== null) this.#spots.set(box.node.id, spot);
    for (const child of box.kids) this.#place(child.box, child, spot, x + child.x, y + child.y);
  }

  draw(): {
    readonly nodes: ReadonlyMap<string, Placed>;
    readonly forms: ReadonlyMap<string, 'card' | 'bridge' | 'package'>;
    readonly wires: readonly Wire[];
    readonly routes: ReadonlyMap<string, readonly Point[]>;
  } {
    for (const [id, edge] of this.up) this.#treeWire(id, edge);
    this.cpuLinks.forEach((edge, i) => this.#cpuLink(edge, i));
    for (const [at, buses] of this.buses) this.#lanes(at, buses);
    const forms = new Map<string, 'card' | 'bridge' | 'package'>();
    const nodes = new Map<string, Placed>();
    for (const { box, x, y, width, height } of this.#all) {
      if (box.node === null) continue;
      nodes.set(box.node.id, { x, y, width, height });
      forms.set(box.node.id, box.form === 'bridge' || box.form === 'package' ? box.form : 'card');
    }
    return { nodes, forms, wires: this.#wires, routes: this.#routes };
  }

  #add(
    edges: readonly DrawnEdge[],
    wire: Omit<Wire, 'stands' | 'degraded' | 'kind' | 'title' | 'listed'>,
    bus: Pick<Bus, 'label' | 'listed'> | null = null,
  ): void {
    const [first] = edges;
    if (first === undefined) return;
    const facts = [
      first.kind === 'unknown' ? '' : first.kind,
      first.label ?? '',
      first.degraded === null ? '' : `degraded: ${first.degraded}`,
    ];
    this.#wires.push({
      ...wire,
      listed: bus?.listed === true,
      kind: first.kind,
      degraded: edges.some((edge) => edge.degraded !== null),
      title: edges.length > 1 ? (bus?.label ?? facts).join(' ') : facts.filter((fact) => fact !== '').join(' · '),
      stands: edges.flatMap((edge) => edge.stands),
    });
  }

  /** The wire from a bus, a CPU or a package to what hangs on it. */
  #treeWire(id: string, edge: DrawnEdge): void {
    const spot = this.#spots.get(id);
    if (spot === undefined || spot.parent === null || spot.kid === null) return;
    const points =
      spot.box.node?.kind === 'memory' || spot.parent.box.form === 'package'
        ? this.#inPackage(spot, spot.parent)
        : this.#alongBus(spot, spot.parent, edge);
    if (points === null) return;
    const label = this.#treeLabel(points, edge, spot);
    this.#add([edge], { id: edge.id, paths: [points], dots: [], label, ends: [edge.source, edge.target] });
    for (const one of edge.stands) this.#routes.set(one, points);
  }

  #treeLabel(points: readonly Point[], edge: DrawnEdge, spot: Spot): Label | null {
    if (this.labels !== 'wire' || edge.kind === 'on-package') return null;
    const lines = [...(edge.label ?? '').split(' · '), edge.degraded ?? ''].filter((line) => line !== '');
    const last = points[points.length - 1];
    const before = points[points.length - 2];
    if (lines.length === 0 || last === undefined || before === undefined) return null;
    const inside = spot.box.node?.kind === 'memory';
    if (inside && Math.abs(last.y - before.y) < 34) return null;
    return {
      x: (last.x + before.x) / 2,
      y: (last.y + before.y) / 2,
      lines,
      anchor: 'middle',
      on: spot.parent?.box.form === 'hangers' ? 'background' : 'group',
    };
  }

  #inPackage(spot: Spot, parent: Spot): readonly Point[] | null {
    const cpuKid = parent.box.kids.find((kid) => kid.box.node?.kind === 'cpu');
    if (cpuKid === undefined || spot.kid === null) return null;
    const cpu = this.#spots.get(cpuKid.box.node?.id ?? '');
    if (cpu === undefined) return null;
    const middle = spot.x + spot.width / 2;
    const bottom = cpu.y + cpu.height;
    if (spot.kid.row === 0)
      return [
        { x: middle, y: bottom },
        { x: middle, y: spot.y },
      ];
    const bar = Math.max(parent.x + 5, cpu.x - 5);
    const from: Point = { x: cpu.x, y: cpu.y + cpu.height / 2 };
    const isFirst = !parent.box.kids.some((kid) => kid.row === spot.kid?.row && kid.x < (spot.kid?.x ?? 0));
    if (isFirst) return [from, { x: bar, y: from.y }, { x: bar, y: entry(spot) }, { x: spot.x, y: entry(spot) }];
    const rail = spot.y - 5;
    return [from, { x: bar, y: from.y }, { x: bar, y: rail }, { x: middle, y: rail }, { x: middle, y: spot.y }];
  }

  #alongBus(spot: Spot, parent: Spot, edge: DrawnEdge): readonly Point[] | null {
    const bar = parent.x;
    const from = this.#busEntry(parent, edge);
    const alone = parent.box.kids.every((kid) => kid === spot.kid || kid.row !== spot.kid?.row);
    const column = parent.box.kids.every((kid, i) => i === 0 || kid.row !== parent.box.kids[i - 1]?.row);
    const isFirst = !parent.box.kids.some((kid) => kid.row === spot.kid?.row && kid.x < (spot.kid?.x ?? 0));
    if (column || (alone && isFirst && spot.box.form !== 'card'))
      return tidy([...from, { x: bar, y: entry(spot) }, { x: spot.x, y: entry(spot) }]);
    const rail = spot.y - 7;
    const drop = spot.x + Math.min(18, spot.width / 2);
    return tidy([...from, { x: bar, y: rail }, { x: drop, y: rail }, { x: drop, y: spot.y }]);
  }

  /** Where the way along a bus begins: at the head of its bridge, or at the CPU that it comes from. */
  #busEntry(parent: Spot, edge: DrawnEdge): readonly Point[] {
    if (parent.box.form === 'bridge') return [{ x: parent.x, y: entry(parent) }];
    const cpu = this.#spots.get(edge.source);
    if (cpu === undefined) return [];
    const y = entry(cpu);
    return [
      { x: cpu.x + cpu.width, y },
      { x: parent.x, y },
    ];
  }

  /** A link between two sockets, from CPU to CPU: down the left sides of packages, or over their tops. */
  #cpuLink(edge: DrawnEdge, index: number): void {
    const [one, other] = [this.#socketOf(edge.source), this.#socketOf(edge.target)];
    if (one === null || other === null) return;
    const [top, below] = one.frame.y <= other.frame.y ? [one, other] : [other, one];
    const { frame: upper } = top;
    const { frame: lower } = below;
    const x = Math.max(upper.x, lower.x) + (top.cpu === null || below.cpu === null ? 30 : 5);
    const between = this.#all.some(
      (spot) =>
        spot.box.node !== null &&
        spot.y > upper.y + upper.height - 1 &&
        spot.y + spot.height < lower.y + 1 &&
        spot.x < x &&
        spot.x + spot.width > x,
    );
    const straight = Math.abs(upper.x - lower.x) < 4 && upper.y + upper.height <= lower.y && !between;
    const lane = Math.min(upper.x, lower.x) - 10 - index * laneStep;
    const points = straight
      ? tidy([...leftOf(top, x, 'down'), ...leftOf(below, x, 'up').toReversed()])
      : Math.abs(upper.y - lower.y) < 4
        ? this.#over(one, other, index)
        : [...leftOf(top, lane, 'down'), ...leftOf(below, lane, 'up').toReversed()];
    const lines = (edge.label ?? '').split(' · ').filter((line) => line !== '');
    const gap = lower.y - upper.y - upper.height;
    const label: Label | null =
      this.labels === 'wire' && lines.length > 0 && straight && gap > 34
        ? { x: x + 4, y: upper.y + upper.height + gap / 2, lines, anchor: 'start', on: 'background' }
        : null;
    this.#add([edge], { id: edge.id, paths: [points], dots: [], label, ends: [edge.source, edge.target] });
    for (const id of edge.stands) this.#routes.set(id, points);
  }

  /** Over the top, between two packages side by side: out at the right of one, in at the left of the other. */
  #over(one: Socket, other: Socket, index: number): readonly Point[] {
    const [left, right] = one.frame.x <= other.frame.x ? [one, other] : [other, one];
    const y = Math.min(left.frame.y, right.frame.y) - 8 - index * laneStep;
    const edge = left.frame.x + left.frame.width;
    const from: readonly Point[] =
      left.cpu === null
        ? [
            { x: edge - 30, y: left.frame.y },
            { x: edge - 30, y },
          ]
        : [
            { x: left.cpu.x + left.cpu.width, y: left.cpu.y + left.cpu.height - 6 },
            { x: edge - 4, y: left.cpu.y + left.cpu.height - 6 },
            { x: edge - 4, y },
          ];
    const to: readonly Point[] =
      right.cpu === null
        ? [
            { x: right.frame.x + 30, y },
            { x: right.frame.x + 30, y: right.frame.y },
          ]
        : [
            { x: right.frame.x + 5, y },
            { x: right.frame.x + 5, y: right.cpu.y + right.cpu.height - 6 },
            { x: right.cpu.x, y: right.cpu.y + right.cpu.height - 6 },
          ];
    const points = [...from, ...to];
    return left === one ? points : points.toReversed();
  }

  /** What a link between sockets ends at: a closed package as it is, else the CPU in its package. */
  #socketOf(id: string): Socket | null {
    const spot = this.#spots.get(id) ?? null;
    if (spot === null || spot.box.node?.kind !== 'cpu') return spot === null ? null : { frame: spot, cpu: null };
    let frame: Spot = spot;
    while (frame.box.form !== 'package' && frame.parent !== null) frame = frame.parent;
    return { frame, cpu: spot };
  }

  /** The lanes of one box: a vertical line for each bus, and what is joined to it. */
  #lanes(at: string | null, buses: readonly Bus[]): void {
    const home = at === null ? (this.#all[0] ?? null) : this.#home(at);
    if (home === null) return;
    const left = home.x + (home.box.lanesAt > 0 ? home.box.lanesAt : home.width) + 8;
    const plans = this.#plans(buses, home);
    const toCpu = plans.filter(({ toCpu }) => toCpu).length;
    const labels: { lines: readonly string[]; middle: number }[] = [];
    plans.forEach((plan, index) => {
      const { bus } = plan;
      const x = left + index * laneStep;
      const ways = new Map<string, readonly Point[]>();
      for (const member of bus.members) {
        const spot = this.#spots.get(member);
        if (spot === undefined) continue;
        const outer = plans.slice(index + 1).filter((other) => other.toCpu).length;
        ways.set(
          member,
          spot.box.node?.kind === 'cpu'
            ? this.#overTop(spot, home, x, outer, toCpu)
            : this.#exit(spot, home, x, plan.shares.get(member) ?? 0.5, index),
        );
      }
      const ends = [...ways.values()].map((way) => way[way.length - 1]?.y ?? 0);
      const [low, high] = [Math.min(...ends), Math.max(...ends)];
      const paths = [
        ...ways.values(),
        [
          { x, y: low },
          { x, y: high },
        ],
      ];
      const text = bus.label.join(' ');
      let label: Label | null = null;
      if (!labels.some((other) => other.lines.join(' ') === text)) {
        const alike = plans.filter((other) => other.bus.label.join(' ') === text).length;
        const lines = alike > 1 && bus.members.length === 2 ? ['each', ...bus.label] : bus.label;
        const height = lines.length * labelLine;
        let middle = (low + high) / 2;
        for (const other of labels.toSorted((a, b) => a.middle - b.middle)) {
          const own = other.lines.length * (labelLine / 2);
          if (Math.abs(other.middle - middle) < height / 2 + own + 10) middle = other.middle + own + height / 2 + 10;
        }
        labels.push({ lines: bus.label, middle });
        label = {
          x: left + (buses.length - 1) * laneStep + 7,
          y: middle,
          lines,
          anchor: 'start',
          on: home.box.node === null ? 'background' : 'group',
        };
      }
      const dots = bus.members.length > 2 && !bus.listed ? ends.map((end) => ({ x, y: end })) : [];
      this.#add(bus.edges, { id: bus.id, paths, dots, label, ends: bus.members }, bus);
      for (const edge of bus.edges) {
        const way = [...(ways.get(edge.source) ?? []), ...[...(ways.get(edge.target) ?? [])].reverse()];
        for (const one of edge.stands) this.#routes.set(one, way);
      }
    });
  }

  /**
   * Which bus has which lane, and where on its card each wire leaves, so that as few as can be cross: short buses
   * inside long ones; on a card the wires that go up above those that go down.
   */
  #plans(buses: readonly Bus[], home: Spot): readonly Plan[] {
    const heightOf = (member: string): number => {
      const spot = this.#spots.get(member);
      return spot === undefined ? home.y : spot.box.node?.kind === 'cpu' ? home.y - 1 : spot.y + spot.height / 2;
    };
    const measured = buses.map((bus) => {
      const heights = bus.members.map(heightOf);
      const [low, high] = [Math.min(...heights), Math.max(...heights)];
      const toCpu = bus.members.some((member) => this.#spots.get(member)?.box.node?.kind === 'cpu');
      return { bus, toCpu, low, high, shares: new Map<string, number>() };
    });
    const plans = measured.toSorted((a, b) => a.high - a.low - (b.high - b.low));
    const members = new Set(buses.flatMap((bus) => bus.members));
    for (const member of members) {
      const own = plans.filter(({ bus }) => bus.members.includes(member));
      const y = heightOf(member);
      const up = own.filter(({ low, high }) => y - low > high - y);
      const down = own.filter((plan) => !up.includes(plan)).toReversed();
      [...up, ...down].forEach((plan, i, all) => plan.shares.set(member, (i + 1) / (all.length + 1)));
    }
    return plans;
  }

  /** The box in which the lanes of a node run: its own frame, or the one that holds a package and what hangs on it. */
  #home(id: string): Spot | null {
    const spot = this.#spots.get(id);
    if (spot === undefined) return null;
    return spot.box.form === 'package' && spot.box.lanesAt === 0 ? (spot.parent ?? spot) : spot;
  }

  /** From the right edge of a box to a lane: past its right neighbours through the gap below their row. */
  #exit(from: Spot, home: Spot, lane: number, share: number, index: number): readonly Point[] {
    let y = from.y + Math.max(8, Math.min(from.height * share, from.height - 6));
    const points: Point[] = [{ x: from.x + from.width, y }];
    for (let spot = from; spot !== home && spot.parent !== null; spot = spot.parent) {
      const { kid, parent } = spot;
      const row = parent.box.kids.filter((other) => other.row === kid?.row);
      if (row.some((other) => other.x > (kid?.x ?? 0))) {
        const bottom = parent.y + Math.max(...row.map((other) => other.y + other.box.height)) + 2 + (index % 2) * 2;
        const side = spot.x + spot.width + 4;
        points.push({ x: side, y }, { x: side, y: bottom });
        y = bottom;
      }
    }
    points.push({ x: lane, y });
    return tidy(points);
  }

  /** From the right side of a CPU up past its package, and over what hangs on it to a lane: the outermost lane on top. */
  #overTop(cpu: Spot, home: Spot, lane: number, outer: number, count: number): readonly Point[] {
    const frame = cpu.parent ?? cpu;
    const y = Math.max(home.y, frame.y - 16) + 2 + Math.min(outer * 4, 12);
    // Between the package and the bus of what hangs on it.
    const x = frame.x + frame.width + Math.min(12, 3 + outer * 4);
    const out = cpu.y + cpu.height - 6 - Math.min(count - 1 - outer, 3) * 4;
    return [
      { x: cpu.x + cpu.width, y: out },
      { x, y: out },
      { x, y },
      { x: lane, y },
    ];
  }
}

/** One of the two ends of a link between sockets. */
interface Socket {
  /** Its package, or the card that stands for it. */
  readonly frame: Spot;
  /** Its CPU, where that is drawn. */
  readonly cpu: Spot | null;
}

/** From the left side of a CPU, or of the card of a closed package, to a line at its left. */
function leftOf({ frame, cpu }: Socket, x: number, way: 'up' | 'down'): readonly Point[] {
  if (cpu === null && x > frame.x) return [{ x, y: way === 'down' ? frame.y + frame.height : frame.y }];
  const y = cpu === null ? frame.y + Math.min(frame.height / 2, 17) : cpu.y + cpu.height / 2;
  return [
    { x: (cpu ?? frame).x, y },
    { x, y },
  ];
}

/** A bus with its lane, where on each card its wire leaves, as a share of the card's height. */
interface Plan {
  readonly bus: Bus;
  readonly toCpu: boolean;
  readonly shares: Map<string, number>;
}

/** Without points that repeat the one before. */
const tidy = (points: readonly Point[]): readonly Point[] =>
  points.filter((point, i) => {
    const before = points[i - 1];
    return before === undefined || Math.abs(before.x - point.x) > 0.01 || Math.abs(before.y - point.y) > 0.01;
  });
