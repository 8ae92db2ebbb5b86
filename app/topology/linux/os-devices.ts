import type { OsDevice } from '../../model/topology.ts';
import { atPath } from '../draft.ts';
import type { TopologyDraft } from '../draft.ts';
import { parseBdf, pciId } from '../pci.ts';
import type { FileTree } from './file-tree.ts';

/** Directories of the kernel's device classes, with what their members are; names that are only a part of a device are left out. */
const classes: readonly { readonly path: string; readonly is: OsDevice['classes']; readonly only: RegExp }[] = [
  { path: 'sys/class/net', is: ['network'], only: /./ },
  { path: 'sys/class/infiniband', is: ['openfabrics'], only: /./ },
  { path: 'sys/class/drm', is: ['gpu'], only: /^(card|renderD)\d+$/ },
  { path: 'sys/class/accel', is: ['coprocessor'], only: /^accel\d+$/ },
  { path: 'sys/class/block', is: ['storage'], only: /^(nvme\d+n\d+|sd[a-z]+|vd[a-z]+|xvd[a-z]+|pmem\d+)$/ },
  { path: 'sys/bus/dax/devices', is: ['memory', 'dax'], only: /^dax\d/ },
];

/** The names that drivers gave to devices on the PCI bus, and DAX devices wherever they are. */
export function readOsDevices(tree: FileTree, draft: TopologyDraft): void {
  for (const { path, is, only } of classes) {
    for (const name of tree.list(path)) {
      if (!only.test(name)) continue;
      const real = tree.real(`${path}/${name}`) ?? '';
      const owner = real
        .split('/')
        .toReversed()
        .flatMap((part) => parseBdf(part) ?? [])
        .find((bdf) => draft.has(pciId(bdf)));
      if (owner === undefined && !is.includes('dax')) continue;
      draft.add({
        kind: 'osDevice',
        id: `os:${name}`,
        parent: owner === undefined ? 'machine' : pciId(owner),
        name,
        facts: {},
        from: atPath(real),
        classes: is,
        subtype: null,
      });
    }
  }
}
