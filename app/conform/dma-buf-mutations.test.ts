/** Every dma-buf case is seen to fail with a rule broken that it stands on. */
import { describe, expect, it } from 'vitest';
import type { RecordTables } from '../model/world.ts';
import type { Writer } from '../engine/tx.ts';
import { dmaBufCaseNames, dmaBufCases } from './dma-buf-cases.ts';
import { andThen, inert, kind, rulesWith, without, type Breakage } from './testing/broken-rules.ts';

/** Changes fields of every record of a table. */
const patchAll = <T extends keyof RecordTables>(w: Writer, table: T, fields: Partial<RecordTables[T]>): void => {
  for (const key of Object.keys(w.world.records[table])) w.patch(table, key, fields);
};
const saysInstead =
  (rule: string, instead: string) =>
  (errno: string, said: string): string =>
    said === rule ? instead : errno;

const breakages: readonly (readonly [name: string, breaks: readonly string[], how: Breakage])[] = [
  ['any other file is as good as none', ['B1'], { errno: saysInstead('dmaBuf.get.otherFile', 'EBADF') }],
  ['a closed descriptor is another file', ['B2'], { errno: saysInstead('dmaBuf.get.closed', 'EINVAL') }],
  [
    'the wish for peer-to-peer is always cleared',
    ['B3', 'B10'],
    { event: andThen(kind('attached'), (w) => patchAll(w, 'attachment', { peer2peer: false })) },
  ],
  [
    'the wish for peer-to-peer is never cleared',
    ['B4', 'B10'],
    { event: andThen(kind('attached'), (w) => patchAll(w, 'attachment', { peer2peer: true })) },
  ],
  ['a pin does not count', ['B5', 'B9'], { event: inert(kind('attachmentPinned')) }],
  ['importers are not told of a move', ['B6', 'B8'], { event: without(kind('importerInvalidated')) }],
  ['a move adds no fence', ['B5', 'B6', 'B7'], { event: inert(kind('fenceAdded')) }],
  ['an importer that obeys keeps its addresses', ['B8', 'B13', 'B14'], { event: inert(kind('addressesForgotten')) }],
  ['the exporter lets static importers pin', ['B9'], { errno: saysInstead('dmaBuf.pin.static', 'EBUSY') }],
  [
    'every exporter can put its memory in RAM',
    ['B10', 'B11', 'B18'],
    { op: (op) => (op.op === 'makeObject' ? { ...op, exporter: 'amdgpu' } : op) },
  ],
  ['a revoked dma-buf is as before', ['B12', 'B13'], { event: inert(kind('dmaBufRevoked')) }],
  ['what was revoked stays so', ['B13'], { event: inert(kind('dmaBufRestored')) }],
  [
    'a pinned importer is not told for good',
    ['B14'],
    { event: andThen(kind('importerInvalidated'), (w) => patchAll(w, 'attachment', { revoked: false })) },
  ],
  [
    'memory goes although an importer cannot be told',
    ['B15'],
    { event: andThen(kind('handleDropped'), (w) => patchAll(w, 'dmaBuf', { object: null })) },
  ],
  [
    'a user pointer is like any other memory',
    ['B16'],
    { event: andThen(kind('objectMade'), (w) => patchAll(w, 'object', { frames: 'own' })) },
  ],
  ['nobody looks whether the lock is held', ['B17'], { event: without(kind('lockNotHeld')) }],
  ['nobody has to wait for the lock', ['B17'], { event: inert(kind('locked', 'reservation')) }],
  [
    'exported memory can be freed',
    ['B18'],
    { event: andThen(kind('objectMade'), (w) => patchAll(w, 'object', { exporter: 'amdgpu' })) },
  ],
  [
    'the last descriptor releases it',
    ['B19'],
    { event: andThen(kind('descriptorClosed'), (w) => patchAll(w, 'dmaBuf', { holders: [] })) },
  ],
  [
    'the size of the file is not looked at',
    ['B20'],
    { event: andThen(kind('exported'), (w) => patchAll(w, 'dmaBuf', { pages: 2 ** 20 })) },
  ],
  ['an offset that wraps is beyond the size', ['B20'], { errno: saysInstead('dmaBuf.mmap.overflow', 'EINVAL') }],
];

/** Whether a case fails, or a broken rule runs the engine into one of its own assertions. */
function notices(name: string, how: Breakage): boolean {
  const found = dmaBufCases(rulesWith(how)).find(({ id }) => id === `dma-buf/${name}`);
  try {
    return found === undefined || !found.run().ok;
  } catch {
    return true;
  }
}

describe('a dma-buf rule broken on purpose', () => {
  const each = breakages.flatMap(([name, breaks, how]) => breaks.map((row) => ({ name, row, how })));

  it.each(each)('$name: $row notices', ({ row, how }) => {
    expect(notices(row, how)).toBe(true);
  });

  it('is noticed by every row for at least one rule', () => {
    expect(dmaBufCaseNames.filter((row) => !each.some((one) => one.row === row))).toEqual([]);
    expect(dmaBufCaseNames).toEqual(Array.from({ length: 20 }, (_, i) => `B${i + 1}`));
  });

  it('is what makes them fail: with all rules whole, none notices anything', () => {
    expect(dmaBufCaseNames.filter((row) => notices(row, {}))).toEqual([]);
  });
});
