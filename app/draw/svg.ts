/** A picture of a machine as SVG, without a browser: the same boxes, marks and wires that the app paints. */
import type { GraphRelation, StripRef } from '../contract/frame.ts';
import { legend } from '../model/legend.ts';
import { cardOf, frameMarks, type, type CardStyle, type Mark } from './card.ts';
import { placeProcesses, type Drawn } from './draw.ts';
import { isInside, type DrawnNode, type Picture, type Placed } from './picture.ts';
import { labelBase, labelBox, labelLine, type Wire } from './routes.ts';
import { glyphShape, stateStyle, type ThemeName } from './state-style.ts';
import { stripGrid } from './strip-grid.ts';
import { fitText, textWidth } from './text-width.ts';
import { face, themeRoles, type Role } from './theme.ts';
import { listedDash, wireStyle } from './wire-style.ts';
import { roundedPath } from './wires.ts';
import { drawRelations, type DrawnRelation } from './relations.ts';

export interface SvgOptions {
  readonly theme: ThemeName;
  /** Above the picture, and its title for screen readers. */
  readonly title: string;
  readonly subtitle: string;
  /** Legend codes of a strip's cells, as the session's `strip` request answers. */
  readonly cells: (strip: StripRef, cells: number) => Uint8Array;
  readonly relations: readonly GraphRelation[];
  /** BARs true to scale. */
  readonly toScale?: boolean;
  /** CSS put into the picture: a face that is not installed everywhere. */
  readonly css?: string;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);
/** Text for XML: markup escaped, and characters that XML 1.0 has no place for replaced. */
const xml = (text: string): string =>
  text
    .replace(
      /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
      '\uFFFD',
    )
    .replace(/[&<>"]/g, (letter) => escapes.get(letter) ?? letter);

/** Coordinates with at most one decimal. */
const n = (value: number): string => String(Math.round(value * 10) / 10);
const at = (attributes: Readonly<Record<string, string | number | null | undefined>>): string =>
  Object.entries(attributes)
    .flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [` ${name}="${typeof value === 'number' ? n(value) : xml(value)}"`],
    )
    .join('');

const margin = 24;
const headHeight = 46;
const statesById: ReadonlyMap<number, (typeof legend)[number]> = new Map(legend.map((row) => [row.code, row]));

class Writer {
  readonly #out: string[] = [];

  constructor(readonly options: SvgOptions) {}

  write(...parts: readonly string[]): void {
    this.#out.push(...parts);
  }

  colour(role: Role | 'none'): string {
    return role === 'none' ? 'none' : themeRoles[role][this.options.theme];
  }

  text(mark: Extract<Mark, { kind: 'text' }>, x: number, y: number): void {
    this.write(
      `<text${at({
        x: x + mark.x,
        y: y + mark.y,
        'font-size': mark.size,
        'font-weight': mark.bold ? '600' : null,
        'text-anchor': mark.anchor === 'start' ? null : mark.anchor,
        fill: this.colour(mark.role),
      })}>${mark.whole === mark.text ? '' : `<title>${xml(mark.whole)}</title>`}${xml(mark.text)}</text>`,
    );
  }

  label(text: string, x: number, y: number, role: Role, anchor: 'start' | 'middle' | 'end' = 'start', size = 12): void {
    this.text({ kind: 'text', x: 0, y: 0, text, whole: text, size, bold: false, role, anchor }, x, y);
  }

  marks(marks: readonly Mark[], x: number, y: number): void {
    for (const mark of marks) {
      if (mark.kind === 'text') this.text(mark, x, y);
      else if (mark.kind === 'icon')
        this.write(
          `<path${at({
            d: mark.path,
            transform: `translate(${n(x + mark.x)} ${n(y + mark.y)}) scale(${Math.round((mark.size / 24) * 1e4) / 1e4})`,
            fill: 'none',
            stroke: this.colour('muted'),
            'stroke-width': '2',
            'stroke-linecap': 'round',
            'stroke-linejoin': 'round',
          })}/>`,
        );
      else if (mark.kind === 'box')
        this.write(
          `<rect${at({
            id: mark.part,
            x: x + mark.x,
            y: y + mark.y,
            width: mark.width,
            height: mark.height,
            rx: mark.radius > 0 ? mark.radius : null,
            fill: this.colour(mark.fill),
            stroke: mark.edge === null ? null : this.colour(mark.edge),
          })}/>`,
        );
      else this.strip(mark.strip, mark.room, x + mark.x, y + mark.y);
    }
  }

  /** A row of pages: neighbours of one state as one rectangle where they are too small for their glyph. */
  strip(strip: StripRef, room: number, x: number, y: number): void {
    const grid = stripGrid(strip.pages, room);
    const cells = this.options.cells(strip, grid.cells);
    this.write(`<g${at({ id: strip.id })}><title>${xml(strip.label)}</title>`);
    cells.forEach((code, i) => {
      const row = statesById.get(code);
      if (row === undefined) return;
      this.state(
        row,
        x + (i % grid.columns) * grid.pitchX,
        y + Math.floor(i / grid.columns) * grid.pitchY,
        grid.pitchX - 1,
        grid.pitchY - 1,
      );
    });
    this.write('</g>');
  }

  state(row: (typeof legend)[number], x: number, y: number, width: number, height: number): void {
    const paint = stateStyle[row.id][this.options.theme];
    const isNone = row.id === 'none';
    this.write(
      `<rect${at({
        x: isNone ? x + 0.5 : x,
        y: isNone ? y + 0.5 : y,
        width: isNone ? width - 1 : width,
        height: isNone ? height - 1 : height,
        fill: paint.fill,
        stroke: isNone ? paint.edge : null,
        'stroke-dasharray': isNone ? '2 2' : null,
      })}/>`,
    );
    const shape = glyphShape[row.glyph];
    if (shape.path === '' || width + 1 < 12 || isNone) return;
    const side = Math.min(width, height);
    this.write(
      `<path${at({
        d: shape.path,
        transform: `translate(${n(x + (width - side) / 2)} ${n(y + (height - side) / 2)}) scale(${Math.round((side / 16) * 1e4) / 1e4})`,
        fill: shape.draw === 'fill' ? paint.ink : 'none',
        stroke: shape.draw === 'line' ? paint.ink : null,
        'stroke-width': shape.draw === 'line' ? '1.6' : null,
      })}/>`,
    );
  }

  toString(): string {
    return this.#out.join('\n');
  }
}

/** Where a frame's or a card's outline is, and how it is painted. */
function outline(w: Writer, node: DrawnNode, box: Placed, form: 'card' | 'bridge' | 'package'): void {
  const { x, y, width, height } = box;
  if (node.count > 1)
    w.write(
      `<rect${at({ x: x + 3, y: y + 3, width, height, rx: 8, fill: w.colour('panel'), stroke: w.colour('hairline') })}/>`,
    );
  w.write(
    `<rect${at({
      x,
      y,
      width,
      height,
      rx: 8,
      fill: w.colour(form === 'card' ? 'panel' : 'group'),
      stroke: w.colour(node.alerts.length > 0 ? 'refusal' : node.kind === 'process' ? 'accent' : 'hairline'),
      'stroke-width': node.kind === 'process' ? '1.5' : null,
    })}/>`,
  );
  if (form === 'bridge')
    w.write(
      `<path${at({ d: `M${n(x)} ${n(y + 8)}V${n(y + height - 8)}`, stroke: w.colour('control-edge'), 'stroke-width': '3', 'stroke-linecap': 'round' })}/>`,
    );
}

function titleOf(node: DrawnNode): string {
  const facts = node.facts.flatMap(({ label, value }) => (value === null ? [] : [`${label}: ${value}`]));
  const count = node.count > 1 ? ` × ${node.count}` : '';
  return [
    `${node.title}${count}${node.subtitle === null ? '' : ` · ${node.subtitle}`}`,
    ...node.holds,
    ...facts.slice(0, 24),
  ].join('\n');
}

function paintWire(w: Writer, wire: Wire): void {
  const style = wireStyle(wire.kind);
  const stroke = wire.degraded ? w.colour('refusal') : w.colour(style.role);
  w.write(
    `<g${at({ id: `wire:${wire.id}`, class: 'wire', 'data-kind': wire.kind })}><title>${xml(wire.title)}</title>`,
  );
  for (const path of wire.paths)
    w.write(
      `<path${at({
        d: roundedPath(path),
        fill: 'none',
        stroke,
        'stroke-width': style.width,
        'stroke-dasharray': wire.degraded ? '5 3' : wire.listed ? listedDash : style.dash,
      })}/>`,
    );
  for (const dot of wire.dots) w.write(`<circle${at({ cx: dot.x, cy: dot.y, r: 3, fill: stroke })}/>`);
  w.write('</g>');
}

function paintLabel(w: Writer, wire: Wire): void {
  const { label } = wire;
  if (label === null) return;
  const box = labelBox(label);
  w.write(`<rect${at({ ...box, rx: 3, fill: w.colour(label.on) })}/>`);
  label.lines.forEach((line, i) =>
    w.label(
      line,
      label.anchor === 'middle' ? label.x : label.x + 3,
      box.y + labelBase + i * labelLine,
      wire.degraded ? 'refusal' : 'muted',
      label.anchor === 'middle' ? 'middle' : 'start',
    ),
  );
}

function relationStroke(w: Writer, { relation }: DrawnRelation): string {
  const state = legend.find((row) => row.id === relation.state);
  if (relation.kind === 'refused' || relation.state === 'stale') return w.colour('refusal');
  return state === undefined || relation.kind === 'mirror' || relation.kind === 'maps'
    ? w.colour('accent')
    : stateStyle[state.id][w.options.theme].edge;
}

/** Its way, below the cards. */
function paintRelation(w: Writer, drawn: DrawnRelation): void {
  const { relation, path } = drawn;
  const moves = relation.kind === 'transfer';
  w.write(
    `<g${at({ id: relation.id, class: 'relation', 'data-kind': relation.kind })}><title>${xml(relation.label)}</title>`,
    `<path${at({ d: path, fill: 'none', stroke: relationStroke(w, drawn), 'stroke-width': moves ? '5' : '1.8', 'stroke-opacity': moves ? '0.6' : null, 'stroke-dasharray': moves ? '7 11' : '5 4' })}/>`,
    '</g>',
  );
}

/** What it says, above everything. */
function paintRelationLabel(w: Writer, drawn: DrawnRelation): void {
  const { relation, text, label, leader } = drawn;
  const refused = relation.kind === 'refused' || relation.state === 'stale';
  if (leader !== null)
    w.write(
      `<path${at({ d: `M${n(leader[0].x)} ${n(leader[0].y)}L${n(leader[1].x)} ${n(leader[1].y)}`, stroke: relationStroke(w, drawn) })}/>`,
    );
  w.write(`<rect${at({ ...label, rx: 5, fill: w.colour('panel'), stroke: relationStroke(w, drawn) })}/>`);
  w.label(text, label.x + label.width / 2, label.y + 14, refused ? 'refusal' : 'text', 'middle');
}

/** Kinds of wires and marks that the picture shows, with their words. */
function paintLegend(w: Writer, drawn: Drawn, strips: boolean, x: number, y: number, room: number): number {
  let left = x;
  let top = y;
  const next = (width: number): void => {
    if (left > x && left + width > x + room) {
      left = x;
      top += 22;
    }
  };
  w.write('<g id="legend"><title>Legend</title>');
  const kinds = [...new Set(drawn.drawing.wires.map((wire) => wire.kind))];
  for (const kind of kinds) {
    const style = wireStyle(kind);
    const width = 34 + textWidth(style.word, { size: 12 }) + 18;
    next(width);
    w.write(
      `<path${at({ d: `M${n(left)} ${n(top)}h26`, stroke: w.colour(style.role), 'stroke-width': style.width, 'stroke-dasharray': style.dash, fill: 'none' })}/>`,
    );
    w.label(style.word, left + 34, top + 4, 'muted', 'start', 12);
    left += width;
  }
  if (drawn.drawing.wires.some((wire) => wire.degraded)) {
    const word = 'runs below its capability';
    next(34 + textWidth(word, { size: 12 }) + 18);
    w.write(
      `<path${at({ d: `M${n(left)} ${n(top)}h26`, stroke: w.colour('refusal'), 'stroke-width': '1.8', 'stroke-dasharray': '5 3' })}/>`,
    );
    w.label(word, left + 34, top + 4, 'refusal', 'start', 12);
    left += 34 + textWidth(word, { size: 12 }) + 18;
  }
  if (drawn.picture.nodes.some((node) => node.count > 1)) {
    const word = 'alike ones, drawn as one';
    next(34 + textWidth(word, { size: 12 }) + 18);
    w.label('× 4', left + 4, top + 4, 'accent', 'start', 12);
    w.label(word, left + 34, top + 4, 'muted', 'start', 12);
    left += 34 + textWidth(word, { size: 12 }) + 18;
  }
  if (strips)
    for (const row of legend) {
      const width = 22 + textWidth(row.word, { size: 12 }) + 16;
      next(width);
      w.state(row, left, top - 8, 15, 15);
      w.label(row.word, left + 21, top + 4, 'muted', 'start', 12);
      left += width;
    }
  w.write('</g>');
  return top + 22;
}

/** A whole picture; the same input gives the same bytes. */
export function svgOf(picture: Picture, drawn: Drawn, options: SvgOptions): string {
  const { drawing, detail } = drawn;
  const processes = placeProcesses(picture.nodes, drawing);
  const boxes = new Map([...drawing.nodes, ...processes]);
  const inside = picture.nodes.filter(isInside);
  const parts = new Map<string, (typeof inside)[number][]>();
  for (const part of inside) parts.set(part.parent ?? '', [...(parts.get(part.parent ?? '') ?? []), part]);
  const all = [...boxes.values()];
  const points = drawing.wires.flatMap((wire) => wire.paths.flat());
  const left = Math.min(0, ...all.map((box) => box.x), ...points.map((point) => point.x));
  const top = Math.min(0, ...all.map((box) => box.y), ...points.map((point) => point.y));
  const right = Math.max(320, drawing.width, ...all.map((box) => box.x + box.width));
  const bottom = Math.max(drawing.height, ...all.map((box) => box.y + box.height));

  const w = new Writer(options);
  const body = new Writer(options);
  const dx = margin - left;
  const dy = margin + headHeight - top;
  body.write(`<g${at({ id: 'machine', transform: `translate(${n(dx)} ${n(dy)})` })}>`);
  const linkOf = new Map(
    drawing.wires.flatMap((wire) =>
      wire.kind === 'pcie' && wire.ends[1] !== undefined ? [[wire.ends[1], wire.title]] : [],
    ),
  );
  const edges = new Map(drawn.picture.edges.map((edge) => [edge.id, edge]));
  const up = new Map([...edges.values()].filter((edge) => edge.kind === 'pcie').map((edge) => [edge.target, edge]));
  const paint = (node: DrawnNode): void => {
    const box = boxes.get(node.id);
    if (box === undefined) return;
    const form = drawing.forms.get(node.id) ?? 'card';
    body.write(`<g${at({ id: node.id, class: form, 'data-kind': node.kind })}><title>${xml(titleOf(node))}</title>`);
    outline(body, node, box, form);
    const style: CardStyle = {
      form: node.kind === 'process' ? 'full' : detail.form,
      lines: detail.lines,
      wrap: detail.wrap,
      toScale: options.toScale === true,
      link: detail.labels === 'card' && linkOf.has(node.id) ? (up.get(node.id)?.label ?? null) : null,
    };
    body.marks(
      form === 'card'
        ? cardOf(node, parts.get(node.id) ?? [], style).marks(box.width)
        : frameMarks(node, detail.form, box.width),
      box.x,
      box.y,
    );
    for (const alert of node.alerts.slice(0, 1)) {
      const text = fitText(alert, box.width - 32, type.small);
      body.write(
        `<rect${at({ x: box.x + 10, y: box.y + box.height - 8, width: textWidth(text, type.small) + 12, height: 17, rx: 4, fill: body.colour('refusal') })}/>`,
      );
      body.label(text, box.x + 16, box.y + box.height + 4, 'panel');
    }
    body.write('</g>');
  };
  const isFrame = (node: DrawnNode): boolean => (drawing.forms.get(node.id) ?? 'card') !== 'card';
  for (const node of drawn.picture.nodes) if (isFrame(node)) paint(node);
  for (const wire of drawing.wires) paintWire(body, wire);
  const relations = drawRelations(options.relations, picture, drawn, boxes);
  for (const relation of relations) paintRelation(body, relation);
  for (const node of drawn.picture.nodes) if (!isFrame(node)) paint(node);
  for (const wire of drawing.wires) paintLabel(body, wire);
  for (const relation of relations) paintRelationLabel(body, relation);
  body.write('</g>');
  const legendTop = bottom + dy + 26;
  const strips = picture.nodes.some((node) => node.strips.length > 0);
  const width = right - left + 2 * margin;
  const end = paintLegend(body, drawn, strips, margin, legendTop, width - 2 * margin);
  const height = end + margin - 14;

  w.write(
    `<svg xmlns="http://www.w3.org/2000/svg"${at({ width, height, viewBox: `0 0 ${n(width)} ${n(height)}`, role: 'img', 'font-family': face })} style="font-variant-numeric: tabular-nums">`,
    `<title>${xml(options.title)}</title>`,
    ...(options.css === undefined ? [] : [`<style>${xml(options.css)}</style>`]),
    `<desc>${xml(options.subtitle)}</desc>`,
    `<rect${at({ width, height, fill: w.colour('background') })}/>`,
  );
  const room = width - 2 * margin;
  w.text(
    {
      kind: 'text',
      x: 0,
      y: 0,
      text: fitText(options.title, room, { size: 16, bold: true }),
      whole: options.title,
      size: 16,
      bold: true,
      role: 'text',
      anchor: 'start',
    },
    margin,
    34,
  );
  w.label(fitText(options.subtitle, room, { size: 12 }), margin, 53, 'muted', 'start', 12);
  return `${w.toString()}\n${body.toString()}\n</svg>\n`;
}
