/**
 * Where everything stands. A package holds its CPU above its memory; what hangs on it stands to its right; a bridge or a
 * switch is a frame whose left edge is the bus of all that hangs on it.
 *
 *      ┌ Package 0 ─┐    ┌ Host bridge ───────────────┐
 *      │ CPU 0      │────┃      ┌ Switch ────────────┐ │
 *      │   │        │    ┠──────┃       ┌ gpu0 ────┐ │ │
 *      │ DRAM       │    ┃      ┠───────│          │ │ │
 *      └────────────┘    └────────────────────────────┘
 *
 * Deterministic, and linear in what is drawn: no library could know what a machine's picture should look like.
 */
import type { GraphNode } from '../contract/frame.ts';
import { flow, inColumns, laneStep, type Box, type Flow } from './box.ts';
import { cardOf, frameRoom, frameWidth, type, type CardForm, type FrameRoom } from './card.ts';
import { busesOf, type Bus } from './fabric.ts';
import type { FoldLevel } from './fold.ts';
import {
  byParent,
  isInside,
  type DrawnEdge,
  type DrawnNode,
  type DrawnPicture,
  type Placed,
  type Size,
} from './picture.ts';
import { Router, type Wire } from './routes.ts';
import { textWidth } from './text-width.ts';

export interface Detail extends FoldLevel {
  readonly name: string;
  readonly form: CardForm;
  /** From this width on, long lines of cards are broken into two; 0: they are cut. */
  readonly wrap: number;
  /** Further lines of each card. */
  readonly lines: number;
  /** Where the label of a link stands: on its wire, in the card of the device, or nowhere. */
  readonly labels: 'wire' | 'card' | 'none';
}

/** What a layout may be tried with. */
interface Shape {
  /** Widest row of things that hang on one bus. */
  readonly room: number;
  /** Widest row of memory in a package. */
  readonly memoryRoom: number;
}

export interface Drawing extends Size {
  readonly nodes: ReadonlyMap<string, Placed>;
  readonly forms: ReadonlyMap<string, 'card' | 'bridge' | 'package'>;
  readonly wires: readonly Wire[];
  /** Points of the way along each wire, by the id of every edge that it stands for. */
  readonly routes: ReadonlyMap<string, readonly { readonly x: number; readonly y: number }[]>;
}

const gap = 10;
/** Between rows, where rails and lanes of links run. */
const rowGap = 14;
/** Length of the end of a wire, from its bus to a card. */
const wireEnd = 18;
const gutter = 34;

export class Layout {
  readonly #children: ReadonlyMap<string | null, readonly DrawnNode[]>;
  readonly #parts = new Map<string, GraphNode[]>();
  readonly #nodes: ReadonlyMap<string, DrawnNode>;
  /** The wire between a thing and what it hangs on. */
  readonly #up = new Map<string, DrawnEdge>();
  /** Buses by the node or package in whose box their lane runs; null: the whole picture. */
  readonly #buses = new Map<string | null, Bus[]>();
  readonly #cpuLinks: DrawnEdge[] = [];
  readonly #frame: FrameRoom;

  constructor(
    readonly picture: DrawnPicture,
    readonly detail: Detail,
    /** Nodes that are drawn within others. */
    inside: readonly GraphNode[],
    /** Sizes of cards that were measured before, at this or another level. */
    readonly sizes: Map<string, Size> = new Map(),
  ) {
    this.#frame = frameRoom(detail.form);
    for (const part of inside) {
      const own = this.#parts.get(part.parent ?? '');
      if (own === undefined) this.#parts.set(part.parent ?? '', [part]);
      else own.push(part);
    }
    const drawn = picture.nodes.filter((node) => node.kind !== 'process' && !isInside(node));
    this.#nodes = new Map(drawn.map((node) => [node.id, node]));
    this.#children = byParent(drawn);
    const fabric: DrawnEdge[] = [];
    for (const edge of picture.edges) {
      const target = this.#nodes.get(edge.target);
      const source = this.#nodes.get(edge.source);
      if (target === undefined || source === undefined) continue;
      const hangs =
        target.parent === source.id ||
        (target.parent !== null && this.#owner(target) === this.#owner(source) && source.kind === 'cpu');
      const isTree = edge.kind === 'pcie' || edge.kind === 'on-package' || target.kind === 'memory';
      if (hangs && isTree && !this.#up.has(target.id)) this.#up.set(target.id, edge);
      else if (isSocket(source) && isSocket(target)) this.#cpuLinks.push(edge);
      else fabric.push(edge);
    }
    for (const bus of busesOf(fabric, this.#nodes)) {
      const at = this.#commonBox(bus.members);
      const own = this.#buses.get(at);
      if (own === undefined) this.#buses.set(at, [bus]);
      else own.push(bus);
    }
  }

  /** The package that a node belongs to, itself included; null: none. */
  #owner(node: DrawnNode): string | null {
    for (
      let at: DrawnNode | undefined = node;
      at !== undefined;
      at = at.parent === null ? undefined : this.#nodes.get(at.parent)
    )
      if (at.kind === 'package') return at.id;
    return null;
  }

  #chain(id: string): readonly string[] {
    const chain: string[] = [];
    for (
      let at: string | null = this.#nodes.get(id)?.parent ?? null;
      at !== null;
      at = this.#nodes.get(at)?.parent ?? null
    )
      chain.push(at);
    return chain;
  }

  /** The innermost node that holds all of these; null: only the picture does. */
  #commonBox(ids: readonly string[]): string | null {
    const [first = '', ...rest] = ids;
    let common = this.#chain(first);
    for (const id of rest) {
      const other = new Set(this.#chain(id));
      common = common.filter((at) => other.has(at));
    }
    // A link to the CPU of a package runs beside the package, with what hangs on it.
    return common[0] ?? null;
  }

  /** Sizes for every shape that is worth trying, each with a way to make the drawing of it. */
  *shapes(
    rooms: readonly number[],
    memoryRooms: readonly number[],
  ): Generator<Size & { readonly draw: () => Drawing }> {
    for (const memoryRoom of memoryRooms) {
      let before: Size | null = null;
      for (const room of rooms) {
        const boxes = this.#tops({ room, memoryRoom });
        for (let columns = 1; columns <= Math.max(1, Math.min(12, boxes.length)); columns++) {
          const root = this.#root(boxes, columns);
          if (columns === 1 && before !== null && before.width === root.width && before.height === root.height) break;
          if (columns === 1) before = root;
          yield { width: root.width, height: root.height, draw: () => this.#draw(root) };
        }
      }
    }
  }

  #draw(root: Box): Drawing {
    const router = new Router(root, this.#up, this.#buses, this.#cpuLinks, this.detail.labels);
    return { ...router.draw(), width: root.width, height: root.height };
  }

  /** Pixels that the cards alone would cover. */
  area(): number {
    let sum = 0;
    for (const node of this.#nodes.values()) {
      if (node.open === true) continue;
      const { width, height } = this.#card(node);
      sum += (width + gap) * (height + gap);
    }
    return sum;
  }

  #link(node: DrawnNode): string | null {
    const edge = this.#up.get(node.id);
    return edge === undefined || edge.kind === 'on-package' ? null : edge.label;
  }

  readonly #cards = new Map<string, Box>();

  #card(node: DrawnNode): Box {
    let card = this.#cards.get(node.id);
    if (card === undefined) {
      card = this.#measure(node);
      this.#cards.set(node.id, card);
    }
    return card;
  }

  #measure(node: DrawnNode): Box {
    const link = this.detail.labels === 'card' && node.kind !== 'memory' ? this.#link(node) : null;
    const { form, lines, wrap } = this.detail;
    const key = JSON.stringify([node.id, form, lines, wrap, link, node.count, node.open, node.peers]);
    let size = this.sizes.get(key);
    if (size === undefined) {
      const { width, height } = cardOf(node, this.#parts.get(node.id) ?? [], { form, lines, wrap, link });
      size = { width, height };
      this.sizes.set(key, size);
    }
    const { width, height } = size;
    return { form: 'card', node, kids: [], width, height, lanesAt: 0 };
  }

  #box(node: DrawnNode, shape: Shape): Box {
    if (node.open !== true) return this.#card(node);
    if (node.kind === 'package') return this.#cluster(node, shape);
    if (node.kind === 'group') return this.#group(node, shape);
    return this.#bridge(node, shape);
  }

  /** Room for labels on the wires to these boxes, where wires carry them. */
  #labelRoom(boxes: readonly Box[]): number {
    if (this.detail.labels !== 'wire') return wireEnd;
    const widths = boxes.flatMap(({ node }) => {
      const edge = node === null ? undefined : this.#up.get(node.id);
      if (edge === undefined || edge.kind === 'on-package') return [];
      return [...(edge.label ?? '').split(' · '), edge.degraded ?? ''].map((line) => textWidth(line, type.small));
    });
    const widest = Math.max(0, ...widths);
    return widest === 0 ? wireEnd : Math.ceil(widest) + 20;
  }

  /** Boxes along a bus: in one column where their wires carry labels, else in rows of equal cards. */
  #alongBus(boxes: readonly Box[], room: number): Flow & { readonly left: number; readonly top: number } {
    const labels = this.#labelRoom(boxes);
    const column = labels > wireEnd;
    const even = new Map<number, number>();
    for (const box of boxes) if (box.form === 'card') even.set(0, Math.max(even.get(0) ?? 0, box.width));
    const set = boxes.map((box) => (box.form === 'card' ? { ...box, width: even.get(0) ?? box.width } : box));
    const rows = flow(set, column ? 0 : room - wireEnd - this.#frame.pad, gap, column ? 10 : rowGap);
    if (rows.isColumn) return { ...flow(set, 0, gap, 10), left: labels, top: 0 };
    return { ...rows, left: wireEnd, top: rowGap - 6 };
  }

  /** Room at the right of a box for the lanes of the links between what it holds. */
  #lanes(at: string | null): number {
    const buses = this.#buses.get(at) ?? [];
    if (buses.length === 0) return 0;
    const widest = Math.max(...buses.flatMap((bus) => bus.label.map((line) => textWidth(line, type.small))));
    return 10 + buses.length * laneStep + Math.ceil(widest) + 6;
  }

  #bridge(node: DrawnNode, shape: Shape): Box {
    const boxes = (this.#children.get(node.id) ?? []).map((child) => this.#box(child, shape));
    const inner = this.#alongBus(boxes, shape.room);
    const lanes = this.#lanes(node.id);
    const content = inner.left + inner.width + (lanes > 0 ? lanes : this.#frame.pad);
    return {
      form: 'bridge',
      node,
      kids: inner.kids.map((kid) => ({ ...kid, x: kid.x + inner.left, y: kid.y + this.#frame.head + inner.top })),
      width: Math.max(content, frameWidth(node, this.detail.form)),
      height: this.#frame.head + inner.top + inner.height + this.#frame.pad,
      lanesAt: lanes > 0 ? inner.left + inner.width : 0,
    };
  }

  /** Frames by node, room for memory and least width: what hangs on a package does not change its frame. */
  readonly #packages = new Map<string, Box>();

  /** The frame of a package or of a group in one: its CPU, its memory, and its groups. */
  #package(node: DrawnNode, shape: Shape, least = 0): Box {
    const key = `${node.id} ${shape.memoryRoom} ${least}`;
    const made = this.#packages.get(key) ?? this.#newPackage(node, shape, least);
    this.#packages.set(key, made);
    return made;
  }

  #newPackage(node: DrawnNode, shape: Shape, least: number): Box {
    const children = (this.#children.get(node.id) ?? []).filter((child) => !hangs(child));
    const cpus = children.filter((child) => child.kind === 'cpu').map((child) => this.#card(child));
    const memory = alikeWide(
      children.filter((child) => child.kind !== 'cpu'),
      (child, width) => (child.open === true ? this.#package(child, shape, width) : this.#card(child)),
    );
    const widest = Math.max(0, ...memory.filter((box) => box.form === 'card').map((box) => box.width));
    const even = memory.map((box) => (box.form === 'card' ? { ...box, width: widest } : box));
    const rows = flow(even, shape.memoryRoom, gap, gap);
    // At the left run the wires to memory that does not stand right below the CPU, and the link to other sockets.
    const indent = rows.rows > 1 && this.#cpuLinks.length > 0 ? 6 : 0;
    const side = this.#frame.pad + indent;
    const inner = Math.max(
      rows.width,
      least - this.#frame.pad - side,
      frameWidth(node, this.detail.form) - 2 * this.#frame.pad,
      ...cpus.map((box) => box.width),
    );
    const [cpu] = cpus;
    const labelled =
      this.detail.labels === 'wire' && memory.some((box) => box.node !== null && this.#link(box.node) !== null);
    const top =
      this.#frame.head + (cpu === undefined ? 0 : cpu.height + (memory.length === 0 ? 0 : labelled ? 42 : 14));
    // Below each other they are as wide as the frame, where that is not much wider; side by side they stay as they are.
    const stretched = (box: Box): Box =>
      !rows.isColumn
        ? box
        : box.form === 'card'
          ? even.every((one) => one.form === 'card')
            ? { ...box, width: inner }
            : box
          : box.node !== null && inner <= box.width * mostWidening
            ? this.#package(box.node, shape, inner)
            : box;
    return {
      form: 'package',
      node,
      kids: [
        ...(cpu === undefined ? [] : [{ box: { ...cpu, width: inner }, x: side, y: this.#frame.head, row: -1 }]),
        ...rows.kids.map((kid) => ({
          ...kid,
          box: stretched(kid.box),
          x: kid.x + side,
          y: kid.y + top,
        })),
      ],
      width: inner + this.#frame.pad + side,
      height: top + rows.height + this.#frame.pad,
      lanesAt: 0,
    };
  }

  /** A package with what hangs on it at its right. */
  #cluster(node: DrawnNode, shape: Shape, least = 0): Box {
    const frame = this.#package(node, shape, least);
    const hanging = this.#hangers(node.id);
    const lanes = this.#lanes(node.id);
    if (hanging.length === 0 && lanes === 0) return frame;
    const inner = this.#alongBus(
      hanging.map((child) => this.#box(child, shape)),
      shape.room,
    );
    const hangers: Box = {
      form: 'hangers',
      node: null,
      kids: inner.kids.map((kid) => ({ ...kid, x: kid.x + inner.left, y: kid.y + inner.top })),
      width: inner.left + inner.width,
      height: inner.top + inner.height,
      lanesAt: 0,
    };
    const toHangers = frame.width + gutter - wireEnd;
    const up = this.#reachesCpu(node.id) ? 16 : 0;
    return {
      form: 'bare',
      node: null,
      kids: [
        { box: frame, x: 0, y: up, row: 0 },
        ...(hanging.length === 0 ? [] : [{ box: hangers, x: toHangers, y: up, row: 0 }]),
      ],
      width: toHangers + hangers.width + lanes,
      height: Math.max(frame.height, hangers.height) + up,
      lanesAt: lanes > 0 ? toHangers + hangers.width : 0,
    };
  }

  /** True where a link between devices of a package ends at its CPU: it is led over the top. */
  #reachesCpu(id: string): boolean {
    return (this.#buses.get(id) ?? []).some((bus) =>
      bus.members.some((member) => this.#nodes.get(member)?.kind === 'cpu'),
    );
  }

  /** What hangs on a package, and on the groups in it. */
  #hangers(id: string): readonly DrawnNode[] {
    return (this.#children.get(id) ?? []).flatMap((child) =>
      hangs(child) ? [child] : child.kind === 'group' && child.open === true ? this.#hangers(child.id) : [],
    );
  }

  /** A group: of packages it is a frame around them; in a package it holds memory. */
  #group(node: DrawnNode, shape: Shape): Box {
    const children = this.#children.get(node.id) ?? [];
    if (!children.some((child) => child.kind === 'package' || child.kind === 'group'))
      return this.#cluster(node, shape);
    const boxes = children.map((child) => this.#box(child, shape));
    const rows = flow(boxes, Math.max(shape.room, 500), rowGap, rowGap);
    const lanes = this.#lanes(node.id);
    return {
      form: 'package',
      node,
      kids: rows.kids.map((kid) => ({ ...kid, x: kid.x + this.#frame.pad, y: kid.y + this.#frame.head })),
      width: Math.max(rows.width + 2 * this.#frame.pad + lanes, frameWidth(node, this.detail.form)),
      height: this.#frame.head + rows.height + this.#frame.pad,
      lanesAt: lanes > 0 ? this.#frame.pad + rows.width : 0,
    };
  }

  /** What stands in nothing else, side by side. */
  #tops(shape: Shape): readonly Box[] {
    const tops = this.#children.get(null) ?? [];
    const isLooseCard = (node: DrawnNode): boolean => node.kind === 'memory' || node.kind === 'device';
    const least = widthOf(
      tops
        .filter((node) => node.kind === 'package' && node.open === true)
        .map((node) => this.#package(node, shape).width),
    );
    const frames = tops
      .filter((node) => !isLooseCard(node))
      .map((node) =>
        node.kind === 'package' && node.open === true ? this.#cluster(node, shape, least) : this.#box(node, shape),
      );
    const loose = tops.filter(isLooseCard).map((node) => this.#card(node));
    if (loose.length === 0) return frames;
    const widest = Math.max(0, ...loose.map((box) => box.width));
    const even = loose.map((box) => ({ ...box, width: widest }));
    if (frames.length === 0) return even;
    const rows = flow(even, Math.max(shape.room, ...frames.map((box) => box.width)), gap, gap);
    return [
      ...frames,
      { form: 'bare', node: null, kids: rows.kids, width: rows.width, height: rows.height, lanesAt: 0 },
    ];
  }

  #root(boxes: readonly Box[], columns: number): Box {
    const lanes = this.#lanes(null);
    const left = this.#cpuLinks.length > 1 ? 12 + this.#cpuLinks.length * laneStep : 0;
    const gapY = this.#cpuLinks.length > 0 && this.detail.labels === 'wire' ? 44 : 16;
    const rows: Flow =
      boxes.length === 0
        ? { kids: [], rows: 0, isColumn: true, width: 0, height: 0 }
        : inColumns(
            boxes,
            columns,
            boxes.every((box) => box.form === 'card') ? gap : 28,
            boxes.every((box) => box.form === 'card') ? gap : gapY,
            lanes > 0,
          );
    return {
      form: 'bare',
      node: null,
      kids: rows.kids.map((kid) => ({ ...kid, x: kid.x + left })),
      width: rows.width + left + lanes,
      height: rows.height,
      lanesAt: lanes > 0 ? rows.width + left : 0,
    };
  }
}

/** How much wider than the narrowest the widest may be, where all are made equally wide. */
const mostWidening = 1.4;

/** One width for frames that stand below each other; 0 where they are too different. */
function widthOf(widths: readonly number[]): number {
  const most = Math.max(0, ...widths);
  return most <= Math.min(...widths) * mostWidening ? most : 0;
}

/** Frames as wide as the widest of them, where they are of about one width. */
function alikeWide(nodes: readonly DrawnNode[], box: (node: DrawnNode, least: number) => Box): readonly Box[] {
  const own = nodes.map((node) => box(node, 0));
  const least = widthOf(own.flatMap((one) => (one.form === 'package' ? [one.width] : [])));
  return own.map((one, i) => {
    const node = nodes[i];
    return one.form === 'package' && one.width < least && node !== undefined ? box(node, least) : one;
  });
}

/** What links between sockets end at: a CPU, or the closed package that it is in. */
const isSocket = (node: DrawnNode): boolean =>
  node.kind === 'cpu' || ((node.kind === 'package' || node.kind === 'group') && node.open === false);

const hangs = (node: DrawnNode): boolean =>
  node.kind === 'host-bridge' || node.kind === 'switch' || node.kind === 'device';
