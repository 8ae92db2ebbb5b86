/** Where the project's own files are, in a checkout and in a package. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensure } from '../app/base/assert.ts';

/** The folder that holds assets/ and out/: the nearest one above this file that has both package.json and assets. */
export const root: string = ensure(
  (function find(folder: string): string | null {
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'assets'))) return folder;
    return dirname(folder) === folder ? null : find(dirname(folder));
  })(dirname(fileURLToPath(import.meta.url))),
  'the package holds package.json and assets/',
);

export const rendererFolder: string = join(root, 'out', 'renderer');
