import type { Json, JsonObject } from '../base/json.ts';
import type { Problem, Result } from '../base/result.ts';
import { err, ok } from '../base/result.ts';
import { decodeText } from '../base/text.ts';
import { parseBytes } from '../base/size.ts';
import { parseInteger } from './numbers.ts';

const maxBytes = 32 * 1024 * 1024;

export interface LoadedJson {
  readonly value: Json;
  /** The line where `"key": "name"` first stands, or null. */
  lineOf(key: string, name: string): number | null;
}

/** JSON with the place of its first fault. */
export function loadJson(file: string, bytes: Uint8Array): Result<LoadedJson, readonly Problem[]> {
  if (bytes.length > maxBytes)
    return err([
      {
        file,
        line: 0,
        column: 0,
        message: `the JSON has more than ${maxBytes / 1024 / 1024} MiB: give the listing of one machine`,
      },
    ]);
  const { text } = decodeText(bytes);
  try {
    const value = JSON.parse(text) as Json;
    return ok({ value, lineOf: lineFinder(text) });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const position = /position (\d+)/.exec(error.message)?.[1];
    const before = text.slice(0, position === undefined ? text.length : Number(position));
    const line = before.split('\n').length;
    return err([
      {
        file,
        line,
        column: before.length - before.lastIndexOf('\n'),
        message: `no valid JSON here (${error.message.replace(/ (in JSON )?at position.*$/s, '').slice(0, 120)}): the listing is damaged or cut off`,
      },
    ]);
  }
}

function lineFinder(text: string): (key: string, name: string) => number | null {
  const places = new Map<string, number>();
  let line = 1;
  let nextBreak = text.indexOf('\n');
  for (const match of text.matchAll(/"([a-z_]{1,32})"\s*:\s*"([^"\\\n]{1,64})"/g)) {
    for (; nextBreak !== -1 && nextBreak < match.index; nextBreak = text.indexOf('\n', nextBreak + 1)) line += 1;
    const key = `${match[1] ?? ''} ${match[2] ?? ''}`;
    if (!places.has(key)) places.set(key, line);
  }
  return (key, name) => places.get(`${key} ${name}`) ?? null;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const textIn = (object: JsonObject, key: string): string | null =>
  typeof object[key] === 'string' ? object[key] : null;

/** A number of bytes: as such, in hex, or as people read it ("256.00 MiB (268.44 MB)"). */
export function bytesIn(object: JsonObject, key: string): number | null {
  const value = object[key];
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : null;
  if (typeof value !== 'string') return null;
  return parseInteger(value) ?? parseBytes(value.replace(/\s*\(.*\)$/, ''));
}
