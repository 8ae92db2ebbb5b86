import type { Problem, Result } from '../base/result.ts';
import { err, ok } from '../base/result.ts';
import { decodeText } from '../base/text.ts';
import type { Topology, TopologyFormat } from '../model/topology.ts';
import { formats, maxInputBytes, undecided } from './formats.ts';
import type { TopologyInput } from './formats.ts';

export interface ReadOptions {
  /** Read as this format instead of recognising it. */
  readonly as?: TopologyFormat;
}

/** Formats whose parsers take text, and say nothing of how its bytes read. */
const mute: readonly TopologyFormat[] = ['memscape', 'cxl-list', 'daxctl-list'];

const mebibyte = 1024 * 1024;

/**
 * Any topology source, recognised by its content. `name` is for messages only.
 * Errors carry line and column; what could be read despite a fault comes with warnings in the topology.
 */
export function readTopology(
  name: string,
  bytes: Uint8Array,
  options: ReadOptions = {},
): Result<Topology, readonly Problem[]> {
  const fail = (message: string): Result<never, readonly Problem[]> =>
    err([{ file: name, line: 0, column: 0, message }]);
  const tooLarge = (most: number): Result<never, readonly Problem[]> =>
    fail(
      `the file has ${Math.ceil(bytes.length / mebibyte)} MiB; at most ${most / mebibyte} are read: give the description of one machine`,
    );
  if (bytes.length > maxInputBytes) return tooLarge(maxInputBytes);
  const input: TopologyInput = { name, bytes };
  const format =
    options.as === undefined
      ? formats.find((candidate) => candidate.recognise(input))
      : formats.find((candidate) => candidate.format === options.as);
  if (format === undefined)
    return fail(options.as === undefined ? undecided : `no reader for the format "${options.as}"`);
  if (bytes.length > format.maxBytes) return tooLarge(format.maxBytes);
  const result = format.read(input);
  if (!result.ok || !mute.includes(format.format)) return result;
  const { invalidLine } = decodeText(bytes);
  if (invalidLine === null) return result;
  const message = 'bytes that are not valid UTF-8 are read as U+FFFD';
  return ok({ ...result.value, warnings: [...result.value.warnings, { source: 0, line: invalidLine, message }] });
}
