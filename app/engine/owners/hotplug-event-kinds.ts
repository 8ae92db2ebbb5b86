/** Events of functions that come and go: part of the vocabulary in ../event-kinds.ts. */
import type { EventKindRow } from '../event-kinds.ts';

export const hotplugEventKinds = {
  bitstreamLoaded: {
    title: 'bitstream loaded',
    fn: 'fpga_region_program_fpga',
    meaning: 'An FPGA is programmed: it is other hardware from here on.',
    state: 'neutral',
  },
  functionAdded: {
    title: 'function appears',
    fn: 'pci_device_add',
    meaning: 'A PCI function is there that the boot did not find, with its engines and its memory.',
    state: 'private',
  },
  functionRemoved: {
    title: 'function gone',
    fn: 'pci_stop_and_remove_bus_device',
    meaning: 'A PCI function is no longer there: its memory, its links and its name on the bus are gone.',
    state: 'neutral',
  },
  deviceForgotten: {
    title: 'device forgotten',
    fn: 'put_device',
    meaning: 'The last file of a device that went away is closed: its name is free.',
    state: 'neutral',
  },
  contextLost: {
    title: 'mirror given up',
    fn: null,
    meaning: 'The driver of a device that goes away ends a mirror; the file stays open, and is good for nothing.',
    state: 'neutral',
  },
} as const satisfies Readonly<Record<string, EventKindRow>>;
