/** A small history for tests of views: a process with a heap, and a device that mirrors it. */
import { History } from '../../engine/history.ts';
import { initialWorld } from '../../engine/initial-world.ts';
import type { OpInput } from '../../engine/operations.ts';
import { completeOp } from '../../engine/step.ts';

export const start: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'heap', pages: 8 },
  { op: 'write', by: 'A', place: 'A.heap[0..4]', value: 10, count: true },
  { op: 'open', by: 'A', device: 'gpu0' },
];

export function played(ops: readonly OpInput[]): History {
  const history = new History(
    initialWorld({
      pools: [
        { id: 'dram0', kind: 'dram', registration: 'system', frames: 4096, device: null },
        { id: 'gpu0.vram', kind: 'vram', registration: 'private', frames: 2048, device: 'gpu0' },
      ],
      devices: [{ id: 'gpu0', memory: 'private', pool: 'gpu0.vram' }],
    }),
  );
  for (const op of [...start, ...ops]) history.run(completeOp(op));
  return history;
}
