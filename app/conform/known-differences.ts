/**
 * Recordings that the engine does not follow to the end, each with the reason and the place of the first difference.
 * docs/kernel-differences.md tells them at length. A recording that gets further than this is a change to be noted.
 */
export interface KnownDifference {
  readonly id: string;
  /** Events that agree before the first difference. */
  readonly matched: number;
  readonly reason: string;
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    id: 'recording/thp/hmm.coherent.migrate_release',
    matched: 1052,
    reason: 'the order in which the driver hands out its frames depends on tests that ran before the recording began',
  },
  {
    id: 'recording/thp/hmm.private.exclusive_cow',
    matched: 4153,
    reason: 'the kernel was preempted inside a copy-on-write fault; a CPU access of the engine is one step',
  },
];
