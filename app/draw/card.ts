/** What is written and painted in a card, as marks: the app and the SVG writer paint the same ones. */
import { printBytes } from '../base/format.ts';
import type { GraphNode, StripRef } from '../contract/frame.ts';
import { iconOf } from './icons.ts';
import type { DrawnNode, Size } from './picture.ts';
import { stripGrid } from './strip-grid.ts';
import { fitText, textWidth } from './text-width.ts';
import type { Role } from './theme.ts';

export type Mark =
  | {
      readonly kind: 'text';
      readonly x: number;
      /** Of the baseline. */
      readonly y: number;
      readonly text: string;
      /** The text before it was cut to fit. */
      readonly whole: string;
      readonly size: number;
      readonly bold: boolean;
      readonly role: Role;
      readonly anchor: 'start' | 'middle' | 'end';
    }
  | { readonly kind: 'icon'; readonly x: number; readonly y: number; readonly size: number; readonly path: string }
  | {
      readonly kind: 'box';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly fill: Role | 'none';
      readonly edge: Role | null;
      readonly radius: number;
      /** Id of the part that it stands for, where it is one. */
      readonly part?: string;
    }
  | { readonly kind: 'strip'; readonly x: number; readonly y: number; readonly strip: StripRef; readonly room: number };

/** How much a card says: all; name and address on lines of their own; the same, small; or the name alone. */
export type CardForm = 'full' | 'compact' | 'chip' | 'name';

export interface CardStyle {
  readonly form: CardForm;
  /** From this width on, long lines are broken into two; absent or 0: they are cut. */
  readonly wrap?: number;
  /** How many of its further lines a card says. */
  readonly lines: number;
  /** The link of a device, written into its card where wires carry no labels. */
  readonly link: string | null;
  /** BARs as shares of the memory behind them, true to scale; else so that even the smallest can be seen. */
  readonly toScale?: boolean;
}

export const type = {
  title: { size: 13, bold: true },
  text: { size: 12 },
  small: { size: 12 },
} as const;

const pad = 10;
const line = 17;
const icon = 14;
const iconRoom = icon + 6;
const toggleRoom = 14;
/** Room for strips in a card. */
export const stripRoom = { process: 600, memory: 208, 'device-memory': 208 } as const;
const labelRoom = 76;

/** "0000:3b:00.0" as "3b:00.0": most machines have one domain, and the whole address is in the title. */
const shortAddress = (text: string): string => text.replace(/^0000:(?=[0-9a-f]{2}:)/, '');

const badgeOf = (node: GraphNode): string => (node.count > 1 ? `× ${node.count}` : '');

/** Width of a head: icon, name, count, and what stands at its right. */
function headWidth(node: DrawnNode, right: string): number {
  const badge = badgeOf(node);
  return (
    (node.open === null ? 0 : toggleRoom) +
    (iconOf(node) === null ? 0 : iconRoom) +
    textWidth(node.title, type.title) +
    (badge === '' ? 0 : textWidth(badge, type.title) + 18) +
    (right === '' ? 0 : textWidth(right, type.text) + 12)
  );
}

/** Name and facts of a card or a frame in one line, `width` wide inside. */
function head(node: DrawnNode, right: string, x: number, y: number, width: number): readonly Mark[] {
  const marks: Mark[] = [];
  const path = iconOf(node);
  let at = x;
  if (node.open !== null) {
    marks.push({ kind: 'icon', x: at - 3, y: y - 10.5, size: 13, path: node.open ? 'M6 9l6 6l6-6' : 'M9 6l6 6l-6 6' });
    at += toggleRoom;
  }
  if (path !== null) {
    marks.push({ kind: 'icon', x: at, y: y - 11.5, size: icon, path });
    at += iconRoom;
  }
  const badge = badgeOf(node);
  const badgeWidth = badge === '' ? 0 : textWidth(badge, type.title) + 12;
  const titleRoom = x + width - at - (badge === '' ? 0 : badgeWidth + 6);
  const title = fitText(node.title, titleRoom, type.title);
  marks.push(text(at, y, title, type.title, 'text', node.title));
  at += textWidth(title, type.title);
  if (badge !== '') {
    marks.push({
      kind: 'box',
      x: at + 6,
      y: y - 13,
      width: badgeWidth,
      height: 17,
      fill: 'accent-surface',
      edge: null,
      radius: 8.5,
    });
    marks.push({ ...text(at + 12, y, badge, type.title, 'accent') });
    at += badgeWidth + 6;
  }
  const fitted = right === '' ? '' : fitText(right, x + width - at - 10, type.text);
  if (fitted !== '') marks.push({ ...text(x + width, y, fitted, type.text, 'muted', right), anchor: 'end' });
  return marks;
}

function text(
  x: number,
  y: number,
  what: string,
  { size, bold = false }: { readonly size: number; readonly bold?: boolean },
  role: Role,
  whole = what,
): Extract<Mark, { kind: 'text' }> {
  return { kind: 'text', x, y, text: what, whole, size, bold, role, anchor: 'start' };
}

/** Room that frames take around what they hold. */
export interface FrameRoom {
  /** Height of the head. */
  readonly head: number;
  readonly pad: number;
}

export const frameRoom = (form: CardForm): FrameRoom =>
  form === 'full' || form === 'compact' ? { head: 30, pad: 10 } : { head: 25, pad: 7 };

/** What stands at the right of a frame's head: where room is scarce, a package does without its model. */
const frameSubtitle = (node: DrawnNode, form: CardForm): string =>
  node.kind === 'package' && (form === 'chip' || form === 'name') ? '' : shortAddress(node.subtitle ?? '');

/** Least width of a frame, for its head. */
export function frameWidth(node: DrawnNode, form: CardForm): number {
  const right = frameSubtitle(node, form);
  // A long name is cut rather than let it widen the frame.
  return (
    2 * frameRoom(form).pad + headWidth(node, '') + (right === '' ? 0 : Math.min(110, textWidth(right, type.text)) + 12)
  );
}

export function frameMarks(node: DrawnNode, form: CardForm, width: number): readonly Mark[] {
  const { head: height, pad: side } = frameRoom(form);
  return head(node, frameSubtitle(node, form), side, height / 2 + 5, width - 2 * side);
}

/** A card: how large it wants to be, and its marks at the width that it gets. */
export interface Card extends Size {
  readonly marks: (width: number) => readonly Mark[];
}

interface Row {
  readonly height: number;
  readonly width: number;
  readonly marks: (y: number, inner: number) => readonly Mark[];
}

const textRow = (what: string, least = textWidth(what, type.text)): Row => ({
  height: line,
  width: least,
  marks: (y, inner) => {
    const fitted = fitText(what, inner, type.text);
    return fitted === '' ? [] : [text(pad, y + 12.5, fitted, type.text, 'muted', what)];
  },
});

function headRow(node: DrawnNode, right: string): Row {
  return {
    height: 20,
    width: headWidth(node, right),
    marks: (y, inner) => head(node, right, pad, y + 14, inner),
  };
}

const stripRow = (strip: StripRef, room: number): Row => {
  const grid = stripGrid(strip.pages, room);
  return {
    height: grid.height + 6,
    width: room,
    marks: (y) => [{ kind: 'strip', x: pad, y: y + 3, strip, room }],
  };
};

/** A buffer of a process: its name, and its pages beside it. */
const bufferRow = (strip: StripRef): Row => {
  const grid = stripGrid(strip.pages, stripRoom.process);
  return {
    height: Math.max(line, grid.height) + 8,
    width: labelRoom + grid.width,
    marks: (y) => [
      text(pad, y + 16, fitText(strip.label, labelRoom - 8, type.text), type.text, 'muted', strip.label),
      { kind: 'strip', x: pad + labelRoom, y: y + 4, strip, room: stripRoom.process },
    ],
  };
};

/** Narrowest that a window is drawn where it is not to scale, as a share of the memory. */
const leastShare = 0.12;

/** A BAR as a window onto memory: what is seen through it, and what lies outside. */
function windowRow({ offset, bytes, ofBytes }: NonNullable<GraphNode['window']>, toScale: boolean): Row {
  const exact = Math.min(1, bytes / Math.max(1, ofBytes));
  const share = toScale ? exact : Math.max(leastShare, exact);
  const start = Math.min(1 - share, offset / Math.max(1, ofBytes));
  return {
    height: 14,
    width: 120,
    marks: (y, inner) => {
      const box = { kind: 'box', y: y + 1, height: 8, radius: 0 } as const;
      const width = Math.max(1, share * inner);
      return [
        { ...box, x: pad, width: inner, fill: 'faint', edge: 'hairline' },
        { ...box, x: pad + Math.min(start * inner, inner - width), width, fill: 'accent-edge', edge: 'accent' },
      ];
    },
  };
}

/** "256 MiB of 48 GiB", and how much of it is out of sight where that is what is drawn. */
function partFact(part: GraphNode, toScale: boolean): string {
  const outside = part.window === undefined ? 0 : part.window.ofBytes - part.window.bytes;
  if (!toScale || part.window === undefined) return part.subtitle ?? '';
  return outside > 0 ? `${printBytes(part.window.bytes)}, ${printBytes(outside)} outside` : 'all of it';
}

/** Memory or a BAR of a device: a line of its card, with its frames below it. */
function partRows(part: GraphNode, toScale: boolean): readonly Row[] {
  const right = partFact(part, toScale);
  return [
    {
      height: 22,
      width:
        textWidth(part.title, type.text) +
        Math.max(textWidth(part.subtitle ?? '', type.text), textWidth(partFact(part, true), type.text)) +
        16,
      marks: (y, inner) => {
        const title = fitText(part.title, inner, type.text);
        const rest = fitText(right, inner - textWidth(title, type.text) - 10, type.text);
        return [
          {
            kind: 'box',
            x: pad,
            y: y + 2,
            width: inner,
            height: 1,
            fill: 'faint',
            edge: null,
            radius: 0,
            part: part.id,
          },
          text(pad, y + 17, title, type.text, 'text', part.title),
          ...(rest === ''
            ? []
            : [{ ...text(pad + inner, y + 17, rest, type.text, 'muted', right), anchor: 'end' as const }]),
        ];
      },
    },
    ...(part.window === undefined ? [] : [windowRow(part.window, toScale)]),
    ...part.strips.map((strip) => stripRow(strip, stripRoom['device-memory'])),
  ];
}

/** What a closed card holds, two or three to a line. */
function holdRows(holds: readonly string[], room: number): readonly Row[] {
  const rows: string[] = [];
  for (const hold of holds.slice(0, 8)) {
    const last = rows[rows.length - 1];
    if (last !== undefined && textWidth(`${last} · ${hold}`, type.text) <= room)
      rows[rows.length - 1] = `${last} · ${hold}`;
    else rows.push(hold);
  }
  return rows.slice(0, 4).map((row) => textRow(row));
}

/** Widest that a card grows for its texts. */
const widest = { full: 250, compact: 170, chip: 160, name: 170 } as const;

/** A text over at most two lines, cut between words. */
function wrapped(what: string, room: number): readonly string[] {
  if (textWidth(what, type.text) <= room) return [what];
  const words = what.split(' ');
  let end = 1;
  while (end < words.length && textWidth(words.slice(0, end + 1).join(' '), type.text) <= room) end += 1;
  const rest = words.slice(end).join(' ');
  return [words.slice(0, end).join(' '), ...(rest === '' ? [] : [rest])];
}

/** Whom a device is joined to, its names over as many lines as they need. */
function peerRows(peers: readonly string[], room: number): readonly Row[] {
  return peers.flatMap((peer) => {
    const lines: string[] = [];
    for (const word of peer.split(' ')) {
      const last = lines[lines.length - 1];
      if (last !== undefined && textWidth(`${last} ${word}`, type.text) <= room) lines[lines.length - 1] += ` ${word}`;
      else lines.push(word);
    }
    return lines.map((line) => textRow(line));
  });
}

export function cardOf(node: DrawnNode, parts: readonly GraphNode[], style: CardStyle): Card {
  const subtitle = node.subtitle ?? '';
  const short = shortAddress(subtitle);
  const { form, wrap = 0 } = style;
  const rows: Row[] = [];
  if (node.kind === 'process') {
    rows.push(headRow(node, subtitle));
    rows.push(...(node.strips.length === 0 ? [textRow('nothing mapped')] : node.strips.map(bufferRow)));
  } else if (form === 'full') {
    rows.push(headRow(node, subtitle));
    for (const more of (node.lines ?? []).slice(0, style.lines))
      if (wrap > 0) rows.push(...wrapped(more, wrap - 2 * pad).map((line) => textRow(line)));
      else rows.push(textRow(more, Math.min(200, textWidth(more, type.text))));
  } else if (form === 'name') {
    rows.push(headRow(node, ''));
    if (node.kind !== 'device' && short !== '') rows.push(textRow(short));
  } else {
    rows.push(headRow(node, ''));
    if (short !== '') rows.push(textRow(short));
    for (const more of (node.lines ?? []).slice(0, style.lines)) rows.push(textRow(more, 0));
  }
  if (style.link !== null) rows.push(textRow(style.link));
  rows.push(...peerRows(node.peers, widest[form] - 2 * pad));
  rows.push(...holdRows(node.holds, widest[form] - 2 * pad));
  if (node.kind === 'memory') rows.push(...node.strips.map((strip) => stripRow(strip, stripRoom.memory)));
  // What a story is about is shown however little room there is.
  const inStory = parts.some((part) => part.strips.length > 0);
  if (node.kind === 'device' && ((form !== 'chip' && form !== 'name') || inStory))
    rows.push(...parts.flatMap((part) => partRows(part, style.toScale === true)));
  const tight = form === 'name' && node.kind !== 'process';
  const roomy = node.strips.length > 0 || inStory;
  const limit = node.kind === 'process' ? 2000 : Math.max(wrap, roomy ? 250 : wrap > 0 ? 0 : widest[form]);
  const wanted = Math.max(...rows.map((row) => row.width), 0);
  return {
    width: Math.ceil(Math.min(limit, wanted + 2 * pad)),
    height: rows.reduce((sum, row) => sum + row.height, 0) + (tight ? 8 : 13),
    marks: (width) => {
      const marks: Mark[] = [];
      let y = tight ? 4 : 7;
      for (const row of rows) {
        marks.push(...row.marks(y, width - 2 * pad));
        y += row.height;
      }
      return marks;
    },
  };
}
