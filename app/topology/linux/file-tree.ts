import { strFromU8 } from 'fflate';

/**
 * A read-only tree of files that looks like the root of a Linux machine: "sys/bus/pci/devices". Paths have no leading
 * slash; links are followed and never lead out of the tree.
 */
export interface FileTree {
  /** Contents, cut off at a bound of the tree's own; null where there is no such file or it cannot be read. */
  read(path: string): Uint8Array | null;
  /** Names in a directory in order, without "." and ".."; empty where there is no such directory. */
  list(path: string): readonly string[];
  /** The path without links; null where nothing is there. */
  real(path: string): string | null;
  /** Where a link points to, as written, be it there or not; null where the path is no link. */
  link(path: string): string | null;
}

/** The first line of a file as text without the blanks around it; null where there is none. */
export function line(tree: FileTree, path: string): string | null {
  const text = textOf(tree, path);
  return text === null ? null : (text.split('\n', 1)[0] ?? '').trim();
}

export function textOf(tree: FileTree, path: string): string | null {
  const bytes = tree.read(path);
  return bytes === null ? null : strFromU8(bytes);
}

/** Entries that are `prefix` and a number, in the order of the numbers: node0, node2, node10. */
export function numbered(
  tree: FileTree,
  path: string,
  prefix: string,
): readonly { readonly name: string; readonly index: number }[] {
  return tree
    .list(path)
    .flatMap((name) => {
      const digits = name.startsWith(prefix) ? name.slice(prefix.length) : '';
      return /^\d{1,7}$/.test(digits) ? [{ name, index: Number(digits) }] : [];
    })
    .sort((a, b) => a.index - b.index);
}

/** Last name of what a link points to: the driver, the group number. */
export const linkName = (tree: FileTree, path: string): string | null => tree.link(path)?.split('/').at(-1) ?? null;

/** Bytewise order of names, the same on every machine. */
export const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
