/** Questions to the graph as events: what was asked and what the answer was, at that point of a story. Nothing changes. */
import { ok, type Tx } from '../tx.ts';
import type { OpResult } from '../event.ts';
import { breakEven } from '../costs/break-even.ts';
import { peerWay } from '../costs/transfer.ts';
import { findDevices, type DeviceQuery } from './find-device.ts';
import { planPipeline, type Stage } from './pipeline.ts';
import { shortestRoute, widestRoute } from './route.ts';
import { nearestInitiators } from './tiers.ts';

export function askForDevices(tx: Tx, query: DeviceQuery): OpResult {
  const { found, dropped, binding } = findDevices(tx.world, query);
  tx.emit({
    kind: 'devicesFound',
    rule: found.length === 0 ? 'find.none' : 'find',
    args: {
      found: found.map(({ device }) => device),
      dropped: Object.fromEntries(
        dropped.map(({ device, shortfalls: [first] }) => [
          device,
          first === undefined ? '' : `${first.constraint}: needs ${first.needs}, has ${first.has}`,
        ]),
      ),
      binding: binding.map(({ constraint }) => constraint),
    },
  });
  return ok;
}

/** -EHOSTUNREACH: no wire leads there. */
export function askForRoute(tx: Tx, from: string, to: string, by: 'latency' | 'bandwidth'): OpResult {
  const route = by === 'latency' ? shortestRoute(tx.world, from, to) : widestRoute(tx.world, from, to);
  if (route === null) return tx.refuse('EHOSTUNREACH', 'route.none', { why: `no wire leads from ${from} to ${to}` });
  const { latencyNs, gbs, bottleneck, hops } = route;
  tx.emit({
    kind: 'routeFound',
    rule: `route.${by}`,
    args: { from, to, path: [from, ...hops.map((hop) => hop.to)], latencyNs, gbs, bottleneck },
  });
  return ok;
}

export function askForInitiators(tx: Tx, pool: string, accessClass: 0 | 1): OpResult {
  if (tx.get('pool', pool) === null)
    return tx.refuse('ENODEV', 'initiators.none', { why: `there is no memory ${pool} in this machine` });
  const nearest = nearestInitiators(tx.world, pool, accessClass);
  tx.emit({
    kind: 'initiatorsFound',
    rule: `initiators.class${accessClass}`,
    args: { pool, nearest: nearest.map(({ initiator }) => initiator), latencyNs: nearest[0]?.latencyNs ?? null },
  });
  return ok;
}

/** -ENODEV: a stage that nothing can do. */
export function askForPipeline(tx: Tx, stages: readonly Stage[], bytes: number): OpResult {
  const answer = planPipeline(tx.world, stages, bytes);
  if (answer.kind === 'none')
    return tx.refuse('ENODEV', 'pipeline.none', { why: `stage ${answer.stage + 1}: nothing can do it, or is reached` });
  const [best] = answer.assignments;
  tx.emit({
    kind: 'pipelinePlanned',
    rule: 'pipeline',
    args: {
      devices: best?.devices ?? [],
      buffers: best?.buffers ?? [],
      latencyNs: best?.latencyNs ?? null,
      bottleneck: best?.bottleneck ?? null,
      others: answer.assignments.length - 1,
    },
  });
  return ok;
}

/** -ENODEV: a memory that is not there, or none of the device's own to move to. -EHOSTUNREACH: it cannot use it now. */
export function askForBreakEven(tx: Tx, { device, from, to, bytes, huge }: BreakEvenQuestion): OpResult {
  const own = Object.entries(tx.world.records.pool).find(([, pool]) => pool.device === device)?.[0];
  const target = to ?? own;
  const missing = [from, ...(target === undefined ? [] : [target])].find((name) => tx.get('pool', name) === null);
  if (target === undefined || missing !== undefined)
    return tx.refuse('ENODEV', 'breakEven.none', {
      why:
        missing === undefined ? `${device} has no memory of its own` : `there is no memory ${missing} in this machine`,
    });
  const owner = tx.get('pool', from)?.registration === 'private' ? (tx.get('pool', from)?.device ?? device) : device;
  const way = peerWay(tx.world, device, owner).kind;
  if (way === 'bounce' || way === 'none')
    return tx.refuse('EHOSTUNREACH', 'breakEven.unreachable', {
      why: `${device} may not reach the memory of ${owner}: there are no passes that a migration could save`,
    });
  const { migration, remoteNs, localNs, passes } = breakEven(tx.world, device, from, target, bytes, huge);
  tx.emit({
    kind: 'breakEvenFound',
    rule: passes === null ? 'breakEven.never' : 'breakEven',
    at: { device },
    args: { from, to: target, bytes, migrationNs: migration.ns, remoteNs, localNs, passes },
  });
  return ok;
}

export interface BreakEvenQuestion {
  readonly device: string;
  readonly from: string;
  readonly to: string | undefined;
  readonly bytes: number;
  /** In units of 2 MiB. */
  readonly huge: boolean;
}
