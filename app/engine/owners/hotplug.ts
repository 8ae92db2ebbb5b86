/**
 * The logic of an FPGA changes, and with it the functions that the machine has.
 *
 *      load A    accel0 ─ gpu0 (compute, 256 MiB)       found by its engine, opened by its node
 *      load B    gpu0: queues ZOMBIE, registers zapped, pages evicted, node free; the data is in main memory
 *
 * Programming is fpga_region_program_fpga of drivers/fpga/fpga-region.c. What leaves goes as uacce_remove and
 * drm_dev_unplug have it, then by migrate_device_range, memunmap_pages and pci_stop_and_remove_bus_device.
 */
import { readFrame } from '../../model/frame-state.ts';
import { driverPresets } from '../../model/driver-presets.ts';
import type { DeviceKind, Engine } from '../../model/topology.ts';
import type { FabricLink } from '../../model/fabric.ts';
import type { Device, Pool, World } from '../../model/world.ts';
import { pageBytes } from '../../model/ids.ts';
import type { OpResult } from '../event.ts';
import { pageMap } from '../apply.ts';
import { memoryLatencyNs } from '../fabric/link-figures.ts';
import { deviceFrameAfter } from '../initial-world.ts';
import { evictFrames } from '../mm/evict.ts';
import { allFrames, isFrame } from '../mm/frames.ts';
import { eraseDeviceEntries } from '../mm/mirror.ts';
import { removeNotifier } from '../mm/notifier.ts';
import { unbindSva } from '../sharing/sva.ts';
import { isOk, ok, type Tx, type Writer } from '../tx.ts';
import { forget, isDeviceUsed } from './gone.ts';
import { drmPut, drmUnregister } from './drm-device.ts';
import { pagemapBusy, removePagemap } from './pagemap.ts';
import { rasUnregister } from './ras.ts';
import { removeUacce } from './uacce.ts';

/** A function as a bitstream has it. */
export interface BitstreamFunction {
  /** How it is called: "gpu0". */
  readonly as: string;
  readonly kind: DeviceKind;
  readonly engines: readonly Engine['kind'][];
  readonly memory: {
    readonly kind: 'vram' | 'hbm' | 'sram';
    readonly bytes: number;
    readonly registration: 'private' | 'coherent';
  } | null;
  /** PASIDs that it can use, 0 among them; null: not told. */
  readonly pasids: number | null;
  readonly ats: boolean | null;
  readonly pri: boolean | null;
}

const everything = 2 ** 35;
const functionsOfDevice = 8;
const program = 'fpga_region_program_fpga';

/** Functions that the bitstream of an FPGA has made, in the order of their coming. */
const functionsOf = (world: World, fpga: string): readonly string[] =>
  Object.entries(world.records.hotFunction).flatMap(([name, { below, gone }]) =>
    below === fpga && !gone ? [name] : [],
  );

/** Whether a page of a function that is to go cannot be moved now: somebody holds it, or has it locked. */
export const bitstreamBusy = (world: World, fpga: string): boolean =>
  functionsOf(world, fpga).some((name) => {
    const pool = world.records.pool[world.records.device[name]?.pool ?? ''];
    return (
      pool !== undefined &&
      pageMap(world, 'frame', allFrames)
        .occupied(pool.firstFrame, pool.firstFrame + pool.frames)
        .map((run) => readFrame(run.values))
        .some((frame) => isFrame(frame, 'locked') || isFrame(frame, 'poisoned') || frame.refs > frame.maps)
    );
  });

/** Programs an FPGA: the functions of the bitstream before go, those of the new one appear. */
export function loadBitstream(tx: Tx, fpga: string, name: string, functions: readonly BitstreamFunction[]): OpResult {
  const at = { device: fpga };
  const base = tx.get('pci', fpga);
  if (base?.role !== 'endpoint' || tx.get('hotFunction', fpga) !== null) {
    const why =
      base?.role !== 'endpoint' ? `${fpga} is no function of this machine` : `${fpga} is logic of an FPGA, not an FPGA`;
    return tx.refuse('ENODEV', 'hotplug.load', { at, why, fn: program });
  }
  const leaving = functionsOf(tx.world, fpga);
  const wrong = taken(tx.world, functions, leaving);
  if (wrong !== null) return tx.refuse('EEXIST', 'hotplug.load.name', { at, why: wrong, fn: program });
  const held = leaving.flatMap((each) => holdersOf(tx.world, each));
  if (held.length > 0)
    return tx.refuse('EBUSY', 'hotplug.load.held', {
      at,
      why: `${held.join(', ')}: take it back first`,
    });
  if (functions.length >= functionsOfDevice)
    return tx.refuse('ENOSPC', 'hotplug.load.functions', {
      at,
      why: `a device has ${functionsOfDevice} functions, and the FPGA is one of them`,
      fn: program,
    });
  for (const each of leaving) {
    const gone = removeFunction(tx, each);
    if (!isOk(gone)) return gone;
  }
  const loaded = tx.emit({ kind: 'bitstreamLoaded', rule: 'hotplug.load', at, args: { name } }, (w) =>
    w.put('bitstream', fpga, { name }),
  );
  for (const each of functions) addFunction(tx, fpga, each, loaded);
  return ok;
}

/** The first name that is not free, in words; null: all are. */
function taken(world: World, functions: readonly BitstreamFunction[], leaving: readonly string[]): string | null {
  const seen = new Set<string>();
  for (const { as } of functions) {
    if (seen.has(as)) return `two functions are called ${as}`;
    seen.add(as);
    const goes = leaving.includes(as) || world.records.hotFunction[as]?.gone === true;
    if (goes && isDeviceUsed(world, as)) return `files of the ${as} before are open: its name stays taken`;
    if (!goes && world.records.device[as] !== undefined) return `there is a device ${as} already`;
  }
  return null;
}

/** What outlives a function and cannot be moved by its driver: others hold its memory, or it holds memory of others. */
function holdersOf(world: World, name: string): readonly string[] {
  const { attachment, memoryRegion, object, iovaMapping, dmaMapping, p2pBuffer, migration, context } = world.records;
  const named = <T>(table: Readonly<Record<string, T>>, word: string, is: (record: T) => boolean): readonly string[] =>
    Object.entries(table).flatMap(([key, record]) => (is(record) ? [`${word} ${key}`] : []));
  return [
    ...named(object, 'buffer', (each) => each.device === name),
    ...named(attachment, 'attachment', (each) => each.importer === name),
    ...named(memoryRegion, 'memory region', (each) => each.device === name),
    ...named(iovaMapping, 'I/O mapping', (each) => each.device === name),
    ...named(dmaMapping, 'DMA mapping', (each) => each.client === name),
    ...named(p2pBuffer, 'peer memory', (each) => each.provider === name),
    ...named(migration, 'migration', (each) => context[each.context]?.device === name),
  ];
}

/** A function appears as the next one of the FPGA's device, on the same connector. */
function addFunction(tx: Tx, fpga: string, fn: BitstreamFunction, cause: number): void {
  const { as, memory } = fn;
  const pool = memory === null ? null : `${as}.${memory.kind}`;
  tx.emit(
    {
      kind: 'functionAdded',
      cause,
      rule: 'hotplug.add',
      at: { device: as },
      args: { name: as, below: fpga, engines: [...fn.engines], bytes: memory?.bytes ?? null },
    },
    (w) => {
      w.put('hotFunction', as, {
        below: fpga,
        deviceKind: fn.kind,
        memory:
          memory === null || pool === null
            ? null
            : { pool, kind: poolKinds[memory.kind], registration: memory.registration, bytes: memory.bytes },
        gone: false,
      });
      putOnBus(w, fpga, fn);
      if (memory !== null && pool !== null) putMemory(w, as, pool, memory);
      w.put('device', as, deviceOf(as, pool, memory?.registration ?? 'none'));
    },
  );
}

function putOnBus(w: Writer, fpga: string, { as, kind, engines, pasids, ats, pri }: BitstreamFunction): void {
  const base = w.get('pci', fpga);
  if (base === null) return;
  w.put('pci', as, {
    ...base,
    bdf: freeAddress(w.world, base.bdf),
    deviceKind: kind,
    driver: null,
    decode: false,
    virtualFunctions: 0,
    ats,
    pri,
    maxPasids: pasids,
    atomics: { ...base.atomics, enabled: false },
    engines: engines.map((each) => ({ kind: each, throughputGBs: null })),
  });
  for (const link of upwards(w.world, fpga)) w.put('link', `${as}--${link.b}`, { ...link, a: as, origin: 'implied' });
}

/** Edges from a function to what it is plugged into, as seen from the function. */
function upwards(world: World, name: string): readonly FabricLink[] {
  const pci = world.records.pci[name];
  const above = pci?.above ?? pci?.hostBridge;
  return Object.values(world.records.link).flatMap((link) =>
    link.a === name && link.b === above
      ? [link]
      : link.b === name && link.a === above
        ? [{ ...link, a: name, b: link.a }]
        : [],
  );
}

/** "0000:03:00.0" -> the lowest function number of the device that nobody has. */
function freeAddress(world: World, bdf: string): string {
  const device = bdf.slice(0, bdf.lastIndexOf('.'));
  const used = new Set(Object.values(world.records.pci).map((each) => each.bdf));
  for (let n = 1; ; n++) if (!used.has(`${device}.${n}`)) return `${device}.${n}`;
}

const poolKinds = { vram: 'vram', hbm: 'hbm', sram: 'device-sram' } as const satisfies Readonly<
  Record<string, Pool['kind']>
>;

function putMemory(w: Writer, device: string, pool: string, memory: NonNullable<BitstreamFunction['memory']>): void {
  const { kind, bytes, registration } = memory;
  const frames = Math.floor(bytes / pageBytes);
  const firstFrame = deviceFrameAfter(Object.values(w.world.records.pool));
  w.put('pool', pool, {
    kind: poolKinds[kind],
    registration,
    firstFrame,
    frames,
    free: frames,
    lowestFree: firstFrame,
    device,
  });
  const costs = Object.fromEntries(
    Object.entries(w.world.records.costFigure).map(([name, { value }]) => [name, value] as const),
  );
  w.put('link', `${pool}--${device}`, {
    kind: 'on-package',
    a: pool,
    b: device,
    wire: `${pool}--${device}`,
    gbs: null,
    gbsFrom: 'unknown',
    latencyNs: memoryLatencyNs(costs, kind),
    latencyFrom: 'default',
    coherent: true,
    atomics: null,
    origin: 'implied',
  });
}

const deviceOf = (name: string, pool: string | null, memory: Device['memory']): Device => ({
  owner: name,
  ...driverPresets.dmirror.rules,
  faultPages: 512,
  bringBackPages: 1,
  failAlloc: false,
  ownerLeaves: 'keep',
  iommu: 'iommu',
  translation: 'ats',
  memory,
  pool,
});

/**
 * A function goes: nobody finds it any more, who has it open or shares an address space with it is cut off, what lies in
 * its memory is brought to main memory, and only then the memory and the function are gone. Waits while a page cannot be moved; ENOMEM where main
 * memory is full.
 */
function removeFunction(tx: Tx, name: string): OpResult {
  const { uacceDevice, drmDevice } = tx.world.records;
  if (uacceDevice[name]?.gone === false) removeUacce(tx, name, false);
  if (drmDevice[name]?.registered === true) drmUnregister(tx, name, true);
  for (const [key, context] of Object.entries(tx.world.records.context))
    if (context.device === name && context.open && context.mirrored) loseContext(tx, key);
  for (const [key, { device }] of Object.entries(tx.world.records.svaBond))
    while (device === name && tx.get('svaBond', key) !== null) unbindSva(tx, key, null);
  for (const [node, { device }] of Object.entries(tx.world.records.rasNode))
    if (device === name) rasUnregister(tx, Number(node));
  const pool = tx.get('device', name)?.pool ?? null;
  const memory = pool === null ? null : tx.get('pool', pool);
  if (pool !== null && memory !== null) {
    const last = memory.firstFrame + memory.frames;
    const stayed = pagemapBusy(tx.world, name) ? evictFrames(tx, name, memory.firstFrame, last, null) : 0;
    if (stayed > 0)
      return tx.refuse('ENOMEM', 'hotplug.remove.noMemory', {
        at: { device: name },
        why: `no frame in system memory for ${stayed} pages: the function stays until there is`,
        fn: 'migrate_device_range',
      });
    const removed = removePagemap(tx, name);
    if (!isOk(removed)) return removed;
  }
  if (tx.get('drmDevice', name)?.held === true) drmPut(tx, name);
  tx.emit({ kind: 'functionRemoved', rule: 'hotplug.remove', at: { device: name }, args: { name } }, (w) =>
    takeOffBus(w, name, pool),
  );
  return ok;
}

/** The mirror ends as at a close, and the file stays open. */
function loseContext(tx: Tx, key: string): void {
  const context = tx.get('context', key);
  if (context === null) return;
  const at = { context: key, space: context.space, device: context.device };
  const cause = tx.emit({ kind: 'contextLost', rule: 'hotplug.remove', at }, (w) =>
    w.patch('context', key, { mirrored: false, snapshot: null }),
  );
  removeNotifier(tx, key, cause);
  eraseDeviceEntries(tx, key, 0, everything, cause, 'hotplug.remove');
}

function takeOffBus(w: Writer, name: string, pool: string | null): void {
  const { link, bar, p2pMapType, memoryAccess } = w.world.records;
  const ends = new Set([name, ...(pool === null ? [] : [pool])]);
  for (const [key, { a, b }] of Object.entries(link)) if (ends.has(a) || ends.has(b)) w.put('link', key, null);
  for (const [key, { device }] of Object.entries(bar)) if (device === name) w.put('bar', key, null);
  for (const [key, { provider, client }] of Object.entries(p2pMapType))
    if (provider === name || client === name) w.put('p2pMapType', key, null);
  for (const [key, { target, initiator }] of Object.entries(memoryAccess))
    if (ends.has(target) || initiator === name) w.put('memoryAccess', key, null);
  // What its driver said of it does not hold for the next function of this name.
  for (const table of ['p2pMemory', 'pageRequests', 'poisonHandler', 'rasFormats', 'pci'] as const)
    w.put(table, name, null);
  if (isDeviceUsed(w.world, name)) w.patch('hotFunction', name, { gone: true });
  else forget(w, name);
}
