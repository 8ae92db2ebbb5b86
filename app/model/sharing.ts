/** The tables of what devices share: memory (dma-buf.ts, rdma.ts) and address spaces (sva.ts). Part of the world's in world.ts. */
import type { Attachment, BufferObject, Descriptor, DmaBuf, Reservation } from './dma-buf.ts';
import type { MemoryRegion } from './rdma.ts';
import type { DevicePasid, PageRequestState, PasidsOutside, SpacePasid, SvaBond, SvaDomain } from './sva.ts';

export interface SharingTables {
  readonly object: BufferObject;
  readonly dmaBuf: DmaBuf;
  readonly attachment: Attachment;
  readonly reservation: Reservation;
  readonly descriptor: Descriptor;
  readonly memoryRegion: MemoryRegion;
  readonly pasid: SpacePasid;
  readonly pasidsOutside: PasidsOutside;
  readonly devicePasid: DevicePasid;
  readonly svaDomain: SvaDomain;
  readonly svaBond: SvaBond;
  readonly pageRequests: PageRequestState;
}

export const sharingTableNames: readonly (keyof SharingTables)[] = [
  'object',
  'dmaBuf',
  'attachment',
  'reservation',
  'descriptor',
  'memoryRegion',
  'pasid',
  'pasidsOutside',
  'devicePasid',
  'svaDomain',
  'svaBond',
  'pageRequests',
];

/** Columns of each page table. */
export const sharingPageTables = {
  /** frame; by page of a buffer object: its memory, main memory behind it, and memory that it has left (object#fence) */
  objectPage: 1,
  copyPage: 1,
  ghostPage: 1,
  /** word of a device entry, frame; by page of an attachment: what the exporter handed out */
  sgTable: 2,
  /** word of a device entry, frame; by page of an attachment or memory region: what the importing device uses */
  importPte: 2,
  /** word of a device entry, frame; by page of an address space, for each bond: translations that the device has cached */
  atc: 2,
} as const;

/** Columns that may count up within a run. */
export const sharingCountingColumns = {
  objectPage: 0b1,
  copyPage: 0b1,
  ghostPage: 0b1,
  sgTable: 0b10,
  importPte: 0b10,
  atc: 0b10,
} as const;
