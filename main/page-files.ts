/** The built renderer, file by file: only what the build made can be asked for. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { rendererFolder } from './assets.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.json': 'application/json',
  '.png': 'image/png',
};

export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
}

function* filesBelow(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesBelow(path);
    else if (types[extname(name)] !== undefined) yield path;
  }
}

/** Paths ("/index.html") and where their files are. A path that is not in this list does not exist, however it is spelt. */
export function pageFiles(folder: string = rendererFolder): { read(path: string): PageFile | null } {
  const known = new Map(
    [...filesBelow(folder)].map((path) => [`/${relative(folder, path).replaceAll('\\', '/')}`, path]),
  );
  return {
    read: (path) => {
      const file = known.get(path === '/' ? '/index.html' : path);
      return file === undefined
        ? null
        : { type: types[extname(file)] ?? 'application/octet-stream', bytes: new Uint8Array(readFileSync(file)) };
    },
  };
}
