import type { Device, Pool, Settings, World } from '../model/world.ts';
import type { CostOverrides } from '../model/costs.ts';
import { driverPresets } from '../model/driver-presets.ts';
import { emptyWorld } from './apply.ts';
import { swapArea } from './mm/swap-slots.ts';
import { noFabric, type Fabric } from './fabric/fabric.ts';

/** What the engine needs to know of a machine: its memories and the devices that can own pages. */
export interface EngineSpec {
  readonly pools: readonly {
    readonly id: string;
    readonly kind: Pool['kind'];
    readonly registration: Pool['registration'];
    readonly frames: number;
    readonly device: string | null;
  }[];
  readonly devices: readonly ({ readonly id: string } & Pick<Device, 'memory' | 'pool'> &
    Partial<Omit<Device, 'memory' | 'pool'>>)[];
  readonly thp?: Settings['thp'];
  /** Pages that swap space has room for; 0 or without: there is none. */
  readonly swap?: number;
  /** Who reaches whose memory over which wires; without: nothing is told of it. */
  readonly fabric?: Fabric;
  /** Figures of the cost model that the machine's description sets. */
  readonly costs?: CostOverrides;
}

/** Device memory starts at a frame number far above any RAM, as the kernel's unused physical ranges do. */
const firstSystemFrame = 0x1000;
const firstDeviceFrame = 0x5000_0000;
const gap = 0x100_0000;

/** Where the frames of a device memory begin that comes later: above those of all that are there. */
export const deviceFrameAfter = (pools: readonly Pool[]): number =>
  pools.reduce(
    (first, { registration, firstFrame, frames }) =>
      registration === 'system' ? first : Math.max(first, firstFrame + Math.max(gap, frames)),
    firstDeviceFrame,
  );

/** A machine that has just booted: all frames free, no process. */
export function initialWorld(spec: EngineSpec): World {
  const pool: Record<string, Pool> = {};
  let system = firstSystemFrame;
  let device = firstDeviceFrame;
  for (const { id, ...p } of spec.pools) {
    const first = p.registration === 'system' ? system : device;
    if (p.registration === 'system') system += p.frames;
    else device += Math.max(gap, p.frames);
    pool[id] = { ...p, firstFrame: first, free: p.frames, lowestFree: first };
  }
  const devices: Record<string, Device> = {};
  for (const { id, ...d } of spec.devices) {
    devices[id] = {
      owner: id,
      ...driverPresets.dmirror.rules,
      faultPages: 512,
      bringBackPages: 1,
      failAlloc: false,
      ownerLeaves: 'keep',
      iommu: 'iommu',
      translation: 'ats',
      ...d,
    };
  }
  const { cpuForwardsPeers, iommu, ...fabric } = spec.fabric ?? noFabric;
  const swap = spec.swap ?? 0;
  return {
    ...emptyWorld,
    records: {
      ...emptyWorld.records,
      ...fabric,
      pool,
      swapArea: swap === 0 ? {} : { [swapArea]: { slots: swap, free: swap } },
      device: devices,
      costFigure: Object.fromEntries(Object.entries(spec.costs ?? {}).map(([name, value]) => [name, { value }])),
      settings: { machine: { thp: spec.thp ?? 'never', cpuForwardsPeers, iommu } },
    },
  };
}
