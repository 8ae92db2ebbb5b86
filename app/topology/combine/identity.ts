/**
 * Which things of two descriptions are the same: by PCI address, NUMA node, CPU number, and the names that the operating
 * system gives.
 */
import type { PciFunction, Topology, TopologyFormat, TopologyObject } from '../../model/topology.ts';
import { pciAddress } from '../pci.ts';
import type { Parts } from './parts.ts';

/** Something that the reader of a combination is told. */
export type Note = Topology['warnings'][number];

/** What a thing is known by in every format. */
export function keyOf(object: TopologyObject): string {
  switch (object.kind) {
    case 'pciBridge':
    case 'pciFunction':
      return `pci ${object.bdf}`;
    case 'numaNode':
      return object.osIndex === null ? `id ${object.id}` : `numa ${object.osIndex}`;
    case 'package':
      return object.osIndex === null ? `id ${object.id}` : `package ${object.osIndex}`;
    case 'pu':
      return object.osIndex === null ? `id ${object.id}` : `pu ${object.osIndex}`;
    case 'osDevice':
      return object.name === null ? `id ${object.id}` : `os ${object.name}`;
    case 'hostBridge':
      return object.domain === null || object.rootBus === null
        ? `id ${object.id}`
        : `root ${object.domain}:${object.rootBus}`;
    case 'misc':
      // The address map knows of functions only that they own ranges.
      return object.id.startsWith('pci:') ? `pci ${object.id.slice(4)}` : `id ${object.id}`;
    default:
      return `id ${object.id}`;
  }
}

const vendorOf: Partial<Record<TopologyFormat, number>> = { 'nvidia-smi-topo': 0x10de, 'rocm-smi-topo': 0x1002 };

/** Id in the combination of every object of the source; the same id where it is new. */
export function matchObjects(
  topology: Topology,
  source: number,
  parts: Parts,
  notes: Note[],
): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const byNumber = numbered(topology, source, parts, notes);
  for (const object of topology.objects) {
    const found =
      object.kind === 'machine' ? 'machine' : (byNumber.get(object.id) ?? parts.idOf(keyOf(object)) ?? null);
    ids.set(object.id, found ?? parts.free(object.id));
  }
  skipContainers(topology, ids, parts);
  return ids;
}

/**
 * SMI tools number GPUs by PCI address and tell none: the nth is the nth of that vendor, where there are as many. Their
 * NICs have the name of the operating system.
 */
function numbered(topology: Topology, source: number, parts: Parts, notes: Note[]): ReadonlyMap<string, string> {
  const vendor = vendorOf[topology.sources[0]?.format ?? 'iomem'];
  const ids = new Map<string, string>();
  const gpus = topology.objects.filter((object) => object.kind === 'osDevice' && object.subtype === 'gpu');
  for (const object of topology.objects) {
    if (object.kind !== 'osDevice' || object.subtype !== 'nic' || object.facts['device'] === undefined) continue;
    const named = parts.idOf(`os ${object.facts['device']}`);
    const owner = named === undefined ? undefined : parts.get(named)?.parent;
    if (owner !== undefined && owner !== null && parts.get(owner)?.kind === 'pciFunction') ids.set(object.id, owner);
  }
  if (vendor === undefined || gpus.length === 0) return ids;
  const own = parts
    .all()
    .filter(
      (object): object is PciFunction =>
        object.kind === 'pciFunction' &&
        object.deviceKind === 'gpu' &&
        (object.vendor === vendor || object.vendor === null),
    )
    .toSorted((a, b) => busOrder(a.bdf) - busOrder(b.bdf));
  if (own.length === gpus.length) {
    gpus.forEach((gpu, i) => ids.set(gpu.id, own[i]?.id ?? gpu.id));
    notes.push({
      source,
      line: null,
      message: `the ${gpus.length} GPUs of this source are taken in the order of PCI addresses: it tells none`,
    });
  } else if (own.length > 0) {
    notes.push({
      source,
      line: null,
      message: `this source has ${gpus.length} GPUs, the others ${own.length}: which is which is not told`,
    });
  }
  return ids;
}

/** Groups that only stand for a NUMA node dissolve into what holds that node already. */
function skipContainers(topology: Topology, ids: Map<string, string>, parts: Parts): void {
  const byId = new Map(topology.objects.map((object) => [object.id, object]));
  for (const object of topology.objects) {
    if (object.kind !== 'numaNode' || object.parent === null) continue;
    const known = parts.get(ids.get(object.id) ?? '');
    const container = byId.get(object.parent);
    if (
      known?.parent != null &&
      container?.kind === 'group' &&
      (container.subkind === 'CPU' || container.subkind === 'NUMA')
    )
      ids.set(container.id, known.parent);
  }
}

function busOrder(bdf: string): number {
  const { domain, bus, devfn } = pciAddress(bdf);
  return (domain * 256 + bus) * 256 + devfn;
}
