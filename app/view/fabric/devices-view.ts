/** Devices that meet constraints, and all others by the constraint that dropped them. */
import { plural, printBytes } from '../../base/format.ts';
import type { DevicesView, DeviceWish, DroppedRow, FoundRow, Lack } from '../../contract/fabric-queries.ts';
import {
  constraintNames,
  findDevices,
  type ConstraintName,
  type DeviceQuery,
  type Shortfall,
} from '../../engine/fabric/find-device.ts';
import { peerDecision, peerRoute } from '../../engine/fabric/peers.ts';
import { reachFrom, routeOf, type Reach } from '../../engine/fabric/route.ts';
import type { World } from '../../model/world.ts';
import type { FabricPlaces } from './places.ts';
import { peerSentence } from './route-view.ts';
import { drawnWay } from './way-view.ts';

/** Rows of one list that are answered; how many there are in all is told beside them. */
const mostRows = 200;

const constraintTitles: Readonly<Record<ConstraintName, string>> = {
  kind: 'kind of device',
  engine: 'engine',
  pasids: 'free PASIDs',
  peer: 'peer-to-peer',
  memory: 'memory in reach',
  latency: 'latency to memory',
  atomics: 'AtomicOps',
  ats: 'ATS',
  pri: 'PRI',
  isolated: 'IOMMU group',
  sameHostBridge: 'host bridge',
};

const missingWords: { readonly [N in ConstraintName]?: (missing: number) => string } = {
  pasids: (n) => `${n} too few`,
  memory: (n) => `${printBytes(n)} too little`,
  latency: (n) => `${n} ns too far`,
  isolated: (n) => `${plural(n, 'device')} too many`,
};

/** By how much a device fell short: "4 too few"; null where it is yes or no, or not told. */
export const printMissing = ({ constraint, missing }: Shortfall): string | null =>
  missing === null ? null : (missingWords[constraint]?.(missing) ?? String(missing));

const lackOf = (shortfall: Shortfall, why: string | null): Lack => ({
  constraint: shortfall.constraint,
  title: constraintTitles[shortfall.constraint],
  needs: shortfall.needs,
  has: shortfall.has,
  missing: printMissing(shortfall),
  why,
  read: shortfall.read,
});

export function queryOf(wish: DeviceWish): DeviceQuery {
  const { kind, engine, pasids, peer, memoryBytes, withinNs, atomics, ats, pri, isolated, sameHostBridge } = wish;
  return {
    ...(kind === null ? {} : { kind }),
    ...(engine === null ? {} : { engine }),
    ...(pasids === null ? {} : { pasids }),
    ...(peer === null ? {} : { peer }),
    ...(memoryBytes === null && withinNs === null
      ? {}
      : { memory: { bytes: memoryBytes ?? 1, ...(withinNs === null ? {} : { withinNs }) } }),
    ...(atomics.length === 0 ? {} : { atomics }),
    ...(ats ? { ats } : {}),
    ...(pri ? { pri } : {}),
    ...(isolated ? { isolated } : {}),
    ...(sameHostBridge === null ? {} : { sameHostBridge }),
  };
}

export function devicesView(world: World, places: FabricPlaces, wish: DeviceWish): DevicesView {
  const unknown = [wish.peer, wish.sameHostBridge].find(
    (name) => name !== null && world.records.pci[name] === undefined,
  );
  if (unknown != null)
    return {
      problem: `There is no device ${unknown} in this machine.`,
      foundTotal: 0,
      found: [],
      droppedTotal: 0,
      dropped: [],
      binding: [],
    };
  const answer = findDevices(world, queryOf(wish));
  /** From each memory to all devices at once: many devices have the same nearest one. */
  const reaches = new Map<string, Reach>();
  const reachOf = (pool: string): Reach => {
    const reach = reaches.get(pool) ?? reachFrom(world, [pool]);
    reaches.set(pool, reach);
    return reach;
  };
  const drawn = (device: string, pool: string | null): FoundRow['drawn'] => {
    const toMemory = pool === null ? null : routeOf(reachOf(pool), device);
    const toPeer = wish.peer === null ? null : peerRoute(world, wish.peer, device);
    const ends = [device, ...(pool === null ? [] : [pool]), ...(wish.peer === null ? [] : [wish.peer])];
    return drawnWay(
      world,
      places,
      ends,
      [toMemory, toPeer].filter((route) => route !== null),
    );
  };
  /** The rule that refused a peer, as a sentence. */
  const whyNot = ({ constraint }: Shortfall, device: string): string | null =>
    constraint === 'peer' && wish.peer !== null ? peerSentence(peerDecision(world, device, wish.peer)) : null;
  const dropped = new Map<ConstraintName, DroppedRow[]>();
  const counts = new Map<ConstraintName, number>();
  for (const { device, shortfalls } of answer.dropped) {
    const [first] = shortfalls;
    if (first === undefined) continue;
    const rows = dropped.get(first.constraint) ?? [];
    dropped.set(first.constraint, rows);
    counts.set(first.constraint, (counts.get(first.constraint) ?? 0) + 1);
    if (rows.length === mostRows) continue;
    rows.push({
      device: places.place(world, device),
      lacks: shortfalls.map((lack) => lackOf(lack, whyNot(lack, device))),
      drawn: drawnWay(world, places, [device], []),
    });
  }
  return {
    problem: null,
    foundTotal: answer.found.length,
    found: answer.found.slice(0, mostRows).map(({ device, memory, peer, freePasids }) => ({
      device: places.place(world, device),
      memory,
      peer,
      freePasids,
      drawn: drawn(device, memory?.pool ?? null),
    })),
    droppedTotal: answer.dropped.length,
    dropped: constraintNames.flatMap((constraint) => {
      const rows = dropped.get(constraint);
      if (rows === undefined) return [];
      return [{ constraint, title: constraintTitles[constraint], devices: counts.get(constraint) ?? 0, rows }];
    }),
    binding: answer.binding.map(({ constraint, devices }) => ({
      constraint,
      title: constraintTitles[constraint],
      devices,
    })),
  };
}
