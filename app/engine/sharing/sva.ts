/**
 * A device and a process share an address space: one PASID a space, one bond a device.
 *
 *      bind dsa0    A: PASID 1, domain of A, users 1
 *      bind nic0    A: PASID 1, domain of A, users 2
 *      unbind       the domain goes with its last user; the PASID stays until A ends
 *
 * Models iommu_sva_bind_device, iommu_alloc_mm_data, iommu_sva_unbind_device and mm_pasid_drop of
 * drivers/iommu/iommu-sva.c.
 */
import { PageMap } from '../../store/page-map.ts';
import { firstPasid, pasidLimit } from '../../model/sva.ts';
import type { World } from '../../model/world.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';

export const bondKey = (device: string, space: string): string => `${device}:${space}`;

/** PASIDs that are in use anywhere in the machine. */
export function usedPasids(world: World): ReadonlySet<number> {
  const { pasid, pasidsOutside, devicePasid } = world.records;
  return new Set([
    ...Object.values(pasid).map(({ value }) => value),
    ...Object.values(pasidsOutside).flatMap(({ taken }) => taken),
    ...Object.values(devicePasid).map(({ value }) => value),
  ]);
}

/** iommu_alloc_global_pasid: the lowest that nobody has and the device can use; null: none. */
function freePasid(world: World, maxPasids: number): number | null {
  const used = usedPasids(world);
  for (let value = firstPasid; value < Math.min(maxPasids, pasidLimit); value++) if (!used.has(value)) return value;
  return null;
}

type Refusal = readonly [errno: string, rule: string, why: string];

/** What stands in the way of a bond, in the order in which the kernel finds it. */
function objection(tx: Tx, device: string, space: string): Refusal | null {
  const pci = tx.get('pci', device);
  const mm = tx.get('space', space);
  if (mm === null || mm.users === 0) return ['EINVAL', 'sva.bind.deadSpace', 'the address space has no users'];
  if (pci === null || pci.iommuGroup === null) return ['ENODEV', 'sva.bind.noGroup', `${device} is in no IOMMU group`];
  const max = pci.maxPasids ?? 0;
  if (tx.get('settings', 'machine')?.iommu !== true || max === 0)
    return [
      'EOPNOTSUPP',
      'sva.bind.unsupported',
      max === 0 ? `${device} has no PASID capability` : 'no IOMMU translates its DMA',
    ];
  if (mm.tagged === true)
    return ['EBUSY', 'sva.bind.tagged', 'the process tags its addresses: the IOMMU cannot walk its page tables'];
  const has = tx.get('pasid', space)?.value;
  if (has === undefined) {
    if (freePasid(tx.world, max) === null) return ['ENOSPC', 'sva.bind.none', `no PASID below ${max} is free`];
  } else if (has >= max)
    return ['EOVERFLOW', 'sva.bind.tooWide', `PASID ${has} of the process does not fit: ${device} has ${max}`];
  if (has !== undefined && tx.get('devicePasid', `${device}#${has}`) !== null)
    return ['EBUSY', 'sva.bind.attached', `PASID ${has} is attached to something else on ${device}`];
  return null;
}

/** iommu_sva_bind_device. Bound again, it is the same handle with one reference more. */
export function bindSva(tx: Tx, device: string, space: string, cause: number | null): OpResult {
  const key = bondKey(device, space);
  const at = { context: key, space, device };
  const bond = tx.get('svaBond', key);
  const no = bond === null ? objection(tx, device, space) : null;
  if (no !== null) return tx.refuse(no[0], no[1], { cause, at, why: no[2], fn: 'iommu_sva_bind_device' });
  if (bond !== null) {
    tx.emit(
      { kind: 'svaBound', cause, rule: 'sva.bind.again', at, args: { pasid: bond.pasid, refs: bond.refs + 1 } },
      (w) => w.patch('svaBond', key, { refs: bond.refs + 1 }),
    );
    return ok;
  }
  const value = tx.get('pasid', space)?.value ?? freePasid(tx.world, tx.get('pci', device)?.maxPasids ?? 0) ?? 0;
  let from = cause;
  if (tx.get('pasid', space) === null)
    from = tx.emit({ kind: 'pasidAllocated', cause, rule: 'sva.pasid', at: { space }, args: { pasid: value } }, (w) =>
      w.put('pasid', space, { value }),
    );
  const iommu = tx.get('device', device)?.iommu ?? 'iommu';
  const domain = `${space}@${iommu}`;
  const users = (tx.get('svaDomain', domain)?.users ?? 0) + 1;
  tx.emit(
    { kind: 'svaBound', cause: from, rule: 'sva.bind', at, args: { pasid: value, refs: 1, domain, users } },
    (w) => {
      w.put('svaDomain', domain, { space, iommu, users });
      w.put('svaBond', key, { device, space, domain, pasid: value, refs: 1, requests: 0, cpages: 0 });
    },
  );
  return ok;
}

/** iommu_sva_unbind_device: the last reference detaches the device; the PASID stays with the address space. */
export function unbindSva(tx: Tx, key: string, cause: number | null): OpResult {
  const bond = tx.get('svaBond', key);
  if (bond === null)
    return tx.refuse('EINVAL', 'sva.unbind.none', {
      cause,
      at: { context: key },
      why: `there is no bond ${key}`,
      fn: 'iommu_sva_unbind_device',
    });
  const { device, space, domain } = bond;
  const last = bond.refs === 1;
  tx.emit(
    {
      kind: 'svaUnbound',
      cause,
      rule: last ? 'sva.unbind' : 'sva.unbind.one',
      at: { context: key, space, device },
      args: { pasid: bond.pasid, refs: bond.refs - 1 },
    },
    (w) => {
      if (!last) return w.patch('svaBond', key, { refs: bond.refs - 1 });
      w.rewrite('atc', key, 0, PageMap.limit, () => null);
      w.put('svaBond', key, null);
      const shared = w.get('svaDomain', domain);
      if (shared !== null)
        w.put('svaDomain', domain, shared.users === 1 ? null : { ...shared, users: shared.users - 1 });
    },
  );
  return ok;
}

/** mm_pasid_drop: the address space is gone; whoever is still bound is detached, and the PASID is free again. */
export function dropPasid(tx: Tx, space: string, cause: number | null): void {
  for (const [key, bond] of Object.entries(tx.world.records.svaBond)) {
    if (bond.space !== space) continue;
    while (tx.get('svaBond', key) !== null) unbindSva(tx, key, cause);
  }
  const pasid = tx.get('pasid', space);
  if (pasid === null) return;
  tx.emit({ kind: 'pasidFreed', cause, rule: 'sva.pasid', at: { space }, args: { pasid: pasid.value } }, (w) =>
    w.put('pasid', space, null),
  );
}
