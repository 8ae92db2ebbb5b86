import { describe, expect, it } from 'vitest';
import { checkInvariants } from '../engine/invariants.ts';
import type { OpInput } from '../engine/operations.ts';
import type { World } from '../model/world.ts';
import { tableView } from './table-view.ts';
import { played } from './testing/played.ts';

function rows(before: World, after: World): readonly string[] {
  const view = tableView(before, after, checkInvariants(after), { table: 'A.heap', start: 0, count: 8 });
  return (view?.rows ?? []).map((row) =>
    [
      `${row.page}${row.changed ? '*' : ''}`,
      row.entry,
      row.frame?.split(' ')[0] ?? '—',
      row.value ?? '—',
      ...row.devices.map((cell) => `${cell.text}${cell.changed ? '*' : ''}${cell.alert === null ? '' : '!'}`),
    ].join(' | '),
  );
}

/** The table after the operations, with what the last one changed marked. */
function after(ops: readonly OpInput[]): readonly string[] {
  return rows(played(ops.slice(0, -1)).last, played(ops).last);
}

describe('the page table', () => {
  it('shows the CPU entry beside the frame and the device entry', () => {
    expect(
      after([
        { op: 'read', by: 'A', place: 'A.heap[4]' },
        { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0..2]' },
      ]),
    ).toEqual([
      '0 | PRESENT rw | dram0 | 10 | sys rw*',
      '1 | PRESENT rw | dram0 | 11 | sys rw*',
      '2 | PRESENT rw | dram0 | 12 | —',
      '3 | PRESENT rw | dram0 | 13 | —',
      '4 | PRESENT zero | zero | 0 | —',
      '5 | none | — | — | —',
      '6 | none | — | — | —',
      '7 | none | — | — | —',
    ]);
  });

  it('names migration and device-private entries, and marks what changed', () => {
    const setup: OpInput = { op: 'migrateSetup', by: 'd', context: 'gpu0:A', place: 'A.heap[0..2]' };
    expect(after([setup]).slice(0, 3)).toEqual([
      '0* | MIGRATION w | dram0 | 10 | —',
      '1* | MIGRATION w | dram0 | 11 | —',
      '2 | PRESENT rw | dram0 | 12 | —',
    ]);
    const move: OpInput = { op: 'migrateToDevice', by: 'd', context: 'gpu0:A', place: 'A.heap[0]' };
    expect(after([move]).slice(0, 2)).toEqual([
      '0* | DEVPRIV w | gpu0.vram | 10 | local rw*',
      '1 | PRESENT rw | dram0 | 11 | —',
    ]);
  });

  it('marks a stale device entry with the invariant that it breaks', () => {
    const ops: readonly OpInput[] = [
      { op: 'process', by: 'kernel', name: 'P' },
      { op: 'close', by: 'A', context: 'gpu0:A' },
      { op: 'open', by: 'A', device: 'gpu0', notifier: false },
      { op: 'rawMap', by: 'd', context: 'gpu0:A', place: 'A.heap[0]' },
      { op: 'fork', by: 'A', child: 'B' },
    ];
    expect(after(ops)[0]).toBe('0* | PRESENT r | dram0 | 10 | sys rw!');
  });

  it('tells references, mappings, pins and marks of a frame in words', () => {
    const world = played([{ op: 'pin', by: 'kernel', place: 'A.heap[1]' }]).last;
    const view = tableView(world, world, [], { table: 'A.heap', start: 1, count: 1 });
    expect(view?.rows[0]?.frameNote).toMatch(/^refs \d+, maps 1, pins 1, exclusive$/);
  });

  it('lists the changed stretches of the whole table, not only of the rows asked for', () => {
    const before = played([]).last;
    const world = played([{ op: 'write', by: 'A', place: 'A.heap[5..8]', value: 1 }]).last;
    const view = tableView(before, world, [], { table: 'A.heap', start: 0, count: 1 });
    expect(view).toMatchObject({ totalPages: 8, changedPages: 3, changedSpans: [{ start: 5, end: 8 }], start: 0 });
    expect(view?.rows).toHaveLength(1);
  });

  it('has no rows for a name that is not mapped', () => {
    const world = played([]).last;
    expect(tableView(world, world, [], { table: 'A.stack', start: 0, count: 1 })).toBeNull();
  });
});
