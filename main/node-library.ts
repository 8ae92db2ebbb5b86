/** The library of hosts that have a file system. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import type { Library } from '../app/session/library.ts';
import { root } from './assets.ts';
import { readThisMachine } from './machine/this-machine.ts';

const folders = { scenario: join(root, 'assets', 'scenarios'), topology: join(root, 'assets', 'topologies') } as const;
const idForm = /^[a-z][a-z0-9-]{0,63}$/;

/** Largest file that is read. */
export const maxFileBytes = 256 * 1024 * 1024;

export interface NodeLibraryOptions {
  /** Whether a path may be read: the command line reads what it is given, a window only what the person chose. */
  mayRead(path: string): boolean;
  /** Folder that relative paths are meant from. */
  readonly folder: string;
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
      const whole = isAbsolute(path) ? path : resolve(folder, path);
      if (!mayRead(whole)) return null;
      const found = await stat(whole).catch(() => null);
      if (found === null || !found.isFile() || found.size > maxFileBytes) return null;
      return { name: basename(whole), bytes: new Uint8Array(await readFile(whole)) };
    },
    pause: () => new Promise((done) => setImmediate(done)),
    thisMachine: async () => {
      const machine = readThisMachine();
      return machine.ok ? machine.value : null;
    },
  };
}
