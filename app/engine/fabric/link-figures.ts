/**
 * Latencies that a machine's description leaves out: engineering defaults (semantics 6.2, 6.3), never facts. A `links`
 * row of the topology file overrides each. A hop through a switch is two internal edges, and so is the way through a
 * root complex: a route that enters and leaves pays the sum.
 */
import type { LinkKind } from '../../model/topology.ts';

export const defaultLatencyNs = {
  /** PCIe switch hop: 110 ns, half on the way in and half on the way out. */
  switchEdge: 55,
  /** Root complex or host bridge crossing: 250 ns, in two halves. */
  rootComplexEdge: 125,
  /** The wire of a PCIe link. */
  pcieWire: 0,
} as const;

/** One way, by kind of link. `pcie` and `internal` are set by place. */
export const linkLatencyNs: { readonly [K in LinkKind]: number } = {
  ddr: 90,
  hbm: 125,
  pcie: 0,
  /** With the 90 ns of the memory behind it a load takes about 250 ns. */
  cxl: 160,
  nvlink: 200,
  xgmi: 200,
  c2c: 200,
  upi: 60,
  'on-package': 0,
  network: 1000,
  unknown: 60,
};

/** Latency of a memory behind its own port, by kind. */
export const memoryLatencyNs = {
  dram: 90,
  hbm: 125,
  cxl: 90,
  vram: 400,
  'device-sram': 20,
  pmem: 350,
} as const;
