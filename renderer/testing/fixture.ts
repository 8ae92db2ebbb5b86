import type { Catalog } from '../../app/contract/requests.ts';
import type { GraphEdge, GraphNode, GraphRelation, StepStory } from '../../app/contract/frame.ts';

export interface FixtureEvent {
  readonly kind: string;
  readonly title: string;
  readonly by: string;
  readonly cause: number | null;
  readonly fn: string | null;
  readonly rule: string;
  readonly where: string | null;
  readonly detail: string;
  readonly state: string;
  /** The pages that it changes, in which column. */
  readonly set?: {
    readonly column: 'cpu' | 'gpu' | 'nic';
    readonly state: string;
    readonly start: number;
    readonly end: number;
  };
}

interface FixtureStep extends Omit<StepStory, 'index'> {
  readonly refusal: string | null;
  readonly events: readonly FixtureEvent[];
  readonly relations: readonly { readonly after: number; readonly relation: GraphRelation }[];
}

const event = (
  by: string,
  title: string,
  where: string | null,
  fn: string | null,
  detail: string,
  state: string,
  cause: number | null,
  set?: FixtureEvent['set'],
): FixtureEvent => ({
  kind: title.replaceAll(' ', '-'),
  title,
  by,
  cause,
  fn,
  rule: `fixture.${title.replaceAll(' ', '')}`,
  where,
  detail,
  state,
  ...(set === undefined ? {} : { set }),
});

export const story: readonly FixtureStep[] = [
  {
    title: 'A writes its heap',
    say: 'Process A touches every page of its heap. Each first write takes a fault, and each fault brings a zeroed frame.',
    lesson: 'Memory is handed out by the fault, not by `mmap`.',
    read: [{ label: 'do_anonymous_page()', where: 'mm/memory.c' }],
    ops: ['cpuWrite A.heap[0..144)'],
    expectations: [{ text: 'A.heap[0..144) is present', ok: true, actual: null, line: 21 }],
    refusal: null,
    relations: [],
    events: [
      event('A', 'CPU write', 'A.heap[0..144)', null, '144 stores, one to each page', 'neutral', null),
      event('kernel', 'fault', 'A.heap[0..144)', 'handle_mm_fault', 'no entry, so the access faults', 'neutral', 0),
      event(
        'kernel',
        'entries written',
        'A.heap[0..144)',
        'do_anonymous_page',
        'a zeroed frame for each page',
        'system',
        1,
        { column: 'cpu', state: 'system', start: 0, end: 144 },
      ),
    ],
  },
  {
    title: 'The NIC registers a buffer',
    say: 'The NIC registers pages 80..96 of the heap. A long-term pin keeps these frames where they are.',
    lesson: null,
    read: [{ label: 'pin_user_pages()', where: 'mm/gup.c' }],
    ops: ['pin nic0 A.heap[87..88)'],
    expectations: [{ text: 'A.heap[87] is pinned', ok: true, actual: null, line: 30 }],
    refusal: null,
    relations: [],
    events: [
      event(
        'driver:nic0',
        'pin',
        'A.heap[87..88)',
        'pin_user_pages',
        'FOLL_LONGTERM: the frame cannot migrate',
        'pinned',
        null,
        { column: 'nic', state: 'pinned', start: 87, end: 88 },
      ),
      event('kernel', 'frame pinned', 'A.heap[87..88)', 'try_grab_folio', 'refcount 2 → 1025', 'pinned', 0, {
        column: 'cpu',
        state: 'pinned',
        start: 87,
        end: 88,
      }),
    ],
  },
  {
    title: 'The GPU mirrors A',
    say: 'The driver reads A’s page table with `hmm_range_fault` and copies what it finds into the GPU’s own page table. From now on a notifier must tell the GPU whenever an entry changes.',
    lesson: 'A mirror is a copy with a promise to be told.',
    read: [
      { label: 'hmm_range_fault()', where: 'mm/hmm.c' },
      { label: 'mmu_interval_notifier_insert()', where: 'mm/mmu_notifier.c' },
    ],
    ops: ['mirror gpu0 A.heap[0..144)'],
    expectations: [{ text: 'gpu0 maps A.heap[0..144)', ok: true, actual: null, line: 44 }],
    refusal: null,
    relations: [
      {
        after: 2,
        relation: {
          id: 'mirror',
          kind: 'mirror',
          source: 'gpu0',
          target: 'process:A',
          label: 'mirror',
          route: [],
          state: 'system',
        },
      },
    ],
    events: [
      event('driver:gpu0', 'ioctl', 'A.heap[0..144)', null, 'map this range on the GPU', 'neutral', null),
      event(
        'kernel',
        'range read',
        'A.heap[0..144)',
        'hmm_range_fault',
        'sequence 2, every page present',
        'neutral',
        0,
      ),
      event('driver:gpu0', 'device entries written', 'A.heap[0..144)', null, '`gpu0` maps 144 pages', 'system', 1, {
        column: 'gpu',
        state: 'system',
        start: 0,
        end: 144,
      }),
    ],
  },
  {
    title: 'Pages leave for the GPU',
    say: 'The driver locks 28 pages, tells every mirror to forget them, copies them to VRAM, and only then rewrites A’s entries.\n\nPage 87 is pinned by the NIC. It is skipped, and nothing fails.',
    lesson: 'Migration is best effort, page by page: page 87 is pinned and stays.',
    read: [
      { label: 'migrate_vma_setup()', where: 'mm/migrate_device.c' },
      { label: 'migrate_vma_pages()', where: 'mm/migrate_device.c' },
    ],
    ops: ['migrate A.heap[84..112) to vram0'],
    expectations: [
      { text: 'A.heap[84..87) is device-private', ok: true, actual: null, line: 61 },
      { text: 'A.heap[87] stays', ok: true, actual: null, line: 62 },
      { text: 'vram0 free is 27 less', ok: false, actual: '28 less', line: 63 },
    ],
    refusal: null,
    relations: [
      {
        after: 3,
        relation: {
          id: 'invalidate',
          kind: 'invalidate',
          source: 'cpu0',
          target: 'gpu0',
          label: 'MIGRATE [84..112)',
          route: [],
          state: 'migrating',
        },
      },
      {
        after: 5,
        relation: {
          id: 'transfer',
          kind: 'transfer',
          source: 'dram0',
          target: 'vram0',
          label: '27 pages → VRAM',
          route: ['dram0-cpu0', 'cpu0-bridge', 'bridge-switch', 'switch-gpu0'],
          state: 'migrating',
        },
      },
    ],
    events: [
      event('driver:gpu0', 'ioctl', 'A.heap[84..112)', null, 'bring these pages into VRAM', 'neutral', null),
      event(
        'kernel',
        'pages collected',
        'A.heap[84..112)',
        'migrate_vma_collect_pmd',
        'locked and isolated; page 87 is pinned and left out',
        'migrating',
        0,
        { column: 'cpu', state: 'migrating', start: 84, end: 112 },
      ),
      event(
        'kernel',
        'notify',
        'A.heap[84..112)',
        'mmu_notifier_invalidate_range_start',
        'MIGRATE, owner gpu0',
        'migrating',
        1,
      ),
      event(
        'driver:gpu0',
        'invalidated',
        'A.heap[84..112)',
        null,
        '`gpu0` forgets 28 entries and flushes its TLB',
        'none',
        2,
        { column: 'gpu', state: 'none', start: 84, end: 112 },
      ),
      event('driver:gpu0', 'frames allocated', 'vram0', null, '27 device frames', 'private', 0),
      event('gpu0', 'copy', 'A.heap[84..112)', null, '108 KiB over x16 gen5', 'migrating', 4),
      event(
        'kernel',
        'pages moved',
        'A.heap[84..112)',
        'migrate_vma_pages',
        'the page cache and mapcount follow',
        'private',
        5,
      ),
      event(
        'kernel',
        'entries written',
        'A.heap[84..112)',
        'migrate_vma_finalize',
        'DEVPRIV entries, one pinned page put back',
        'private',
        6,
        { column: 'cpu', state: 'private', start: 84, end: 112 },
      ),
      event('driver:gpu0', 'device entries written', 'A.heap[84..112)', null, '27 local entries', 'private', 7, {
        column: 'gpu',
        state: 'private',
        start: 84,
        end: 112,
      }),
    ],
  },
  {
    title: 'The CPU touches page 84',
    say: 'A load meets a DEVPRIV entry. The CPU cannot reach VRAM, so the fault asks the driver to bring the page home.',
    lesson: 'A CPU access to private memory *is* a migration.',
    read: [{ label: 'do_swap_page()', where: 'mm/memory.c' }],
    ops: ['cpuRead A.heap[84]'],
    expectations: [{ text: 'A.heap[84] is present', ok: true, actual: null, line: 75 }],
    refusal: null,
    relations: [],
    events: [
      event('A', 'CPU read', 'A.heap[84..85)', null, 'one load', 'neutral', null),
      event('kernel', 'fault', 'A.heap[84..85)', 'do_swap_page', 'device-private entry', 'private', 0),
      event('driver:gpu0', 'migrate to RAM', 'A.heap[84..85)', 'migrate_to_ram', 'device entry dropped', 'none', 1, {
        column: 'gpu',
        state: 'none',
        start: 84,
        end: 85,
      }),
      event('kernel', 'entries written', 'A.heap[84..85)', 'migrate_vma_finalize', 'present again', 'system', 2, {
        column: 'cpu',
        state: 'system',
        start: 84,
        end: 85,
      }),
    ],
  },
  {
    title: 'The NIC wants a peer mapping',
    say: 'The NIC asks for the GPU’s memory through its BAR. The switch would have to route the request back down, and ACS forbids it.',
    lesson: null,
    read: [{ label: 'calc_map_type_and_dist()', where: 'drivers/pci/p2pdma.c' }],
    ops: ['mapPeer nic0 gpu0'],
    expectations: [{ text: 'refused with EREMOTEIO', ok: true, actual: null, line: 88 }],
    refusal: 'EREMOTEIO',
    relations: [
      {
        after: 2,
        relation: {
          id: 'refused',
          kind: 'refused',
          source: 'nic0',
          target: 'gpu0',
          label: 'ACS',
          route: [],
          state: null,
        },
      },
    ],
    events: [
      event(
        'driver:nic0',
        'peer map',
        'vram0[0..16)',
        'pci_p2pdma_map_sg',
        'route from nic0 to gpu0?',
        'neutral',
        null,
      ),
      event(
        'kernel',
        'refused',
        'vram0[0..16)',
        'calc_map_type_and_dist',
        'EREMOTEIO: ACS redirects requests at the switch',
        'refusal',
        0,
      ),
    ],
  },
  {
    title: 'A driver forgets the notifier',
    say: 'Another mapping was made without a notifier. The page moves, and the GPU goes on reading the old frame.',
    lesson: 'Nobody is told who did not ask to be told.',
    read: [{ label: 'mmu_interval_notifier_insert()', where: 'mm/mmu_notifier.c' }],
    ops: ['rawMap gpu0 A.heap[113..115)', 'madvise A.heap[113..115) dontneed'],
    expectations: [],
    refusal: null,
    relations: [],
    events: [
      event('driver:gpu0', 'raw map', 'A.heap[113..115)', null, 'no notifier is registered', 'system', null),
      event('A', 'madvise', 'A.heap[113..115)', 'zap_page_range_single', 'DONTNEED', 'neutral', null),
      event('kernel', 'entries cleared', 'A.heap[113..115)', 'zap_pte_range', 'the frames are free', 'none', 1, {
        column: 'cpu',
        state: 'none',
        start: 113,
        end: 115,
      }),
      event('gpu0', 'invariant broken', 'A.heap[113..115)', null, 'I3: the device entry is stale', 'refusal', 2, {
        column: 'gpu',
        state: 'stale',
        start: 113,
        end: 115,
      }),
    ],
  },
];

const node = (
  id: string,
  kind: GraphNode['kind'],
  subkind: string | null,
  parent: string | null,
  title: string,
  subtitle: string | null,
  rest: Partial<GraphNode> = {},
): GraphNode => ({
  id,
  kind,
  subkind,
  parent,
  title,
  subtitle,
  facts: [],
  strips: [],
  count: 1,
  alerts: [],
  ...rest,
});

const wire = (
  id: string,
  source: string,
  target: string,
  kind: GraphEdge['kind'],
  label: string | null,
  bandwidthGBs: number | null,
): GraphEdge => ({
  id,
  source,
  target,
  kind,
  label,
  bandwidthGBs,
  latencyNs: null,
  degraded: null,
});

export const machine: { readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] } = {
  nodes: [
    node('process:A', 'process', null, null, 'Process A', 'pid 4711 · mm', {
      strips: [
        { id: 'space:A:heap', label: 'heap', start: 0, pages: 144 },
        { id: 'space:A:file', label: 'file', start: 0, pages: 64 },
      ],
    }),
    node('package0', 'package', null, null, 'Package 0', null),
    node('cpu0', 'cpu', null, 'package0', 'CPU 0', '32 cores', {
      facts: [
        { label: 'cores', value: '32' },
        { label: 'IOMMU', value: null, note: 'the source does not say' },
      ],
    }),
    node('dram0', 'memory', 'dram', 'package0', 'DRAM', 'node 0 · 64 GiB', {
      facts: [
        { label: 'size', value: '64 GiB' },
        { label: 'bandwidth', value: '307 GB/s', note: 'engineering default for 8 channels of DDR5-4800' },
      ],
      strips: [{ id: 'pool:dram0', label: 'frames', start: 0, pages: 144 }],
    }),
    node('hbm0', 'memory', 'hbm', 'package0', 'HBM', 'node 1 · 16 GiB', {
      strips: [{ id: 'pool:hbm0', label: 'frames', start: 0, pages: 64 }],
    }),
    node('pci0', 'group', null, null, 'PCIe domain 0000', null),
    node('bridge', 'host-bridge', null, 'pci0', 'Host bridge', '00:00.0'),
    node('switch0', 'switch', null, 'pci0', 'Switch', 'ACS off'),
    node('gpu0', 'device', 'gpu', 'pci0', 'GPU 0', '03:00.0'),
    node('vram0', 'device-memory', 'vram', 'gpu0', 'VRAM', '80 GiB', {
      strips: [{ id: 'pool:vram0', label: 'frames', start: 0, pages: 96 }],
    }),
    node('bar1', 'bar', null, 'gpu0', 'BAR 1', '256 MiB of 80 GiB'),
    node('nic0', 'device', 'nic', 'pci0', 'NIC 0', '04:00.0'),
  ],
  edges: [
    wire('dram0-cpu0', 'cpu0', 'dram0', 'ddr', '8 ch DDR5 · 307 GB/s', 307),
    wire('hbm0-cpu0', 'cpu0', 'hbm0', 'hbm', 'HBM2e · 410 GB/s', 410),
    wire('cpu0-bridge', 'cpu0', 'bridge', 'on-package', null, null),
    wire('bridge-switch', 'bridge', 'switch0', 'pcie', 'x16 gen5 · 63 GB/s', 63),
    wire('switch-gpu0', 'switch0', 'gpu0', 'pcie', 'x16 gen5', 63),
    wire('switch-nic0', 'switch0', 'nic0', 'pcie', 'x8 of x16', 31),
  ],
};

export const catalog: Catalog = {
  scenarios: [
    {
      id: 'sc-01',
      title: 'Two address spaces, one frame',
      line: 'A mapping without a notifier goes stale while the process goes on.',
      thread: 'S0',
      steps: 5,
    },
    {
      id: 'sc-02',
      title: 'Told in time',
      line: 'The same with an interval notifier: the device forgets before the page moves.',
      thread: 'S0',
      steps: 6,
    },
    {
      id: 'sc-15',
      title: 'The device asks',
      line: 'hmm_range_fault brings in what the device needs, and faults what is not there.',
      thread: 'S2',
      steps: 5,
    },
    {
      id: 'sc-17',
      title: 'The race that the sequence number wins',
      line: 'An invalidation between read and use makes the driver start over.',
      thread: 'S2',
      steps: 7,
    },
    {
      id: 'sc-18',
      title: 'There and back again',
      line: 'A CPU access to device-private memory is a migration.',
      thread: 'S2',
      steps: 7,
    },
  ],
  topologies: [
    {
      id: 'two-socket',
      title: 'Two-socket server',
      line: 'Two sockets, a discrete GPU and a NIC below one PCIe switch.',
      thread: null,
      steps: null,
    },
    {
      id: 'hbm-cxl',
      title: 'HBM and CXL',
      line: 'A machine with HBM and CXL memory nodes beside DRAM.',
      thread: null,
      steps: null,
    },
  ],
};
