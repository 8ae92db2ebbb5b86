/** Small machines that chance makes, for laws of the engine: with and without swap, with one device or two. */
import fc from 'fast-check';
import type { EngineSpec } from '../initial-world.ts';

const device = fc.record({
  memory: fc.constantFrom('private' as const, 'coherent' as const, 'none' as const),
  frames: fc.constantFrom(2048, 90, 12),
  migratePages: fc.constantFrom(512, 4),
  faultPages: fc.constantFrom(512, 32, 3),
  hugePages: fc.boolean(),
});

const machineWith = (system: fc.Arbitrary<number>, swap: fc.Arbitrary<number>): fc.Arbitrary<EngineSpec> =>
  fc
    .record({
      system,
      swap,
      thp: fc.constantFrom('never' as const, 'always' as const, 'madvise' as const),
      devices: fc.array(device, { minLength: 1, maxLength: 2 }),
    })
    .map(({ system: frames, swap: slots, thp, devices }) => ({
      thp,
      swap: slots,
      pools: [
        { id: 'dram0', kind: 'dram', registration: 'system', frames, device: null },
        ...devices.flatMap(({ memory, frames: own }, i) =>
          memory === 'none'
            ? []
            : [{ id: `gpu${i}.vram`, kind: 'vram' as const, registration: memory, frames: own, device: `gpu${i}` }],
        ),
      ],
      devices: devices.map(({ frames: _frames, ...rest }, i) => ({
        id: `gpu${i}`,
        pool: rest.memory === 'none' ? null : `gpu${i}.vram`,
        ...rest,
      })),
    }));

/** A machine small enough that memory runs out. */
export const anyMachine = machineWith(
  fc.oneof(
    { arbitrary: fc.constantFrom(300, 40, 90), weight: 6 },
    { arbitrary: fc.constantFrom(4096, 1100), weight: 1 },
  ),
  fc.constantFrom(0, 200, 6),
);
/** One that always has swap, and hardly memory for a second copy of anything. */
export const swappingMachine = machineWith(
  fc.oneof(
    { arbitrary: fc.constantFrom(90, 40, 20), weight: 5 },
    { arbitrary: fc.constantFrom(1100, 1600), weight: 1 },
  ),
  fc.constantFrom(300, 60, 2048, 12),
);
