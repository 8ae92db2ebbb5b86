/** What a dma-buf case works with: processes A and B on the machine of sharing/testing. */
import { initialWorld } from '../engine/initial-world.ts';
import type { OpInput } from '../engine/operations.ts';
import { sharingMachine } from '../engine/sharing/testing/machine.ts';
import type { RuleTable, Transaction } from '../engine/step.ts';
import type { Event } from '../engine/event.ts';
import type { World } from '../model/world.ts';
import { expectEqual } from './case.ts';
import { Machine, outcome } from './machine.ts';

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
