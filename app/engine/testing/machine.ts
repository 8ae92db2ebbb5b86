/** A machine for tests: main memory with swap, two devices with private memory, and one whose memory is coherent. */
import type { EngineSpec } from '../initial-world.ts';

export const testMachine = {
  pools: [
    { id: 'dram0', kind: 'dram', registration: 'system', frames: 8192, device: null },
    { id: 'gpu0.vram', kind: 'vram', registration: 'private', frames: 4096, device: 'gpu0' },
    { id: 'gpu1.vram', kind: 'vram', registration: 'private', frames: 4096, device: 'gpu1' },
    { id: 'acc0.hbm', kind: 'hbm', registration: 'coherent', frames: 4096, device: 'acc0' },
  ],
  devices: [
    { id: 'gpu0', memory: 'private', pool: 'gpu0.vram' },
    { id: 'gpu1', memory: 'private', pool: 'gpu1.vram' },
    { id: 'acc0', memory: 'coherent', pool: 'acc0.hbm' },
  ],
  thp: 'madvise',
  swap: 4096,
} as const satisfies EngineSpec;
