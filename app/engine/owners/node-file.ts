/**
 * Open device files: they keep the device, whatever becomes of its node.
 *
 *      open accel0 by A     accel0:A [A]       refs + 1
 *      A forks B            accel0:A [A, B]    one file, two descriptors
 *      A and B close        (gone)             refs - 1
 *
 * Models drm_stub_open, accel_open, drm_open, drm_ioctl and drm_release of drivers/gpu/drm/drm_file.c.
 */
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import { callMinor } from './minor-table.ts';
import { dropReference, minorRows, numberOf } from './drm-device.ts';
import { openMaster, releaseMaster } from './drm-master.ts';
import { closeContainer } from './exposure.ts';
import { heldFile } from './held-file.ts';
import { closeQueuesOf } from './uacce.ts';
import { ownerClosed, ownerOpened, refuseOpen } from './ownership.ts';

/** A name for a file that is not taken: "accel0:A", then "accel0:A.2". */
function fileKey(tx: Tx, node: string, by: string): string {
  const plain = `${node}:${by}`;
  for (let n = 1; ; n++) {
    const key = n === 1 ? plain : `${plain}.${n}`;
    if (tx.get('nodeFile', key) === null) return key;
  }
}

const openFunctions = {
  accel: 'accel_open',
  primary: 'drm_open',
  render: 'drm_open',
  control: 'hl_device_open_ctrl',
} as const;

/** Opens a node by name. ENODEV where its number has nothing behind it. */
export function openNode(tx: Tx, by: string, node: string): OpResult {
  const process = tx.get('process', by);
  if (process === null || !process.alive)
    return tx.refuse('ESRCH', 'node.open', { why: `no process ${by} is running`, fn: 'drm_stub_open' });
  const number = numberOf(node);
  const fn = number === null ? 'drm_stub_open' : openFunctions[number.kind];
  const row = number === null ? null : minorRows[number.kind];
  if (number === null || row === null || tx.get('minorTable', row.table) === null)
    return tx.refuse('ENODEV', 'node.open.none', { why: `no driver has set up /dev/${node}`, fn });
  const said = callMinor(tx, 'lookup', { table: row.table, id: number.minor });
  const device = 'refusal' in said ? null : said.old;
  const drm = device === null ? null : tx.get('drmDevice', device);
  if (device === null || drm === null || tx.get('deviceNode', node)?.device !== device)
    return tx.refuse('ENODEV', 'node.open.none', { why: `nothing is behind number ${number.minor}`, fn });
  const control = number.kind === 'control';
  const no = control ? null : refuseOpen(tx, device, tx.events.length - 1);
  if (no !== null) return no;
  const at = { device, space: process.space };
  const key = fileKey(tx, node, by);
  const opened = tx.emit({ kind: 'nodeOpened', rule: 'node.open', fn, at, args: { node, file: key } }, (w) => {
    w.patch('drmDevice', device, { refs: drm.refs + 1 });
    w.put('nodeFile', key, {
      device,
      node,
      opener: by,
      holders: [by],
      master: null,
      isMaster: false,
      wasMaster: false,
      authenticated: number.kind !== 'primary',
    });
  });
  if (number.kind === 'primary') openMaster(tx, key, opened);
  if (!control) ownerOpened(tx, device, key, opened);
  return ok;
}

/** An ioctl on an open file: refused once the hardware is gone (drm_dev_enter). */
export function ioctlNode(tx: Tx, by: string, file: string): OpResult {
  const open = heldFile(tx, by, file);
  if ('refusal' in open) return open.refusal;
  const at = { device: open.device };
  if (tx.get('drmDevice', open.device)?.unplugged === true)
    return tx.refuse('ENODEV', 'node.ioctl.unplugged', { at, why: 'the device is unplugged', fn: 'drm_ioctl' });
  tx.emit({ kind: 'nodeIoctl', rule: 'node.ioctl', at, args: { file } });
  return ok;
}

/** One holder less; the last close ends the file (drm_release). */
export function closeFile(tx: Tx, by: string, file: string, because: number | null = null): OpResult {
  const open = heldFile(tx, by, file);
  if ('refusal' in open) return open.refusal;
  const holders = open.holders.filter((holder) => holder !== by);
  const last = holders.length === 0;
  const cause = tx.emit(
    {
      kind: 'nodeClosed',
      by,
      cause: because,
      rule: 'node.close',
      at: { device: open.device },
      args: { file, last },
    },
    (w) => {
      w.put('nodeFile', file, last ? null : { ...open, holders });
    },
  );
  if (!last) return ok;
  releaseMaster(tx, file, open, cause);
  ownerClosed(tx, open.device, file, open.node, cause);
  dropReference(tx, open.device, {}, cause);
  return ok;
}

/** A process that ends closes what it has open (exit_files), after its address space is gone. */
export function closeAllOf(tx: Tx, name: string, cause: number | null): void {
  for (const [key, file] of Object.entries(tx.world.records.nodeFile))
    if (file.holders.includes(name)) closeFile(tx, name, key, cause);
  closeQueuesOf(tx, name, cause);
  closeContainer(tx, name, cause);
}

/** A forked child has the same files open (dup_fd). */
export function shareFilesWith(tx: Tx, parent: string, child: string, cause: number | null): void {
  const { nodeFile, queue } = tx.world.records;
  const shared = Object.entries(nodeFile).filter(([, file]) => file.holders.includes(parent));
  const queues = Object.entries(queue).filter(([, each]) => each.holders.includes(parent));
  if (shared.length + queues.length === 0) return;
  tx.emit(
    {
      kind: 'filesShared',
      cause,
      rule: 'fork.files',
      args: { child, files: [...shared, ...queues].map(([key]) => key) },
    },
    (w) => {
      for (const [key, file] of shared) w.patch('nodeFile', key, { holders: [...file.holders, child] });
      for (const [key, each] of queues) w.patch('queue', key, { holders: [...each.holders, child] });
    },
  );
}
