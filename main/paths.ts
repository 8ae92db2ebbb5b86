/** Which paths lie where, after all links are followed. */
import { realpathSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';

/** True where a path is inside a folder; both absolute and without "..". */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The path without links, or null where nothing is there or it cannot be looked at. */
function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/** True where what is found at a path really lies inside the folder: no link leads out. */
export function isReallyInside(folder: string, path: string): boolean {
  const [home, target] = [realPath(folder), realPath(path)];
  return home !== null && target !== null && isInside(home, target);
}
