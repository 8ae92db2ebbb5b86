/**
 * Who may set modes on a graphics device: one master at a time.
 *
 *      A opens card0     A is master
 *      B opens card0     B is not, and is not authenticated
 *      A drops           nobody; A may become it again, B only with CAP_SYS_ADMIN
 *
 * Models drm_master_open, drm_setmaster_ioctl, drm_dropmaster_ioctl, drm_authmagic, drm_mode_create_lease_ioctl and
 * drm_master_release of drivers/gpu/drm/drm_auth.c and drm_lease.c.
 */
import type { NodeFile } from '../../model/owners.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx, type Writer } from '../tx.ts';
import { heldFile } from './held-file.ts';

const currentOf = (tx: Tx, device: string): string | null => tx.get('drmDevice', device)?.master ?? null;

/** Whether a file is the device's current master, by itself or as the lessor of a lease. */
function isCurrentMaster(tx: Tx, file: NodeFile): boolean {
  const own = file.master === null ? null : tx.get('drmMaster', file.master);
  return file.isMaster && own !== null && (own.lessor ?? file.master) === currentOf(tx, file.device);
}

function newMaster(w: Writer, device: string, key: string, lessor: string | null): string {
  const name = `${device}#${w.count(`nextMaster.${device}`, 1)}`;
  w.put('drmMaster', name, { device, refs: 1, lessor });
  w.patch('nodeFile', key, { master: name, isMaster: true, authenticated: true });
  return name;
}

/** drm_master_open: the first to open a primary node is its master; the others belong to that one. */
export function openMaster(tx: Tx, key: string, cause: number): void {
  const file = tx.get('nodeFile', key);
  if (file === null) return;
  const at = { device: file.device };
  const current = currentOf(tx, file.device);
  const master = current === null ? null : tx.get('drmMaster', current);
  if (current !== null && master !== null) {
    tx.emit({ kind: 'masterJoined', cause, rule: 'master.open', at, args: { file: key, master: current } }, (w) => {
      w.patch('nodeFile', key, { master: current });
      w.patch('drmMaster', current, { refs: master.refs + 1 });
    });
    return;
  }
  tx.emit({ kind: 'masterSet', cause, rule: 'master.open', fn: 'drm_master_open', at, args: { file: key } }, (w) => {
    const name = newMaster(w, file.device, key, null);
    w.patch('nodeFile', key, { wasMaster: true });
    w.patch('drmDevice', file.device, { master: name });
  });
}

/** drm_master_check_perm: who was master once, as the task that opened the file, or an administrator. Null: may. */
function mayNot(
  tx: Tx,
  by: string,
  key: string,
  file: NodeFile,
  admin: boolean,
  rule: string,
  fn: string,
): OpResult | null {
  if ((file.wasMaster && file.opener === by) || admin) return null;
  return tx.refuse('EACCES', `${rule}.permission`, {
    at: { device: file.device },
    why: `${key} never was master, and ${by} is no administrator`,
    fn,
  });
}

export function setMaster(tx: Tx, by: string, key: string, admin: boolean): OpResult {
  const fn = 'drm_setmaster_ioctl';
  const file = heldFile(tx, by, key);
  if ('refusal' in file) return file.refusal;
  const no = mayNot(tx, by, key, file, admin, 'master.set', fn);
  if (no !== null) return no;
  const at = { device: file.device };
  const refuse = (errno: string, why: string): OpResult => tx.refuse(errno, 'master.set', { at, why, fn });
  const lease = file.master !== null && (tx.get('drmMaster', file.master)?.lessor ?? null) !== null;
  if (lease) return refuse('EINVAL', 'a lease is no master of the device');
  if (isCurrentMaster(tx, file)) {
    tx.emit({ kind: 'masterSet', rule: 'master.set.already', at, args: { file: key } });
    return ok;
  }
  if (currentOf(tx, file.device) !== null) return refuse('EBUSY', 'somebody else is master');
  if (file.master === null) return refuse('EINVAL', 'the file is of no primary node');
  const own = file.master;
  tx.emit({ kind: 'masterSet', rule: 'master.set', at, args: { file: key } }, (w) => {
    const name = file.isMaster ? own : newMaster(w, file.device, key, null);
    if (name !== own) dropMasterRef(w, own);
    w.patch('nodeFile', key, { wasMaster: true });
    w.patch('drmDevice', file.device, { master: name });
  });
  return ok;
}

export function dropMaster(tx: Tx, by: string, key: string, admin: boolean): OpResult {
  const fn = 'drm_dropmaster_ioctl';
  const file = heldFile(tx, by, key);
  if ('refusal' in file) return file.refusal;
  const no = mayNot(tx, by, key, file, admin, 'master.drop', fn);
  if (no !== null) return no;
  const at = { device: file.device };
  const lease = file.master !== null && (tx.get('drmMaster', file.master)?.lessor ?? null) !== null;
  if (lease || !isCurrentMaster(tx, file))
    return tx.refuse('EINVAL', 'master.drop', { at, why: `${key} is not the master of ${file.device}`, fn });
  tx.emit({ kind: 'masterDropped', rule: 'master.drop', at, args: { file: key } }, (w) =>
    w.patch('drmDevice', file.device, { master: null }),
  );
  return ok;
}

/** The master takes a part of the device apart for somebody else (drm_mode_create_lease_ioctl). */
export function lease(tx: Tx, by: string, key: string, as: string): OpResult {
  const fn = 'drm_mode_create_lease_ioctl';
  const file = heldFile(tx, by, key);
  if ('refusal' in file) return file.refusal;
  const at = { device: file.device };
  const own = file.master === null ? null : tx.get('drmMaster', file.master);
  if (own !== null && own.lessor !== null)
    return tx.refuse('EINVAL', 'master.lease', { at, why: 'what is leased cannot be leased again', fn });
  if (!isCurrentMaster(tx, file))
    return tx.refuse('EACCES', 'master.lease', { at, why: `${key} is not the master of ${file.device}`, fn });
  if (tx.get('nodeFile', as) !== null)
    return tx.refuse('EEXIST', 'master.lease', { at, why: `there is a file ${as} already`, fn });
  const drm = tx.get('drmDevice', file.device);
  tx.emit({ kind: 'masterLeased', rule: 'master.lease', at, args: { file: key, lease: as } }, (w) => {
    w.put('nodeFile', as, { ...file, opener: by, holders: [by], wasMaster: false });
    newMaster(w, file.device, as, file.master);
    if (drm !== null) w.patch('drmDevice', file.device, { refs: drm.refs + 1 });
  });
  return ok;
}

/** The master vouches for another file of its own group (drm_authmagic). */
export function authenticate(tx: Tx, by: string, key: string, other: string): OpResult {
  const fn = 'drm_authmagic';
  const file = heldFile(tx, by, key);
  if ('refusal' in file) return file.refusal;
  const at = { device: file.device };
  if (!isCurrentMaster(tx, file))
    return tx.refuse('EACCES', 'master.authenticate', { at, why: `${key} is not the master of ${file.device}`, fn });
  const vouched = tx.get('nodeFile', other);
  if (vouched === null || vouched.master !== file.master)
    return tx.refuse('EINVAL', 'master.authenticate', { at, why: `${other} does not belong to this master`, fn });
  tx.emit({ kind: 'fileAuthenticated', rule: 'master.authenticate', at, args: { file: other } }, (w) =>
    w.patch('nodeFile', other, { authenticated: true }),
  );
  return ok;
}

function dropMasterRef(w: Writer, name: string): void {
  const master = w.get('drmMaster', name);
  if (master !== null) w.put('drmMaster', name, master.refs === 1 ? null : { ...master, refs: master.refs - 1 });
}

/** drm_master_release: the device has no master any more when the master's file goes. */
export function releaseMaster(tx: Tx, key: string, file: NodeFile, cause: number): void {
  const { master, device } = file;
  if (master === null) return;
  const current = file.isMaster && currentOf(tx, device) === master;
  tx.emit(
    {
      kind: current ? 'masterDropped' : 'masterLeft',
      cause,
      rule: 'master.release',
      fn: 'drm_master_release',
      at: { device },
      args: { file: key, master },
    },
    (w) => {
      if (current) w.patch('drmDevice', device, { master: null });
      dropMasterRef(w, master);
    },
  );
}
