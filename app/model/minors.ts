/** Tables of minor numbers: the IDR, the plain XArray and the allocating XArray of the 2022 debate. */

export type ContainerKind = 'idr' | 'xarray' | 'xarrayAlloc';

/** What a slot holds: a pointer by name, or "reserved" (NULL of an IDR, XA_ZERO_ENTRY of an XArray). Absent: free. */
export type Slot = { readonly pointer: string } | 'reserved';

export interface Container {
  readonly kind: ContainerKind;
  /** Largest number that may be handed out. An IDR's own limit is one above it (exclusive), an XArray's is this. */
  readonly last: number;
  readonly slots: Readonly<Record<string, Slot>>;
}
