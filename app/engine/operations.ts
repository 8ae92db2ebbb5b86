/** Every operation that an actor may ask for. An operation that is missing here does not exist in scenario files. */
import { z } from 'zod';
import * as device from './ops/device-ops.ts';
import * as driver from './ops/driver-ops.ts';
import * as migrate from './ops/migrate-ops.ts';
import * as mirror from './ops/mirror-ops.ts';
import { fabricOperations } from './ops/fabric-operations.ts';
import { folioOperations } from './ops/folio-operations.ts';
import { hotplugOperations } from './ops/hotplug-operations.ts';
import { memoryOperations } from './ops/memory-operations.ts';
import { ownerOperations } from './ops/owner-operations.ts';
import * as uffd from './ops/userfault-ops.ts';
import * as range from './ops/range-ops.ts';
import * as process from './ops/process-ops.ts';
import { sharingOperations } from './ops/sharing-operations.ts';

export const operations = {
  process: process.startProcess,
  file: process.makeFile,
  mmap: process.mmap,
  munmap: process.munmap,
  munmapStart: process.munmapStart,
  munmapZap: process.munmapZap,
  munmapEnd: process.munmapEnd,
  read: process.read,
  write: process.write,
  atomic: process.atomic,
  fork: process.forkOp,
  exec: process.execOp,
  exit: process.exitOp,
  oomReap: process.oomReapOp,
  open: device.openDevice,
  rawMap: device.rawMap,
  deviceRead: device.deviceRead,
  deviceWrite: device.deviceWrite,
  deviceAtomic: device.deviceAtomicOp,
  readBegin: mirror.readBeginOp,
  hmmRangeFault: mirror.hmmRangeFaultOp,
  program: mirror.program,
  driverLock: mirror.driverLock,
  driverUnlock: mirror.driverUnlock,
  migrateSetup: migrate.migrateSetupOp,
  migrateCopy: migrate.migrateCopyOp,
  migratePages: migrate.migratePagesOp,
  migrateFinalize: migrate.migrateFinalizeOp,
  migrateToDevice: migrate.migrateToDevice,
  migrateToSystem: migrate.migrateToSystem,
  close: driver.closeDevice,
  mmapDevice: driver.mmapDevice,
  evict: driver.evict,
  makeExclusive: driver.makeExclusiveOp,
  failAllocation: driver.failAllocation,
  driver: driver.driverOp,
  mprotect: range.mprotectOp,
  madvise: range.madviseOp,
  mlock: range.mlockOp,
  munlock: range.munlockOp,
  reclaim: range.reclaimOp,
  userfaultfd: uffd.userfaultfd,
  uffdCopy: uffd.uffdCopy,
  uffdZeropage: uffd.uffdZeropage,
  uffdPoison: uffd.uffdPoison,
  uffdWriteProtect: uffd.uffdWriteProtect,
  mirrorTimeout: uffd.mirrorTimeout,
  mremap: range.mremapOp,
  pin: range.pinOp,
  unpin: range.unpinOp,

  ...fabricOperations,
  ...sharingOperations,
  ...ownerOperations,
  ...hotplugOperations,
  ...folioOperations,
  ...memoryOperations,
} as const;

export type OpName = keyof typeof operations;

/** An operation as a scenario writes it: defaults are filled in by the schema. */
export type Op = { [N in OpName]: z.output<(typeof operations)[N]['schema']> }[OpName];
export type OpInput = { [N in OpName]: z.input<(typeof operations)[N]['schema']> }[OpName];

/** The schema of any one operation, told apart by `op`. */
export const opSchema: z.ZodType<Op, OpInput> = z.discriminatedUnion(
  'op',
  Object.values(operations).map((definition) => definition.schema) as unknown as [
    z.core.$ZodTypeDiscriminable,
    ...z.core.$ZodTypeDiscriminable[],
  ],
) as unknown as z.ZodType<Op, OpInput>;
