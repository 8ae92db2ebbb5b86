import { decodeText } from '../base/text.ts';
import type { TopologyDraft } from './draft.ts';

export interface TextLine {
  /** From 1. */
  readonly line: number;
  /** Without escape codes, carriage returns and NUL. */
  readonly text: string;
}

/** Colour and underline codes of a terminal, as captures keep them. */
const escapes = /\u001b\[[0-9;?]*[A-Za-z]/g;

const maxLines = 400_000;
const maxCharacters = 32_768;

/** A pasted or captured text without the codes of terminals and NUL bytes; line breaks stay where they are. */
export function plainText(bytes: Uint8Array, draft: TopologyDraft | null = null): string {
  const { text, invalidLine } = decodeText(bytes);
  if (invalidLine !== null) draft?.warn(invalidLine, 'bytes that are not valid UTF-8 are read as U+FFFD');
  const nul = text.indexOf('\0');
  if (nul !== -1) draft?.warn(null, 'NUL bytes are left out');
  return (nul === -1 ? text : text.replaceAll('\0', '')).replace(escapes, '');
}

/** The lines of a pasted or captured text, without what terminals and transports add to it. */
export function textLines(bytes: Uint8Array, draft: TopologyDraft | null = null): readonly TextLine[] {
  const rows = plainText(bytes, draft).split('\n', maxLines + 1);
  if (rows.length > maxLines) {
    rows.length = maxLines;
    draft?.warn(maxLines, `what comes after line ${maxLines} is left out: no machine has so many`);
  }
  let long = 0;
  const lines = rows.map((content, i) => {
    const whole = content.endsWith('\r') ? content.slice(0, -1) : content;
    if (whole.length <= maxCharacters) return { line: i + 1, text: whole };
    long += 1;
    return { line: i + 1, text: whole.slice(0, maxCharacters) };
  });
  if (long > 0) draft?.warn(null, `${long} lines are longer than ${maxCharacters} characters and are cut off there`);
  return lines.filter(({ text: content }) => !content.startsWith('# '));
}

const lookAhead = 65_536;

/** The first lines, to recognise a format by. */
export const firstLines = (bytes: Uint8Array): readonly string[] =>
  textLines(bytes.subarray(0, lookAhead)).map(({ text }) => text);
