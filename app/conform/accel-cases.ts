/** Device nodes, their numbers and error counters, row by row of the table of semantics 5.6. */
import { lookup } from '../engine/fabric/minors.ts';
import { initialWorld } from '../engine/initial-world.ts';
import type { OpInput } from '../engine/operations.ts';
import type { RuleTable } from '../engine/step.ts';
import { caseOf, expectEqual, type Case } from './case.ts';
import { Machine, outcome } from './machine.ts';

/** A machine with accelerators that have no memory of their own, and a process A. */
function machineWith(devices: number, rules?: RuleTable): Machine {
  const machine = new Machine(
    initialWorld({
      pools: [{ id: 'dram0', kind: 'dram', registration: 'system', frames: 1024, device: null }],
      devices: Array.from({ length: devices }, (_, n) => ({ id: `npu${n}`, memory: 'none' as const, pool: null })),
    }),
    undefined,
    rules,
  );
  must(machine, { op: 'process', by: 'kernel', name: 'A' });
  return machine;
}

const driver = 'driver:npu0';

function must(machine: Machine, op: OpInput): void {
  expectEqual(`${op.op} by ${op.by}`, outcome(machine.do(op)), 'ok');
}

/** npu0 has reserved its node; `live`: and published it. */
function accel0(live: boolean, rules?: RuleTable): Machine {
  const machine = machineWith(2, rules);
  must(machine, { op: 'drmInit', by: driver, device: 'npu0', features: ['COMPUTE_ACCEL'] });
  if (live) must(machine, { op: 'drmRegister', by: driver, device: 'npu0' });
  return machine;
}

const open = (machine: Machine): string => outcome(machine.do({ op: 'nodeOpen', by: 'A', node: 'accel0' }));

/** What a node of counters has said last. */
function read(machine: Machine, op: OpInput): unknown {
  const { events } = machine.do(op);
  return events.find(({ kind }) => kind === 'rasRead')?.args['counters'] ?? null;
}

/** The cases; `rules` replaces the engine's rules, to see that a broken one is noticed. */
export function accelCases(rules?: RuleTable): readonly Case[] {
  return [
    caseOf('accel/A1', () => {
      const machine = accel0(false, rules);
      expectEqual('the node', machine.world.records.deviceNode['accel0']?.state, 'reserved');
      expectEqual('open before register', open(machine), 'ENODEV');
    }),
    caseOf('accel/A2', () => {
      const machine = accel0(true, rules);
      expectEqual('open', open(machine), 'ok');
      expectEqual('major', machine.world.records.deviceNode['accel0']?.major, 261);
      expectEqual('the file', machine.world.records.nodeFile['accel0:A']?.holders, ['A']);
    }),
    caseOf('accel/A3', () => {
      const machine = accel0(true, rules);
      must(machine, { op: 'drmUnregister', by: driver, device: 'npu0' });
      expectEqual('open after unregister', open(machine), 'ENODEV');
      expectEqual('number 0', machine.world.records.minorTable['accel']?.slots, { 0: 'reserved' });
      must(machine, { op: 'drmInit', by: 'driver:npu1', device: 'npu1', features: ['COMPUTE_ACCEL'] });
      expectEqual('the next device', machine.world.records.deviceNode['accel1']?.device, 'npu1');
    }),
    caseOf('accel/A4', () => {
      const machine = accel0(true, rules);
      must(machine, { op: 'drmUnregister', by: driver, device: 'npu0' });
      must(machine, { op: 'drmPut', by: driver, device: 'npu0' });
      expectEqual('number 0', machine.world.records.minorTable['accel']?.slots, {});
      must(machine, { op: 'drmInit', by: 'driver:npu1', device: 'npu1', features: ['COMPUTE_ACCEL'] });
      expectEqual('the same number again', machine.world.records.deviceNode['accel0']?.device, 'npu1');
    }),
    caseOf('accel/A5', () => {
      const machine = machineWith(257, rules);
      must(machine, { op: 'minorTable', by: 'kernel', name: 'accel', container: 'idr', last: 255 });
      for (let n = 0; n < 256; n++)
        must(machine, { op: 'drmInit', by: `driver:npu${n}`, device: `npu${n}`, features: ['COMPUTE_ACCEL'] });
      const last = machine.do({
        op: 'drmInit',
        by: 'driver:npu256',
        device: 'npu256',
        features: ['COMPUTE_ACCEL'],
      });
      expectEqual('one more', outcome(last), 'ENOSPC');
      expectEqual('nodes', Object.keys(machine.world.records.deviceNode).length, 256);
    }),
    caseOf('accel/A6', () => {
      const machine = machineWith(0, rules);
      must(machine, { op: 'minorTable', by: 'kernel', name: 'accel', container: 'xarrayAlloc' });
      must(machine, { op: 'minorAlloc', by: 'kernel', table: 'accel', pointer: 'npu0' });
      must(machine, { op: 'minorStore', by: 'kernel', table: 'accel', id: 0, pointer: null });
      const { events } = machine.do({ op: 'minorLookup', by: 'kernel', table: 'accel', id: 0 });
      expectEqual('lookup', events.find(({ kind }) => kind === 'minorRead')?.args['pointer'], null);
      const table = machine.world.records.minorTable['accel'];
      expectEqual('the slot', table?.slots, { 0: 'reserved' });
      expectEqual('what a reader sees', table === undefined ? undefined : lookup(table, 0), null);
      must(machine, { op: 'minorAlloc', by: 'kernel', table: 'accel', pointer: 'npu1' });
      expectEqual('the next number', machine.world.records.minorTable['accel']?.slots, {
        0: 'reserved',
        1: { pointer: 'npu1' },
      });
    }),
    caseOf('accel/A7', () => {
      const machine = machineWith(1, rules);
      const formats = (mask: number): unknown => {
        must(machine, { op: 'rasOffer', by: driver, device: 'npu0', mask });
        const { events } = machine.do({ op: 'rasCapabilities', by: 'A', device: 'npu0' });
        return events.find(({ kind }) => kind === 'rasCapabilitiesRead')?.args['formats'] ?? null;
      };
      expectEqual('0b0000_0011', formats(0b0000_0011), ['KEY_VALUE_32', 'NETLINK']);
      const each = [1, 2, 4, 8, 16, 32, 64, 128].map(formats);
      expectEqual('bit by bit', each, [
        ['KEY_VALUE_32'],
        ['NETLINK'],
        ['JSON'],
        ['PROTOBUF'],
        ['GRPC'],
        ['THRIFT'],
        ['JSON'],
        ['ASN1'],
      ]);
    }),
    caseOf('accel/A8', () => {
      const machine = machineWith(1, rules);
      must(machine, {
        op: 'rasRegister',
        by: driver,
        device: 'npu0',
        name: 'memory',
        first: 1,
        last: 3,
        counters: { 1: 'corrected', 3: 'uncorrected' },
      });
      const one = machine.do({ op: 'rasGet', by: 'A', node: 0, counter: 2 });
      expectEqual('single query of an id that the driver does not have', outcome(one), 'ENOENT');
      expectEqual('dump', read(machine, { op: 'rasDump', by: 'A', node: 0 }), [
        { id: 1, name: 'corrected', value: 0 },
        { id: 3, name: 'uncorrected', value: 0 },
      ]);
      expectEqual('single query', read(machine, { op: 'rasGet', by: 'A', node: 0, counter: 3 }), [
        { id: 3, name: 'uncorrected', value: 0 },
      ]);
    }),
  ];
}
