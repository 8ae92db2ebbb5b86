/**
 * Two machines, or two captures of one: what was added, removed and changed from the first to the second.
 *
 *     before                 after
 *     pci:0000:3b:00.0  ───  pci:0000:3b:00.0     link x16 → x8: changed
 *     pci:0000:af:00.0  ─ ─  pci:0000:b0:00.0     the same device at another address: changed
 *     node:3                                      removed, if the second source tells of nodes at all
 */
import type { AttributeChange } from '../../contract/machine-views.ts';
import type { CountName, PciBridge, PciFunction, Topology } from '../../model/topology.ts';
import type { IndexedPart, PartIndex } from '../parts/part-index.ts';
import { changesOf } from './attributes.ts';
import { Identities } from './identity.ts';
import { otherChanges, type OtherChange } from './other-changes.ts';

export interface Compared {
  readonly machine: Topology;
  readonly index: PartIndex;
}

export interface Comparison {
  readonly same: number;
  readonly changed: readonly {
    readonly before: IndexedPart;
    readonly after: IndexedPart;
    readonly changes: readonly AttributeChange[];
  }[];
  readonly added: readonly IndexedPart[];
  readonly removed: readonly IndexedPart[];
  /** Kinds of which only one of the two sources can tell: what one has of them is neither added nor removed. */
  readonly notTold: readonly string[];
  /** Differences in matrices, access attributes and the address map. */
  readonly other: readonly OtherChange[];
  /** For a part of the first machine, the part of the second that is the same thing. */
  readonly counterpart: ReadonlyMap<string, IndexedPart>;
}

/** True where both describe the same things by nature, or no thing is missing. */
export const isSame = ({ changed, added, removed, other }: Comparison): boolean =>
  changed.length + added.length + removed.length + other.length === 0;

type PciObject = PciFunction | PciBridge;

const pciObjects = (topology: Topology): readonly PciObject[] =>
  topology.objects.filter(
    (object): object is PciObject => object.kind === 'pciFunction' || object.kind === 'pciBridge',
  );

/** Devices that are on only one side at their address, but are of the same make: they moved. By address of the second, that of the first. */
function movedDevices(before: Topology, after: Topology): ReadonlyMap<string, string> {
  const make = (object: PciObject): string | null =>
    object.vendor === null || object.device === null
      ? null
      : [object.kind, object.vendor, object.device, object.subsystemVendor, object.subsystemDevice].join(':');
  const [old, now] = [pciObjects(before), pciObjects(after)];
  const [oldPlaces, newPlaces] = [new Set(old.map(({ bdf }) => bdf)), new Set(now.map(({ bdf }) => bdf))];
  const gone = new Map<string, PciObject[]>();
  for (const object of old) {
    const key = make(object);
    if (key === null || newPlaces.has(object.bdf)) continue;
    const alike = gone.get(key);
    if (alike === undefined) gone.set(key, [object]);
    else alike.push(object);
  }
  const moved = new Map<string, string>();
  for (const object of now) {
    const key = make(object);
    if (key === null || oldPlaces.has(object.bdf)) continue;
    const from = gone.get(key)?.shift();
    if (from !== undefined) moved.set(`pci:${object.bdf}`, `pci:${from.bdf}`);
  }
  return moved;
}

const countOf: Readonly<Record<string, CountName>> = {
  package: 'packages',
  core: 'cores',
  pu: 'pus',
  numaNode: 'numaNodes',
  hostBridge: 'hostBridges',
  pciBridge: 'pciBridges',
  pciFunction: 'pciFunctions',
  bar: 'bars',
  nvlink: 'links.nvlink',
  xgmi: 'links.xgmi',
  c2c: 'links.c2c',
  cxl: 'links.cxl',
};

/** What sort of thing a part is, as far as sources can or cannot tell it. */
const sortOf = ({ what }: IndexedPart): string =>
  what.kind === 'object' ? what.object.kind : what.kind === 'bar' ? 'bar' : what.link.kind;

/** Whether a source would have told of a sort of thing, had there been one. */
function teller({ machine, index }: Compared, other: Compared): (sort: string) => boolean {
  const present = new Set(index.parts.map(sortOf));
  const formats = (topology: Topology): string => topology.sources.map(({ format }) => format).join();
  const alike = formats(machine) === formats(other.machine);
  const tells = new Set<string>(machine.tells);
  return (sort) => {
    const count = countOf[sort];
    return alike || (count === undefined ? present.has(sort) : tells.has(count));
  };
}

/** Identity of each part; where several have one, their order tells them apart. */
function keyed({ index }: Compared, identities: Identities): ReadonlyMap<string, IndexedPart> {
  const found = new Map<string, IndexedPart>();
  const used = new Map<string, number>();
  for (const part of index.parts) {
    const { what } = part;
    const base =
      what.kind === 'object'
        ? identities.of(what.object.id)
        : what.kind === 'bar'
          ? `${identities.of(what.object.id)}/bar${what.bar.index}`
          : identities.ofLink(what.link);
    const before = used.get(base) ?? 0;
    used.set(base, before + 1);
    found.set(before === 0 ? base : `${base}#${before}`, part);
  }
  return found;
}

export function compare(before: Compared, after: Compared): Comparison {
  const oldIdentities = new Identities(before.machine);
  const newIdentities = new Identities(after.machine, movedDevices(before.machine, after.machine));
  const old = keyed(before, oldIdentities);
  const now = keyed(after, newIdentities);
  const [oldTells, newTells] = [teller(before, after), teller(after, before)];
  const notTold = new Set<string>();
  const changed: Comparison['changed'][number][] = [];
  const counterpart = new Map<string, IndexedPart>();
  let same = 0;
  const removed: IndexedPart[] = [];
  for (const [key, part] of old) {
    const twin = now.get(key);
    if (twin === undefined) {
      if (newTells(sortOf(part))) removed.push(part);
      else notTold.add(part.row.kind);
      continue;
    }
    counterpart.set(part.row.id, twin);
    const changes = changesOf(part, twin);
    if (changes.length === 0) same += 1;
    else changed.push({ before: part, after: twin, changes });
  }
  const added: IndexedPart[] = [];
  for (const [key, part] of now) {
    if (old.has(key)) continue;
    if (oldTells(sortOf(part))) added.push(part);
    else notTold.add(part.row.kind);
  }
  return {
    same,
    changed,
    added,
    removed,
    notTold: [...notTold].sort(),
    other: otherChanges(before.machine, after.machine, oldIdentities, newIdentities),
    counterpart,
  };
}
