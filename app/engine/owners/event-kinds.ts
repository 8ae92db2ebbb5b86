/** Events of device nodes, owners, error reports and bytes on the move: part of the vocabulary in ../event-kinds.ts. */
import type { EventKindRow } from '../event-kinds.ts';

export const ownerEventKinds = {
  // Device nodes, their numbers and their owners.
  minorTableMade: {
    title: 'table of numbers',
    fn: 'DEFINE_XARRAY_ALLOC',
    meaning: 'A driver core has a table that hands out minor numbers.',
    state: 'neutral',
  },
  minorAllocated: {
    title: 'number taken',
    fn: 'xa_alloc',
    meaning: 'The lowest free number is taken; with NULL behind it, it is reserved.',
    state: 'neutral',
  },
  minorStored: {
    title: 'entry stored',
    fn: 'xa_store',
    meaning: 'A pointer or NULL is put behind a number, or the call only looks as if it were.',
    state: 'neutral',
  },
  minorRead: {
    title: 'number looked up',
    fn: 'xa_load',
    meaning: 'What is behind a number: a reserved one reads as NULL.',
    state: 'neutral',
  },
  minorFreed: {
    title: 'number given back',
    fn: 'xa_erase',
    meaning: 'A number may be handed out again, if the call frees it at all.',
    state: 'neutral',
  },
  drmInitialised: {
    title: 'device set up',
    fn: 'drm_dev_init',
    meaning: 'A driver prepares a device; nobody can open it yet.',
    state: 'neutral',
  },
  nodeReserved: {
    title: 'node reserved',
    fn: 'drm_minor_alloc',
    meaning: 'A device node has its number, and nothing behind it: opens are refused.',
    state: 'neutral',
  },
  drmRegistered: {
    title: 'device registered',
    fn: 'drm_dev_register',
    meaning: 'The driver is ready: its nodes are published.',
    state: 'neutral',
  },
  nodeRegistered: {
    title: 'node live',
    fn: 'drm_minor_register',
    meaning: 'The device is behind its number: opens succeed.',
    state: 'system',
  },
  drmUnregistered: {
    title: 'device unregistered',
    fn: 'drm_dev_unregister',
    meaning: 'No new opens; what is open stays open.',
    state: 'none',
  },
  nodeUnregistered: {
    title: 'node out of sight',
    fn: 'drm_minor_unregister',
    meaning: 'Nothing is behind the number any more, but it stays taken.',
    state: 'none',
  },
  drmPut: {
    title: 'reference dropped',
    fn: 'drm_dev_put',
    meaning: 'One reason less to keep the device.',
    state: 'neutral',
  },
  drmReleased: {
    title: 'device released',
    fn: 'drm_dev_release',
    meaning: 'The last reference is gone: what the driver core kept for the device goes.',
    state: 'none',
  },
  nodeFreed: {
    title: 'node gone',
    fn: 'drm_minor_alloc_release',
    meaning: 'The number of the node may be handed out again.',
    state: 'none',
  },
  nodeOpened: {
    title: 'node opened',
    fn: 'drm_open',
    meaning: 'A process has a device file open; the file keeps the device.',
    state: 'neutral',
  },
  nodeIoctl: {
    title: 'ioctl',
    fn: 'drm_ioctl',
    meaning: 'The driver does what a file asks for.',
    state: 'neutral',
  },
  nodeClosed: {
    title: 'file closed',
    fn: 'drm_release',
    meaning: 'A process closes a device file; the last one who has it open ends it.',
    state: 'neutral',
  },
  filesShared: {
    title: 'files shared',
    fn: 'dup_fd',
    meaning: 'A child has the device files of its parent open as well.',
    state: 'neutral',
  },
  // Error reports.
  rasRegistered: {
    title: 'error counters offered',
    fn: 'drm_ras_node_register',
    meaning: 'A driver says that a part of its device counts errors, and which ids it may be asked for.',
    state: 'neutral',
  },
  rasNodeListed: {
    title: 'node of counters',
    fn: 'drm_ras_node_register',
    meaning: 'The node has its number: requests can name it.',
    state: 'neutral',
  },
  rasUnregistered: {
    title: 'error counters gone',
    fn: 'drm_ras_node_unregister',
    meaning: 'Nobody can ask the node any more.',
    state: 'none',
  },
  rasRead: {
    title: 'errors read',
    fn: 'drm_ras_nl_get_error_counter_doit',
    meaning: 'An answer over netlink: typed, and it says itself what it is.',
    state: 'neutral',
  },
  rasCleared: {
    title: 'counter cleared',
    fn: 'drm_ras_nl_clear_error_counter_doit',
    meaning: 'An error counter is 0 again.',
    state: 'neutral',
  },
  rasFormatsOffered: {
    title: 'formats offered',
    fn: null,
    meaning: 'A driver names the formats of its error reports, as proposed in 2022.',
    state: 'neutral',
  },
  rasCapabilitiesRead: {
    title: 'formats asked for',
    fn: null,
    meaning: 'A mask of formats, as proposed in 2022: who asks has to choose one.',
    state: 'neutral',
  },
  rasReported: {
    title: 'error report',
    fn: null,
    meaning: 'Bytes in a format of the menu of 2022: what they mean is between driver and reader.',
    state: 'neutral',
  },

  // Bytes on the move.
  transferred: {
    title: 'bytes moved',
    fn: null,
    meaning: 'Transfers that started together and shared the wires that they had in common.',
    state: 'neutral',
  },
  collectiveStarted: {
    title: 'collective starts',
    fn: 'pci_p2pdma_distance_many',
    meaning: 'Devices form a ring; each edge of it is a link, peer to peer, or a bounce by way of main memory.',
    state: 'neutral',
  },
  collectiveStep: {
    title: 'one step of the ring',
    fn: null,
    meaning: 'Every device sends a chunk to the next one at the same time; the slowest edge sets the pace.',
    state: 'neutral',
  },
  collectiveDone: {
    title: 'collective done',
    fn: null,
    meaning: 'Every device has the result.',
    state: 'neutral',
  },
} as const satisfies Readonly<Record<string, EventKindRow>>;
