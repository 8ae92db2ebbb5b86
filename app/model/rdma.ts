/** Memory regions of network adapters: what a remote peer may reach without a CPU (semantics 1.11). */

export const regionKinds = ['pinned', 'odp', 'odpImplicit', 'dmaBuf', 'dmaBufPinned', 'dmaBufRevocable'] as const;
export type RegionKind = (typeof regionKinds)[number];

/**
 * A memory region (struct ib_mr). Key: adapter and name ("nic0:mr"). Under the same key are its attachment (dma-buf),
 * its context and device entries (on-demand paging), or its entries in `importPte` (pinned).
 */
export interface MemoryRegion {
  readonly device: string;
  readonly kind: RegionKind;
  /** Processes that have the verbs file open; with the last the region goes. */
  readonly holders: readonly string[];
  /** Address space of the range, and its first virtual page; null: a dma-buf. */
  readonly space: string | null;
  readonly start: number;
  readonly pages: number;
  readonly write: boolean;
  /** What a peer names it by (rkey). */
  readonly rkey: number;
}
