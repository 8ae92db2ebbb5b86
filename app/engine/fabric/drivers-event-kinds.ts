/** Events about memory and who works on it: part of the vocabulary in ../event-kinds.ts. */
import type { EventKindRow } from '../event-kinds.ts';

export const memoryEventKinds = {
  memoryBound: {
    title: 'memory policy',
    fn: 'do_mbind',
    meaning: 'Pages of a range that are touched from here on come from one memory, or from any again.',
    state: 'system',
  },
  timesliceSet: {
    title: 'time slice',
    fn: 'drm_pagemap_migrate_to_ram',
    meaning: 'Memory that came to a device stays there until its time is over; a CPU that touches it waits.',
    state: 'private',
  },
  policiesCompared: {
    title: 'policies compared',
    fn: null,
    meaning:
      'What a turn of a device costs under each policy, and from how many accesses on one is cheaper than another.',
    state: 'neutral',
  },
  revocationsListed: {
    title: 'who can revoke',
    fn: null,
    meaning: 'Each importer and memory region: whose memory it holds, and who can take that back.',
    state: 'neutral',
  },
  driversCompared: {
    title: 'who can drive it',
    fn: null,
    meaning: 'For each device the ways in which it reaches a memory, what it may do there, and how far it is.',
    state: 'neutral',
  },
} as const satisfies Readonly<Record<string, EventKindRow>>;
