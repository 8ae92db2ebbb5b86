import type { GraphNode } from '../contract/frame.ts';

/** Outlines of the parts of a machine in a box of 24 by 24, drawn as lines 2 wide (Lucide, ISC). */
const outlines = {
  cpu: 'M12 20v2M12 2v2M17 20v2M17 2v2M2 12h2M2 17h2M2 7h2M20 12h2M20 17h2M20 7h2M7 20v2M7 2v2M6 4h12a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-12a2 2 0 0 1-2-2v-12a2 2 0 0 1 2-2zM9 8h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1z',
  memory:
    'M12 12v-2M12 18v-2M16 12v-2M16 18v-2M2 11h1.5M20 18v-2M20.5 11H22M4 18v-2M8 12v-2M8 18v-2M4 6h16a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2h-16a2 2 0 0 1-2-2v-6a2 2 0 0 1 2-2z',
  bridge:
    'M4 2h16a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2h-16a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2zM4 14h16a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2h-16a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2zM6 6h.01M6 18h.01',
  switch: 'M16 3h5v5M8 3H3v5M12 22v-8.3a4 4 0 0 0-1.172-2.872L3 3M15 9l6-6',
  gpu: 'M2 17h18a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2H2M2 21V3M7 17v3a1 1 0 0 0 1 1h5a1 1 0 0 0 1-1v-3M14 11a2 2 0 1 0 4 0a2 2 0 1 0-4 0M6 11a2 2 0 1 0 4 0a2 2 0 1 0-4 0',
  nic: 'M10 8v1M14 8v1M18 8v1M19 17a2 2 0 0 0-1.765 1.059l-.47.882A2 2 0 0 1 15 20H9a2 2 0 0 1-1.765-1.059l-.47-.882A2 2 0 0 0 5 17H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2zM6 8v1',
  storage:
    'M10 16h.01M2.212 11.577a2 2 0 0 0-.212.896V18a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2v-5.527a2 2 0 0 0-.212-.896L18.55 5.11A2 2 0 0 0 16.76 4H7.24a2 2 0 0 0-1.79 1.11zM21.946 12.013H2.054M6 16h.01',
  accelerator:
    'M10 12h4M10 17h4M10 7h4M18 12h2M18 18h2M18 6h2M4 12h2M4 18h2M4 6h2M8 2h8a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2h-8a2 2 0 0 1-2-2v-16a2 2 0 0 1 2-2z',
  fabric:
    'M10.586 5.414l-5.172 5.172M18.586 13.414l-5.172 5.172M6 12h12M10 20a2 2 0 1 0 4 0a2 2 0 1 0-4 0M10 4a2 2 0 1 0 4 0a2 2 0 1 0-4 0M18 12a2 2 0 1 0 4 0a2 2 0 1 0-4 0M2 12a2 2 0 1 0 4 0a2 2 0 1 0-4 0',
  device:
    'M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2h-14a2 2 0 0 1-2-2v-14a2 2 0 0 1 2-2zM11 9h4a2 2 0 0 0 2-2V3M7 9a2 2 0 1 0 4 0a2 2 0 1 0-4 0M7 21v-4a2 2 0 0 1 2-2h4M13 15a2 2 0 1 0 4 0a2 2 0 1 0-4 0',
} as const;

const deviceIcons: ReadonlyMap<string | null, keyof typeof outlines> = new Map([
  ['gpu', 'gpu'],
  ['nic', 'nic'],
  ['storage', 'storage'],
  ['accelerator', 'accelerator'],
  ['nvSwitch', 'fabric'],
  ['cxlMemdev', 'memory'],
]);

/** The outline that stands before a part's name, or null where it has none. */
export function iconOf({ kind, subkind }: Pick<GraphNode, 'kind' | 'subkind'>): string | null {
  switch (kind) {
    case 'cpu':
      return outlines.cpu;
    case 'memory':
      return outlines.memory;
    case 'host-bridge':
      return outlines.bridge;
    case 'switch':
      return outlines.switch;
    case 'device':
      return outlines[deviceIcons.get(subkind) ?? 'device'];
    case 'machine':
    case 'package':
    case 'root-port':
    case 'device-memory':
    case 'bar':
    case 'process':
    case 'group':
      return null;
  }
}
