/** Address spaces that devices share with processes: PASIDs, bonds, domains, page requests (semantics 1.2, 2.9). */

/** The PASID of an address space: allocated at its first bond, kept until it ends. Key: the space. */
export interface SpacePasid {
  readonly value: number;
}

/** PASIDs that processes outside the story have. Key: "machine". */
export interface PasidsOutside {
  readonly taken: readonly number[];
}

/** A PASID that a driver uses on its device for a domain of its own. Key: "dsa0#5". */
export interface DevicePasid {
  readonly device: string;
  readonly value: number;
}

/** Page tables of a process as a domain of one kind of IOMMU (iommu_domain of type sva). Key: "A@iommu". */
export interface SvaDomain {
  readonly space: string;
  readonly iommu: string;
  /** Devices that are attached to it. */
  readonly users: number;
}

/** A device that shares an address space (struct iommu_sva). Key: "dsa0:A". */
export interface SvaBond {
  readonly device: string;
  readonly space: string;
  readonly domain: string;
  readonly pasid: number;
  /** How often it was bound: each bind gets the same handle. */
  readonly refs: number;
  /** Page requests of the last access, and pages that it reached. */
  readonly requests: number;
  readonly cpages: number;
}

/** What a device's page requests meet. Key: the device. */
export interface PageRequestState {
  /** Requests that the queue of its IOMMU takes at a time. */
  readonly queue: number;
  /** The queue is in error or switched off: every request is answered with failure. */
  readonly broken: boolean;
  /** The device was told failure: it sends no request any more. */
  readonly stopped: boolean;
}

/** PASIDs are 20 bits wide; 0 is for DMA without one. */
export const pasidLimit = 2 ** 20;
export const firstPasid = 1;
