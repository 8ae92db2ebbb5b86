import { describe, expect, it } from 'vitest';
import { contradictions, printPlace, printValue } from './provenance.ts';
import type { Topology } from './topology.ts';

const sources: Topology['sources'] = [
  { name: 'a.xml', format: 'hwloc-xml', version: '3.0' },
  { name: 'b.tar.gz', format: 'linux-snapshot', version: null },
];

describe('where a value was read', () => {
  it('is a line of a file, a file of a snapshot, or a line of that', () => {
    expect([
      printPlace({ sources }, { source: 0, line: 12, path: null }),
      printPlace({ sources }, { source: 0, line: null, path: null }),
      printPlace({ sources }, { source: 1, line: null, path: 'sys/devices/system/node/node0' }),
      printPlace({ sources }, { source: 1, line: 3, path: 'proc/iomem' }),
    ]).toEqual(['a.xml:12', 'a.xml', 'b.tar.gz: sys/devices/system/node/node0', 'b.tar.gz: proc/iomem:3']);
  });

  it('is the line at which that source tells of the object', () => {
    const found = contradictions({
      objects: [
        {
          kind: 'core',
          id: 'core:0',
          parent: null,
          name: null,
          facts: {},
          osIndex: 0,
          from: [
            { source: 1, line: null, path: 'sys/x' },
            { source: 0, line: 7, path: null },
          ],
        },
      ],
      conflicts: [
        {
          object: 'core:0',
          field: 'osIndex',
          values: [
            { source: 0, value: 1 },
            { source: 1, value: 2 },
          ],
        },
      ],
    });
    expect(
      found[0]?.claims.map(({ value, from }) => `${printValue('osIndex', value)} ${printPlace({ sources }, from)}`),
    ).toEqual(['1 a.xml:7', '2 b.tar.gz: sys/x']);
  });

  it('shows identifiers in hexadecimal and sets of CPUs as lists', () => {
    expect(printValue('device', 0x1db8)).toBe('0x1db8');
    expect(printValue('bytes', 4096)).toBe('4096');
    expect(
      printValue('cpus', [
        { start: 0, end: 4 },
        { start: 8, end: 9 },
      ]),
    ).toBe('0-3,8');
  });
});
