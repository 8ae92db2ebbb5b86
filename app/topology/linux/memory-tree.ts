import { byName } from './file-tree.ts';
import type { FileTree } from './file-tree.ts';
import type { TarEntry } from './tar.ts';

type Node =
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory'; readonly children: Map<string, Node> };

const maxLinks = 40;
const maxDepth = 64;

/** The members of an archive as a tree. Links are resolved here and cannot lead above the root; loops end. */
class MemoryTree implements FileTree {
  readonly #root: Node & { readonly kind: 'directory' };

  constructor(root: Node & { readonly kind: 'directory' }) {
    this.#root = root;
  }

  read(path: string): Uint8Array | null {
    const found = this.#resolve(path);
    return found?.node.kind === 'file' ? found.node.bytes : null;
  }

  list(path: string): readonly string[] {
    const found = this.#resolve(path);
    return found?.node.kind === 'directory' ? [...found.node.children.keys()].sort(byName) : [];
  }

  real(path: string): string | null {
    return this.#resolve(path)?.path.join('/') ?? null;
  }

  link(path: string): string | null {
    const at = path.lastIndexOf('/');
    const owner = this.#resolve(path.slice(0, Math.max(at, 0)))?.node;
    const node = owner?.kind === 'directory' ? owner.children.get(path.slice(at + 1)) : undefined;
    return node?.kind === 'link' ? node.target : null;
  }

  /** Walks component by component; a link puts the components of its target in front of what is left. */
  #resolve(path: string): { readonly node: Node; readonly path: readonly string[] } | null {
    let todo = path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .reverse();
    const trail: { readonly name: string; readonly node: Node }[] = [];
    for (let links = 0, part = todo.pop(); part !== undefined; part = todo.pop()) {
      if (part === '..') {
        trail.pop();
        continue;
      }
      const at = trail.at(-1)?.node ?? this.#root;
      const next = at.kind === 'directory' ? at.children.get(part) : undefined;
      if (next === undefined) return null;
      if (next.kind === 'link') {
        links += 1;
        if (links > maxLinks || todo.length > maxDepth * 4) return null;
        if (next.target.startsWith('/')) trail.length = 0;
        todo = [
          ...todo,
          ...next.target
            .split('/')
            .filter((piece) => piece !== '' && piece !== '.')
            .reverse(),
        ];
      } else trail.push({ name: part, node: next });
    }
    return { node: trail.at(-1)?.node ?? this.#root, path: trail.map(({ name }) => name) };
  }
}

/**
 * The tree whose root holds `sys` and `proc`, wherever the archive has them: at the top, below "./" or below one
 * directory. Null where no member is below such a root.
 */
export function treeOfArchive(entries: readonly TarEntry[]): MemoryTree | null {
  const paths = entries.map((entry) => pathOf(entry.path));
  const prefix = paths
    .flatMap((path) => {
      const at = path.findIndex((part) => part === 'sys' || part === 'proc');
      return at === -1 || at > 4 || path.length < at + 2 ? [] : [path.slice(0, at)];
    })
    .sort((a, b) => a.length - b.length)[0];
  if (prefix === undefined) return null;
  const root: Node & { readonly kind: 'directory' } = { kind: 'directory', children: new Map() };
  entries.forEach((entry, i) => {
    const path = paths[i] ?? [];
    if (prefix.some((part, j) => path[j] !== part)) return;
    const inside = path.slice(prefix.length);
    if (inside.length === 0 || inside.length > maxDepth) return;
    if (entry.kind === 'directory') place(root, inside, { kind: 'directory', children: new Map() });
    else if (entry.kind === 'file') place(root, inside, { kind: 'file', bytes: entry.bytes });
    else if (entry.kind === 'link') place(root, inside, { kind: 'link', target: entry.target });
    else place(root, inside, { kind: 'link', target: `/${pathOf(entry.target).slice(prefix.length).join('/')}` });
  });
  return new MemoryTree(root);
}

/** Parts of a member's name; ".." is taken out: a name cannot climb. */
const pathOf = (path: string): readonly string[] =>
  path.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');

function place(root: Node & { readonly kind: 'directory' }, path: readonly string[], node: Node): void {
  let at = root;
  for (const part of path.slice(0, -1)) {
    let next = at.children.get(part);
    if (next === undefined) {
      next = { kind: 'directory', children: new Map() };
      at.children.set(part, next);
    }
    if (next.kind !== 'directory') return;
    at = next;
  }
  const name = path.at(-1) ?? '';
  const there = at.children.get(name);
  if (there?.kind === 'directory' && node.kind === 'directory') return;
  at.children.set(name, node);
}
