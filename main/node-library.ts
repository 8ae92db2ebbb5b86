/** The library of hosts that have a file system. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Library } from '../app/session/library.ts';
import { root } from './assets.ts';
import { isReallyInside } from './paths.ts';
import { readThisMachine } from './machine/this-machine.ts';
import { readUnpacked } from './machine/unpacked.ts';

const folders = { scenario: join(root, 'assets', 'scenarios'), topology: join(root, 'assets', 'topologies') } as const;
const idForm = /^[a-z][a-z0-9-]{0,63}$/;

/** Largest file that is read. */
export const maxFileBytes = 256 * 1024 * 1024;

export interface NodeLibraryOptions {
  /** Whether an absolute path without ".." may be read: the command line reads what it is given, a window only what the person chose. */
  mayRead(path: string): boolean;
  /** Folder that relative paths are meant from. */
  readonly folder: string;
}

async function fileAt(path: string): Promise<{ readonly name: string; readonly bytes: Uint8Array } | null> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile() || found.size > maxFileBytes) return null;
  return { name: basename(path), bytes: new Uint8Array(await readFile(path)) };
}

export function nodeLibrary({ mayRead, folder }: NodeLibraryOptions): Library {
  return {
    builtin: async (kind, id) =>
      idForm.test(id) ? await readFile(join(folders[kind], `${id}.yaml`), 'utf8').catch(() => null) : null,
    ids: async (kind) =>
      (await readdir(folders[kind]))
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => name.slice(0, -5))
        .sort(),
    file: async (path) => {
      const whole = resolve(folder, path);
      return mayRead(whole) ? fileAt(whole) : null;
    },
    beside: async (path, name) => {
      const owner = resolve(folder, path);
      const whole = resolve(dirname(owner), name);
      if (!mayRead(owner) || isAbsolute(name) || !isReallyInside(dirname(owner), whole)) return null;
      return fileAt(whole);
    },
    folder: async (path) => {
      const whole = resolve(folder, path);
      if (!mayRead(whole) || (await stat(whole).catch(() => null))?.isDirectory() !== true) return null;
      return readUnpacked(basename(whole), whole);
    },
    pause: () => new Promise((done) => setImmediate(done)),
    thisMachine: async () => {
      const machine = readThisMachine();
      return machine.ok ? machine.value : null;
    },
  };
}
