/**
 * Queues of a device in the hands of processes.
 *
 *      open zip-0       INIT       bound to the address space: PASID
 *      START            STARTED    again: EINVAL
 *      mmap region 0    A b        DONTCOPY, DONTEXPAND, WIPEONFORK: a child has the file, not the mapping
 *      PUT              ZOMBIE     every ioctl from now on: ENXIO
 *      parent removed   ZOMBIE     unbound, A .: a touch is a SIGBUS
 *
 * Models uacce_fops_open, uacce_start_queue, uacce_put_queue, uacce_fops_mmap, uacce_fops_release and uacce_remove of
 * drivers/misc/uacce/uacce.c.
 */
import { pteFlag, pteWord } from '../../model/pte.ts';
import type { UacceQueue } from '../../model/owners.ts';
import type { OpResult } from '../event.ts';
import { newVmaId } from '../mm/areas.ts';
import { zapRange } from '../mm/unmap.ts';
import { bindSva, bondKey, unbindSva } from '../sharing/sva.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { forgetGone } from './gone.ts';
import { callMinor, makeMinorTable } from './minor-table.ts';

const table = 'uacce';
/** Numbers of uacce come from a major that the kernel chooses. */
const major = 510;
const lastQueueDevice = 2 ** 20 - 1;
const maxRegions = 2;
/** Largest threshold that isolate_strategy takes (UACCE_MAX_ERR_THRESHOLD). */
const maxIsolateStrategy = 65_535;
/** Numbers for pages of registers: above all memory of the modelled machines, below device memory. */
const firstRegisterFrame = 0x4800_0000;

/** What stands in `file` of an area that maps a region of a queue. */
const regionFile = (queue: string, region: number): string => `uacce:${queue}#${region}`;

const regionAreas = (tx: Tx, queue: string) =>
  Object.values(tx.world.records.vma).filter((vma) => vma.file?.startsWith(`uacce:${queue}#`) === true);

export interface UacceRegistration {
  readonly device: string;
  /** Name of the interface: the node is this with a number. */
  readonly name: string;
  readonly sva: boolean;
  readonly regionPages: readonly number[];
}

export function uacceRegister(tx: Tx, { device, name, sva, regionPages }: UacceRegistration): OpResult {
  const fn = 'uacce_alloc';
  const at = { device };
  if (tx.get('device', device) === null)
    return tx.refuse('ENODEV', 'uacce.register', { at, why: `no device ${device} in this machine`, fn });
  if (tx.get('uacceDevice', device) !== null)
    return tx.refuse('EEXIST', 'uacce.register', { at, why: `${device} is registered already`, fn });
  const cause = tx.emit({ kind: 'uacceRegistered', rule: 'uacce.register', at, args: { name, sva } });
  if (tx.get('minorTable', table) === null) makeMinorTable(tx, table, 'xarrayAlloc', lastQueueDevice, cause);
  const said = callMinor(tx, 'alloc', { table, pointer: device, cause });
  if ('refusal' in said) return said.refusal;
  const node = `${name}-${said.id}`;
  tx.emit(
    {
      kind: 'nodeRegistered',
      cause,
      rule: 'uacce.register',
      fn: 'uacce_register',
      at,
      args: { node, major, minor: said.id },
    },
    (w) => {
      w.put('deviceNode', node, { device, table, major, minor: said.id, state: 'live' });
      w.put('uacceDevice', device, { node, sva, regionPages, gone: false, isolateStrategy: 0 });
    },
  );
  return ok;
}

/** ENODEV for a number that nobody has, EINVAL where the parent went in between; errors of the SVA bind are passed on. */
export function openQueue(tx: Tx, by: string, node: string): OpResult {
  const fn = 'uacce_fops_open';
  const process = tx.get('process', by);
  if (process === null || !process.alive)
    return tx.refuse('ESRCH', 'uacce.open', { why: `no process ${by} is running`, fn });
  const record = tx.get('deviceNode', node);
  const said = record?.table === table ? callMinor(tx, 'lookup', { table, id: record.minor }) : null;
  const device = said === null || 'refusal' in said ? null : said.old;
  const uacce = device === null ? null : tx.get('uacceDevice', device);
  if (device === null || uacce === null)
    return tx.refuse('ENODEV', 'uacce.open.none', { why: `nothing is behind /dev/${node}`, fn });
  const at = { device, space: process.space };
  if (uacce.gone) return tx.refuse('EINVAL', 'uacce.open.gone', { at, why: 'the parent device is gone', fn });
  let pasid: number | null = null;
  let bond: string | null = null;
  if (uacce.sva) {
    const bound = bindSva(tx, device, process.space, null);
    if (!isOk(bound)) return bound;
    bond = bondKey(device, process.space);
    pasid = tx.get('svaBond', bond)?.pasid ?? null;
    if (pasid === null) return tx.refuse('ENODEV', 'uacce.open.pasid', { at, why: 'the bond has no PASID', fn });
  }
  let key = `${node}:${by}`;
  for (let n = 2; tx.get('queue', key) !== null; n++) key = `${node}:${by}.${n}`;
  tx.emit({ kind: 'queueOpened', rule: 'uacce.open', at, args: { queue: key, pasid } }, (w) =>
    w.put('queue', key, { device, node, opener: by, holders: [by], state: 'INIT', pasid, bond }),
  );
  return ok;
}

/** The queue that an operation names, as one of its holders has it. */
function heldQueue(tx: Tx, by: string, key: string): UacceQueue | { readonly refusal: OpResult } {
  const queue = tx.get('queue', key);
  return queue?.holders.includes(by) === true
    ? queue
    : { refusal: tx.refuse('EBADF', 'uacce.queue', { why: `${by} has no open queue ${key}` }) };
}

/** A zombie takes nothing any more; null: go on. */
function ifZombie(tx: Tx, queue: UacceQueue, rule: string, fn: string): OpResult | null {
  return queue.state === 'ZOMBIE'
    ? tx.refuse('ENXIO', rule, { at: { device: queue.device }, why: 'the queue is a zombie', fn })
    : null;
}

/** EINVAL unless it is new; a driver whose start fails leaves it as it was. */
export function startQueue(tx: Tx, by: string, key: string, fails: boolean): OpResult {
  const fn = 'uacce_start_queue';
  const queue = heldQueue(tx, by, key);
  if ('refusal' in queue) return queue.refusal;
  const at = { device: queue.device };
  const zombie = ifZombie(tx, queue, 'uacce.start', 'uacce_fops_unl_ioctl');
  if (zombie !== null) return zombie;
  if (queue.state !== 'INIT') return tx.refuse('EINVAL', 'uacce.start', { at, why: 'it is started already', fn });
  if (fails) return tx.refuse('EIO', 'uacce.start.driver', { at, why: 'the driver could not start it', fn });
  tx.emit({ kind: 'queueStarted', rule: 'uacce.start', at, args: { queue: key } }, (w) =>
    w.patch('queue', key, { state: 'STARTED' }),
  );
  return ok;
}

function makeZombie(tx: Tx, key: string, cause: number | null): void {
  const queue = tx.get('queue', key);
  if (queue === null || queue.state === 'ZOMBIE') return;
  tx.emit(
    {
      kind: 'queueStopped',
      cause,
      rule: 'uacce.put',
      at: { device: queue.device },
      args: { queue: key, was: queue.state },
    },
    (w) => w.patch('queue', key, { state: 'ZOMBIE' }),
  );
}

export function putQueue(tx: Tx, by: string, key: string): OpResult {
  const queue = heldQueue(tx, by, key);
  if ('refusal' in queue) return queue.refusal;
  const zombie = ifZombie(tx, queue, 'uacce.put', 'uacce_fops_unl_ioctl');
  if (zombie !== null) return zombie;
  makeZombie(tx, key, null);
  return ok;
}

/** A region of the queue in the address space of the process: EINVAL beyond the last, EEXIST for one that is mapped. */
export function mapRegion(tx: Tx, by: string, key: string, region: number, as: string): OpResult {
  const fn = 'uacce_fops_mmap';
  const queue = heldQueue(tx, by, key);
  if ('refusal' in queue) return queue.refusal;
  const { device } = queue;
  const uacce = tx.get('uacceDevice', device);
  const space = tx.get('process', by)?.space ?? by;
  const mm = tx.get('space', space);
  const at = { device, space };
  const pages = uacce?.regionPages[region] ?? 0;
  if (region >= maxRegions || (uacce !== null && pages === 0))
    return tx.refuse('EINVAL', 'uacce.mmap.region', { at, why: `the queue has no region ${region}`, fn });
  const zombie = ifZombie(tx, queue, 'uacce.mmap', fn);
  if (zombie !== null) return zombie;
  const file = regionFile(key, region);
  if (Object.values(tx.world.records.vma).some((vma) => vma.file === file))
    return tx.refuse('EEXIST', 'uacce.mmap.again', { at, why: `region ${region} is mapped already`, fn });
  const name = `${by}.${as}`;
  if (mm === null || tx.get('buffer', name) !== null)
    return tx.refuse('EEXIST', 'mmap.name', { at, why: `there is a buffer ${name} already`, fn });
  const start = mm.mmapBase - pages - 1;
  tx.emit(
    { kind: 'mmapped', rule: 'uacce.mmap', fn, at: { ...at, start, pages }, args: { name, prot: 'rw-', region } },
    (w) => {
      w.put('vma', newVmaId(w, space), {
        space,
        start,
        end: start + pages,
        read: true,
        write: true,
        exec: false,
        shared: true,
        backing: 'uacceRegion',
        file,
        pgoff: 0,
        anonVmas: [],
        flags: ['IO', 'PFNMAP', 'DONTCOPY', 'DONTEXPAND', 'WIPEONFORK'],
      });
      w.put('buffer', name, { space, start, pages });
      w.patch('space', space, { mmapBase: start });
      const frame = firstRegisterFrame + w.count('nextRegisterFrame', 0) * 16;
      const word = pteWord('PFNMAP', pteFlag.special | pteFlag.write);
      w.fill('pte', space, start, start + pages, [word, frame], [0, pages > 1 ? 1 : 0]);
    },
  );
  return ok;
}

/** The last holder and the last mapping are gone: the queue is freed (uacce_fops_release). */
function releaseQueue(tx: Tx, key: string, cause: number | null): void {
  const queue = tx.get('queue', key);
  if (queue === null || queue.holders.length > 0 || regionAreas(tx, key).length > 0) return;
  makeZombie(tx, key, cause);
  unbind(tx, key, cause);
  tx.emit(
    { kind: 'queueFreed', cause, rule: 'uacce.release', at: { device: queue.device }, args: { queue: key } },
    (w) => w.put('queue', key, null),
  );
  forgetGone(tx, queue.device, cause);
}

function unbind(tx: Tx, key: string, cause: number | null): void {
  const queue = tx.get('queue', key);
  if (queue === null || queue.bond === null) return;
  if (tx.get('svaBond', queue.bond) !== null) unbindSva(tx, queue.bond, cause);
  tx.emit(
    { kind: 'queueUnbound', cause, rule: 'uacce.unbind', at: { device: queue.device }, args: { queue: key } },
    (w) => w.patch('queue', key, { bond: null, pasid: null }),
  );
}

export function closeQueue(tx: Tx, by: string, key: string, because: number | null = null): OpResult {
  const queue = heldQueue(tx, by, key);
  if ('refusal' in queue) return queue.refusal;
  const cause = tx.emit(
    {
      kind: 'queueClosed',
      by,
      cause: because,
      rule: 'uacce.close',
      at: { device: queue.device },
      args: { queue: key },
    },
    (w) => w.patch('queue', key, { holders: queue.holders.filter((holder) => holder !== by) }),
  );
  releaseQueue(tx, key, cause);
  return ok;
}

/** What a removed mapping was the last to hold is let go of. */
export function sweepQueues(tx: Tx, cause: number | null): void {
  for (const key of Object.keys(tx.world.records.queue)) releaseQueue(tx, key, cause);
}

/**
 * The parent device goes: queues are zombies, bonds end, regions are zapped in every address space, and the number is
 * free at once. `racing`: an open has found the number already and comes after.
 */
export function removeUacce(tx: Tx, device: string, racing: boolean): OpResult {
  const uacce = tx.get('uacceDevice', device);
  const at = { device };
  if (uacce === null || uacce.gone)
    return tx.refuse('ENODEV', 'uacce.remove', { at, why: `${device} is not registered`, fn: 'uacce_remove' });
  const cause = tx.emit({ kind: 'uacceRemoved', rule: 'uacce.remove', at, args: { node: uacce.node } }, (w) =>
    w.patch('uacceDevice', device, { gone: true }),
  );
  for (const [key, queue] of Object.entries(tx.world.records.queue)) {
    if (queue.device !== device) continue;
    makeZombie(tx, key, cause);
    unbind(tx, key, cause);
    for (const { space, start, end } of regionAreas(tx, key))
      zapRange(tx, 'CLEAR', space, start, end, cause, 'uacce.remove');
  }
  if (racing) return ok;
  const node = tx.get('deviceNode', uacce.node);
  tx.emit(
    { kind: 'nodeFreed', cause, rule: 'uacce.remove', fn: 'cdev_device_del', at, args: { node: uacce.node } },
    (w) => {
      w.put('deviceNode', uacce.node, null);
      w.put('uacceDevice', device, null);
    },
  );
  if (node !== null) callMinor(tx, 'erase', { table, id: node.minor, cause });
  return ok;
}

/** How many errors a minute isolate the device; EINVAL above the largest. */
export function setIsolateStrategy(tx: Tx, device: string, value: number): OpResult {
  const at = { device };
  if (tx.get('uacceDevice', device) === null)
    return tx.refuse('ENODEV', 'uacce.isolate', { at, why: `${device} is not registered` });
  if (value > maxIsolateStrategy)
    return tx.refuse('EINVAL', 'uacce.isolate', {
      at,
      why: `at most ${maxIsolateStrategy}`,
      fn: 'isolate_strategy_store',
    });
  tx.emit({ kind: 'isolateStrategySet', rule: 'uacce.isolate', at, args: { value } }, (w) =>
    w.patch('uacceDevice', device, { isolateStrategy: value }),
  );
  return ok;
}

/** A process that ends closes its queues. */
export function closeQueuesOf(tx: Tx, name: string, cause: number | null): void {
  for (const [key, queue] of Object.entries(tx.world.records.queue))
    if (queue.holders.includes(name)) closeQueue(tx, name, key, cause);
}
