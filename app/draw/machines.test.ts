/** The picture of every real machine of the data set: what must hold of any of them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { parseXmlText } from './testing/xml.ts';
import { describe, expect, it } from 'vitest';
import { machineDocument } from '../session/document.ts';
import { readTopology } from '../topology/read-topology.ts';
import { cardOf, frameMarks, frameRoom, type Mark } from './card.ts';
import { details, draw, type Drawn } from './draw.ts';
import { isInside, type Picture, type Placed } from './picture.ts';
import { svgOf } from './svg.ts';
import { textWidth } from './text-width.ts';

const root = new URL('../../../shared/data/topologies/', import.meta.url);
const here = statSync(root, { throwIfNoEntry: false }) !== undefined;
const folders = ['hwloc-xml', 'fsroot', 'nccl-xml', 'rccl-xml', 'text', 'cxl-json'];
const files = here
  ? folders.flatMap((folder) => readdirSync(new URL(`${folder}/`, root)).map((name) => `${folder}/${name}`))
  : [];

const assets = new URL('../../assets/topologies/', import.meta.url);

function pictureOf(url: URL): Picture | null {
  const read = readTopology(url.pathname, new Uint8Array(readFileSync(url)));
  return read.ok ? machineDocument(read.value, url.pathname, url.pathname).graph : null;
}

const overlap = (a: Placed, b: Placed): boolean =>
  a.x < b.x + b.width - 0.01 &&
  b.x < a.x + a.width - 0.01 &&
  a.y < b.y + b.height - 0.01 &&
  b.y < a.y + a.height - 0.01;
const within = (inner: Placed, outer: Placed): boolean =>
  inner.x >= outer.x - 0.01 &&
  inner.y >= outer.y - 0.01 &&
  inner.x + inner.width <= outer.x + outer.width + 0.01 &&
  inner.y + inner.height <= outer.y + outer.height + 0.01;

/** Marks of every drawn node with the box that they must stay in. */
function* marksOf(
  picture: Picture,
  { picture: drawn, drawing, detail }: Drawn,
): Generator<readonly [Mark, Placed, string]> {
  const up = new Map(drawn.edges.filter((edge) => edge.kind === 'pcie').map((edge) => [edge.target, edge.label]));
  for (const node of drawn.nodes) {
    const box = drawing.nodes.get(node.id);
    if (box === undefined) continue;
    const isCard = drawing.forms.get(node.id) === 'card';
    const parts = picture.nodes.filter((part) => isInside(part) && part.parent === node.id);
    const link = detail.labels === 'card' ? (up.get(node.id) ?? null) : null;
    const marks = isCard
      ? cardOf(node, parts, { form: detail.form, lines: detail.lines, wrap: detail.wrap, link }).marks(box.width)
      : frameMarks(node, detail.form, box.width);
    const room = { x: 0, y: 0, width: box.width, height: isCard ? box.height : frameRoom(detail.form).head };
    for (const mark of marks) yield [mark, room, node.id];
  }
}

function faults(picture: Picture, drawn: Drawn): readonly string[] {
  const found: string[] = [];
  const { drawing } = drawn;
  const parents = new Map(drawn.picture.nodes.map((node) => [node.id, node.parent]));
  const boxes = [...drawing.nodes];
  for (const node of drawn.picture.nodes)
    if (!drawing.nodes.has(node.id) && !isInside(node)) found.push(`${node.id} has no place`);
  for (const node of picture.nodes)
    if (!isInside(node) && !drawing.nodes.has(drawn.picture.standIn.get(node.id) ?? node.id))
      found.push(`${node.id} is lost`);
  boxes.forEach(([id, box], i) => {
    for (const [other, place] of boxes.slice(i + 1)) {
      if (!overlap(box, place)) continue;
      const [inner, outer] = within(box, place) ? [id, other] : within(place, box) ? [other, id] : [id, null];
      let above = parents.get(inner) ?? null;
      while (above !== null && above !== outer) above = parents.get(above) ?? null;
      if (outer === null || above !== outer) found.push(`${id} lies upon ${other}`);
    }
    if (!within(box, { x: 0, y: 0, width: drawing.width, height: drawing.height })) found.push(`${id} is outside`);
  });
  for (const [mark, room, id] of marksOf(picture, drawn)) {
    if (mark.kind !== 'text') continue;
    const width = textWidth(mark.text, mark);
    const left = mark.anchor === 'end' ? mark.x - width : mark.x;
    if (left < -0.5 || left + width > room.width + 0.5 || mark.y > room.height || mark.y < 8)
      found.push(`"${mark.text}" of ${id} is not in its box`);
  }
  for (const [id, way] of drawing.routes)
    way.forEach((point, i) => {
      const next = way[i + 1];
      if (next !== undefined && Math.abs(next.x - point.x) > 0.01 && Math.abs(next.y - point.y) > 0.01)
        found.push(`the wire ${id} runs askew`);
    });
  const drawnEdges = new Set(drawing.wires.flatMap((wire) => wire.stands));
  for (const edge of drawn.picture.edges) {
    const wired = edge.stands.every((id) => drawnEdges.has(id));
    // Memory in a group and the memory of a device are in the box of what they are wired to.
    const target = drawn.picture.nodes.find((node) => node.id === edge.target);
    if (!wired && target !== undefined && target.kind !== 'memory' && !isInside(target))
      found.push(`the link ${edge.id} is not drawn`);
  }
  return found;
}

/** The SVG of a machine, checked: well-formed, every part there by its id, no id twice, bounded. */
function checkedSvg(picture: Picture, title: string): string {
  const drawn = draw(picture);
  const svg = svgOf(picture, drawn, {
    theme: 'light',
    title,
    subtitle: '',
    cells: () => new Uint8Array(0),
    relations: [],
  });
  const ids = parseXmlText(svg);
  for (const node of drawn.picture.nodes) if (!isInside(node)) expect(ids).toContain(node.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(svg.length).toBeLessThan(400_000);
  return svg;
}

describe.skipIf(!here)('the picture of every machine of the data set (skipped where ../shared is absent)', () => {
  it.each(files)('%s: nothing overlaps, no text leaves its box, nothing is lost, and its SVG is sound', (file) => {
    const picture = pictureOf(new URL(file, root));
    if (picture === null) return;
    expect(faults(picture, draw(picture, { room: { width: 690, height: 810 } }))).toEqual([]);
    expect(faults(picture, draw(picture, { room: { width: 1400, height: 900 } }))).toEqual([]);
    expect(checkedSvg(picture, file)).toBe(checkedSvg({ ...picture }, file));
  });
});

describe('the picture of a built-in machine', () => {
  it.each(['dual-socket', 'hbm-cxl', 'coherent-package'])('%s is sound at every level of detail', (id) => {
    const picture = pictureOf(new URL(`${id}.yaml`, assets));
    if (picture === null) throw new Error('a built-in machine cannot be read');
    for (const detail of details) expect(faults(picture, draw(picture, { detail: detail.name }))).toEqual([]);
  });
});
