import type { PageMap } from '../store/page-map.ts';
import { fabricTableNames, type FabricTables } from './fabric.ts';
import { hotplugTableNames, type HotplugTables } from './hotplug.ts';
import { ownerTableNames, type OwnerTables } from './owners.ts';
import { sharingCountingColumns, sharingPageTables, sharingTableNames, type SharingTables } from './sharing.ts';

export type { Run } from '../store/run.ts';

/**
 * The world: an immutable value made of record tables (tens to hundreds of plain records, by key) and page tables
 * (persistent maps from a page or frame number to a tuple of integers, kept as runs). Everything that an operation can
 * change is in one of the two, so that one generic `apply` suffices and `expect` can name every field.
 */
export interface World {
  readonly records: { readonly [T in keyof RecordTables]: Readonly<Record<string, RecordTables[T]>> };
  readonly pages: { readonly [P in PageTableName]: Readonly<Record<string, PageMap>> };
}

/** Switches of the modelled machine. Key: "machine". */
export interface Settings {
  /** /sys/kernel/mm/transparent_hugepage/enabled */
  readonly thp: 'always' | 'madvise' | 'never';
  /** Every root port forwards peer traffic: AMD family 0x17 and later. */
  readonly cpuForwardsPeers: boolean;
  /** DMA is translated. */
  readonly iommu: boolean;
}

/** A process of the modelled machine. Key: its name in the scenario ("A"). */
export interface Process {
  readonly pid: number;
  readonly parent: string | null;
  /** Its address space (mm); threads share one. */
  readonly space: string;
  readonly alive: boolean;
}

export type LockHolders = readonly string[];

/** An address space (mm_struct). Key: the name of the process that made it. */
export interface Space {
  /** mm_users: processes alive in it. */
  readonly users: number;
  /** Resident pages by kind; a page in migration or in device memory stays charged. */
  readonly rss: { readonly anon: number; readonly file: number; readonly shmem: number };
  /** Pages in swap that its page table names (MM_SWAPENTS). */
  readonly swapped: number;
  /** Who holds the mmap lock for reading, and for writing, across operations. */
  readonly mmapReaders: LockHolders;
  readonly mmapWriter: string | null;
  /** What a munmap in steps is taking out, or null. */
  readonly unmapping?: { readonly start: number; readonly end: number } | null;
  /** Where the next mmap without an address goes (virtual page number); areas grow downwards as the kernel's do. */
  readonly mmapBase: number;
  /** Upper bits of its pointers are tags (LAM): an IOMMU cannot walk its tables. */
  readonly tagged?: boolean;
  /** MMF_UNSTABLE: the reaper took pages away; a fault that would hand out a new page is SIGBUS. */
  readonly unstable: boolean;
}

export type Backing = 'anon' | 'file' | 'shmem' | 'hugetlb2M' | 'hugetlb1G' | 'devicePages' | 'pfnmap' | 'uacceRegion';

/** An area of an address space (vm_area_struct). Key: "A:v3". */
export interface Vma {
  readonly space: string;
  /** Virtual page numbers, half-open. */
  readonly start: number;
  readonly end: number;
  readonly read: boolean;
  readonly write: boolean;
  readonly exec: boolean;
  readonly shared: boolean;
  readonly backing: Backing;
  /** File or shared-memory object behind it, or null. */
  readonly file: string | null;
  /** vm_pgoff: index of `start` in the anon_vma or the file. */
  readonly pgoff: number;
  /** anon_vmas this area is linked into, its own first; empty before the first fault. */
  readonly anonVmas: readonly number[];
  /** VM_* flags that matter: DONTCOPY, DONTEXPAND, WIPEONFORK, IO, PFNMAP, MIXEDMAP, HUGEPAGE, NOHUGEPAGE, LOCKED, UFFD_MISSING, UFFD_WP; ACCOUNT where nothing else tells it. */
  readonly flags: readonly string[];
  /** The one memory that its pages come from (MPOL_BIND); without: any. */
  readonly boundTo?: string;
}

/** A file, or a shared-memory object; its cached pages are in the page table `pageCache`. Key: its name. */
export interface FileObject {
  /** Stands in the reverse map of its frames. */
  readonly number: number;
  readonly pages: number;
  /** Shared memory: pages come into being when they are touched, and go with the last mapping. */
  readonly shmem: boolean;
}

/** A name for a stretch of an address space, given where it was mapped; it stays when the mapping goes. Key: "A.heap". */
export interface Buffer {
  readonly space: string;
  readonly start: number;
  readonly pages: number;
}

/** Notifier state of an address space (struct mmu_notifier_subscriptions). Key: the space. */
export interface Subscriptions {
  /** invalidate_seq: even when no hitting invalidation is under way. Starts at 2. */
  readonly seq: number;
  /** active_invalidate_ranges */
  readonly active: number;
  /** Inserts and removals that wait for the sequence to become even. */
  readonly deferred: readonly { readonly what: 'insert' | 'remove'; readonly notifier: string }[];
}

/** An interval notifier (struct mmu_interval_notifier). Key: the context that registered it. */
export interface Notifier {
  readonly space: string;
  readonly start: number;
  readonly end: number;
  readonly seq: number;
  readonly inTree: boolean;
}

/** What a device can do that the mm mechanisms ask for. Key: its id ("gpu0"). */
export interface Device {
  /** MEMORY_DEVICE_PRIVATE, MEMORY_DEVICE_COHERENT, or none of its own. */
  readonly memory: 'private' | 'coherent' | 'none';
  /** Its pool of memory, or null. */
  readonly pool: string | null;
  /** Owner token of its pages and migrations (dev_pagemap.owner). */
  readonly owner: string;
  /** Pages that a fault pass asks hmm_range_fault for at a time. */
  readonly faultPages: number;
  /** Pages that one migrate_vma call covers at most. */
  readonly migratePages: number;
  /** Pages that a CPU fault on one of its pages brings back at least: an aligned stretch of so many. */
  readonly bringBackPages: number;
  /** Sizes of the ranges that its driver works in, largest first; empty: pages, as many as are asked for. */
  readonly rangePages: readonly number[];
  /** What a CPU fault brings back: the page as it is mapped, its range, or the range of the process that put it there. */
  readonly bringBack: 'folio' | 'range' | 'ownersRange';
  /** Pages in the memory of another device: left there, brought through system memory, or that within three tries. */
  readonly elsewhere: 'skip' | 'throughSystem' | 'bounce';
  /** What a munmap of part of a range does to the rest of it: nothing, the range is cut, or it goes until the next fault. */
  readonly partialUnmap: 'nothing' | 'split' | 'destroy';
  /** Its driver keeps a mirror of the CPU's page table. */
  readonly mirrors: boolean;
  /** Its memory comes in whole 2 MiB pages too, not in small pages only. */
  readonly hugePages: boolean;
  /** The next device-side allocation fails (FAIL_ALLOC). */
  readonly failAlloc: boolean;
  /** What becomes of exported memory when its last owner leaves: it lives on, is revoked, or is handed out again at once. */
  readonly ownerLeaves: 'keep' | 'revoke' | 'recycle';
  /** What has come to it may not leave for a CPU fault until its time is over (drm_pagemap). */
  readonly timeslice?: boolean;
  /** The kind of IOMMU that it is behind: devices of one kind share the domain of a process. */
  readonly iommu: string;
  /** Where it finds translations of shared address spaces: in a cache of its own, or in the CPU's tables (CAPI). */
  readonly translation: 'ats' | 'cpu';
}

/** An open device file that mirrors one address space. Key: "gpu0:A". */
export interface Context {
  readonly device: string;
  readonly space: string;
  readonly open: boolean;
  /** False: a raw physical mapping that no invalidation reaches. */
  readonly mirrored: boolean;
  /** Who holds the driver lock across operations. */
  readonly driverLock: string | null;
  /** The invalidate callback waits for that lock even where it must not sleep: a bug that some drivers had. */
  readonly callbackSleeps: boolean;
  /** The snapshot of read_begin that the last fault pass works with, or null. */
  readonly snapshot: number | null;
  /** Faults and pages of the last device access (outputs of the test driver). */
  readonly faults: number;
  readonly cpages: number;
}

/** Space for pages that leave memory (swap_info_struct); its slots are in the page table `swapSlot`. Key: "swap0". */
export interface SwapArea {
  readonly slots: number;
  readonly free: number;
}

/** A page that a thread waits for, and that its userfaultfd handler is to provide. Key: order of arrival. */
export interface Userfault {
  readonly space: string;
  readonly page: number;
  /** Who waits: a process, or a device whose driver waits for it. */
  readonly by: string;
  readonly write: boolean;
  /** The page is there, but writes to it are watched. */
  readonly protectedPage: boolean;
}

/** Memory with frames. Key: "dram0", "gpu0.vram". */
export interface Pool {
  readonly kind: 'dram' | 'hbm' | 'cxl' | 'vram' | 'device-sram' | 'pmem';
  readonly registration: 'system' | 'private' | 'coherent';
  readonly firstFrame: number;
  readonly frames: number;
  readonly free: number;
  /** No frame below this one is free. */
  readonly lowestFree: number;
  readonly device: string | null;
}

/** A migrate_vma call between setup and finalize. Key: the context, or what `callKey` makes of it. */
export interface Migration {
  /** The device file through which the driver migrates; there may be none where a child touches an inherited page. */
  readonly context: string;
  readonly space: string;
  readonly start: number;
  readonly end: number;
  readonly owner: string;
  readonly select: readonly ('system' | 'private' | 'coherent' | 'compound')[];
  /** Entries collected. */
  readonly cpages: number;
  readonly phase: 'collected' | 'copied' | 'committed';
  /** Frame that a CPU fault holds locked, or null. */
  readonly faultFrame: number | null;
}

/** Areas that may map frames of one anon_vma, in order of linking. Key: its number. */
export interface AnonVma {
  readonly vmas: readonly string[];
}

/** Pages that somebody took hold of, whatever becomes of their mapping. Key: order of taking. */
export interface Hold {
  /** Where the pages were found. */
  readonly space: string;
  /** FOLL_PIN; false: a plain reference (FOLL_GET). */
  readonly pin: boolean;
  /** A plain reference with the folio lock, as long as somebody works on the pages. */
  readonly locked?: boolean;
  /** Pages [start, end), whose frames count up from `frame`; null: the zero page, which nobody counts. */
  readonly pages: readonly { readonly start: number; readonly end: number; readonly frame: number | null }[];
}

/** An operation that sleeps. Key: order of arrival. */
export interface Waiting {
  readonly op: unknown;
  readonly on: string;
}

/** Counters for numbering: nextVma, nextAnonVma, nextPid, nextWaiting. Key: the counter. */
export interface Counter {
  readonly value: number;
}

/** Name -> type of each record table. A mechanism adds its nouns here. */
export interface RecordTables extends FabricTables, HotplugTables, OwnerTables, SharingTables {
  readonly settings: Settings;
  readonly process: Process;
  readonly space: Space;
  readonly vma: Vma;
  readonly buffer: Buffer;
  readonly subscriptions: Subscriptions;
  readonly notifier: Notifier;
  readonly device: Device;
  readonly context: Context;
  readonly pool: Pool;
  readonly swapArea: SwapArea;
  readonly userfault: Userfault;
  readonly migration: Migration;
  readonly anonVma: AnonVma;
  readonly hold: Hold;
  readonly waiting: Waiting;
  readonly counter: Counter;
  readonly file: FileObject;
}

export const recordTableNames: readonly (keyof RecordTables)[] = [
  'settings',
  'process',
  'space',
  'vma',
  'buffer',
  'subscriptions',
  'notifier',
  'device',
  'context',
  'pool',
  'swapArea',
  'userfault',
  'migration',
  'anonVma',
  'hold',
  'waiting',
  'counter',
  'file',

  ...fabricTableNames,
  ...ownerTableNames,
  ...sharingTableNames,
  ...hotplugTableNames,
];

/** Columns of each page table. Keys: pte by space, devicePte and hmmPfn by context, frame "all", migrate* by context, pageCache by file. */
export const pageTableColumns = {
  /** word, frame */
  pte: 2,
  /** word, frame */
  devicePte: 2,
  /** how many entries name the slot, frame of the swap cache (0: none), what was written; by swap area */
  swapSlot: 3,
  /** slot of a page of shared memory that was swapped out; by file and its page */
  shmemSlot: 1,
  /** what the disk holds of a page of a file that is not in the page cache */
  fileBlock: 1,
  /** see frame-state.ts */
  frame: 7,
  /** HMM output: flags (1 valid, 2 write, 4 error), frame, order of the entry */
  hmmPfn: 3,
  /** source word (1 migrate, 2 write, 4 has frame, 8 exclusive), frame, former CPU word */
  migrateSrc: 3,
  /** 1, frame */
  migrateDst: 2,
  /** frame; by page of the file */
  pageCache: 1,
  /** 1 where a page-table page holds the entries of a 2 MiB block; by space and block number (page / 512) */
  pteTable: 1,
  /** 1 where a page-table page holds the blocks of a gigabyte; by space and gigabyte number */
  pmdTable: 1,
  ...sharingPageTables,
} as const;
export type PageTableName = keyof typeof pageTableColumns;

/**
 * Columns that may count up within a run, a bit each: frame numbers, the index of a frame and its content. Flags and
 * counts are the same on all pages of a run, so that whoever looks at its first page has seen them all.
 */
export const countingColumns: { readonly [P in PageTableName]: number } = {
  pte: 0b10,
  devicePte: 0b10,
  swapSlot: 0b110,
  shmemSlot: 0b1,
  fileBlock: 0b1,
  frame: 0b1100000,
  hmmPfn: 0b10,
  migrateSrc: 0b010,
  migrateDst: 0b10,
  pageCache: 0b1,
  pteTable: 0,
  pmdTable: 0,
  ...sharingCountingColumns,
};
