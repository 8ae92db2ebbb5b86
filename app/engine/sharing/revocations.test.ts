import { describe, expect, it } from 'vitest';
import { machineWorld } from '../../scenario/testing/machine-world.ts';
import type { OpInput } from '../operations.ts';
import { completeOp, step } from '../step.ts';
import { revocations } from './revocations.ts';

const start: readonly OpInput[] = [
  { op: 'process', by: 'kernel', name: 'A' },
  { op: 'mmap', by: 'A', as: 'heap', pages: 2 },
  { op: 'makeObject', by: 'A', as: 'bo', device: 'gpu0', exporter: 'habanalabs', pages: 2 },
  { op: 'exportDmaBuf', by: 'A', object: 'bo', as: 'shared' },
];

function rows(ops: readonly OpInput[]): readonly string[] {
  let world = machineWorld('peer-switch');
  for (const op of [...start, ...ops]) {
    const { after, result } = step(world, completeOp(op));
    expect(result).toEqual({ ok: true });
    world = after;
  }
  return revocations(world).map(
    ({ device, of, from, by, how }) => `${device} ${of} of ${from}: ${by ?? 'nobody'}, ${how}`,
  );
}

const attach = (more: object): OpInput =>
  ({ op: 'attach', by: 'A', fd: 3, importer: 'nic0', as: 'tie', ...more }) as OpInput;
const map: OpInput = { op: 'mapAttachment', by: 'driver:nic0', attachment: 'tie' };
const region = (more: object): OpInput => ({ op: 'regMr', by: 'A', device: 'nic0', as: 'mr', ...more }) as OpInput;

describe('who can take memory back', () => {
  it.each([
    ['nothing is held', [], []],
    ['an importer with a callback', [attach({}), map], ['nic0 shared of gpu0: driver:gpu0, callback']],
    [
      'one without that has mapped nothing',
      [attach({ dynamic: false })],
      ['nic0 shared of gpu0: driver:gpu0, notMapped'],
    ],
    ['one without that has it mapped', [attach({ dynamic: false }), map], ['nic0 shared of gpu0: nobody, noCallback']],
    [
      'what is revoked already',
      [attach({}), { op: 'revokeDmaBuf', by: 'driver:gpu0', dmaBuf: 'shared' }],
      ['nic0 shared of gpu0: driver:gpu0, revoked'],
    ],
    [
      'a region of a dma-buf is an importer',
      [region({ kind: 'dmaBufRevocable', fd: 3 })],
      ['nic0 shared of gpu0: driver:gpu0, callback'],
    ],
    ['a paged region', [region({ kind: 'odp', place: 'A.heap' })], ['nic0 A of memory: kernel, notifier']],
    ['a pinned one', [region({ kind: 'pinned', place: 'A.heap' })], ['nic0 A of memory: nobody, pinned']],
  ] satisfies readonly (readonly [string, readonly OpInput[], readonly string[]])[])('%s', (_what, ops, said) => {
    expect(rows(ops)).toEqual(said);
  });
});
