/** Events of the fabric: part of the vocabulary in ../event-kinds.ts. */
import type { EventKindRow } from '../event-kinds.ts';

export const fabricEventKinds = {
  acsChanged: {
    title: 'ACS bits set',
    fn: 'pci_enable_acs',
    meaning: 'The Access Control bits of a port change; what was computed before is not looked at again.',
    state: 'neutral',
  },
  p2pMemoryAdded: {
    title: 'BAR memory registered',
    fn: 'pci_p2pdma_add_resource',
    meaning: 'A driver offers part of a BAR as memory that peers may reach.',
    state: 'bar',
  },
  p2pMemoryPublished: {
    title: 'P2P memory published',
    fn: 'pci_p2pmem_publish',
    meaning: 'Whether others may find this provider when they look for one.',
    state: 'bar',
  },
  p2pMemoryTaken: {
    title: 'P2P memory taken',
    fn: 'pci_alloc_p2pmem',
    meaning: 'Bytes of a provider are handed out.',
    state: 'bar',
  },
  p2pMemoryGivenBack: {
    title: 'P2P memory given back',
    fn: 'pci_free_p2pmem',
    meaning: 'Bytes return to their provider.',
    state: 'neutral',
  },
  p2pMapTypeComputed: {
    title: 'map type computed',
    fn: 'calc_map_type_and_dist',
    meaning: 'Whether a client may reach a provider, and how far it is; kept for later look-ups.',
    state: 'neutral',
  },
  p2pMapTypeFound: {
    title: 'map type looked up',
    fn: 'pci_p2pdma_map_type',
    meaning: 'The type as it was kept, however old it is.',
    state: 'neutral',
  },
  p2pDistance: {
    title: 'P2P distance',
    fn: 'pci_p2pdma_distance_many',
    meaning: 'The distances of all clients added up; -1 where one of them may not reach the provider.',
    state: 'neutral',
  },
  p2pProviderFound: {
    title: 'P2P provider chosen',
    fn: 'pci_p2pmem_find_many',
    meaning: 'The nearest published provider that all clients may reach, or none; ties go by chance.',
    state: 'bar',
  },
  dmaMapped: {
    title: 'mapped for DMA',
    fn: 'dma_map_sgtable',
    meaning: 'A device may reach memory: main memory, a peer by bus address, or a peer through the host bridge.',
    state: 'bar',
  },
  dmaFellBack: {
    title: 'falls back to a copy',
    fn: null,
    meaning: 'The peer cannot be reached: the driver takes main memory for a copy instead.',
    state: 'system',
  },
  dmaUnmapped: {
    title: 'unmapped for DMA',
    fn: 'dma_unmap_sgtable',
    meaning: 'The device may no longer reach the memory.',
    state: 'neutral',
  },
  barResized: {
    title: 'BAR resized',
    fn: 'pci_resize_resource',
    meaning: 'A BAR has another size: more or less of the memory behind it can be seen; windows above follow.',
    state: 'bar',
  },
  barMoved: {
    title: 'BAR moved',
    fn: 'pci_reassign_bridge_resources',
    meaning: 'A BAR that shares the window was released and lies somewhere else now.',
    state: 'bar',
  },
  decodeChanged: {
    title: 'memory decode',
    fn: 'pci_write_config_word',
    meaning: 'Whether a function answers at the addresses of its BARs (PCI_COMMAND_MEMORY).',
    state: 'neutral',
  },
  pciDriverChanged: {
    title: 'driver',
    fn: 'pci_device_probe',
    meaning: 'A driver is bound to a function, or unbound from it.',
    state: 'neutral',
  },
  barRead: {
    title: 'BAR read',
    fn: 'readl',
    meaning: 'A CPU load goes to a device and waits for the answer; where nothing answers, all bits are ones.',
    state: 'bar',
  },
  barWritten: {
    title: 'BAR written',
    fn: 'writel',
    meaning: 'A CPU store is posted to a device: the CPU does not wait.',
    state: 'bar',
  },
  outcomeUndefined: {
    title: 'undefined',
    fn: 'Documentation/driver-api/device-io.rst',
    meaning: 'Nothing says what happens: any of the outcomes that are listed may, and no result is given.',
    state: 'refusal',
  },
  atomicsEnabled: {
    title: 'AtomicOps switched on',
    fn: 'pci_enable_atomic_ops_to_root',
    meaning: 'A device may send AtomicOps: every port on the way routes them, and the root port completes them.',
    state: 'exclusive',
  },
} as const satisfies Readonly<Record<string, EventKindRow>>;
