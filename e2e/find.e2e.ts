import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './root.ts';

const ask = (...given: readonly string[]) =>
  spawnSync(process.execPath, [join(root, 'bin/memscape.mjs'), ...given], {
    encoding: 'utf8',
    env: { ...process.env, MEMSCAPE_NO_BUILD: '1' },
  });
const json = (text: string): Readonly<Record<string, unknown>> => JSON.parse(text) as never;

describe('memscape find', () => {
  it('prints what fits, what dropped each other device, and ends with 0', () => {
    const { status, stdout } = ask('find', 'dual-socket', '--engine', 'compute', '--peer', 'nic0', '--memory', '1GiB');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^gpu0 {2}gpu0\.vram at 400 ns, 960\.0 GB\/s {2}THRU_HOST_BRIDGE, distance 4/);
    expect(stdout).toContain('- nvme0  engine: needs compute, has none told');
    expect(stdout).toMatch(/1 of 7 devices fit\n$/);
  });

  it('ends with 1 where nothing fits, and says by how much in JSON', () => {
    const { status, stdout } = ask(
      'find',
      'dual-socket',
      '--engine',
      'compute',
      '--memory',
      '1GiB',
      '--within',
      '300',
      '--json',
    );
    expect(status).toBe(1);
    expect(json(stdout)).toMatchObject({ found: [], binding: [{ constraint: 'latency', devices: 1 }] });
    expect(stdout).toContain('"missing": 100');
  });

  it('ends with 2 where a name or a constraint is none', () => {
    expect(ask('find', 'dual-socket', '--peer', 'nic9').stderr).toContain('there is no device nic9 in this machine');
    expect(ask('find', 'dual-socket', '--peer', 'nic9').status).toBe(2);
    expect(ask('find', 'dual-socket', '--engine', 'magic').status).toBe(2);
  });
});

describe('memscape route', () => {
  it('tells the nearest way, the widest, and the one of peer DMA', () => {
    const { status, stdout } = ask('route', 'dual-socket', 'nic0', 'gpu0', '--json');
    expect(status).toBe(0);
    expect(json(stdout)).toMatchObject({
      nearest: { latencyNs: 110 },
      peer: { mapType: 'THRU_HOST_BRIDGE', distance: 4, route: { latencyNs: 470 } },
    });
  });

  it('ends with 2 where a place is none', () => {
    expect(ask('route', 'dual-socket', 'gpu0', 'nowhere').status).toBe(2);
  });
});

describe('memscape pipeline', () => {
  it('ranks assignments of devices and buffers', () => {
    const { status, stdout } = ask('pipeline', 'dual-socket', 'nic', 'cpu', 'compute', '--bytes', '16MiB', '--json');
    expect(status).toBe(0);
    expect(json(stdout)).toMatchObject({
      kind: 'ranked',
      assignments: [{ devices: ['nic0', 'package:0', 'gpu0'], buffers: ['dram0', 'dram0'] }, {}],
    });
  });

  it('ends with 1 where nothing can do a stage, and with 2 where a stage is none', () => {
    expect(ask('pipeline', 'dual-socket', 'nic', 'rsa').status).toBe(1);
    expect(ask('pipeline', 'dual-socket', 'magic').status).toBe(2);
  });
});
