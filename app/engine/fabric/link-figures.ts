/**
 * Latencies that a machine's description leaves out: figures of the cost model (app/model/costs.ts), never facts. A
 * `links` row of the topology file overrides each, and its `costs` the figure itself. A hop through a switch is two
 * internal edges, and so is the way through a root complex: a route that enters and leaves pays the sum.
 */
import { figureUnder, type CostOverrides } from '../../model/costs.ts';
import type { DeviceMemory, LinkKind, NumaNode } from '../../model/topology.ts';

/** Half of a hop through a PCIe switch: on the way in, and on the way out. */
export const switchEdgeNs = (costs: CostOverrides): number => figureUnder(costs, 'latency.switch') / 2;

/** Half of the way through a root complex. */
export const rootComplexEdgeNs = (costs: CostOverrides): number => figureUnder(costs, 'latency.rootComplex') / 2;

/** One way, by kind of link. */
export const linkLatencyNs = (costs: CostOverrides, kind: LinkKind): number => figureUnder(costs, `latency.${kind}`);

const memoryFigure = {
  dram: 'latency.ddr',
  unknown: 'latency.ddr',
  hbm: 'latency.hbm',
  cxl: 'latency.ddr',
  gpu: 'latency.vram',
  vram: 'latency.vram',
  sram: 'latency.sram',
  pmem: 'latency.pmem',
} as const;

/** Latency of a memory behind its own port, by kind. */
export const memoryLatencyNs = (
  costs: CostOverrides,
  kind: NumaNode['memoryKind'] | DeviceMemory['memoryKind'],
): number => figureUnder(costs, memoryFigure[kind]);
