/**
 * What a dma-buf case works with: processes A and B, and devices at every distance from each other.
 *
 *      switch ─ gpu0 (1024 frames), accel0 (64 frames), nic0        nic0 reaches gpu0 and accel0 directly
 *      another root port ─ nic1                                     reaches neither
 */
import { noFabric } from '../engine/fabric/fabric-of.ts';
import { initialWorld, type EngineSpec } from '../engine/initial-world.ts';
import type { OpInput } from '../engine/operations.ts';
import type { RuleTable, Transaction } from '../engine/step.ts';
import type { Event } from '../engine/event.ts';
import type { PciDevice } from '../model/fabric.ts';
import type { World } from '../model/world.ts';
import { expectEqual } from './case.ts';
import { Machine, outcome } from './machine.ts';

const function_ = (bdf: string, above: string | null, role: PciDevice['role'] = 'endpoint'): PciDevice => ({
  bdf,
  role,
  deviceKind: role === 'endpoint' ? 'other' : null,
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
});

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
  ],
  fabric: {
    ...noFabric,
    pci: {
      port0: function_('0000:00:01.0', null, 'rootPort'),
      switch: function_('0000:01:00.0', 'port0', 'upstream'),
      gpu0: function_('0000:02:00.0', 'switch'),
      accel0: function_('0000:02:01.0', 'switch'),
      nic0: function_('0000:02:02.0', 'switch'),
      port1: function_('0000:00:02.0', null, 'rootPort'),
      nic1: function_('0000:03:00.0', 'port1'),
    },
  },
};

export class SharingLab {
  readonly machine: Machine;
  /** Events of the last operation. */
  events: readonly Event[] = [];

  constructor(rules?: RuleTable, watch: (transaction: Transaction) => void = () => undefined) {
    this.machine = new Machine(
      initialWorld(sharingMachine),
      (transaction) => {
        this.events = transaction.events;
        watch(transaction);
      },
      rules,
    );
    for (const name of ['A', 'B']) this.must({ op: 'process', by: 'kernel', name });
  }

  get world(): World {
    return this.machine.world;
  }

  do(op: OpInput): string {
    return outcome(this.machine.do(op));
  }

  must(op: OpInput): void {
    expectEqual(`${op.op} by ${op.by}`, this.do(op), 'ok');
  }

  expect(op: OpInput, ends: string): void {
    expectEqual(`${op.op} by ${op.by} ends`, this.do(op), ends);
  }

  /** An object of 4 pages with the values 10 to 13, exported; A's descriptor 3. */
  share(options: Partial<Extract<OpInput, { op: 'makeObject' }>> = {}): void {
    this.must({
      op: 'makeObject',
      by: 'A',
      as: 'weights',
      device: 'gpu0',
      pages: 4,
      value: 10,
      count: true,
      ...options,
    });
    this.must({ op: 'exportDmaBuf', by: 'A', object: 'weights', as: 'shared' });
  }

  attach(as: string, importer: string, options: Partial<Extract<OpInput, { op: 'attach' }>> = {}): void {
    this.must({ op: 'attach', by: 'A', fd: 3, importer, as, ...options });
  }

  map(attachment: string, ends = 'ok'): void {
    this.expect({ op: 'mapAttachment', by: `driver:${attachment}`, attachment }, ends);
  }

  /** How often something happened in the last operation. */
  times(kind: Event['kind'], args: Readonly<Record<string, unknown>> = {}): number {
    return this.events.filter(
      (event) => event.kind === kind && Object.entries(args).every(([key, value]) => event.args[key] === value),
    ).length;
  }
}
