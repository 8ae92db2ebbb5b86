import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesOf, hasDescriptions } from '../../topology/testing/oracle.ts';
import { openedMachine, openedText, type Opened } from '../testing/opened.ts';
import { compare, isSame } from './compare.ts';
import { comparisonView, markedIndex } from './marked.ts';

const text = readFileSync(new URL('../../../assets/topologies/dual-socket.yaml', import.meta.url), 'utf8');
const before = openedMachine('dual-socket');
/** The same machine after some words of its file were replaced. */
const edited = (...edits: readonly (readonly [from: string | RegExp, to: string])[]): Opened =>
  openedText(
    'after.yaml',
    edits.reduce((all, [from, to]) => {
      const next = all.replaceAll(from, to);
      if (next === all) throw new Error(`nothing to replace: ${from.toString()}`);
      return next;
    }, text),
  );

describe('comparing two machines', () => {
  it('finds nothing between a machine and itself', () => {
    const found = compare(before, openedText('again.yaml', text));
    expect(isSame(found)).toBe(true);
    expect(found.same).toBe(before.index.parts.length);
    expect(found.notTold).toEqual([]);
  });

  it('names the attribute that changed, before and after', () => {
    const found = compare(before, edited([/currentSpeed: 16/g, 'currentSpeed: 8']));
    expect(found.added).toEqual([]);
    expect(found.removed).toEqual([]);
    expect(found.changed.length).toBeGreaterThan(0);
    expect(found.changed[0]!.changes.map(({ field }) => field)).toContain('link now');
    const link = found.changed[0]!.changes.find(({ field }) => field === 'link now')!;
    expect([link.before, link.after]).toEqual([expect.stringMatching(/^16 /), expect.stringMatching(/^8 /)]);
  });

  it('takes a device at another address for the same device', () => {
    const found = compare(before, edited([/0000:19:00\.0/g, '0000:1f:00.0']));
    expect([found.added.length, found.removed.length]).toEqual([0, 0]);
    expect(found.changed.map(({ changes }) => changes.find(({ field }) => field === 'address'))).toContainEqual({
      field: 'address',
      before: '0000:19:00.0',
      after: '0000:1f:00.0',
    });
  });

  it('says removed only where the second source would have told', () => {
    const cpus = openedText('numactl.txt', 'available: 1 nodes (0)\nnode 0 cpus: 0 1\nnode 0 size: 64 MB\n');
    const found = compare(before, cpus);
    expect(found.notTold).toContain('GPU');
    expect(found.notTold).toContain('BAR');
    expect(found.removed.some(({ row }) => row.kind === 'GPU')).toBe(false);
    expect(found.removed.map(({ row }) => row.name)).toContainEqual(expect.stringMatching(/^NUMA node 1/));
  });

  it('does not call what one source leaves untold a difference', () => {
    const found = compare(before, edited([/, vendor: intel/g, '']));
    expect(isSame(found)).toBe(true);
  });

  it('compares sizes to the byte', () => {
    const node = (kib: number) => openedText('n', `available: 1 nodes (0)\nnode 0 cpus: 0\nnode 0 size: ${kib} MB\n`);
    const [change] = compare(node(64_000), node(64_001)).changed;
    expect(change!.changes).toEqual([{ field: 'size', before: '67108864000 B', after: '67109912576 B' }]);
  });

  it('lists cells of matrices and ranges of addresses that differ', () => {
    const distances = (far: number) =>
      openedText(
        'n',
        `available: 2 nodes (0-1)\nnode 0 cpus: 0\nnode 0 size: 64 MB\nnode 1 cpus: 1\nnode 1 size: 64 MB\nnode distances:\nnode   0   1\n  0:  10  ${far}\n  1:  21  10\n`,
      );
    expect(compare(distances(21), distances(32)).other).toEqual([
      { what: 'matrix', name: 'NUMALatency, node:0 → node:1', before: '21', after: '32' },
    ]);
    const map = (end: string) => openedText('i', `00001000-${end} : System RAM\n80000000-8fffffff : PCI Bus 0000:00\n`);
    expect(compare(map('0009fbff'), map('0009ffff')).other).toEqual([
      { what: 'address range', name: 'System RAM', before: '0x1000 to 0x9fbff', after: '0x1000 to 0x9ffff' },
    ]);
  });

  it.skipIf(!hasDescriptions)('finds two versions of one file to be one machine', () => {
    const open = (name: string) => openedText(name, bytesOf(`hwloc-xml/${name}`));
    for (const name of ['nvidiaDGX2', 'cxlmem+dax'])
      expect(isSame(compare(open(`${name}.v2.xml`), open(`${name}.v3.xml`))), name).toBe(true);
  });
});

describe('a comparison in the views', () => {
  const after = edited([/bytes: 256 GiB/g, 'bytes: 128 GiB']);
  const found = compare(before, after);
  const marked = markedIndex(after.index, before.index, found);

  it('marks rows, and the nodes of the graph that differ or hold what differs', () => {
    const changed = marked.parts.filter(({ row }) => row.difference === 'changed').map(({ row }) => row.id);
    expect(changed).toContain('numa:0');
    const view = comparisonView({ title: 't', source: 's' }, found, marked);
    expect(view.nodes).toContainEqual({ node: 'numa:0', difference: 'changed' });
    expect(view).toMatchObject({ added: 0, removed: 0, changed: found.changed.length });
  });

  it('names what is gone at the node that held it, once for all that was in it', () => {
    const large = openedText(
      'tree',
      '-+-[0000:00]-+-00.0  Bridge\n             +-01.0  GPU\n             \\-02.0  GPU\n',
    );
    const small = openedText('tree', '-+-[0000:00]-+-00.0  Bridge\n             \\-01.0  GPU\n');
    const gone = compare(large, small);
    const { nodes } = comparisonView({ title: 't', source: 's' }, gone, markedIndex(small.index, large.index, gone));
    expect(nodes).toHaveLength(1);
    expect(nodes[0]).toMatchObject({ difference: 'removed', gone: [expect.stringContaining('0000:00:02.0')] });
  });

  it('keeps what is gone as rows of its own, at the node that held it', () => {
    const small = openedText('tree', '-+-[0000:00]-+-00.0  Bridge\n');
    const large = openedText('tree', '-+-[0000:00]-+-00.0  Bridge\n             \\-01.0  GPU\n');
    const rows = markedIndex(small.index, large.index, compare(large, small)).parts.filter(
      ({ row }) => row.difference === 'removed',
    );
    expect(rows.map(({ row }) => [row.pci, row.id.startsWith('other machine: ')])).toEqual([['0000:00:01.0', true]]);
  });
});
