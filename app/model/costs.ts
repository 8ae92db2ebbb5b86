/**
 * What things cost in time: the default figures of the model, each with where it comes from. A machine's description
 * may override any of them (`costs` of a topology file). Times are ns, rates GB/s (decimal, so 1 GB/s is 1 byte a ns)
 * in one direction.
 */

/** source: a document or header says so; measured: on a small virtual machine; derived: by arithmetic; default: an engineering choice, never a fact. */
export type CostBasis = 'source' | 'measured' | 'derived' | 'default';

export interface CostFigure {
  readonly value: number;
  readonly unit: 'ns' | 'GB/s' | 'count' | 'share';
  readonly basis: CostBasis;
  readonly meaning: string;
  readonly source: string;
}

const measuredOn = 'median of repeated runs on a two-vCPU virtual machine, kernel 6.18';
const choice = 'engineering default';

const ns = (value: number, basis: CostBasis, meaning: string, source: string): CostFigure => ({
  value,
  unit: 'ns',
  basis,
  meaning,
  source,
});
const rate = (value: number, basis: CostBasis, meaning: string, source: string): CostFigure => ({
  value,
  unit: 'GB/s',
  basis,
  meaning,
  source,
});

export const costFigures = {
  // CPU faults.
  'fault.zeroPage': ns(546, 'measured', 'a read fault that maps the zero page', `514-578 ns, ${measuredOn}`),
  'fault.anonymous': ns(1550, 'measured', 'a write fault that allocates and clears 4 KiB', `1.5-1.6 µs, ${measuredOn}`),
  'fault.cow': ns(
    6350,
    'measured',
    'breaking copy-on-write of 4 KiB',
    `4.6-8.1 µs, nested paging included, ${measuredOn}`,
  ),
  'fault.reuse': ns(546, 'default', 'a write fault that needs no copy', `${choice}: as a minor read fault`),
  'fault.huge': ns(100_000, 'default', 'a fault that allocates and clears 2 MiB', choice),
  'fault.file': ns(1000, 'default', 'a fault on a page of the page cache', choice),
  'fault.nonPresent': ns(
    546,
    'default',
    'entering the fault handler for an entry that is not present',
    `${choice}: as a minor read fault`,
  ),

  // The address space.
  'fork.entry': ns(
    80,
    'derived',
    'copying one page-table entry at fork',
    `64 MiB of 4 KiB entries in 1.1-1.5 ms, ${measuredOn}`,
  ),
  'mprotect.call': ns(1675, 'derived', 'one mprotect of one page', `half of a pair in 3.1-3.6 µs, ${measuredOn}`),
  'tlb.shootdown': ns(
    1000,
    'source',
    'a TLB shootdown, besides what each remote core adds',
    'unseel.com, onedfrk notes: 1-3 µs on bare metal',
  ),
  'tlb.remoteCore': ns(
    200,
    'source',
    'what each remote core adds to a shootdown',
    'unseel.com, onedfrk notes: about 14 µs at 64 cores',
  ),
  'tlb.remoteCores': {
    value: 0,
    unit: 'count',
    basis: 'default',
    meaning: 'cores, besides the one at work, that run threads of the process',
    source: `${choice}: processes of a story have one thread`,
  },

  // Mirrors and devices.
  'notifier.callback': ns(
    10_000,
    'default',
    'a callback that erases device entries and flushes the device TLB',
    `${choice}, of 5-20 µs`,
  ),
  'device.fault': ns(
    35_000,
    'default',
    'serving a device page fault, without a migration',
    'commonly quoted 20-50 µs; no primary source was found',
  ),
  'pri.request': ns(20_000, 'default', 'a page request of a device, answered', `${choice}, of 10-30 µs`),
  'bar.read': ns(900, 'default', 'an uncached CPU read of one word of a BAR', `${choice}: one round trip`),

  // Migration.
  'migrate.setup': ns(3000, 'default', 'the start of one migrate_vma call', choice),
  'migrate.page': ns(300, 'default', 'replacing and restoring one entry: of a base page, or of 2 MiB as one', choice),
  'migrate.alloc': ns(200, 'default', 'a destination for one unit, 4 KiB or 2 MiB', choice),
  'migrate.finalize': ns(2000, 'default', 'the end of one migrate_vma call', choice),

  // Latencies of links whose description tells none, one way.
  'latency.switch': ns(110, 'default', 'through a PCIe switch', choice),
  'latency.rootComplex': ns(250, 'default', 'through a root complex or host bridge', choice),
  'latency.pcie': ns(0, 'default', 'the wire of a PCIe link', `${choice}: ports have the time`),
  'latency.ddr': ns(90, 'source', 'DRAM behind its controller', 'nextplatform 2022: 80-100 ns'),
  'latency.hbm': ns(125, 'default', 'HBM behind its controller', `${choice}, of 100-150 ns`),
  'latency.cxl': ns(
    160,
    'derived',
    'a CXL link',
    'about 250 ns a load (nextplatform 2022), less 90 ns of the memory behind it',
  ),
  'latency.vram': ns(
    400,
    'default',
    'GPU memory behind its controller',
    `${choice}, of 300-700 ns seen by a GPU thread`,
  ),
  'latency.sram': ns(20, 'default', 'SRAM of a device', choice),
  'latency.pmem': ns(350, 'source', 'persistent memory', 'nextplatform 2022'),
  'latency.nvlink': ns(200, 'default', 'an NVLink', choice),
  'latency.xgmi': ns(200, 'default', 'an xGMI link', choice),
  'latency.c2c': ns(200, 'default', 'a chip-to-chip link', choice),
  'latency.upi': ns(60, 'default', 'a hop between sockets', choice),
  'latency.on-package': ns(0, 'default', 'inside a package', choice),
  'latency.network': ns(1000, 'default', 'a network link', choice),
  'latency.unknown': ns(60, 'default', 'a link of which nothing is told', `${choice}: as a hop between sockets`),

  // Rates of links whose description tells none, by kind.
  'link.pcie': rate(31.5, 'derived', 'PCIe 4.0, 16 lanes', '16 GT/s x 128/130 x 16 / 8; headers are not subtracted'),
  'link.cxl': rate(63, 'derived', 'CXL 2.0, 16 lanes', 'as PCIe 5.0, 16 lanes'),
  'link.nvlink': rate(
    25,
    'derived',
    'one NVLink 3 or 4',
    '50 GB/s of both directions a link: ai-infra-index, textbookofai',
  ),
  'link.xgmi': rate(50, 'source', 'one xGMI link of 25 GT/s and 16 lanes', 'ROCm documentation of MI200'),
  'link.c2c': rate(450, 'derived', 'NVLink-C2C', '900 GB/s of both directions together: data sheet of GH200'),
  'link.upi': rate(40, 'default', 'one UPI link of 16 GT/s and 20 lanes', choice),
  'link.ddr': rate(38.4, 'derived', 'one channel of DDR5-4800', '4800 MT/s x 8 B'),
  'link.hbm': rate(819, 'source', 'one stack of HBM3', '6.4 Gb/s a pin: hothardware, yobitel'),
  'link.on-package': rate(1000, 'source', 'local memory of a GPU', 'Documentation/mm/hmm.rst: about 1 TB/s'),
  'link.network': rate(12.5, 'default', 'a network port of 100 Gb/s', choice),
  'link.unknown': rate(31.5, 'default', 'a link of which nothing is told', `${choice}: as PCIe 4.0, 16 lanes`),
  'link.payload': {
    value: 1,
    unit: 'share',
    basis: 'default',
    meaning: 'share of a PCIe link that carries payload',
    source: `${choice}: 1 leaves the headers out; 0.8 to 0.9 counts them`,
  },
} as const satisfies Readonly<Record<string, CostFigure>>;

export type CostName = keyof typeof costFigures;
export const costNames = Object.keys(costFigures) as readonly CostName[];

/** A figure that a machine's description sets itself. Key: its name. */
export interface CostOverride {
  readonly value: number;
}

/** Figures that a machine's description sets. */
export type CostOverrides = Readonly<Partial<Record<CostName, number>>>;

/** A figure under the overrides of a description. */
export const figureUnder = (costs: CostOverrides, name: CostName): number => costs[name] ?? costFigures[name].value;
