import { gzipSync, strToU8 } from 'fflate';
import { draftLimits } from '../draft.ts';
import { tarOf } from './tar.ts';

/** An input that means harm, and what is to come of it: "refused at LINE:COLUMN: why", or "read N: last warning". */
export interface HostileInput {
  readonly name: string;
  readonly make: () => Uint8Array;
  readonly outcome: RegExp;
}

const times = (text: string, n: number): string => text.repeat(n);
const machine = '<topology version="2.0"><object type="Machine">';
const text = (name: string, make: () => string, outcome: RegExp): HostileInput => ({
  name,
  make: () => strToU8(make()),
  outcome,
});

/** Gzip data that unpacks to `mebibytes` of zeros: members that are one and the same. */
function gzipOfZeros(mebibytes: number): Uint8Array {
  const member = gzipSync(new Uint8Array(16 * 1024 * 1024), { level: 9 });
  const whole = new Uint8Array(Math.ceil(mebibytes / 16) * member.length);
  for (let at = 0; at < whole.length; at += member.length) whole.set(member, at);
  return whole;
}

const node = 'sys/devices/system/node/node0';
const meminfo = { path: `${node}/meminfo`, text: 'Node 0 MemTotal: 1024 kB\n' };

export const hostileInputs: readonly HostileInput[] = [
  text(
    'a million children',
    () => machine + times('<object type="PU"/>', 1_000_000),
    /^refused at 1:\d+: more than 250000 elements/,
  ),
  text(
    'elements nested a million deep',
    () => machine + times('<object type="Group">', 1_000_000),
    /^refused at 1:\d+: nested more than 256 deep/,
  ),
  text(
    'an element with a million attributes',
    () => `<topology ${times('a="1" ', 1_000_000)}/>`,
    /^refused at 1:\d+: /,
  ),
  text(
    'an attribute of megabytes',
    () => `<topology version="${times('x', 4_000_000)}"/>`,
    /^refused at 1:\d+: an attribute is longer/,
  ),
  text(
    'a device with a name of a kilobyte',
    () => `[{"chardev":"dax${times('0', 1000)}","size":4096}]`,
    /^read 3: a name of 1007 characters is cut to "dax:dax0/,
  ),
  text(
    'a fact with a label of a kilobyte',
    () =>
      `${machine}<info name="${times(' ', 1000)}Tier" value="1"/><object type="PU" os_index="0"/></object></topology>`,
    /^read 2: a fact with a label of 1004 characters is left out/,
  ),
  text(
    'numbers that no register holds',
    () =>
      '<system version="1"><cpu numaid="0"><pci busid="0000:01:00.0" class="0x030000" vendor="0x110de" link_speed="0.0 GT/s" link_width="64"/></cpu></system>',
    /^read \d: pci:0000:01:00.0: maximum speed 0 is not the speed of a link/,
  ),
  text(
    'entities that define each other',
    () =>
      `<!DOCTYPE topology [<!ENTITY a "${times('x', 1000)}">${Array.from({ length: 30 }, (_, i) => `<!ENTITY ${times('b', i + 1)} "${times(`&${i === 0 ? 'a' : times('b', i)};`, 10)}">`).join('')}]>\n<topology version="2.0"><object type="&${times('b', 30)};"/></topology>`,
    /^refused at 2:\d+: /,
  ),
  text(
    'an entity that is a file',
    () =>
      '<!DOCTYPE topology [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<topology version="2.0"><object type="Machine" name="&a;"/></topology>',
    /^refused at 2:\d+: /,
  ),
  text(
    'more objects than any machine has',
    () =>
      `${machine}${times('<object type="PU" os_index="1" cpuset="0x1"/>', draftLimits.objects + 5)}</object></topology>`,
    new RegExp(`^read ${draftLimits.objects}: there are more objects`),
  ),
  text(
    'JSON nested a million deep',
    () => `[{"memdev":"mem0"}${times(',[', 1_000_000)}`,
    /^refused at 1:\d+: no valid JSON/,
  ),
  text(
    'JSON that nests what it may',
    () => `[{"memdev":"mem0"},${times('[', 5000)}{"memdev":"mem1"}${times(']', 5000)}]`,
    /nested more than 64 deep/,
  ),
  text(
    'YAML whose aliases multiply',
    () =>
      `memscape: topology\nversion: 1\na: &a [x, x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 12 }, (_, i) => `${times('b', i + 1)}: &${times('b', i + 1)} [${Array.from({ length: 10 }, () => `*${i === 0 ? 'a' : times('b', i)}`).join(', ')}]`).join('\n')}\nobjects: *${times('b', 12)}\n`,
    /^refused at \d+:\d+: /,
  ),
  text(
    'YAML nested a hundred thousand deep',
    () => `memscape: topology\nversion: 1\nobjects: ${times('[', 100_000)}`,
    /^refused at \d+:\d+: /,
  ),
  text(
    'YAML with half a million objects that are none',
    () => `memscape: topology\nversion: 1\nobjects:\n${times('  - 1\n', 500_001)}`,
    /^refused at \d+:\d+: /,
  ),
  text(
    'one line of megabytes',
    () => `-[0000:00]-${times('+-00.0-[01]----', 500_000)}`,
    /longer than 32768 characters/,
  ),
  text(
    'a listing of half a million functions',
    () => times('00:00.0 Host bridge: x\n', 500_000),
    /^read \d+: there are more/,
  ),
  text(
    'a table of a thousand GPUs',
    () => `\t${Array.from({ length: 1000 }, (_, i) => `GPU${i}`).join('\t')}\nGPU0\t X\n`,
    /^refused at 1:1: 1000 devices/,
  ),
  text(
    'nodes with all CPUs that can be named',
    () => `available: 9 nodes (0-8)\nnode 0 cpus: 0-999999\nnode 0 size: 1 MB\n`,
    /^read \d+: there are more objects/,
  ),
  text(
    '200,000 ranges with an owner each',
    () =>
      Array.from(
        { length: 200_000 },
        (_, i) => `${(0x80000000 + i * 4096).toString(16)}-${(0x80000fff + i * 4096).toString(16)} : 0000:00:00.0`,
      ).join('\n'),
    /^read 2/,
  ),
  text('blanks and nothing else', () => times(' ', 2_000_000), /^refused at 0:0: not a description/),
  text('line breaks and nothing else', () => times('\n', 2_000_000), /^refused at 0:0: not a description/),
  {
    name: 'a megabyte that unpacks to hundreds',
    make: () => gzipOfZeros(1024),
    outcome: /^refused at 0:0: the archive unpacks to more than 192 MiB/,
  },
  {
    name: 'an archive in an archive in an archive',
    make: () => gzipSync(gzipSync(gzipOfZeros(1024))),
    outcome: /^refused at 0:0: /,
  },
  {
    name: 'an archive of half a million empty files',
    make: () => {
      const one = tarOf([{ path: `${node}/x`, text: '' }]).subarray(0, 512);
      const whole = new Uint8Array(512 * 350_000);
      for (let at = 0; at < whole.length; at += 512) whole.set(one, at);
      return gzipSync(whole, { level: 1 });
    },
    outcome: /^read \d+: /,
  },
  {
    name: 'an archive whose names climb',
    make: () =>
      gzipSync(
        tarOf([{ path: '../../../../etc/sys/x', text: 'x' }, { path: `/../${node}/cpulist`, text: '0\n' }, meminfo]),
      ),
    outcome: /^read 2/,
  },
  {
    name: 'an archive whose links lead out, and to each other',
    make: () =>
      gzipSync(
        tarOf([
          meminfo,
          { path: `${node}/cpulist`, link: '../../../../../../../../etc/passwd' },
          { path: `${node}/cpumap`, link: '/etc/passwd' },
          { path: 'sys/bus/pci/devices/0000:00:00.0', link: '0000:00:01.0' },
          { path: 'sys/bus/pci/devices/0000:00:01.0', link: '0000:00:00.0' },
        ]),
      ),
    outcome: /^read \d: /,
  },
  {
    name: 'an archive whose links multiply',
    make: () =>
      tarOf([
        ...Array.from({ length: 40 }, (_, i) => ({ path: `sys/l${i}`, link: times(`l${i + 1}/`, 12) })),
        { path: 'sys/bus/pci/devices/0000:00:00.0', link: '../../../l0' },
      ]),
    outcome: /^read 3/,
  },
  {
    name: 'an archive in which a file claims to be larger than the archive',
    make: () => {
      const archive = tarOf([meminfo]);
      const header = archive.subarray(0, 512);
      header.set(strToU8('77777777777\0'), 124);
      header.set(strToU8('        '), 148);
      header.set(
        strToU8(
          `${header
            .reduce((sum, byte) => sum + byte, 0)
            .toString(8)
            .padStart(6, '0')}\0 `,
        ),
        148,
      );
      return gzipSync(archive);
    },
    outcome: /^refused at 0:0: the archive ends inside/,
  },
  {
    name: 'bytes that are no text at all',
    make: () => Uint8Array.from({ length: 1_000_000 }, (_, i) => 0x80 + ((i * 7919) % 0x80)),
    outcome: /^refused at 0:0: /,
  },
];
