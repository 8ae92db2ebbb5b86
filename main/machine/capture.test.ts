import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Topology } from '../../app/model/topology.ts';
import { objectsOf } from '../../app/model/topology.ts';
import { inspect } from '../../app/topology/counts.ts';
import { readTar } from '../../app/topology/linux/tar.ts';
import { readTopology } from '../../app/topology/read-topology.ts';
import { bytesOf, describedIn, hasDescriptions, machineOf } from '../../app/topology/testing/oracle.ts';
import { captureScript } from '../cli/capture.ts';
import { readThisMachine } from './this-machine.ts';

const onLinux = platform() === 'linux';
const folder = mkdtempSync(join(tmpdir(), 'memscape-capture-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Captures a tree that looks like the root of a machine; "" is this machine. */
function capture(root: string, ...options: readonly string[]): Uint8Array {
  const file = join(folder, 'captured.tar.gz');
  const { status, stderr } = spawnSync('sh', [captureScript, '-o', file, ...options], {
    env: { PATH: process.env['PATH'], MEMSCAPE_ROOT: root },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return readFileSync(file);
}

function read(bytes: Uint8Array): Topology {
  const result = readTopology('captured.tar.gz', bytes);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** What a topology says, without the names of its source. */
const essence = (topology: Topology) => ({
  ...topology,
  sources: topology.sources.map(({ version }) => version),
  objects: topology.objects.map((object) =>
    object.kind === 'osDevice' ? { ...object, from: [] } : { ...object, from: object.from.map(({ path }) => path) },
  ),
});

describe.skipIf(!onLinux)('memscape capture (skipped where it is no Linux)', () => {
  it('of this machine is this machine', () => {
    const live = readThisMachine();
    if (!live.ok) throw new Error(JSON.stringify(live.error));
    const captured = read(capture(''));
    expect(inspect(captured)).toMatchObject({
      format: 'linux-snapshot',
      version: inspect(live.value).version,
      counts: inspect(live.value).counts,
      warnings: inspect(live.value).warnings.map(({ message }) => ({ message })),
    });
    expect(captured.objects.map(({ id, parent }) => [id, parent])).toEqual(
      live.value.objects.map(({ id, parent }) => [id, parent]),
    );
  });

  // One of each kind: links and BARs, memory attributes, a switch with peer memory, CXL, GPU memory as nodes.
  const names = hasDescriptions
    ? describedIn('fsroot', /^(32intel64|fakeheteromemtiers|linux72|nvidiagpunumanodes).*gz$/)
    : [];
  it.each(names)('loses nothing of %s', (name) => {
    const tree = join(folder, name);
    mkdirSync(tree);
    writeFileSync(join(folder, 'packed'), bytesOf(`fsroot/${name}`));
    execFileSync('tar', ['xzf', join(folder, 'packed'), '-C', tree]);
    const root = existsSync(join(tree, 'sys')) ? tree : join(tree, readdirSync(tree)[0]!);
    const before = machineOf(`fsroot/${name}`);
    const after = read(capture(root));
    expect(essence(after)).toEqual(essence({ ...before, warnings: after.warnings }));
    rmSync(tree, { recursive: true });
  });
});

/** Words that must not come through, each where a real machine has such a thing. */
const secrets = {
  host: 'payroll-db-07',
  cpuSerial: '00000000cafe1234',
  dmiSerial: 'SN-77-PLANTED',
  uuid: '4c4c4544-0035-5810-8051-b4c04f4d3332',
  mac: '00:1b:21:aa:bb:cc',
  macName: 'enx001b21aabbcc',
  guidName: 'ibx506b4b0300d1e2f3',
  container: 'veth1f2e3d4',
  gpu: 'GPU-5f1c2e3d-aaaa-bbbb-cccc-0123456789ab',
  cxlSerial: '0xdeadc0de12345678',
} as const;
/** Bytes of a device serial number, of vital product data, and of a vendor's own capability. */
const bytes = {
  serial: [0xcc, 0xbb, 0xaa, 0xff, 0xff, 0x21, 0x1b, 0x42],
  vpd: [0x53, 0x4e, 0x39, 0x39],
  own: [0xfe, 0xed, 0xfa, 0xce],
};

function plant(root: string): void {
  const file = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const link = (path: string, target: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  };
  file('proc/version', `Linux version 6.1.0 (builder@${secrets.host}) (gcc 12) #1 SMP\n`);
  file(
    'proc/cpuinfo',
    `processor : 0\nvendor_id : GenuineIntel\ncpu family : 6\nmodel : 143\nmodel name : Xeon\nSerial : ${secrets.cpuSerial}\n`,
  );
  file('proc/sys/kernel/hostname', `${secrets.host}\n`);
  file('proc/meminfo', `MemTotal: 1048576 kB\nHardwareCorrupted: 0 kB\n`);
  file('proc/driver/nvidia/gpus/0000:01:00.0/information', `GPU UUID: ${secrets.gpu}\n`);
  const dmi = 'sys/devices/virtual/dmi/id';
  link('sys/class/dmi/id', '../../devices/virtual/dmi/id');
  for (const [name, value] of [
    ['sys_vendor', 'Maker'],
    ['product_name', 'Server 1'],
    ['product_serial', secrets.dmiSerial],
    ['product_uuid', secrets.uuid],
  ] as const)
    file(`${dmi}/${name}`, `${value}\n`);
  for (const cpu of [0, 1]) file(`sys/devices/system/cpu/cpu${cpu}/topology/core_siblings_list`, '0-1\n');
  file('sys/devices/system/node/node0/cpulist', '0-1\n');
  file('sys/devices/system/node/node0/meminfo', 'Node 0 MemTotal: 1048576 kB\n');
  const card = 'sys/devices/pci0000:00/0000:00:01.0';
  link('sys/bus/pci/devices/0000:00:01.0', '../../../devices/pci0000:00/0000:00:01.0');
  file(`${card}/class`, '0x020000\n');
  file(`${card}/resource`, '0x00000000c5000000 0x00000000c5ffffff 0x0000000000040200\n');
  const config = new Uint8Array(4096);
  config.set([0x86, 0x80, 0x21, 0x15, 0x07, 0x04, 0x10, 0x00, 0x01, 0x00, 0x00, 0x02]);
  config[0x34] = 0x40;
  config.set([0x10, 0x80, 0x02, 0x00], 0x40);
  config.set([0x03, 0xa0, 0, 0, ...bytes.vpd], 0x80);
  config.set([0x09, 0x00, 0x10, ...bytes.own], 0xa0);
  config.set(bytes.own, 0xd0);
  config.set([0x0d, 0x00, 0x01, 0x15, 0x5f, 0x00, 0x1d, 0x00], 0x100);
  config.set([0x03, 0x00, 0x01, 0x20, ...bytes.serial], 0x150);
  config.set([0x0b, 0x00, 0x01, 0x00, ...bytes.own], 0x200);
  file(`${card}/config`, config);
  for (const name of ['eth0', secrets.macName]) {
    file(`${card}/net/${name}/address`, `${secrets.mac}\n`);
    link(`sys/class/net/${name}`, `../../devices/pci0000:00/0000:00:01.0/net/${name}`);
  }
  file(`sys/devices/virtual/net/${secrets.container}/address`, `${secrets.mac}\n`);
  link(`sys/class/net/${secrets.container}`, `../../devices/virtual/net/${secrets.container}`);
  file(`${card}/infiniband/${secrets.guidName}/node_guid`, '506b:4b03:00d1:e2f3\n');
  link(
    `sys/class/infiniband/${secrets.guidName}`,
    `../../devices/pci0000:00/0000:00:01.0/infiniband/${secrets.guidName}`,
  );
  file(`${card}/mem0/serial`, `${secrets.cxlSerial}\n`);
  file(`${card}/mem0/ram/size`, '0x10000000\n');
  link('sys/bus/cxl/devices/mem0', '../../../devices/pci0000:00/0000:00:01.0/mem0');
}

/** Every name, link and byte of an archive as one text. */
function everything(archive: Uint8Array): string {
  return Buffer.from(gunzipSync(archive)).toString('latin1');
}

describe.skipIf(!onLinux)('identifiers in a capture (skipped where it is no Linux)', () => {
  const root = join(folder, 'planted');
  let stripped: Uint8Array;
  let kept: Uint8Array;
  beforeAll(() => {
    plant(root);
    stripped = capture(root);
    kept = capture(root, '--keep-identifiers');
  });
  const latin = (values: readonly number[]): string => String.fromCharCode(...values);

  it.each(Object.entries(secrets))('are left out: %s', (_, secret) => {
    expect(everything(stripped)).not.toContain(secret);
  });

  it('are left out of configuration space: serial number, product data, vendors own bytes', () => {
    for (const part of Object.values(bytes)) {
      expect(everything(stripped)).not.toContain(latin(part));
      expect(everything(kept)).toContain(latin(part));
    }
  });

  it('are kept where that is asked for', () => {
    for (const name of ['host', 'dmiSerial', 'uuid', 'mac', 'macName', 'guidName', 'cpuSerial'] as const)
      expect(everything(kept), name).toContain(secrets[name]);
  });

  it('do not change what the machine is', () => {
    const facts = (archive: Uint8Array) => inspect(read(archive));
    expect(facts(stripped).counts).toEqual(facts(kept).counts);
    expect(facts(stripped).counts).toMatchObject({ pus: 2, numaNodes: 1, nics: 1, bars: 1, cxlMemdevs: 1 });
    const [nic] = objectsOf(read(stripped), 'pciFunction');
    expect(nic).toMatchObject({ vendor: 0x8086, acs: { kind: 'present', capability: 0x5f, control: 0x1d } });
    expect(
      objectsOf(read(stripped), 'osDevice')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['os:eth0', 'os:infiniband2', 'os:mem0', 'os:net1']);
    expect(read(stripped).title).toBe('Maker Server 1');
  });

  it('nothing outside of the files that are read comes along', () => {
    const paths = readTar(gunzipSync(stripped)).entries.flatMap((entry) => (entry.kind === 'file' ? [entry.path] : []));
    expect(paths.filter((path) => /serial|address|guid|information|hostname|uuid/.test(path))).toEqual([]);
  });
});
