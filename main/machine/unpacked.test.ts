import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { objectsOf } from '../../app/model/topology.ts';
import { bytesOf, hasDescriptions, machineOf } from '../../app/topology/testing/oracle.ts';
import { FolderTree } from './folder-tree.ts';
import { readUnpacked } from './unpacked.ts';

const top = mkdtempSync(join(tmpdir(), 'memscape-unpacked-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

function file(path: string, content: string): void {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), content);
}
function link(path: string, target: string): void {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  symlinkSync(target, join(top, path));
}

const node = 'sys/devices/system/node/node0';
file('secret', '0-7\n');
file(`good/machine/${node}/meminfo`, 'Node 0 MemTotal: 1024 kB\n');
link(`good/machine/${node}/cpulist`, '../../../../../../../secret');
link(`good/machine/${node}/cpumap`, join(top, 'secret'));
link('good/machine/sys/devices/system/node/node1', 'node1');
link('good/machine/sys/devices/system/node/node2', '/sys/devices/system/node/node0');
link('good/machine/sys/bus/pci/devices/0000:00:00.0', '0000:00:01.0');
link('good/machine/sys/bus/pci/devices/0000:00:01.0', '0000:00:00.0');
file('empty/readme', 'nothing');

describe('a snapshot that was unpacked', () => {
  it('is read from the folder above it too; links do not lead out, and loops end', () => {
    const result = readUnpacked('good', join(top, 'good'));
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(objectsOf(result.value, 'numaNode').map(({ osIndex, bytes, cpus }) => [osIndex, bytes, cpus])).toEqual([
      [0, 1024 * 1024, null],
      [1, null, null],
      [2, 1024 * 1024, null],
    ]);
  });

  it('is a tree in which ".." stops at the top, and what is no file is not opened', () => {
    const tree = new FolderTree(join(top, 'good/machine'));
    expect(tree.real('../../../sys/devices')).toBe('sys/devices');
    expect(tree.read('../../secret')).toBeNull();
    expect(tree.read(`${node}/cpulist`)).toBeNull();
    expect(tree.read(`${node}/meminfo/x`)).toBeNull();
    expect(tree.link(`${node}/cpulist`)).toBe('../../../../../../../secret');
    if (platform() === 'linux') {
      execFileSync('mkfifo', [join(top, 'good/machine/sys/pipe')]);
      expect(tree.read('sys/pipe')).toBeNull();
    }
  });

  it('is refused where the folder holds none', () => {
    expect(readUnpacked('empty', join(top, 'empty'))).toMatchObject({
      ok: false,
      error: [{ file: 'empty', message: expect.stringMatching(/neither sys nor proc/) as string }],
    });
    expect(readUnpacked('/', '/')).toMatchObject({
      ok: false,
      error: [{ message: expect.stringMatching(/this-machine/) as string }],
    });
  });

  it.skipIf(!hasDescriptions || platform() !== 'linux')(
    'tells the same as its archive (skipped where ../shared is absent)',
    () => {
      for (const name of ['32intel64-2p8co2t+8ve', 'linux72-pcie-switch-p2pmem', 'ghw-amd64-accel-nvidia']) {
        const folder = join(top, name);
        mkdirSync(folder);
        writeFileSync(join(top, 'packed'), bytesOf(`fsroot/${name}.tar.gz`));
        execFileSync('tar', ['xzf', join(top, 'packed'), '-C', folder]);
        const unpacked = readUnpacked('x', folder);
        if (!unpacked.ok) throw new Error(JSON.stringify(unpacked.error));
        const packed = machineOf(`fsroot/${name}.tar.gz`);
        expect(unpacked.value).toEqual({ ...packed, sources: [{ ...packed.sources[0], name: 'x' }] });
      }
    },
  );
});
