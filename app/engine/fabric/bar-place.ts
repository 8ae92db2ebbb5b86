/**
 * Where BARs lie: inside every bridge window above, aligned to their size, none over another.
 *
 *      root complex   |------------------------ window ------------------------|
 *      root port          |------------- window -------------|    |--- other --|
 *      gpu0                   |--- BAR 1 ---||-BAR 3-|
 *
 * Models pci_reassign_bridge_resources of drivers/pci/setup-bus.c: a window grows only where nothing else is in it.
 */
import type { PciBar, PciDevice } from '../../model/fabric.ts';
import type { BridgeWindow } from '../../model/topology.ts';
import type { World } from '../../model/world.ts';

type WindowType = BridgeWindow['type'];

/** The kind of window that a BAR needs on the way; a prefetchable 64-bit one has its own. */
function windowTypeOf({ type, prefetchable }: PciBar): WindowType {
  if (type === 'io') return 'io';
  return prefetchable && type === 'mem64' ? 'prefetch' : 'mem';
}

/** Where a device's BARs of one kind, and the windows above that hold nothing else, go. */
export interface Placement {
  /** Start of each BAR, by its record's key. */
  readonly bars: ReadonlyMap<string, number>;
  /** New windows of bridges, by name. */
  readonly windows: ReadonlyMap<string, BridgeWindow>;
}

export interface NoPlace {
  readonly errno: 'ENOSPC' | 'EINVAL';
  readonly rule: string;
  readonly why: string;
  /** The bridge or root complex that has no room. */
  readonly at: string;
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

const mib = 2 ** 20;
const up = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Largest first, each aligned to its size: offsets from a start that is aligned to the largest. */
function stack(bars: readonly (readonly [string, number])[]): {
  readonly offsets: ReadonlyMap<string, number>;
  readonly bytes: number;
  readonly align: number;
} {
  const sorted = [...bars].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const offsets = new Map<string, number>();
  let at = 0;
  for (const [key, bytes] of sorted) {
    at = up(at, bytes);
    offsets.set(key, at);
    at += bytes;
  }
  return { offsets, bytes: up(at, mib), align: Math.max(mib, sorted[0]?.[1] ?? mib) };
}

/** The lowest aligned gap of `bytes` in a window between what else is in it. */
function gap(window: Stretch, taken: readonly Stretch[], bytes: number, align: number): number | null {
  let at = up(window.start, align);
  for (const { start, end } of [...taken].sort((a, b) => a.start - b.start)) {
    if (end <= at) continue;
    if (start - at >= bytes) break;
    at = up(end, align);
  }
  return at + bytes <= window.end ? at : null;
}

/** What lies in the window of a bridge, or directly below a host bridge, besides what is being moved. */
function othersBelow(
  world: World,
  above: string | null,
  hostBridge: string,
  type: WindowType,
  moving: ReadonlySet<string>,
): readonly Stretch[] {
  const found: Stretch[] = [];
  for (const [name, device] of Object.entries(world.records.pci)) {
    if (device.above !== above || device.hostBridge !== hostBridge || moving.has(name)) continue;
    if (device.role !== 'endpoint') found.push(...device.windows.filter((window) => window.type === type));
  }
  for (const [key, bar] of Object.entries(world.records.bar)) {
    const device = world.records.pci[bar.device];
    if (device === undefined || bar.start === null || moving.has(key)) continue;
    if (device.above !== above || device.hostBridge !== hostBridge || windowTypeOf(bar) !== type) continue;
    found.push({ start: bar.start, end: bar.start + bar.bytes });
  }
  return found;
}

/**
 * Places the BARs of a device that share a kind of window with `key`, that one with a new size. The windows above give
 * way as far up as nothing else lies in them; what holds something else stays as it is, and has room or has not.
 */
export function placeBars(world: World, key: string, bytes: number): Placement | NoPlace {
  const bar = world.records.bar[key];
  const device: PciDevice | undefined = bar === undefined ? undefined : world.records.pci[bar.device];
  if (bar === undefined || device === undefined)
    return { errno: 'EINVAL', rule: 'bar.place.none', why: `there is no ${key}`, at: key };
  const type = windowTypeOf(bar);
  const mine = Object.entries(world.records.bar).filter(
    ([, other]) => other.device === bar.device && windowTypeOf(other) === type && other.type !== 'rom',
  );
  const {
    offsets,
    bytes: needed,
    align,
  } = stack(mine.map(([name, other]) => [name, name === key ? bytes : other.bytes]));
  const moving = new Set<string>(mine.map(([name]) => name));
  const grown: string[] = [];
  let container: {
    readonly windows: readonly Stretch[];
    readonly at: string;
    readonly others: readonly Stretch[];
  } | null = null;
  for (let above = device.above; container === null && above !== null;) {
    const bridge: PciDevice | undefined = world.records.pci[above];
    if (bridge === undefined) break;
    const windows = bridge.windows.filter((window) => window.type === type);
    const others = othersBelow(world, above, bridge.hostBridge, type, moving);
    if (windows.length > 0 && others.length > 0) container = { windows, at: above, others };
    else {
      if (windows.length === 0 && others.length > 0)
        return { errno: 'EINVAL', rule: 'bar.place.noWindow', why: `${above} has no ${type} window`, at: above };
      grown.push(above);
      moving.add(above);
      above = bridge.above;
    }
  }
  if (container === null) {
    const { hostBridge } = device;
    const windows = (world.records.hostBridge[hostBridge]?.windows ?? []).filter((window) => window.type === type);
    if (windows.length === 0)
      return {
        errno: 'EINVAL',
        rule: 'bar.place.noWindow',
        why: `no ${type} window of ${hostBridge} is told`,
        at: hostBridge,
      };
    container = { windows, at: hostBridge, others: othersBelow(world, null, hostBridge, type, moving) };
  }
  const { windows, at, others } = container;
  const starts = windows.flatMap((window) => gap(window, others, needed, align) ?? []);
  const [start] = starts;
  if (start === undefined) {
    const isRoot = world.records.hostBridge[at] !== undefined;
    return {
      errno: 'ENOSPC',
      rule: isRoot ? 'bar.place.noAddresses' : 'bar.place.windowFull',
      why: isRoot
        ? `${at} has run out of addresses: no ${needed} bytes in a row`
        : `the window of ${at} cannot grow, something else is in it, and has no ${needed} bytes in a row`,
      at,
    };
  }
  return {
    bars: new Map([...offsets].map(([name, offset]) => [name, start + offset])),
    windows: new Map(grown.map((name) => [name, { type, start, end: start + needed }])),
  };
}
