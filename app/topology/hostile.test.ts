import { describe, expect, it } from 'vitest';
import { draftLimits } from './draft.ts';
import { readTopology } from './read-topology.ts';
import { tarOf } from './testing/tar.ts';

const read = (text: string) => readTopology('hostile', new TextEncoder().encode(text));

/** What came of it, in one line. */
function outcome(result: ReturnType<typeof readTopology>): string {
  if (result.ok) return `read ${result.value.objects.length}: ${result.value.warnings.at(-1)?.message ?? ''}`;
  const [problem] = result.error;
  return `refused at ${problem?.line}:${problem?.column}: ${problem?.message}`;
}

const times = (text: string, n: number): string => text.repeat(n);
const machine = '<topology version="2.0"><object type="Machine">';

describe('inputs that mean harm', () => {
  const cases: readonly (readonly [string, () => string, RegExp])[] = [
    [
      'a million children',
      () => machine + times('<object type="PU"/>', 1_000_000),
      /^refused at 1:\d+: more than 250000 elements/,
    ],
    [
      'elements nested a million deep',
      () => machine + times('<object type="Group">', 1_000_000),
      /^refused at 1:\d+: nested more than 256 deep/,
    ],
    ['an element with a million attributes', () => `<topology ${times('a="1" ', 1_000_000)}/>`, /^refused at 1:\d+: /],
    [
      'an attribute of megabytes',
      () => `<topology version="${times('x', 4_000_000)}"/>`,
      /^refused at 1:\d+: an attribute is longer/,
    ],
    [
      'entities that define each other',
      () =>
        `<!DOCTYPE topology [<!ENTITY a "xx"><!ENTITY b "&a;&a;">]><topology version="2.0"><object type="&b;"/></topology>`,
      /^refused at 1:\d+: /,
    ],
    [
      'more objects than any machine has',
      () =>
        `${machine}${times('<object type="PU" os_index="1" cpuset="0x1"/>', draftLimits.objects + 5)}</object></topology>`,
      new RegExp(`^read ${draftLimits.objects}: there are more objects`),
    ],
    [
      'JSON nested a million deep',
      () => `[{"memdev":"mem0"}${times(',[', 1_000_000)}`,
      /^refused at 1:\d+: no valid JSON/,
    ],
    [
      'JSON that nests what it may',
      () => `[{"memdev":"mem0"},${times('[', 5000)}{"memdev":"mem1"}${times(']', 5000)}]`,
      /nested more than 64 deep/,
    ],
    ['one line of megabytes', () => `-[0000:00]-${times('+-00.0-[01]----', 500_000)}`, /longer than 32768 characters/],
    [
      'a listing of half a million functions',
      () => times('00:00.0 Host bridge: x\n', 500_000),
      /^read \d+: there are more/,
    ],
    [
      'a table of a thousand GPUs',
      () => `\t${Array.from({ length: 1000 }, (_, i) => `GPU${i}`).join('\t')}\nGPU0\t X\n`,
      /^refused at 1:1: 1000 devices/,
    ],
    [
      'nodes with all CPUs that can be named',
      () => `available: 9 nodes (0-8)\n${times('node 0 cpus: 0-999999\n', 1)}node 0 size: 1 MB\n`,
      /^read \d+: there are more objects/,
    ],
    [
      '200,000 ranges with an owner each',
      () =>
        Array.from(
          { length: 200_000 },
          (_, i) => `${(0x80000000 + i * 4096).toString(16)}-${(0x80000fff + i * 4096).toString(16)} : 0000:00:00.0`,
        ).join('\n'),
      /^read 2/,
    ],
    ['blanks and nothing else', () => times(' ', 2_000_000), /^refused at 0:0: not a description/],
    ['line breaks and nothing else', () => times('\n', 2_000_000), /^refused at 0:0: not a description/],
  ];

  it.each(cases)('%s', (_, make, expected) => {
    expect(outcome(read(make()))).toMatch(expected);
  });

  it('text with carriage returns, NUL and escape codes in every place', () => {
    const rows = 'available: 1 nodes (0)\nnode 0 cpus: 0 1\nnode 0 size: 10 MB\n';
    for (let at = 0; at <= rows.length; at += 1) {
      for (const piece of ['\0', '\u001b[31m', '\r', '\uFFFD'])
        expect(read(rows.slice(0, at) + piece + rows.slice(at))).toBeDefined();
    }
  });

  it('an archive whose links multiply', () => {
    const links = Array.from({ length: 40 }, (_, i) => ({ path: `sys/l${i}`, link: times(`l${i + 1}/`, 12) }));
    const result = readTopology(
      'x.tar',
      tarOf([...links, { path: 'sys/bus/pci/devices/0000:00:00.0', link: '../../../l0' }]),
    );
    expect(outcome(result)).toMatch(/^read 3/);
  });

  it('files larger than any source is', () => {
    expect(outcome(readTopology('x', new Uint8Array(256 * 1024 * 1024 + 1)))).toMatch(
      /^refused at 0:0: the file has 257 MiB; at most 256/,
    );
    expect(outcome(read(`available: 1 nodes (0)\n${times(' ', 16 * 1024 * 1024)}`))).toMatch(/at most 16 are read/);
  });
});
