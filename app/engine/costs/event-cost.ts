/**
 * What an event costs, by the model of semantics 6.6.
 *
 *      migration   setup + entries + shootdown + units x (alloc + bytes / rate of the route) + finalize
 *      access      latency of the route + bytes / rate
 *      fault       a figure, once for each page that it is taken for
 */
import type { CostName } from '../../model/costs.ts';
import { pageBytes, pmdPages } from '../../model/ids.ts';
import { hasFlag, hasFrame } from '../../model/pte.ts';
import type { World } from '../../model/world.ts';
import { isFilled, valueAt, type Run } from '../../store/run.ts';
import { apply, pageMap } from '../apply.ts';
import type { Event } from '../event.ts';
import type { EventKind } from '../event-kinds.ts';
import { poolOf } from '../mm/frames.ts';
import { source } from '../mm/migrate-collect.ts';
import type { Transaction } from '../step.ts';
import { collectiveStepCost } from './collective.ts';
import { addCosts, noCost, sumCosts, timeOf, type Cost } from './cost.ts';
import { figure } from './figures.ts';
import { concurrentCost, peerWay, transferCost } from './transfer.ts';

type Rule = (world: World, event: Event) => Cost;

/** A figure of the model, some times over. */
export const times = (world: World, name: CostName, count: number): Cost =>
  timeOf(name, count, Math.round(figure(world, name) * count));

/** Events of a group stand for one after the other of their pages. */
const repeats = (event: Event): number => (event.group === null ? 1 : (event.at.pages ?? 1));

const filled = (runs: readonly Run[]): number =>
  runs.reduce((sum, run) => sum + (isFilled(run) ? run.end - run.start : 0), 0);

/** Entries of one page table that an event wrote, or took away. */
function entries(event: Event, pages: string, side: 'before' | 'after', key?: string): number {
  return event.changes.reduce(
    (sum, change) =>
      'pages' in change && change.pages === pages && (key === undefined || change.key === key)
        ? sum + filled(change[side])
        : sum,
    0,
  );
}

/** Other cores give up what they have translated: one interrupt, and an answer of each. */
export function shootdown(world: World): Cost {
  const cores = figure(world, 'tlb.remoteCores');
  return addCosts(times(world, 'tlb.shootdown', 1), times(world, 'tlb.remoteCore', cores));
}

const each =
  (name: CostName): Rule =>
  (world, event) =>
    times(world, name, repeats(event));
const once =
  (name: CostName): Rule =>
  (world) =>
    times(world, name, 1);

/** Bytes between two memories, added up so that each pair is one transfer. */
class Loads {
  readonly #bytes = new Map<string, { readonly from: string; readonly to: string; readonly bytes: number }>();

  add(from: string | undefined, to: string | undefined, pages: number): void {
    if (from === undefined || to === undefined) return;
    const key = `${from} ${to}`;
    this.#bytes.set(key, { from, to, bytes: (this.#bytes.get(key)?.bytes ?? 0) + pages * pageBytes });
  }

  cost(world: World, withLatency: boolean): Cost {
    return sumCosts(
      [...this.#bytes.values()].map(({ from, to, bytes }) => transferCost(world, from, to, bytes, withLatency)),
    );
  }
}

/** A destination was found and filled for each unit; only what had a frame is copied. */
const migrateCopy: Rule = (world, event) => {
  const key = event.at.context;
  const loads = new Loads();
  let units = 0;
  for (const change of event.changes) {
    if (!('pages' in change) || change.pages !== 'migrateDst' || key === undefined) continue;
    for (const dst of change.after.filter(isFilled)) {
      const pages = dst.end - dst.start;
      units += hasFlag(dst.values[0] ?? 0, 2) ? pages / pmdPages : pages;
      for (const src of pageMap(world, 'migrateSrc', key).occupied(dst.start, dst.end))
        if (hasFlag(src.values[0] ?? 0, source.frame))
          loads.add(
            poolOf(world, valueAt(src, src.start, 1))?.id,
            poolOf(world, valueAt(dst, src.start, 1))?.id,
            src.end - src.start,
          );
    }
  }
  if (key === undefined) {
    // An eviction copies frames by number, page by page, from the driver's own memory.
    const device = event.by.replace(/^driver:/, '');
    units = event.changes.reduce(
      (sum, change) =>
        'pages' in change && change.pages === 'frame' ? sum + filled(change.after) - filled(change.before) : sum,
      0,
    );
    loads.add(world.records.device[device]?.pool ?? undefined, String(event.args['pool']), units);
  }
  return addCosts(times(world, 'migrate.alloc', units), loads.cost(world, false));
};

/** Entries are replaced and later restored; one shootdown for all of them. */
const collect: Rule = (world, event) => {
  const units = event.changes.reduce((sum, change) => {
    if (!('pages' in change) || change.pages !== 'migrateSrc') return sum;
    return change.after.filter(isFilled).reduce((all, run) => {
      const word = run.values[0] ?? 0;
      const pages = run.end - run.start;
      return hasFlag(word, source.frame) ? all + (hasFlag(word, source.compound) ? pages / pmdPages : pages) : all;
    }, sum);
  }, 0);
  if (event.at.context === undefined) return times(world, 'migrate.page', 1);
  return units === 0 ? noCost : addCosts(times(world, 'migrate.page', units), shootdown(world));
};

/** A device reads or writes through its own entries: each memory that they lead to is one transfer. */
const deviceAccess: Rule = (world, event) => {
  const { context: key = '', start = 0, pages = 0 } = event.at;
  const { context, svaBond } = world.records;
  const bond = svaBond[key];
  const device = context[key]?.device ?? bond?.device;
  // A device that shares the address space has no table of its own.
  const table = bond === undefined ? pageMap(world, 'devicePte', key) : pageMap(world, 'pte', bond.space);
  const loads = new Loads();
  for (const run of table.occupied(start, start + pages))
    if (bond === undefined || hasFrame(run.values[0] ?? 0))
      loads.add(device, poolOf(world, valueAt(run, run.start, 1))?.id, run.end - run.start);
  return loads.cost(world, true);
};

/** A CPU reads or writes whole pages, from the first socket. */
const cpuAccess: Rule = (world, event) => {
  const { space = '', start = 0, pages = 0 } = event.at;
  const socket = Object.keys(world.records.socket)[0];
  const loads = new Loads();
  for (const run of pageMap(world, 'pte', space).occupied(start, start + pages))
    if (hasFrame(run.values[0] ?? 0))
      loads.add(socket, poolOf(world, valueAt(run, run.start, 1))?.id, run.end - run.start);
  return loads.cost(world, true);
};

/** A device uses the addresses of an import: peer to peer where they are another device's, else main memory. */
const importAccess: Rule = (world, event) => {
  const { through, first, pages } = event.args;
  const device = event.at.device;
  if (typeof through !== 'string' || typeof first !== 'number' || typeof pages !== 'number' || device === undefined)
    return noCost;
  const loads = new Loads();
  let cost = noCost;
  for (const run of pageMap(world, 'importPte', through).occupied(first, first + pages)) {
    const pool = poolOf(world, valueAt(run, run.start, 1));
    const owner = pool?.device ?? null;
    if (owner === null || owner === device) loads.add(device, pool?.id, run.end - run.start);
    else
      cost = addCosts(
        cost,
        concurrentCost(world, [{ legs: peerWay(world, device, owner).legs, bytes: (run.end - run.start) * pageBytes }]),
      );
  }
  return addCosts(cost, loads.cost(world, true));
};

/** A driver copies a buffer from one memory to another. */
const bufferCopy: Rule = (world, event) => {
  const { from, pool, pages } = event.args;
  return typeof from === 'string' && typeof pool === 'string' && typeof pages === 'number'
    ? transferCost(world, from, pool, pages * pageBytes)
    : noCost;
};

const rules: { readonly [K in EventKind]?: Rule } = {
  doAnonymousPage: (world, event) =>
    times(world, event.rule === 'fault.cpu.zeroPage' ? 'fault.zeroPage' : 'fault.anonymous', repeats(event)),
  hugePageMapped: (world, event) =>
    event.rule === 'fault.cpu.huge.zero'
      ? times(world, 'fault.zeroPage', 1)
      : times(world, 'fault.huge', Math.max(1, (event.at.pages ?? 0) / pmdPages)),
  wpPageCopy: each('fault.cow'),
  wpPageReuse: each('fault.reuse'),
  doReadFault: each('fault.file'),
  doSharedFault: each('fault.file'),
  doCowFault: each('fault.cow'),
  doSwapPage: each('fault.nonPresent'),
  doHugePmdDevicePrivate: once('fault.nonPresent'),
  restoreExclusivePte: (world) => shootdown(world),
  makeDeviceExclusive: (world) => shootdown(world),
  entriesCopied: (world, event) =>
    times(world, 'fork.entry', entries(event, 'pte', 'after', String(event.args['child']))),
  mprotected: once('mprotect.call'),
  zapped: (world, event) => (entries(event, 'pte', 'before') === 0 ? noCost : shootdown(world)),
  deviceInvalidate: (world, event) =>
    entries(event, 'devicePte', 'before') === 0 ? noCost : times(world, 'notifier.callback', 1),
  deviceFault: once('device.fault'),
  deviceRead: deviceAccess,
  deviceWrite: deviceAccess,
  cpuRead: cpuAccess,
  cpuWrite: cpuAccess,
  migrateVmaSetup: once('migrate.setup'),
  migrateDeviceRange: once('migrate.setup'),
  migrateVmaCollect: collect,
  setMigrationPte: (world) => shootdown(world),
  setMigrationPmd: (world) => shootdown(world),
  migrateCopy,
  migrateVmaFinalize: once('migrate.finalize'),
  migrateDeviceFinalize: once('migrate.finalize'),
  dmaRead: importAccess,
  dmaWrite: importAccess,
  objectCopied: bufferCopy,
  pageRequest: once('pri.request'),
  barRead: once('bar.read'),
  jobCopied: cpuAccess,
  collectiveStep: collectiveStepCost,
  transferred: collectiveStepCost,
};

/** What one event costs in the world just before it. */
const costOfEvent = (before: World, event: Event): Cost => rules[event.kind]?.(before, event) ?? noCost;

const known = new WeakMap<Transaction, readonly Cost[]>();

/** What each event of a transaction costs, in order; worked out once. */
export function eventCosts(transaction: Transaction): readonly Cost[] {
  const done = known.get(transaction);
  if (done !== undefined) return done;
  let world = transaction.before;
  const costs = transaction.events.map((event) => {
    const cost = costOfEvent(world, event);
    world = apply(world, event);
    return cost;
  });
  known.set(transaction, costs);
  return costs;
}

/** What a transaction costs: one event after the other. */
export const costOf = (transaction: Transaction): Cost => sumCosts(eventCosts(transaction));
