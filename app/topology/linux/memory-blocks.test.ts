import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readTopology } from '../read-topology.ts';
import { tarOf } from '../testing/tar.ts';

const mib = 1024 * 1024;
const node = (
  index: number,
  cpus: string,
  mb: number,
  blocks: readonly number[],
): Readonly<Record<string, string>> => ({
  [`sys/devices/system/node/node${index}/cpulist`]: `${cpus}\n`,
  [`sys/devices/system/node/node${index}/meminfo`]: `Node ${index} MemTotal:  ${mb * 1024} kB\n`,
  ...Object.fromEntries(
    blocks.map((block) => [`sys/devices/system/node/node${index}/memory${block}/state`, 'online\n']),
  ),
});
const upTo = (end: number, start = 0): readonly number[] => Array.from({ length: end - start }, (_, i) => start + i);

function ramOf(files: Readonly<Record<string, string>>): readonly string[] {
  const read = readTopology(
    'capture.tar.gz',
    gzipSync(tarOf(Object.entries(files).map(([path, text]) => ({ path, text })))),
  );
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value.addressRanges
    .filter(({ label }) => label.startsWith('System RAM'))
    .map(
      ({ start, end, depth, object }) => `${'  '.repeat(depth)}${start / mib}..${end / mib} ${object ?? 'not told'}`,
    );
}

const size = { 'sys/devices/system/memory/block_size_bytes': '8000000\n' };
const map = '00100000-7fffffff : System RAM\n  01000000-01ffffff : Kernel code\n100000000-17fffffff : System RAM\n';

describe('System RAM in the address map of a Linux machine', () => {
  it('is of the node that lists its memory blocks', () => {
    const files = { ...node(0, '0-3', 2048, upTo(16)), ...node(1, '4-7', 2048, upTo(48, 32)), 'proc/iomem': map };
    expect(ramOf({ ...files, ...size })).toEqual(['1..2048 numa:0', '4096..6144 numa:1']);
  });

  it('that runs over several nodes keeps its row, with the stretch of each node below it', () => {
    const files = { ...node(0, '0-3', 3072, [...upTo(16), ...upTo(40, 32)]), ...node(1, '4-7', 1024, upTo(48, 40)) };
    expect(ramOf({ ...files, ...size, 'proc/iomem': map })).toEqual([
      '1..2048 numa:0',
      '4096..6144 not told',
      '  4096..5120 numa:0',
      '  5120..6144 numa:1',
    ]);
  });

  it('in a block that two nodes list is of neither', () => {
    const files = { ...node(0, '0-3', 2048, upTo(16)), ...node(1, '4-7', 2048, upTo(48, 15)), 'proc/iomem': map };
    expect(ramOf({ ...files, ...size })).toContain('  1..1920 numa:0');
  });

  it('has its node without the size of a block too, where only one size fits; else the node is not told', () => {
    const fit = { ...node(0, '0-3', 2000, upTo(16)), ...node(1, '4-7', 2030, upTo(48, 32)), 'proc/iomem': map };
    expect(ramOf(fit)).toEqual(['1..2048 numa:0', '4096..6144 numa:1']);
    const unlike = { ...node(0, '0-3', 2000, upTo(16)), ...node(1, '4-7', 900, upTo(48, 32)), 'proc/iomem': map };
    expect(ramOf(unlike)).toEqual(['1..2048 not told', '4096..6144 not told']);
  });
});
