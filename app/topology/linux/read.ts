import type { Problem, Result } from '../../base/result.ts';
import { err, ok } from '../../base/result.ts';
import type { Topology, TopologyFormat } from '../../model/topology.ts';
import { cpuVendorOf, forwardsPeers } from '../cpu-vendor.ts';
import { atPath, TopologyDraft } from '../draft.ts';
import type { TopologyInput } from '../formats.ts';
import { parseIomem } from '../iomem.ts';
import { readCpuInfo, readCpus } from './cpus.ts';
import { readCxl } from './cxl.ts';
import { line, textOf } from './file-tree.ts';
import type { FileTree } from './file-tree.ts';
import { gunzip, isGzip } from './gunzip.ts';
import { treeOfArchive } from './memory-tree.ts';
import { withNodes } from './memory-blocks.ts';
import { readNodes } from './nodes.ts';
import { readOsDevices } from './os-devices.ts';
import { readPciDevices } from './pci-devices.ts';
import { isTar, readTar } from './tar.ts';

/** Largest unpacked snapshot; the largest known one has 30 MB. */
const maxUnpacked = 192 * 1024 * 1024;

const otherArchives: readonly (readonly [string, readonly number[]])[] = [
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['Zstandard', [0x28, 0xb5, 0x2f, 0xfd]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
];

const otherArchive = (bytes: Uint8Array): string | null =>
  otherArchives.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte))?.[0] ?? null;

export const isSnapshot = ({ bytes }: TopologyInput): boolean =>
  isGzip(bytes) || otherArchive(bytes) !== null || isTar(bytes);

/** A tarball of /proc and /sys, as hwloc-gather-topology, ghw and `memscape capture` make them; read in memory. */
export function readSnapshot({ name, bytes }: TopologyInput): Result<Topology, readonly Problem[]> {
  const fail = (message: string): Result<never, readonly Problem[]> =>
    err([{ file: name, line: 0, column: 0, message }]);
  const other = otherArchive(bytes);
  if (other !== null)
    return fail(`a snapshot packed with ${other} is not read: unpack it and pack it with gzip (tar czf)`);
  const unpacked = isGzip(bytes) ? gunzip(bytes, maxUnpacked) : { bytes, cutOff: null };
  if (unpacked.bytes.length >= maxUnpacked)
    return fail(
      `the archive unpacks to more than ${maxUnpacked / 1024 / 1024} MiB: this is no snapshot of one machine`,
    );
  const { entries, cutOff } = readTar(unpacked.bytes);
  const tree = treeOfArchive(entries);
  const faults = [...(unpacked.cutOff === null ? [] : [unpacked.cutOff]), ...(cutOff === null ? [] : [cutOff])];
  if (tree === null)
    return fail(
      faults.length > 0
        ? `${faults.join('; ')}: get a complete copy`
        : 'the archive holds no files below sys/ or proc/: pack a snapshot made by hwloc-gather-topology',
    );
  return ok(
    readLinux(
      name,
      'linux-snapshot',
      tree,
      faults.map((fault) => `${fault}: what comes after it is missing`),
    ),
  );
}

/** What /proc and /sys of a Linux machine tell. */
export function readLinux(
  name: string,
  format: TopologyFormat,
  tree: FileTree,
  faults: readonly string[] = [],
): Topology {
  const draft = new TopologyDraft(name, format);
  for (const fault of faults) draft.warn(null, fault);
  const info = readCpuInfo(tree);
  const dmi = (field: string): string | null =>
    line(tree, `sys/class/dmi/id/${field}`) ?? line(tree, `sys/devices/virtual/dmi/id/${field}`);
  const kernel = /^Linux version (\S+)/.exec(line(tree, 'proc/version') ?? '')?.[1] ?? null;
  draft.version = kernel;
  draft.title =
    [dmi('sys_vendor'), dmi('product_name')].filter((part) => part !== null && part !== '').join(' ') ||
    (/^machine\s*:\s*(.+)$/m.exec(textOf(tree, 'proc/cpuinfo')?.slice(-4096) ?? '')?.[1] ?? null);
  draft.add({
    kind: 'machine',
    id: 'machine',
    parent: null,
    name: draft.title,
    facts: kernel === null ? {} : { kernel },
    from: atPath('sys'),
    architecture: null,
  });
  const scopes = readCpus(tree, draft);
  readNodes(tree, draft, scopes, info);
  readPciDevices(tree, draft);
  if (tree.real('sys/bus') !== null) readCxl(tree, draft);
  readOsDevices(tree, draft);
  const iomem = textOf(tree, 'proc/iomem');
  if (iomem !== null) {
    const ranges = parseIomem(
      iomem,
      (row) => [{ source: 0, line: row, path: 'proc/iomem' }],
      (row, message) => draft.warn(row, `proc/iomem: ${message}`),
    );
    const rows = ranges.map((range) =>
      range.object !== null && !draft.has(range.object) ? { ...range, object: null } : range,
    );
    draft.addressRanges.push(...withNodes(tree, rows, (id) => draft.has(id)));
  }
  const grouped = draft.objects.some((object) => 'iommuGroup' in object && object.iommuGroup !== null);
  draft.policy = {
    cpuForwardsPeers: forwardsPeers(cpuVendorOf(info.vendor ?? info.model), info.family),
    iommu: grouped ? true : tree.real('sys/kernel/iommu_groups') === null ? null : false,
  };
  return draft.finish();
}
