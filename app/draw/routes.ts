/** The ways that wires take between boxes that have their place. */
import { laneStep, type Box, type Kid } from './box.ts';
import type { Bus } from './fabric.ts';
import type { DrawnEdge, Placed, Point } from './picture.ts';

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

  #add(edges: readonly DrawnEdge[], wire: Omit<Wire, 'stands' | 'degraded' | 'kind' | 'title'>): void {
    const [first] = edges;
    if (first === undefined) return;
    const facts = [
      first.kind === 'unknown' ? '' : first.kind,
      first.label ?? '',
      first.degraded === null ? '' : `degraded: ${first.degraded}`,
    ];
    this.#wires.push({
      ...wire,
      kind: first.kind,
      degraded: edges.some((edge) => edge.degraded !== null),
      title:
        edges.length > 1
          ? wire.id.startsWith('bus:')
            ? `${edges.length} × ${first.kind} ${first.label ?? ''}`
            : facts.join(' ')
          : facts.filter((fact) => fact !== '').join(' · '),
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
    const bar = parent.x + 5;
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

  #cpuLink(edge: DrawnEdge, index: number): void {
    const a = this.#packageOf(edge.source);
    const b = this.#packageOf(edge.target);
    if (a === null || b === null) return;
    const [top, below] = a.y <= b.y ? [a, b] : [b, a];
    const x = Math.max(a.x, b.x) + 30 + index * laneStep;
    const between = [...this.#all].filter(
      (spot) =>
        spot.box.node !== null &&
        spot.y > top.y + top.height - 1 &&
        spot.y + spot.height < below.y + 1 &&
        spot.x < x &&
        spot.x + spot.width > x,
    );
    const straight = Math.abs(a.x - b.x) < 4 && top.y + top.height <= below.y && between.length === 0;
    const lane = Math.min(a.x, b.x) - 10 - index * laneStep;
    const points: readonly Point[] = straight
      ? [
          { x, y: top.y + top.height },
          { x, y: below.y },
        ]
      : Math.abs(a.y - b.y) < 4
        ? this.#over(a, b, index)
        : [
            { x: top.x, y: top.y + 17 },
            { x: lane, y: top.y + 17 },
            { x: lane, y: below.y + 17 },
            { x: below.x, y: below.y + 17 },
          ];
    const [first, last] = [points[0], points[points.length - 1]];
    const lines = (edge.label ?? '').split(' · ').filter((line) => line !== '');
    const roomy = straight && first !== undefined && last !== undefined && last.y - first.y > 34;
    const label: Label | null =
      this.labels !== 'wire' || lines.length === 0 || first === undefined || last === undefined
        ? null
        : roomy
          ? { x: first.x, y: (first.y + last.y) / 2, lines, anchor: 'middle', on: 'background' }
          : null;
    this.#add([edge], { id: edge.id, paths: [points], dots: [], label, ends: [edge.source, edge.target] });
    for (const one of edge.stands) this.#routes.set(one, points);
  }

  /** Over the top, between two packages side by side. */
  #over(a: Spot, b: Spot, index: number): readonly Point[] {
    const y = Math.min(a.y, b.y) - 8 - index * laneStep;
    const from = a.x + a.width - 30;
    const to = b.x + 30;
    return [
      { x: from, y: a.y },
      { x: from, y },
      { x: to, y },
      { x: to, y: b.y },
    ];
  }

  #packageOf(id: string): Spot | null {
    let spot = this.#spots.get(id) ?? null;
    // A closed package is a card; it is met as it is.
    if (spot?.box.node?.kind !== 'cpu') return spot;
    while (spot !== null && spot.box.form !== 'package' && spot.parent !== null) spot = spot.parent;
    return spot;
  }

  /** The lanes of one box: a vertical line for each bus, and what is joined to it. */
  #lanes(at: string | null, buses: readonly Bus[]): void {
    const home = at === null ? (this.#all[0] ?? null) : this.#home(at);
    if (home === null) return;
    const left = home.x + (home.box.lanesAt > 0 ? home.box.lanesAt : home.width) + 8;
    const slots = new Map<string, number>();
    for (const bus of buses) for (const member of bus.members) slots.set(member, (slots.get(member) ?? 0) + 1);
    const used = new Map<string, number>();
    const labels: { lines: readonly string[]; middle: number }[] = [];
    buses.forEach((bus, index) => {
      const x = left + index * laneStep;
      const ways = new Map<string, readonly Point[]>();
      for (const member of bus.members) {
        const spot = this.#spots.get(member);
        if (spot === undefined) continue;
        const slot = (used.get(member) ?? 0) + 1;
        used.set(member, slot);
        const share = slot / ((slots.get(member) ?? 1) + 1);
        ways.set(
          member,
          spot.box.node?.kind === 'cpu' ? this.#overTop(spot, home, x, index) : this.#exit(spot, home, x, share, index),
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
      const known = labels.find((label) => label.lines.join(' ') === text);
      let label: Label | null = null;
      if (known === undefined) {
        const height = bus.label.length * 14;
        let middle = (low + high) / 2;
        for (const other of labels.toSorted((a, b) => a.middle - b.middle))
          if (Math.abs(other.middle - middle) < height / 2 + other.lines.length * 7 + 4)
            middle = other.middle + other.lines.length * 7 + height / 2 + 6;
        labels.push({ lines: bus.label, middle });
        label = {
          x: left + (buses.length - 1) * laneStep + 7,
          y: middle,
          lines: bus.label,
          anchor: 'start',
          on: home.box.node === null ? 'background' : 'group',
        };
      }
      const dots = bus.members.length > 2 ? ends.map((end) => ({ x, y: end })) : [];
      this.#add(bus.edges, { id: bus.id, paths, dots, label, ends: bus.members });
      for (const edge of bus.edges) {
        const way = [...(ways.get(edge.source) ?? []), ...[...(ways.get(edge.target) ?? [])].reverse()];
        for (const one of edge.stands) this.#routes.set(one, way);
      }
    });
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

  /** From the top of a package over what hangs on it to a lane. */
  #overTop(cpu: Spot, home: Spot, lane: number, index: number): readonly Point[] {
    const frame = cpu.parent ?? cpu;
    const y = Math.max(home.y, frame.y - 16) + 3 + (index % 4) * 3;
    const x = frame.x + frame.width - 14 - index * laneStep;
    return [
      { x, y: frame.y },
      { x, y },
      { x: lane, y },
    ];
  }
}

/** Without points that repeat the one before. */
const tidy = (points: readonly Point[]): readonly Point[] =>
  points.filter((point, i) => {
    const before = points[i - 1];
    return before === undefined || Math.abs(before.x - point.x) > 0.01 || Math.abs(before.y - point.y) > 0.01;
  });
