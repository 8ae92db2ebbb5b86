/** Links and files that the system hands to the app, as queries that a window follows. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Longest link that is followed. */
const longest = 4096;

/** The query of memscape://open?..., or null where this is no such link. */
export function queryOfLink(link: string): string | null {
  if (link.length > longest) return null;
  try {
    const url = new URL(link);
    return url.protocol === 'memscape:' && url.host === 'open' ? url.search : null;
  } catch {
    return null;
  }
}

export const queryOfFile = (path: string, ...others: readonly string[]): string =>
  `?${[`scenario=${encodeURIComponent(path)}`, ...others.map((other) => `with=${encodeURIComponent(other)}`)].join('&')}`;

/** The files that a query asks for, those that are on this machine. */
export function filesOfQuery(query: string): readonly string[] {
  const parameters = new URLSearchParams(query);
  return [...parameters.getAll('scenario').slice(0, 1), ...parameters.getAll('with').slice(0, 31)]
    .filter((named) => /[/\\.]/.test(named) && existsSync(named))
    .map((named) => resolve(named));
}

/** What the arguments of a start (ours or a second one) ask to open: a link or a file; the last that is one. */
export function queryOfArguments(args: readonly string[], folder: string): string | null {
  for (const arg of [...args].reverse()) {
    if (arg.startsWith('-')) continue;
    const link = queryOfLink(arg);
    if (link !== null) return link;
    const path = resolve(folder, arg);
    if (/\.(ya?ml|xml|json|txt|gz)$/i.test(arg) && statSync(path, { throwIfNoEntry: false })?.isFile() === true)
      return queryOfFile(path);
  }
  return null;
}
