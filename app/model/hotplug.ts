/** The nouns of functions that come and go while the machine runs. */
import type { DeviceKind } from './topology.ts';
import type { Pool } from './world.ts';

/** What an FPGA is programmed with. Key: the FPGA. */
export interface LoadedBitstream {
  readonly name: string;
}

/** A PCI function that the boot did not find: it came with a bitstream. Key: its name. */
export interface HotFunction {
  /** The FPGA whose logic it is: its own function of the same device. */
  readonly below: string;
  readonly deviceKind: DeviceKind;
  /** The memory that it came with, or null. */
  readonly memory: (Pick<Pool, 'kind' | 'registration'> & { readonly pool: string; readonly bytes: number }) | null;
  /** The function is gone; its files are still open, and keep the name. */
  readonly gone: boolean;
}

/** The record tables of hotplug: part of those in world.ts. */
export interface HotplugTables {
  readonly bitstream: LoadedBitstream;
  readonly hotFunction: HotFunction;
}

export const hotplugTableNames = ['bitstream', 'hotFunction'] as const satisfies readonly (keyof HotplugTables)[];
