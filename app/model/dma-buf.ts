/** Memory that devices share: buffer objects of drivers, dma-bufs, importers, reservations (semantics 1.10). */

/** Where the memory of a buffer object is: in its device's own memory, or in main memory. */
export type Placement = 'vram' | 'system';

export const exporterKinds = ['amdgpu', 'habanalabs', 'vfio', 'udmabuf'] as const;
export type ExporterKind = (typeof exporterKinds)[number];

/** What an exporter's dma_buf_ops do where drivers differ; rules read it and know no driver by name. */
export interface ExporterRules {
  /** An attachment that has, or is left with, no peer-to-peer: it is kept without, or refused with this errno. */
  readonly attachWithoutPeer: 'keep' | 'EOPNOTSUPP';
  /** Mapping for such an attachment: from main memory, after a move if need be, or refused with this errno. */
  readonly mapWithoutPeer: 'system' | 'EPERM';
  /** Its memory can move between the device and main memory. */
  readonly moves: boolean;
  /** Its pin callback puts the buffer in main memory first; null: there is none, the memory stays where it is. */
  readonly pin: 'system' | null;
  /** A revoked export may be given back. */
  readonly restores: boolean;
  /** Freeing the memory while it is exported: refused with this errno, or put off to the last reference. */
  readonly freeExported: 'EINVAL' | 'later';
  /** Where its memory comes from, where there is no choice. */
  readonly memory: 'any' | 'vram' | 'pinned';
  readonly source: string;
}

export const exporterRules: { readonly [K in ExporterKind]: ExporterRules } = {
  amdgpu: {
    attachWithoutPeer: 'keep',
    mapWithoutPeer: 'system',
    moves: true,
    pin: 'system',
    restores: false,
    freeExported: 'later',
    memory: 'any',
    source: 'drivers/gpu/drm/amd/amdgpu/amdgpu_dma_buf.c',
  },
  habanalabs: {
    attachWithoutPeer: 'keep',
    mapWithoutPeer: 'EPERM',
    moves: false,
    pin: null,
    restores: false,
    freeExported: 'EINVAL',
    memory: 'vram',
    source: 'drivers/accel/habanalabs/common/memory.c',
  },
  vfio: {
    attachWithoutPeer: 'EOPNOTSUPP',
    mapWithoutPeer: 'EPERM',
    moves: false,
    pin: null,
    restores: true,
    freeExported: 'later',
    memory: 'vram',
    source: 'drivers/vfio/pci/vfio_pci_dmabuf.c',
  },
  udmabuf: {
    attachWithoutPeer: 'keep',
    mapWithoutPeer: 'system',
    moves: false,
    pin: null,
    restores: false,
    freeExported: 'later',
    memory: 'pinned',
    source: 'drivers/dma-buf/udmabuf.c',
  },
};

/**
 * Memory that a driver made for a process (a GEM object, an allocation of device memory, a slice of a BAR). Its frames
 * are in the page tables `objectPage` and, where main memory stands behind it, `copyPage`. Key: its name.
 */
export interface BufferObject {
  /** The device whose driver made it; null: no device is behind it (udmabuf). */
  readonly device: string | null;
  readonly exporter: ExporterKind;
  readonly pages: number;
  readonly prefers: Placement;
  readonly placement: Placement;
  /** Whose frames it is: its own, pages of a process that it pins, or pages of a process that it merely mirrors. */
  readonly frames: 'own' | 'pinned' | 'userPointer';
  /** The stretch of an address space that it was made from, or null. */
  readonly place: string | null;
  /** Processes that hold a handle of it. */
  readonly handles: readonly string[];
  /** How often it is pinned: while that is not 0 it does not move. */
  readonly pins: number;
  /** What a CPU fault on a mapping of it maps: its memory where it is, or a copy in main memory. */
  readonly cpuFault: 'inPlace' | 'copy';
  /** Which of its two copies is newer; null: there is one, or they are the same. */
  readonly newer: 'device' | 'copy' | null;
}

/** A buffer object as a file that other drivers can import (struct dma_buf). Key: its name. */
export interface DmaBuf {
  /** Null: the exporter took the memory away. */
  readonly object: string | null;
  readonly exporter: ExporterKind;
  readonly device: string | null;
  readonly pages: number;
  /** Who holds a reference to its file: "A:3" a descriptor, "nic0" a driver, "att.nic" an attachment. */
  readonly holders: readonly string[];
  /** No new attachment, no new mapping. */
  readonly revoked: boolean;
  /** The exporting device is gone. */
  readonly orphan: boolean;
}

/** An importer's tie to a dma-buf (struct dma_buf_attachment). Its sg table is the page table `sgTable`. Key: its name. */
export interface Attachment {
  readonly dmaBuf: string;
  /** The importing device. */
  readonly importer: string;
  /** It gave importer ops: it can follow moves. */
  readonly dynamic: boolean;
  /** What is left of its wish for peer-to-peer. */
  readonly peer2peer: boolean;
  /** It has an invalidate callback (move_notify). */
  readonly invalidates: boolean;
  /** The callback drops the addresses at once (a NIC with faults), not when the fences retire (a GPU). */
  readonly dropsAtOnce: boolean;
  /** False: it goes on using addresses that it was told to forget, which is the bug. */
  readonly obeys: boolean;
  /** Pins that it asked for, and the one that its mapping took. */
  readonly pins: number;
  readonly mapping: 'none' | 'mapped' | 'stale';
  /** It was told to stop while pinned: it may not map again. */
  readonly revoked: boolean;
}

/** Uses of a fence, in the order of enum dma_resv_usage. */
const fenceUsages = ['KERNEL', 'WRITE', 'READ', 'BOOKKEEP'] as const;
export type FenceUsage = (typeof fenceUsages)[number];

/** Work under way that others wait for (struct dma_fence). */
export interface Fence {
  /** Whose work: a timeline, such as "gpu0.copy". */
  readonly timeline: string;
  readonly seqno: number;
  readonly usage: FenceUsage;
}

/** The reservation of a buffer object (struct dma_resv). Key: the object. */
export interface Reservation {
  readonly lockedBy: string | null;
  /** Fences that have not signaled. */
  readonly fences: readonly Fence[];
}

/** An open file descriptor of a process that is no device file. Key: "A:3". */
export interface Descriptor {
  readonly process: string;
  readonly number: number;
  readonly file: { readonly kind: 'dmaBuf' | 'file'; readonly name: string };
}
