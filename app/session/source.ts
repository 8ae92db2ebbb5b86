/** One source: where it is loaded from, how it is opened, and what a link calls it. */
import { err, ok, type Problem, type Result } from '../base/result.ts';
import { encodeText } from '../base/text.ts';
import type { OpenSource, SingleSource } from '../contract/requests.ts';
import type { Topology } from '../model/topology.ts';
import { machineDocument, openBytes, type OpenDocument } from './document.ts';
import type { Library } from './library.ts';

export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What the library has of a source: a file, or a machine that the host has read itself. */
export async function loadSource(
  library: Library,
  source: SingleSource,
): Promise<Result<NamedBytes | Topology, readonly Problem[]>> {
  switch (source.kind) {
    case 'text':
      return ok({ name: source.name, bytes: encodeText(source.text) });
    case 'bytes':
      return ok(source);
    case 'builtin': {
      const text = (await library.builtin('scenario', source.id)) ?? (await library.builtin('topology', source.id));
      return text === null
        ? sourceProblem(source.id, `nothing built in is called "${source.id}": choose from the list`)
        : ok({ name: `${source.id}.yaml`, bytes: encodeText(text) });
    }
    case 'path': {
      const unpacked = (await library.folder?.(source.path)) ?? null;
      if (unpacked !== null) return unpacked;
      const file = await library.file(source.path);
      return file === null
        ? sourceProblem(source.path, 'the file cannot be read here: drop it on the window or paste its text')
        : ok(file);
    }
    case 'this-machine': {
      const machine = await library.thisMachine();
      return machine === null
        ? sourceProblem('this-machine', 'this host cannot look at its own machine: it needs Linux with /proc and /sys')
        : ok(machine);
    }
  }
}

export const isTopology = (loaded: NamedBytes | Topology): loaded is Topology => 'objects' in loaded;

export async function openSource(
  library: Library,
  source: SingleSource,
): Promise<Result<OpenDocument, readonly Problem[]>> {
  const loaded = await loadSource(library, source);
  if (!loaded.ok) return loaded;
  const name = sourceName(source);
  if (isTopology(loaded.value)) return ok(machineDocument(loaded.value, lastPart(name), name));
  const home = source.kind === 'path' ? source.path : null;
  return openBytes(library, loaded.value.name, loaded.value.bytes, name, home);
}

function sourceName(source: SingleSource): string {
  switch (source.kind) {
    case 'text':
    case 'bytes':
      return source.name;
    case 'builtin':
      return source.id;
    case 'path':
      return source.path;
    case 'this-machine':
      return 'this-machine';
  }
}

/** Last part of a path of any system. */
const lastPart = (path: string): string => path.split(/[/\\]/).findLast((part) => part !== '') ?? path;

/** What a link names to open this again; null where no link can: texts and bytes came from the window. */
export function linkOf(source: OpenSource): readonly string[] | null {
  switch (source.kind) {
    case 'builtin':
    case 'path':
    case 'this-machine':
      return [sourceName(source)];
    case 'several': {
      const names = source.added ? [null] : source.parts.map((part) => linkOf(part)?.[0] ?? null);
      return names.some((name) => name === null) ? null : names.flatMap((name) => name ?? []);
    }
    case 'text':
    case 'bytes':
      return null;
  }
}

/** A source that cannot be had: no line of it is at fault. */
export const sourceProblem = (file: string, message: string): Result<never, readonly Problem[]> =>
  err([{ file, line: 0, column: 0, message }]);
