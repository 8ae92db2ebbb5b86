/** Widths of text without a browser: advances of Inter, in thousandths of the size, for the printable ASCII characters. */
const regular = [
  281, 288, 466, 633, 642, 982, 644, 300, 365, 365, 501, 662, 288, 460, 288, 360, 631, 407, 610, 618, 646, 593, 620,
  566, 619, 620, 288, 302, 662, 662, 662, 511, 966, 690, 654, 730, 722, 601, 590, 746, 743, 269, 571, 672, 565, 903,
  753, 765, 639, 765, 644, 642, 646, 744, 690, 985, 682, 679, 629, 365, 360, 365, 471, 456, 323, 562, 612, 571, 612,
  583, 370, 613, 591, 242, 242, 549, 242, 876, 591, 600, 612, 612, 376, 528, 327, 591, 562, 818, 546, 562, 552, 426,
  333, 426, 662,
] as const;

/** Digits are drawn tabular: all as wide as the widest. */
const digit = 646;
/** What is not in the table is at most as wide as a Chinese character. */
const other = 1000;
const others: ReadonlyMap<string, number> = new Map([
  ['·', 288],
  ['×', 662],
  ['–', 500],
  ['…', 864],
  ['→', 1000],
]);
/** Semibold is wider, and where Inter is not installed another face stands in: room for both. */
const semibold = 1.035;
const slack = 1.02;

export interface Type {
  /** Size in pixels. */
  readonly size: number;
  readonly bold?: boolean;
}

/** Width of a text in pixels, rather too much than too little. */
export function textWidth(text: string, { size, bold = false }: Type): number {
  let sum = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    sum += code >= 48 && code <= 57 ? digit : (regular[code - 32] ?? others.get(letter) ?? other);
  }
  return (sum / 1000) * size * (bold ? semibold : 1) * slack;
}

/** The text, or as much of it as `room` pixels hold with an ellipsis; empty where not even that fits. */
export function fitText(text: string, room: number, type: Type): string {
  if (textWidth(text, type) <= room) return text;
  const letters = [...text];
  let low = 0;
  let high = letters.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const cut = `${letters.slice(0, middle).join('').trimEnd()}…`;
    if (textWidth(cut, type) <= room) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${letters.slice(0, low).join('').trimEnd()}…`;
}
