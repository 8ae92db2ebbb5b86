/**
 * The vocabulary of events: one table that engine, recordings, legend, docs and glossary share. `fn` is the kernel
 * function that an event of this kind stands for, unless the event names another. `state` colours its mark: a legend
 * id, "refusal" or "neutral". `recorded` is the name of the same fact in a recording of a real kernel.
 */
import type { LegendId } from '../model/legend.ts';

export interface EventKindRow {
  readonly title: string;
  readonly fn: string | null;
  readonly meaning: string;
  readonly state: LegendId | 'refusal' | 'neutral';
  readonly recorded?: string;
}

export const eventKinds = {
  refused: { title: 'refused', fn: null, meaning: 'The modelled machine said no, with an errno.', state: 'refusal' },
  signalled: { title: 'signal', fn: 'force_sig_fault', meaning: 'A CPU access could not be resolved: the process gets a signal.', state: 'refusal' },
  blocked: { title: 'waits', fn: null, meaning: 'The operation sleeps until something that it needs is released.', state: 'neutral' },
  woken: { title: 'wakes', fn: null, meaning: 'What an operation slept on was released; it runs again.', state: 'neutral' },

  processStarted: { title: 'process starts', fn: 'copy_process', meaning: 'A process with an empty address space.', state: 'neutral' },
  mmapped: { title: 'mmap', fn: 'do_mmap', meaning: 'A new area; no page-table entry changes and no mirror is told.', state: 'neutral', recorded: 'mmap' },
  munmapped: { title: 'munmap', fn: 'do_vmi_munmap', meaning: 'A range is unmapped.', state: 'neutral', recorded: 'munmap' },
  vmaRemoved: { title: 'areas detached', fn: 'vms_gather_munmap_vmas', meaning: 'The areas of a range are taken out of the address space.', state: 'neutral' },
  vmaCopied: { title: 'area copied', fn: 'dup_mmap', meaning: 'The child gets a copy of an area, linked to the same anon_vmas.', state: 'neutral' },
  mprotected: { title: 'mprotect', fn: 'do_mprotect_pkey', meaning: 'The permissions of a range change.', state: 'neutral', recorded: 'mprotect' },
  entriesProtected: { title: 'entries lose or keep rights', fn: 'change_pte_range', meaning: 'Entries follow the new permissions of their area.', state: 'system' },
  madvised: { title: 'madvise', fn: 'do_madvise', meaning: 'Advice about a range.', state: 'neutral', recorded: 'madvise' },
  forked: { title: 'fork', fn: 'dup_mm', meaning: 'A child with a copy of the address space.', state: 'neutral', recorded: 'fork' },
  entriesCopied: { title: 'entries copied', fn: 'copy_page_range', meaning: 'Parent and child share frames, both read only; pinned pages are copied now.', state: 'system' },
  exited: { title: 'exit', fn: 'do_exit', meaning: 'A process ends; its address space goes before its files are closed.', state: 'neutral', recorded: 'exit' },
  zapped: { title: 'entries zapped', fn: 'zap_pte_range', meaning: 'Entries are removed; frames that nobody uses any more become free.', state: 'none' },
  locked: { title: 'lock taken', fn: null, meaning: 'A lock is held across operations.', state: 'neutral' },
  unlocked: { title: 'lock released', fn: null, meaning: 'A lock held across operations is released.', state: 'neutral' },

  cpuFault: { title: 'CPU fault', fn: 'handle_mm_fault', meaning: 'A CPU access that the entry does not permit.', state: 'neutral', recorded: 'cpu_fault' },
  vmaProtected: { title: 'area permissions', fn: 'mprotect_fixup', meaning: 'An area gets new permissions; it is cut where the range ends.', state: 'neutral' },
  vmaMoved: { title: 'area moved', fn: 'copy_vma', meaning: 'A copy of the area at the new address, with the same page offset.', state: 'neutral' },
  entriesMoved: { title: 'entries moved', fn: 'move_page_tables', meaning: 'Entries move to the new address as they are.', state: 'system' },
  vmaFlags: { title: 'area flags', fn: 'madvise_update_vma', meaning: 'Advice changes the flags of an area.', state: 'neutral' },
  entriesCleaned: { title: 'entries cleaned', fn: 'madvise_free_pte_range', meaning: 'Pages become clean: they may be dropped without being written.', state: 'system' },
  mremapped: { title: 'mremap', fn: 'do_mremap', meaning: 'A mapping moves.', state: 'neutral', recorded: 'mremap' },
  accessed: { title: 'accessed', fn: 'pte_mkyoung', meaning: 'The hardware marks entries young, and dirty on a write.', state: 'neutral' },
  cpuRead: { title: 'CPU read', fn: null, meaning: 'A load completes.', state: 'neutral' },
  cpuWrite: { title: 'CPU write', fn: null, meaning: 'A store completes.', state: 'neutral' },
  doAnonymousPage: { title: 'anonymous page', fn: 'do_anonymous_page', meaning: 'First touch: the zero page for a read, a cleared frame for a write.', state: 'system', recorded: 'do_anonymous_page' },
  doWpPage: { title: 'write-protect fault', fn: 'do_wp_page', meaning: 'A write to a page that is mapped read only.', state: 'system', recorded: 'do_wp_page' },
  wpPageCopy: { title: 'COW copy', fn: 'wp_page_copy', meaning: 'The page is shared: the writer gets a frame of its own.', state: 'system', recorded: 'wp_page_copy' },
  wpPageReuse: { title: 'reuse', fn: 'wp_page_reuse', meaning: 'Nobody else uses the frame: it becomes writable where it is.', state: 'system' },
  entryReplaced: { title: 'entry replaced', fn: null, meaning: 'The old entry is cleared, its TLB entries flushed, the new entry set.', state: 'system' },
  doSwapPage: { title: 'non-present fault', fn: 'do_swap_page', meaning: 'The entry is not present but says where the page is.', state: 'neutral', recorded: 'do_swap_page' },
  migrateToRam: { title: 'migrate to RAM', fn: 'migrate_to_ram', meaning: 'The driver brings a device-private page back for the CPU.', state: 'migrating', recorded: 'migrate_to_ram' },
  faultDone: { title: 'fault handled', fn: null, meaning: 'The handler lets go of the page; the instruction is tried again.', state: 'neutral' },

  notifierStart: { title: 'invalidate start', fn: 'mmu_notifier_invalidate_range_start', meaning: 'Every mirror of the range is told to forget, before anything changes.', state: 'neutral', recorded: 'notifier_start' },
  notifierEnd: { title: 'invalidate end', fn: 'mmu_notifier_invalidate_range_end', meaning: 'The change is done; when the last one ends, mirrors may read again.', state: 'neutral', recorded: 'notifier_end' },
  notifierRefused: { title: 'driver is busy', fn: 'mn_itree_invalidate', meaning: 'The event may not sleep and the driver lock is held: the callback says no.', state: 'refusal' },
  notifierInsert: { title: 'notifier inserted', fn: 'mmu_interval_notifier_insert', meaning: 'A driver asks to be told of changes in a range.', state: 'neutral' },
  notifierRemove: { title: 'notifier removed', fn: 'mmu_interval_notifier_remove', meaning: 'A driver is no longer told.', state: 'neutral' },
  deviceInvalidate: { title: 'device forgets', fn: 'mmu_interval_notifier_ops.invalidate', meaning: 'The driver erases its entries of the range, unless the event is its own.', state: 'none', recorded: 'device_invalidate' },

  deviceOpened: { title: 'device opened', fn: 'open', meaning: 'A device file is opened; its context mirrors the address space.', state: 'neutral', recorded: 'open' },
  deviceClosed: { title: 'device closed', fn: 'release', meaning: 'The device file is closed and its mirror ends.', state: 'neutral', recorded: 'close' },
  rawMapped: { title: 'raw mapping', fn: null, meaning: 'A device entry written without a notifier: nothing will ever invalidate it.', state: 'stale' },
  readBegin: { title: 'read begin', fn: 'mmu_interval_read_begin', meaning: 'The driver notes the sequence of its interval.', state: 'neutral' },
  hmmRangeFault: { title: 'mirror', fn: 'hmm_range_fault', meaning: 'The driver asks for the entries of a range, faulting in what it needs.', state: 'neutral', recorded: 'hmm_range_fault' },
  hmmWords: { title: 'entries read', fn: 'hmm_vma_walk_pmd', meaning: 'The words that the walk has found so far.', state: 'neutral' },
  hmmRangeFaultRet: { title: 'mirror returns', fn: 'hmm_range_fault', meaning: 'The result of the walk; its words are good only if the later check says so.', state: 'neutral', recorded: 'hmm_range_fault_ret' },
  readRetry: { title: 'read retry?', fn: 'mmu_interval_read_retry', meaning: 'Under its lock, the driver asks whether the sequence moved.', state: 'neutral' },
  deviceMap: { title: 'device entries written', fn: null, meaning: 'The driver programs the device page table.', state: 'system' },
  deviceErase: { title: 'device entries erased', fn: null, meaning: 'The driver erases device entries on its own account.', state: 'none' },
  deviceAccess: { title: 'device access', fn: null, meaning: 'A device asks for memory by virtual address.', state: 'neutral' },
  deviceFault: { title: 'device fault', fn: null, meaning: 'The device table has no entry that permits the access.', state: 'neutral' },
  deviceRead: { title: 'device read', fn: null, meaning: 'The device has read.', state: 'neutral' },
  deviceWrite: { title: 'device write', fn: null, meaning: 'The device has written.', state: 'neutral' },

  migrateVmaSetup: { title: 'migrate setup', fn: 'migrate_vma_setup', meaning: 'A driver asks for the pages of a range.', state: 'migrating', recorded: 'migrate_vma_setup' },
  migrateVmaSetupRet: { title: 'migrate setup returns', fn: 'migrate_vma_setup', meaning: 'Success is per page: 0 even if nothing was collected.', state: 'migrating', recorded: 'migrate_vma_setup_ret' },
  migrateVmaCollect: { title: 'pages collected', fn: 'migrate_vma_collect_pmd', meaning: 'Entries of eligible pages are replaced by migration entries.', state: 'migrating' },
  setMigrationPte: { title: 'migration entry set', fn: 'set_migration_pte', meaning: 'Another mapping of the page gets a migration entry too.', state: 'migrating', recorded: 'set_migration_pte' },
  migrateCopy: { title: 'pages copied', fn: null, meaning: 'The driver allocates destinations and copies.', state: 'migrating' },
  migrateVmaPages: { title: 'migrate pages', fn: 'migrate_vma_pages', meaning: 'The mapping moves to the destination frames.', state: 'migrating', recorded: 'migrate_vma_pages' },
  migrateFolioMove: { title: 'metadata moved', fn: 'folio_migrate_mapping', meaning: 'What the frame belonged to passes to its destination.', state: 'migrating' },
  migrateInsertPage: { title: 'hole filled', fn: 'migrate_vma_insert_page', meaning: 'A page that was never there starts its life on the device.', state: 'private' },
  migrateVmaFinalize: { title: 'migrate finalize', fn: 'migrate_vma_finalize', meaning: 'Migration entries become entries again.', state: 'private', recorded: 'migrate_vma_finalize' },
  removeMigrationPte: { title: 'migration entry removed', fn: 'remove_migration_pte', meaning: 'The entry points at the new frame, or at the old one where the page stayed.', state: 'private', recorded: 'remove_migration_pte' },
  folioUnlocked: { title: 'frames unlocked', fn: 'folio_unlock', meaning: 'The frames are no longer held; whoever waits for them goes on.', state: 'neutral' },
  migrateDone: { title: 'migration ends', fn: null, meaning: 'Unused destinations go back to the driver.', state: 'neutral' },
  migrateDeviceRange: { title: 'evict frames', fn: 'migrate_device_range', meaning: 'A driver collects its own frames by number, without asking who maps them.', state: 'migrating', recorded: 'migrate_device_range' },
  migrateDevicePages: { title: 'evicted frames move', fn: 'migrate_device_pages', meaning: 'What the frames belonged to passes to system memory.', state: 'migrating', recorded: 'migrate_device_pages' },
  migrateDeviceFinalize: { title: 'eviction ends', fn: 'migrate_device_finalize', meaning: 'Migration entries become entries of the new frames.', state: 'system', recorded: 'migrate_device_finalize' },
  allocationFails: { title: 'allocation will fail', fn: null, meaning: 'The next allocation of the driver is made to fail.', state: 'neutral' },
  makeDeviceExclusive: { title: 'make exclusive', fn: 'make_device_exclusive', meaning: 'A driver asks for sole access to a page.', state: 'exclusive', recorded: 'make_device_exclusive' },
  restoreExclusivePte: { title: 'lease ends', fn: 'restore_exclusive_pte', meaning: 'The entry is present again.', state: 'system', recorded: 'restore_exclusive_pte' },
  pinned: { title: 'pages pinned', fn: 'pin_user_pages_fast', meaning: 'Frames are held in place.', state: 'pinned', recorded: 'pin_user_pages_fast' },
  pagesHeld: { title: 'frames held', fn: 'try_grab_folio', meaning: 'References, and pins where asked, keep the frames in place.', state: 'pinned' },
  unpinned: { title: 'pages unpinned', fn: 'unpin_user_pages', meaning: 'Frames may move again.', state: 'neutral' },
  framesTaken: { title: 'frames taken', fn: 'alloc_pages', meaning: 'Somebody outside the story allocates frames.', state: 'system' },
} as const satisfies Readonly<Record<string, EventKindRow>>;

export type EventKind = keyof typeof eventKinds;
