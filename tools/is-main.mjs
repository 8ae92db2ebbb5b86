import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Whether a module (its import.meta.url) is the program that Node was started with, also through a linked folder. */
export const isMain = (url) =>
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(url));
