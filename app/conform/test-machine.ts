/** The machine that the self-tests and recordings run on: plenty of RAM, and test devices. */
import type { EngineSpec } from '../engine/initial-world.ts';
import * as dmirror from './dmirror.ts';

/** Device memory of a test device, in chunks. */
const maxChunks = 4;
const systemFrames = 1 << 20;

export interface TestDevice {
  readonly id: string;
  readonly memory: 'private' | 'coherent';
  /** Whether its chunk of memory is handed out in 2 MiB pages too. */
  readonly hugePages?: boolean;
}

/** A machine with test devices. */
export function dmirrorMachine(devices: readonly TestDevice[], thp: 'always' | 'madvise' | 'never'): EngineSpec {
  return {
    thp,
    pools: [
      { id: 'dram0', kind: 'dram', registration: 'system', frames: systemFrames, device: null },
      ...devices.map(({ id, memory }) => ({
        id: `${id}.memory`,
        kind: 'vram' as const,
        registration: memory,
        frames: maxChunks * dmirror.chunkPages,
        device: id,
      })),
    ],
    devices: devices.map(({ id, memory, hugePages = true }) => ({
      id,
      memory,
      hugePages,
      pool: `${id}.memory`,
      faultPages: dmirror.faultPages,
      migratePages: dmirror.migratePages,
    })),
  };
}
