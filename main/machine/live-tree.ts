import { closeSync, openSync, readdirSync, readlinkSync, readSync, realpathSync } from 'node:fs';
import { byName } from '../../app/topology/linux/file-tree.ts';
import type { FileTree } from '../../app/topology/linux/file-tree.ts';
import { attempt } from './attempt.ts';

/** /proc/iomem and config spaces are far smaller. */
const maxFile = 4 * 1024 * 1024;

/** The files of this machine as the kernel shows them right now. What may not be read is as if it were not there. */
export const liveTree: FileTree = {
  read(path) {
    return attempt(() => {
      const file = openSync(`/${path}`, 'r');
      try {
        const parts: Buffer[] = [];
        // Files of /proc and /sys say 0 for their size: read until nothing comes.
        for (let total = 0; total < maxFile;) {
          const buffer = Buffer.alloc(65_536);
          const count = readSync(file, buffer, 0, buffer.length, null);
          if (count === 0) break;
          parts.push(buffer.subarray(0, count));
          total += count;
        }
        return new Uint8Array(Buffer.concat(parts));
      } finally {
        closeSync(file);
      }
    });
  },
  list(path) {
    return attempt(() => readdirSync(`/${path}`).sort(byName)) ?? [];
  },
  real(path) {
    return attempt(() => realpathSync(`/${path}`).slice(1));
  },
  link(path) {
    return attempt(() => readlinkSync(`/${path}`));
  },
};
