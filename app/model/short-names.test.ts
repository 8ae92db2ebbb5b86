import { describe, expect, it } from 'vitest';
import { readTopology } from '../topology/read-topology.ts';
import { shortNames } from './short-names.ts';

function namesOf(objects: readonly string[]): readonly string[] {
  const text = `memscape: topology\nversion: 1\nobjects:\n  - { kind: machine, id: machine }\n${objects.map((line) => `  - { ${line} }\n`).join('')}`;
  const read = readTopology('machine.yaml', new TextEncoder().encode(text));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return [...shortNames(read.value).devices.values()];
}
const storage = (id: string, code: string) =>
  `kind: pciFunction, id: "${id}", bdf: "0000:0${id}:00.0", class: ${code}, deviceKind: storage`;

describe('the short name of a device', () => {
  it('is nvme for NVMe alone: other storage is called by its class', () => {
    expect(
      namesOf([storage('1', '0x0106'), storage('2', '0x0108'), storage('3', '0x0107'), storage('4', '0x0180')]),
    ).toEqual(['sata0', 'nvme0', 'sas0', 'storage0']);
  });

  it('has the number that the operating system gave, where it counts by the same word', () => {
    const disk = (id: string, parent: string, name: string) =>
      `kind: osDevice, id: "os:${id}", parent: ${parent}, name: ${name}, classes: [storage]`;
    expect(
      namesOf([
        storage('1', '0x0108'),
        storage('2', '0x0108'),
        storage('3', '0x0108'),
        disk('a', '"1"', 'nvme1n1'),
        disk('b', '"2"', 'nvme0n1'),
      ]),
    ).toEqual(['nvme1', 'nvme0', 'nvme2']);
  });
});
