/**
 * A machine for tests of sharing, with devices at every distance from each other.
 *
 *      switch ─ gpu0 (1024 frames), accel0 (64 frames), nic0        nic0 reaches gpu0 and accel0 directly
 *      another root port ─ nic1                                     reaches neither
 *      wide0, wide1 (2^20 PASIDs), narrow0 (16), capi0 (uses the CPU's tables), mute0 (no page requests)
 */
import type { PciDevice } from '../../../model/fabric.ts';
import { noFabric } from '../../fabric/fabric.ts';
import type { EngineSpec } from '../../initial-world.ts';

const function_ = (bdf: string, above: string | null, more: Partial<PciDevice> = {}): PciDevice => ({
  bdf,
  role: 'endpoint',
  deviceKind: 'other',
  above,
  hostBridge: 'hostbridge:0000:00',
  physicalFunction: null,
  acs: null,
  acsTold: true,
  iommuGroup: null,
  driver: null,
  decode: true,
  virtualFunctions: 0,
  windows: [],
  ats: null,
  pri: null,
  maxPasids: null,
  atomics: { requester: null, enabled: false, completer: null, routes: null, blocks: null },
  engines: [],
  ...more,
});

const port = (role: PciDevice['role']) => ({ role, deviceKind: null });
const shares = (iommuGroup: number, maxPasids: number) => ({ iommuGroup, maxPasids, ats: true, pri: true });

export const sharingMachine: EngineSpec = {
  pools: [
    { id: 'dram0', kind: 'dram', registration: 'system', frames: 4096, device: null },
    { id: 'gpu0.vram', kind: 'vram', registration: 'private', frames: 1024, device: 'gpu0' },
    { id: 'accel0.hbm', kind: 'hbm', registration: 'private', frames: 64, device: 'accel0' },
  ],
  devices: [
    { id: 'gpu0', memory: 'private', pool: 'gpu0.vram' },
    { id: 'accel0', memory: 'private', pool: 'accel0.hbm' },
    { id: 'nic0', memory: 'none', pool: null },
    { id: 'nic1', memory: 'none', pool: null },
    { id: 'wide0', memory: 'none', pool: null },
    { id: 'wide1', memory: 'none', pool: null },
    { id: 'narrow0', memory: 'none', pool: null },
    { id: 'capi0', memory: 'none', pool: null, translation: 'cpu' },
    { id: 'mute0', memory: 'none', pool: null },
  ],
  fabric: {
    ...noFabric,
    iommu: true,
    pci: {
      port0: function_('0000:00:01.0', null, port('rootPort')),
      switch: function_('0000:01:00.0', 'port0', port('upstream')),
      gpu0: function_('0000:02:00.0', 'switch'),
      accel0: function_('0000:02:01.0', 'switch'),
      nic0: function_('0000:02:02.0', 'switch', { iommuGroup: 6 }),
      port1: function_('0000:00:02.0', null, port('rootPort')),
      nic1: function_('0000:03:00.0', 'port1'),
      wide0: function_('0000:00:03.0', null, shares(1, 2 ** 20)),
      wide1: function_('0000:00:04.0', null, shares(2, 2 ** 20)),
      narrow0: function_('0000:00:05.0', null, shares(3, 16)),
      capi0: function_('0000:00:06.0', null, shares(4, 2 ** 20)),
      mute0: function_('0000:00:07.0', null, { ...shares(5, 2 ** 20), pri: false }),
    },
  },
};
