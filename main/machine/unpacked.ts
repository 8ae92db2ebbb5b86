/** A snapshot of /proc and /sys that was unpacked: hwloc-gather-topology, ghw, memscape capture. */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Problem, Result } from '../../app/base/result.ts';
import { err, ok } from '../../app/base/result.ts';
import type { Topology } from '../../app/model/topology.ts';
import { byName } from '../../app/topology/linux/file-tree.ts';
import { readLinux } from '../../app/topology/linux/read.ts';
import { FolderTree } from './folder-tree.ts';

const has = (tree: FolderTree): boolean => tree.list('sys').length > 0 || tree.list('proc').length > 0;

/** The folder that holds sys and proc: this one, or the one folder below it that does. */
function rootOf(folder: string): FolderTree | null {
  const whole = new FolderTree(folder);
  if (has(whole)) return whole;
  const below = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort(byName)
    .slice(0, 100)
    .map((name) => new FolderTree(join(folder, name)))
    .filter(has);
  return below.length === 1 ? (below[0] ?? null) : null;
}

/** Reads a folder; `name` is for messages. */
export function readUnpacked(name: string, folder: string): Result<Topology, readonly Problem[]> {
  const fail = (message: string): Result<never, readonly Problem[]> =>
    err([{ file: name, line: 0, column: 0, message }]);
  if (resolve(folder) === '/') return fail('this is the root of this machine: name it this-machine');
  try {
    const tree = rootOf(folder);
    return tree === null
      ? fail('the folder holds neither sys nor proc: name the unpacked snapshot, or a file')
      : ok(readLinux(name, 'linux-snapshot', tree));
  } catch (error) {
    return fail(`the folder cannot be read (${error instanceof Error ? error.message : 'unknown reason'})`);
  }
}
