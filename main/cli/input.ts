/** What the person names on the command line, as bytes: a file, or "-" for standard input. Bounded. */
import { readFile, stat } from 'node:fs/promises';
import { maxFileBytes } from '../node-library.ts';
import { badInput } from './exit.ts';

const mebibyte = 1024 * 1024;

export async function readInput(source: string): Promise<Uint8Array> {
  if (source === '-') return readStandardInput();
  const found = await stat(source).catch(() => null);
  if (found === null) throw badInput(source, 'there is no such file: check the path');
  if (!found.isFile()) throw badInput(source, 'this is not a file: name one');
  if (found.size > maxFileBytes)
    throw badInput(
      source,
      `the file has ${Math.round(found.size / mebibyte)} MiB; at most ${maxFileBytes / mebibyte} are read: give the description of one machine`,
    );
  return new Uint8Array(
    await readFile(source).catch((error: unknown) => {
      throw badInput(
        source,
        `it cannot be read (${error instanceof Error ? error.message : 'unknown reason'}): check its permissions`,
      );
    }),
  );
}

async function readStandardInput(): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of process.stdin) {
    const bytes = part as Buffer;
    size += bytes.length;
    if (size > maxFileBytes)
      throw badInput(
        '-',
        `more than ${maxFileBytes / mebibyte} MiB on standard input: give the description of one machine`,
      );
    parts.push(bytes);
  }
  return new Uint8Array(Buffer.concat(parts));
}
