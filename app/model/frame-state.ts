/**
 * Frames of physical memory, by page frame number: one tuple of integers each, kept as runs. A frame without a tuple
 * is free. Columns: flags, refcount, mapcount, pins, anon_vma, index, content.
 */
export const frameColumn = { flags: 0, refs: 1, maps: 2, pins: 3, anonVma: 4, index: 5, content: 6 } as const;

export const frameFlag = {
  /** Exactly one process may see it: a write fault reuses it. */
  anonExclusive: 0x1,
  dirty: 0x2,
  /** The folio lock is held. */
  locked: 0x4,
  /** In the page cache of a file (index is the page of the file, anon_vma the file's number). */
  pageCache: 0x8,
  swapCache: 0x10,
  poisoned: 0x20,
  /** Taken off the LRU for migration. */
  isolated: 0x40,
  /** Device memory of an open driver that no process maps yet or any more, but a driver holds. */
  driverHeld: 0x80,
  /** Backed by swap rather than by a file: anonymous memory needs no mark, shared memory has this one. */
  swapBacked: 0x100,
  /** MADV_FREE: as long as nobody writes, reclaim drops the page instead of writing it to swap. */
  lazyFree: 0x200,
} as const;

/** Order of the folio a frame belongs to stands above the flags: 0, 9 (2 MiB) or 18 (1 GiB). */
const orderShift = 10;
export const folioOrder = (flags: number): number => flags >> orderShift;
export const withOrder = (flags: number, order: number): number =>
  (flags & ((1 << orderShift) - 1)) | (order << orderShift);

export interface FrameState {
  readonly flags: number;
  readonly refs: number;
  readonly maps: number;
  readonly pins: number;
  /** Which anon_vma (or file) the frame belongs to; 0: none. */
  readonly anonVma: number;
  /** Page offset in that anon_vma (or file): where to look for it in each area. */
  readonly index: number;
  /** The value that the page holds; 0 is a cleared page. */
  readonly content: number;
}

export const readFrame = (v: readonly number[]): FrameState => ({
  flags: v[0] ?? 0,
  refs: v[1] ?? 0,
  maps: v[2] ?? 0,
  pins: v[3] ?? 0,
  anonVma: v[4] ?? 0,
  index: v[5] ?? 0,
  content: v[6] ?? 0,
});

export const writeFrame = (f: FrameState): readonly number[] => [
  f.flags,
  f.refs,
  f.maps,
  f.pins,
  f.anonVma,
  f.index,
  f.content,
];
