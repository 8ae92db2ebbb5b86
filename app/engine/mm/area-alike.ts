/**
 * What neighbouring areas must have in common to become one, or to share an anon_vma.
 *
 *      given: write; madvise [1..3) DONTFORK
 *      A SSSS  --madvise [1..3) DOFORK-->   A SSSS   commit_merge: the flags are the same again
 *
 * Models can_vma_merge_left, can_vma_merge_right and anon_vma_compatible of mm/vma.c.
 */
import type { Vma } from '../../model/world.ts';

/** Backings whose areas merge; the others are special or have a close operation. */
const merging: ReadonlySet<Vma['backing']> = new Set(['anon', 'file', 'shmem']);

const compared = ({ flags }: Vma): readonly string[] => flags.filter((flag) => flag !== 'ACCOUNT');
const sameFlags = (a: Vma, b: Vma): boolean =>
  compared(a).length === compared(b).length && compared(a).every((flag) => b.flags.includes(flag));

/**
 * VM_ACCOUNT: private memory that was written or can be, and a file's that once could. Anonymous memory that lost the
 * right before anything was written is no longer counted.
 */
const isAccounted = (vma: Vma): boolean =>
  !vma.shared && (vma.write || vma.anonVmas.length > 0 || vma.flags.includes('ACCOUNT'));

/** Upper goes on where lower ends, in memory and in what is behind it, with the same flags but for rights. */
export const goesOn = (lower: Vma, upper: Vma): boolean =>
  lower.end === upper.start &&
  merging.has(lower.backing) &&
  lower.backing === upper.backing &&
  lower.file === upper.file &&
  lower.shared === upper.shared &&
  upper.pgoff - lower.pgoff === lower.end - lower.start &&
  isAccounted(lower) === isAccounted(upper) &&
  lower.boundTo === upper.boundTo &&
  sameFlags(lower, upper);
