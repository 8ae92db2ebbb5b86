import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { byName } from '../../app/topology/linux/file-tree.ts';
import type { FileTree } from '../../app/topology/linux/file-tree.ts';
import { attempt } from './attempt.ts';

/** /proc/iomem and config spaces are far smaller. */
const maxFile = 4 * 1024 * 1024;
const maxLinks = 40;
const maxParts = 256;

type Found = { readonly kind: 'file' | 'directory'; readonly parts: readonly string[] };

/**
 * A snapshot that was unpacked into a folder. Links are followed here, part by part, as if the folder were the root of
 * everything: none leads out of it, loops end, and what is neither file nor folder is not opened.
 */
export class FolderTree implements FileTree {
  /** What a part of a folder is; a snapshot does not change while it is read. */
  readonly #seen = new Map<string, 'file' | 'directory' | 'other' | { readonly target: string } | null>();

  constructor(readonly root: string) {}

  read(path: string): Uint8Array | null {
    const found = this.#resolve(path);
    return found?.kind === 'file' ? readStart(join(this.root, ...found.parts)) : null;
  }

  list(path: string): readonly string[] {
    const found = this.#resolve(path);
    if (found?.kind !== 'directory') return [];
    return attempt(() => readdirSync(join(this.root, ...found.parts)).sort(byName)) ?? [];
  }

  real(path: string): string | null {
    return this.#resolve(path)?.parts.join('/') ?? null;
  }

  link(path: string): string | null {
    const at = path.lastIndexOf('/');
    const owner = this.#resolve(path.slice(0, Math.max(at, 0)));
    const what = owner?.kind === 'directory' ? this.#look([...owner.parts, path.slice(at + 1)]) : null;
    return typeof what === 'object' && what !== null ? what.target : null;
  }

  #look(parts: readonly string[]): 'file' | 'directory' | 'other' | { readonly target: string } | null {
    const key = parts.join('/');
    const seen = this.#seen.get(key);
    if (seen !== undefined) return seen;
    const path = join(this.root, ...parts);
    const what = attempt(() => {
      const status = lstatSync(path);
      if (status.isSymbolicLink()) return { target: readlinkSync(path) };
      return status.isFile() ? 'file' : status.isDirectory() ? 'directory' : 'other';
    });
    this.#seen.set(key, what);
    return what;
  }

  #resolve(path: string): Found | null {
    const split = (text: string): string[] =>
      text
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .reverse();
    let todo = split(path);
    let parts: string[] = [];
    let kind: Found['kind'] = 'directory';
    for (let links = 0, part = todo.pop(); part !== undefined; part = todo.pop()) {
      if (part === '..') {
        parts.pop();
        kind = 'directory';
        continue;
      }
      if (kind !== 'directory') return null;
      const what = this.#look([...parts, part]);
      if (what === null || what === 'other') return null;
      if (typeof what === 'object') {
        links += 1;
        if (links > maxLinks || todo.length > maxParts) return null;
        if (what.target.startsWith('/')) parts = [];
        todo = [...todo, ...split(what.target)];
      } else {
        parts.push(part);
        kind = what;
      }
    }
    return { kind, parts };
  }
}

function readStart(path: string): Uint8Array | null {
  return attempt(() => {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(Math.min(maxFile, Math.max(1, lstatSync(path).size)));
      let filled = 0;
      for (let count = -1; filled < buffer.length && count !== 0; filled += count)
        count = readSync(file, buffer, filled, buffer.length - filled, null);
      return new Uint8Array(buffer.subarray(0, filled));
    } finally {
      closeSync(file);
    }
  });
}
