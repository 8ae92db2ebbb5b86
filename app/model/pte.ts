/**
 * CPU page-table entries, packed into one word so that equal pages make runs. The frame number stands beside the word
 * in the `pte` page table (columns: word, frame). Kinds after include/linux/leafops.h and semantics of present entries.
 */

export const pteKinds = [
  'NONE',
  'PRESENT',
  'PRESENT_ZERO',
  'PROTNONE',
  'SWAP',
  'MIGRATION_READ',
  'MIGRATION_READ_EXCL',
  'MIGRATION_WRITE',
  'DEVPRIV_READ',
  'DEVPRIV_WRITE',
  'DEVEXCL',
  'HWPOISON',
  'MARKER_UFFD_WP',
  'MARKER_POISONED',
  'MARKER_GUARD',
  'PFNMAP',
] as const;
export type PteKind = (typeof pteKinds)[number];

const kindMask = 0x1f;
/** Flags of an entry, beside its kind. `exclusive` is the swap entry's. */
export const pteFlag = {
  write: 0x20,
  young: 0x40,
  dirty: 0x80,
  softDirty: 0x100,
  uffdWp: 0x200,
  special: 0x400,
  exclusive: 0x800,
} as const;
/** Level of the entry: 0 a PTE, 1 a PMD leaf (2 MiB), 2 a PUD leaf (1 GiB); each base page of a leaf repeats it. */
const levelShift = 12;

export const pteWord = (kind: PteKind, flags = 0, level = 0): number =>
  pteKinds.indexOf(kind) | flags | (level << levelShift);
export const pteKind = (word: number): PteKind => pteKinds[word & kindMask] ?? 'NONE';
export const pteLevel = (word: number): number => word >> levelShift;
export const hasFlag = (word: number, flag: number): boolean => (word & flag) !== 0;
export const withFlags = (word: number, set: number, clear = 0): number => (word & ~clear) | set;
/** The same entry as one of another level. */
export const withLevel = (word: number, level: number): number =>
  (word & ((1 << levelShift) - 1)) | (level << levelShift);
/** The same flags and level on another kind of entry. */
export const withKind = (word: number, kind: PteKind): number => (word & ~kindMask) | pteKinds.indexOf(kind);

/** Entries that count in the mapcount of their frame. */
const counted: ReadonlySet<PteKind> = new Set(['PRESENT', 'PROTNONE', 'DEVPRIV_READ', 'DEVPRIV_WRITE', 'DEVEXCL']);
export const countsInMapcount = (word: number): boolean => counted.has(pteKind(word));

const migration: ReadonlySet<PteKind> = new Set(['MIGRATION_READ', 'MIGRATION_READ_EXCL', 'MIGRATION_WRITE']);
export const isMigration = (word: number): boolean => migration.has(pteKind(word));
export const isDevPrivate = (word: number): boolean =>
  pteKind(word) === 'DEVPRIV_READ' || pteKind(word) === 'DEVPRIV_WRITE';

/** Entries that count in the resident set: a migrating page stays charged to its process. */
export const countsInRss = (word: number): boolean => countsInMapcount(word) || isMigration(word);

/** Entries whose second column is a frame number. */
export const hasFrame = (word: number): boolean =>
  countsInRss(word) || pteKind(word) === 'PFNMAP' || pteKind(word) === 'HWPOISON';

/** Whether a CPU access completes on this entry without a fault. */
export function permits(word: number, access: 'read' | 'write'): boolean {
  const kind = pteKind(word);
  if (kind === 'PRESENT_ZERO') return access === 'read';
  return (kind === 'PRESENT' || kind === 'PFNMAP') && (access === 'read' || hasFlag(word, pteFlag.write));
}
