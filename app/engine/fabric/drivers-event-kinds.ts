/** Events about memory and who works on it: part of the vocabulary in ../event-kinds.ts. */
import type { EventKindRow } from '../event-kinds.ts';

export const memoryEventKinds = {
  memoryBound: {
    title: 'memory policy',
    fn: 'do_mbind',
    meaning: 'Pages of a range that are touched from here on come from one memory, or from any again.',
    state: 'system',
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
