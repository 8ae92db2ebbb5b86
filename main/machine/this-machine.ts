import { platform } from 'node:os';
import type { Problem, Result } from '../../app/base/result.ts';
import { err, ok } from '../../app/base/result.ts';
import type { Topology } from '../../app/model/topology.ts';
import { readLinux } from '../../app/topology/linux/read.ts';
import { liveTree } from './live-tree.ts';

/** The machine that this runs on, from /proc and /sys. */
export function readThisMachine(): Result<Topology, readonly Problem[]> {
  if (platform() !== 'linux') {
    return err([
      {
        file: 'this-machine',
        line: 0,
        column: 0,
        message: `only Linux tells its topology in files, this is ${platform()}: open a file made by lstopo instead`,
      },
    ]);
  }
  return ok(readLinux('this-machine', 'this-machine', liveTree));
}
