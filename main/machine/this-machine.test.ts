import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { platform } from 'node:os';
import { describe, expect, it } from 'vitest';
import { inspect } from '../../app/topology/counts.ts';
import { readThisMachine } from './this-machine.ts';

const onLinux = platform() === 'linux';
const hasLstopo = onLinux && ['/usr/bin/lstopo', '/usr/local/bin/lstopo'].some((path) => existsSync(path));

function counts(): ReturnType<typeof inspect>['counts'] {
  const result = readThisMachine();
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return inspect(result.value).counts;
}

describe.skipIf(!onLinux)('this machine (skipped where it is no Linux)', () => {
  it('has the CPUs, nodes and PCI functions that /sys lists', () => {
    const listed = (path: string, pattern: RegExp): number =>
      existsSync(path) ? readdirSync(path).filter((name) => pattern.test(name)).length : 0;
    const found = counts();
    expect(found.pus).toBe(listed('/sys/devices/system/cpu', /^cpu\d+$/));
    if (existsSync('/sys/devices/system/node'))
      expect(found.numaNodes).toBe(listed('/sys/devices/system/node', /^node\d+$/));
    if (existsSync('/sys/bus/pci'))
      expect((found.pciBridges ?? 0) + (found.pciFunctions ?? 0)).toBe(listed('/sys/bus/pci/devices', /./));
  });

  it.skipIf(!hasLstopo)('has the packages, cores and threads that lstopo finds (skipped without lstopo)', () => {
    const xml = execFileSync('lstopo', ['--whole-io', '--of', 'xml', '-'], { encoding: 'utf8' });
    const count = (type: string): number => xml.split(`type="${type}"`).length - 1;
    expect(counts()).toMatchObject({
      packages: count('Package'),
      cores: count('Core'),
      pus: count('PU'),
      numaNodes: count('NUMANode'),
    });
  });
});
