/**
 * A driver offers a device to users: numbers are taken first, published when all is ready, and kept until the last
 * user is gone.
 *
 *      init        accel0 reserved     open: ENODEV
 *      register    accel0 live         open: a file
 *      unregister  accel0 reserved     open: ENODEV; what is open stays open
 *      last put    (free)              the next device may be accel0 again
 *
 * Models drm_dev_init, drm_minor_alloc, drm_dev_register, drm_dev_unregister, drm_dev_unplug and drm_dev_put of
 * drivers/gpu/drm/drm_drv.c, and accel_minor_alloc of the IDR era of drivers/accel/drm_accel.c.
 */
import type { DrmDevice, DrmFeature } from '../../model/owners.ts';
import type { Limit } from '../fabric/minors.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import { forgetGone } from './gone.ts';
import { callMinor, makeMinorTable } from './minor-table.ts';

/** `control`: the second node of a single-user device, which opens whatever the first one does. */
export type MinorKind = 'primary' | 'render' | 'accel' | 'control';

interface MinorRow {
  readonly table: 'drm' | 'accel' | 'habanalabs';
  readonly major: number;
  readonly limit: Limit;
  /** Where numbers come from once the limit is used up, or null. */
  readonly beyond: Limit | null;
  readonly name: (minor: number) => string;
}

const lastMinor = 2 ** 20 - 1;
const extended: Limit = { first: 192, last: lastMinor };

/** ACCEL_MAX_MINORS. The IDR's end was exclusive, so that it held 256; XA_LIMIT includes it. */
const accelMaxMinors = 256;

/** DRM_MINOR_LIMIT, DRM_EXTENDED_MINOR_LIMIT, ACCEL_MAJOR and DRM_MAJOR. */
export const minorRows: { readonly [K in MinorKind]: MinorRow } = {
  primary: {
    table: 'drm',
    major: 226,
    limit: { first: 0, last: 63 },
    beyond: extended,
    name: (n) => `card${n}`,
  },
  render: {
    table: 'drm',
    major: 226,
    limit: { first: 128, last: 191 },
    beyond: extended,
    name: (n) => `renderD${n}`,
  },
  accel: {
    table: 'accel',
    major: 261,
    limit: { first: 0, last: accelMaxMinors },
    beyond: null,
    name: (n) => `accel${n}`,
  },
  control: {
    table: 'habanalabs',
    major: 511,
    limit: { first: 0, last: 255 },
    beyond: null,
    name: (n) => `accel_controlD${n}`,
  },
};

/** Which numbers a driver's features ask for. */
const kindsFor = (features: readonly DrmFeature[]): readonly MinorKind[] =>
  features.includes('COMPUTE_ACCEL')
    ? ['accel']
    : [...(features.includes('RENDER') ? (['render'] as const) : []), 'primary'];

const kindOfStem: Readonly<Record<string, MinorKind>> = {
  accel_controlD: 'control',
  accel: 'accel',
  card: 'primary',
  renderD: 'render',
};

/** A look-up of one number: what an open of this name asks (drm_minor_acquire). Null: no such name. */
export function numberOf(node: string): { readonly kind: MinorKind; readonly minor: number } | null {
  const [, stem, digits] = /^(accel_controlD|accel|card|renderD)(\d{1,7})$/.exec(node) ?? [];
  if (stem === undefined || digits === undefined) return null;
  return { kind: kindOfStem[stem] ?? 'render', minor: Number(digits) };
}

/** The driver takes what it needs before anybody can see the device (drm_dev_init). */
export function drmInit(tx: Tx, device: string, features: readonly DrmFeature[]): OpResult {
  const at = { device };
  if (tx.get('device', device) === null)
    return tx.refuse('ENODEV', 'drm.init', { at, why: `no device ${device} in this machine`, fn: 'drm_dev_init' });
  if (tx.get('drmDevice', device) !== null)
    return tx.refuse('EEXIST', 'drm.init', { at, why: `a driver has ${device} already`, fn: 'drm_dev_init' });
  if (features.includes('COMPUTE_ACCEL') && (features.includes('RENDER') || features.includes('MODESET')))
    return tx.refuse('EINVAL', 'drm.init.features', {
      at,
      why: 'a driver is for compute acceleration or for graphics, not both',
      fn: 'drm_dev_init',
    });
  const cause = tx.emit({ kind: 'drmInitialised', rule: 'drm.init', at, args: { features: [...features] } }, (w) =>
    w.put('drmDevice', device, {
      features,
      registered: false,
      unplugged: false,
      held: true,
      refs: 1,
      master: null,
    }),
  );
  for (const kind of kindsFor(features)) {
    const refusal = reserve(tx, device, kind, cause);
    if (refusal === null) continue;
    releaseDevice(tx, device, cause);
    return refusal;
  }
  return ok;
}

/** drm_minor_alloc: the lowest free number, with nothing behind it yet. Null: done. */
function reserve(tx: Tx, device: string, kind: MinorKind, cause: number): OpResult | null {
  const { table, major, limit, beyond, name } = minorRows[kind];
  if (tx.get('minorTable', table) === null) makeMinorTable(tx, table, 'xarrayAlloc', lastMinor, cause);
  const container = tx.get('minorTable', table);
  // The IDR was asked with an exclusive end.
  const asked = container?.kind === 'idr' && kind === 'accel' ? { ...limit, last: accelMaxMinors - 1 } : limit;
  let said = callMinor(tx, 'alloc', { table, limit: asked, cause });
  if ('refusal' in said && beyond !== null && 'errno' in said.refusal && said.refusal.errno === 'EBUSY')
    said = callMinor(tx, 'alloc', { table, limit: beyond, cause });
  if ('refusal' in said) return said.refusal;
  const minor = said.id;
  tx.emit(
    { kind: 'nodeReserved', cause, rule: 'drm.minor.alloc', at: { device }, args: { node: name(minor), major, minor } },
    (w) => w.put('deviceNode', name(minor), { device, table, major, minor, state: 'reserved' }),
  );
  return null;
}

/** Nodes of a device by name, in the order of their taking. */
const nodesOf = (tx: Tx, device: string): readonly string[] =>
  Object.entries(tx.world.records.deviceNode).flatMap(([name, node]) => (node.device === device ? [name] : []));

function found(tx: Tx, device: string, rule: string, fn: string): DrmDevice | { readonly refusal: OpResult } {
  return (
    tx.get('drmDevice', device) ?? {
      refusal: tx.refuse('ENODEV', rule, { at: { device }, why: `no driver has set up ${device}`, fn }),
    }
  );
}

/** Publishes what was reserved: from here on opens succeed (drm_dev_register). */
export function drmRegister(tx: Tx, device: string): OpResult {
  const drm = found(tx, device, 'drm.register', 'drm_dev_register');
  if ('refusal' in drm) return drm.refusal;
  if (drm.registered || drm.unplugged)
    return tx.refuse('EINVAL', 'drm.register', {
      at: { device },
      why: drm.unplugged ? `${device} is unplugged` : `${device} is registered already`,
      fn: 'drm_dev_register',
    });
  const cause = tx.emit({ kind: 'drmRegistered', rule: 'drm.register', at: { device } }, (w) =>
    w.patch('drmDevice', device, { registered: true }),
  );
  for (const node of nodesOf(tx, device)) publish(tx, node, device, cause);
  return ok;
}

/** Puts the device behind the number of a node, or takes it away again and keeps the number. */
function publish(tx: Tx, node: string, pointer: string | null, cause: number): void {
  const record = tx.get('deviceNode', node);
  if (record === null) return;
  const live = pointer !== null;
  callMinor(tx, 'store', { table: record.table, id: record.minor, pointer, cause });
  tx.emit(
    {
      kind: live ? 'nodeRegistered' : 'nodeUnregistered',
      cause,
      rule: live ? 'drm.minor.register' : 'drm.minor.unregister',
      at: { device: record.device },
      args: { node, major: record.major, minor: record.minor },
    },
    (w) => w.patch('deviceNode', node, { state: live ? 'live' : 'reserved' }),
  );
}

/**
 * No new opens from here on (drm_dev_unregister). `unplug`: the hardware is gone as well, and open files are refused
 * what they ask for (drm_dev_unplug).
 */
export function drmUnregister(tx: Tx, device: string, unplug: boolean, because: number | null = null): OpResult {
  const fn = unplug ? 'drm_dev_unplug' : 'drm_dev_unregister';
  const drm = found(tx, device, 'drm.unregister', fn);
  if ('refusal' in drm) return drm.refusal;
  if (!drm.registered)
    return tx.refuse('EINVAL', 'drm.unregister', { at: { device }, why: `${device} is not registered`, fn });
  const cause = tx.emit(
    { kind: 'drmUnregistered', cause: because, rule: 'drm.unregister', fn, at: { device }, args: { unplug } },
    (w) => w.patch('drmDevice', device, { registered: false, unplugged: unplug }),
  );
  for (const node of nodesOf(tx, device)) publish(tx, node, null, cause);
  return ok;
}

/** The driver lets go; what is still open keeps the device. */
export function drmPut(tx: Tx, device: string, because: number | null = null): OpResult {
  const drm = found(tx, device, 'drm.put', 'drm_dev_put');
  if ('refusal' in drm) return drm.refusal;
  if (!drm.held)
    return tx.refuse('EINVAL', 'drm.put', {
      at: { device },
      why: `the driver has let go of ${device} already`,
      fn: 'drm_dev_put',
    });
  if (drm.registered)
    return tx.refuse('EBUSY', 'drm.put', {
      at: { device },
      why: `${device} is registered: take it out of sight first`,
      fn: 'drm_dev_put',
    });
  dropReference(tx, device, { held: false }, because);
  return ok;
}

/** One reference less; the last one frees the numbers (drm_dev_put). */
export function dropReference(tx: Tx, device: string, fields: Partial<DrmDevice>, because: number | null): void {
  const drm = tx.get('drmDevice', device);
  if (drm === null) return;
  const cause = tx.emit(
    { kind: 'drmPut', cause: because, rule: 'drm.put', at: { device }, args: { refs: drm.refs - 1 } },
    (w) => w.patch('drmDevice', device, { ...fields, refs: drm.refs - 1 }),
  );
  if (drm.refs === 1) releaseDevice(tx, device, cause);
}

/** drm_dev_release, drm_minor_alloc_release: the numbers are free again. */
function releaseDevice(tx: Tx, device: string, because: number): void {
  const cause = tx.emit({ kind: 'drmReleased', cause: because, rule: 'drm.release', at: { device } }, (w) =>
    w.put('drmDevice', device, null),
  );
  for (const name of nodesOf(tx, device)) {
    const node = tx.get('deviceNode', name);
    if (node === null) continue;
    tx.emit({ kind: 'nodeFreed', cause, rule: 'drm.minor.free', at: { device }, args: { node: name } }, (w) =>
      w.put('deviceNode', name, null),
    );
    callMinor(tx, 'erase', { table: node.table, id: node.minor, cause });
  }
  forgetGone(tx, device, cause);
}
