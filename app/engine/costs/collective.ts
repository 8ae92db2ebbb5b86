/**
 * Collectives over a ring of devices.
 *
 *      all-reduce of S bytes over n devices: n - 1 steps that add, n - 1 that spread; each step moves S / n along every
 *      edge of the ring at the same time, so that each device sends 2 (n - 1) / n of S.
 *
 *      0 -> 1 -> 2 -> 3 -> 0      a step lasts as long as its slowest edge
 *
 * An edge is a link of the two devices' own, or peer to peer through PCIe, or a bounce by way of main memory.
 */
import type { JsonObject } from '../../base/json.ts';
import type { World } from '../../model/world.ts';
import type { Event, OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import { noCost, type Cost } from './cost.ts';
import { concurrentCost, knownRoute, peerWay, type PeerWay, type Shipment } from './transfer.ts';

/** One transfer of several that start together. Ends are devices or memories by name. */
export interface Ship {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
}

const isDevice = (world: World, name: string): boolean => world.records.device[name] !== undefined;
const isPlace = (world: World, name: string): boolean =>
  isDevice(world, name) || world.records.pool[name] !== undefined || world.records.socket[name] !== undefined;

/** Two devices are peers; anything else is reached by the nearest route. */
export function wayOf(world: World, from: string, to: string): PeerWay {
  if (isDevice(world, from) && isDevice(world, to)) return peerWay(world, from, to);
  if (from === to) return { kind: 'same', legs: [] };
  const route = knownRoute(world, from, to);
  return route === null ? { kind: 'none', legs: [] } : { kind: 'link', legs: [route] };
}

const shipsOf = (event: Event): readonly Ship[] =>
  Array.isArray(event.args['ships']) ? (event.args['ships'] as unknown as readonly Ship[]) : [];

/** All ships of the event start together and share the wires that they have in common. */
export function collectiveStepCost(world: World, event: Event): Cost {
  const shipments = shipsOf(event).map(({ from, to, bytes }): Shipment => ({
    legs: wayOf(world, from, to).legs,
    bytes,
  }));
  return shipments.length === 0 ? noCost : concurrentCost(world, shipments);
}

/** A ship as an event tells it: with the way it takes. */
const told = (world: World, { from, to, bytes }: Ship): JsonObject => ({
  from,
  to,
  bytes,
  way: wayOf(world, from, to).kind,
});

/** Several transfers that start together. */
export function transfer(tx: Tx, ships: readonly Ship[]): OpResult {
  const refusal = checkShips(tx, ships, 'transfer');
  if (refusal !== null) return refusal;
  tx.emit({ kind: 'transferred', rule: 'transfer', args: { ships: ships.map((ship) => told(tx.world, ship)) } });
  return ok;
}

function checkShips(tx: Tx, ships: readonly Ship[], rule: string): OpResult | null {
  for (const { from, to } of ships) {
    const unknown = [from, to].find((name) => !isPlace(tx.world, name));
    if (unknown !== undefined)
      return tx.refuse('ENODEV', rule, { why: `this machine has no device or memory ${unknown}` });
    if (wayOf(tx.world, from, to).kind === 'none')
      return tx.refuse('EHOSTUNREACH', rule, { why: `no wire leads from ${from} to ${to}` });
  }
  return null;
}

/** Bytes of each of n chunks; the first ones are larger where it does not come out even. */
export function chunks(bytes: number, n: number): readonly number[] {
  const least = Math.floor(bytes / n);
  return Array.from({ length: n }, (_, i) => least + (i < bytes % n ? 1 : 0));
}

/** A ring all-reduce over devices in their order: 2 (n - 1) steps. */
export function allReduce(tx: Tx, devices: readonly string[], bytes: number): OpResult {
  const n = devices.length;
  const edges = devices.map((from, i): Ship => ({ from, to: devices[(i + 1) % n] ?? from, bytes: 0 }));
  if (new Set(devices).size < n || n < 2)
    return tx.refuse('EINVAL', 'collective.ring', { why: 'a ring has two devices or more, and each of them once' });
  const refusal = checkShips(tx, edges, 'collective.ring');
  if (refusal !== null) return refusal;
  const cause = tx.emit({
    kind: 'collectiveStarted',
    rule: 'collective.ring',
    args: { devices: [...devices], bytes, edges: edges.map((edge) => told(tx.world, edge)) },
  });
  const chunk = chunks(bytes, n);
  for (let step = 0; step < 2 * (n - 1); step++) {
    const adding = step < n - 1;
    // Device i passes on the chunk that it has just completed so far.
    const ships = edges.map(({ from, to }, i) =>
      told(tx.world, { from, to, bytes: chunk[(((i - step + (adding ? 0 : 1)) % n) + n) % n] ?? 0 }),
    );
    tx.emit({
      kind: 'collectiveStep',
      cause,
      rule: adding ? 'collective.ring.add' : 'collective.ring.spread',
      args: { step, phase: adding ? 'add' : 'spread', ships },
    });
  }
  tx.emit({ kind: 'collectiveDone', cause, rule: 'collective.ring', args: { devices: [...devices], bytes } });
  return ok;
}
