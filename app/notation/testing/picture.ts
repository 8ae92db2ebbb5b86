/**
 * Pictures in the head of a mechanism's file: a line before, the operation on the arrow, the line after.
 *
 *      A ss.  --read [2]-->  A ss0   do_anonymous_page
 *
 * A side names page tables and facts, each with what it shows: a process ("A ss."; its buffer "heap"), a device's mirror
 * of A ("gpu0 ss."), a file's cached pages ("cache ff"), a field of a record ("space.A.rss.anon 2"). Letters are the
 * legend's, upper case where writable; "S*8" is eight of them, "[S*512]" one huge entry. A world is made from the left
 * side, unless a line "given: ..." above says how; given lines hold until the next empty line.
 *
 * On the arrow: operations as in scenario files, divided by ";". "[1]" is a page of the buffer; who acts, the buffer
 * and the context go without saying where they are A, heap and gpu0:A. "! EFAULT" is how the last one ends. In the
 * remark, a kernel function must be that of an event, and a notifier event must have been sent.
 */
/** One name of a side with what stands after it. */
export interface Shown {
  readonly name: string;
  readonly text: string;
}

export interface Picture {
  /** The line of the file, from 1. */
  readonly line: number;
  readonly given: readonly string[];
  readonly before: readonly Shown[];
  readonly ops: readonly string[];
  readonly ends: string;
  readonly after: readonly Shown[];
  readonly remark: string;
}

const arrow = /^(.*?)\s*--(.+?)-->\s*(.*)$/;

function sideOf(text: string): readonly Shown[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (words.length % 2 !== 0) throw new Error(`"${text}" does not go name by name`);
  return words.flatMap((name, i) => (i % 2 === 0 ? [{ name, text: words[i + 1] ?? '' }] : []));
}

/** The pictures of a file's first comment. */
export function picturesOf(source: string): readonly Picture[] {
  const head = /^\/\*\*[\s\S]*?\*\//.exec(source)?.[0] ?? '';
  const pictures: Picture[] = [];
  let given: readonly string[] = [];
  for (const [index, raw] of head.split('\n').entries()) {
    const line = raw.replace(/^\s*\/?\*+\/?/, '').trim();
    if (line === '') given = [];
    if (line.startsWith('given:')) given = [...given, ...phrases(line.slice('given:'.length))];
    const [, before, op, rest] = arrow.exec(line) ?? [];
    if (before === undefined || op === undefined || rest === undefined) continue;
    const [after = '', ...remark] = rest.split(/\s{2,}/);
    const [ops = '', ends = 'ok'] = op.split('!').map((part) => part.trim());
    pictures.push({
      line: index + 1,
      given,
      before: sideOf(before),
      ops: phrases(ops),
      ends,
      after: sideOf(after),
      remark: remark.join(' '),
    });
  }
  return pictures;
}

const phrases = (text: string): readonly string[] =>
  text
    .split(';')
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '');

/** A page of a strip: its letter, and whether it is part of a huge entry. */
export interface Cell {
  readonly letter: string;
  readonly huge: boolean;
}

export function cellsOf(text: string): readonly Cell[] {
  const cells: Cell[] = [];
  for (const [, open, letter = '', count] of text.matchAll(/(\[?)([^[\]*\d]|0)(?:\*(\d+))?\]?/g))
    for (let n = Number(count ?? 1); n > 0; n--) cells.push({ letter, huge: open === '[' });
  return cells;
}

/** Letters as a picture writes them: eight and more of a kind with their number, huge entries in brackets. */
export function compress(cells: readonly Cell[]): string {
  const same = (a: Cell | undefined, b: Cell | undefined): boolean => a?.letter === b?.letter && a?.huge === b?.huge;
  let text = '';
  for (let at = 0; at < cells.length;) {
    let end = at;
    while (end < cells.length && same(cells[end], cells[at])) end++;
    const { letter, huge } = cells[at] ?? { letter: '', huge: false };
    const run = end - at < 8 ? letter.repeat(end - at) : `${letter}*${end - at}`;
    text += huge ? `[${run}]` : run;
    at = end;
  }
  return text;
}
