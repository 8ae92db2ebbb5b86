/**
 * A process goes: its descriptors are closed and its handles dropped, after its address space. What becomes of memory
 * that others still hold is the driver's policy.
 *
 *      keep       the memory lives until the last holder lets go
 *      revoke     holders that can be told are told, then the memory is free
 *      recycle    the memory is free at once, whoever still has its addresses: the bug
 *
 * Models exit_files, drm_gem_release and the release functions of drivers.
 */
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import { closeDescriptors, sweepUnmapped } from './files.ts';
import { revoke } from './moving.ts';
import { dropRegions } from './regions.ts';
import { dropHandle, giveBack, isHeld, letGoOfObject } from './objects.ts';

/** Takes away every export of an object that can be taken away. */
function revokeExports(tx: Tx, object: string, cause: number | null): void {
  for (const [name, dmaBuf] of Object.entries(tx.world.records.dmaBuf))
    if (dmaBuf.object === object) revoke(tx, name, cause);
}

/** The last handle of an object is gone: the policy of its driver decides. */
function afterLastHandle(tx: Tx, name: string, cause: number | null): void {
  const object = tx.get('object', name);
  if (object === null || object.handles.length > 0 || !isHeld(tx, name)) return;
  const policy = tx.get('device', object.device ?? '')?.ownerLeaves ?? 'keep';
  if (policy === 'revoke') revokeExports(tx, name, cause);
  if (policy === 'recycle') giveBack(tx, name, cause, 'object.recycle');
}

export function leave(tx: Tx, process: string, cause: number | null): void {
  dropRegions(tx, process, cause);
  closeDescriptors(tx, process, cause);
  for (const [name, object] of Object.entries(tx.world.records.object)) {
    if (!object.handles.includes(process)) continue;
    dropHandle(tx, name, process, cause);
    afterLastHandle(tx, name, cause);
  }
  sweepUnmapped(tx, cause);
}

/**
 * A device is gone (unplug) or about to be: its exports become orphans and are revoked where they can be. The names of
 * those that an importer cannot be told of.
 */
export function orphanExports(tx: Tx, device: string, cause: number | null): readonly string[] {
  const deaf: string[] = [];
  for (const [name, dmaBuf] of Object.entries(tx.world.records.dmaBuf)) {
    if (dmaBuf.device !== device || dmaBuf.orphan) continue;
    const orphaned = tx.emit(
      { kind: 'exportOrphaned', cause, rule: 'dmaBuf.orphan', at: { device }, args: { dmaBuf: name } },
      (w) => w.patch('dmaBuf', name, { orphan: true }),
    );
    const revoked: OpResult = revoke(tx, name, orphaned);
    if (revoked !== ok && 'errno' in revoked) deaf.push(name);
  }
  return deaf;
}

/** Exports of a device, and whether every importer of each could be told to stop. */
export function exportsOf(
  tx: Pick<Tx, 'world'>,
  device: string,
): readonly { readonly dmaBuf: string; readonly revocable: boolean; readonly holders: readonly string[] }[] {
  const { dmaBuf, attachment } = tx.world.records;
  return Object.entries(dmaBuf).flatMap(([name, record]) =>
    record.device !== device
      ? []
      : [
          {
            dmaBuf: name,
            revocable: Object.values(attachment).every(
              (a) => a.dmaBuf !== name || a.invalidates || a.mapping === 'none',
            ),
            holders: record.holders,
          },
        ],
  );
}

/** A process frees a buffer object. EINVAL where its driver does not free what is exported. */
export function freeObject(tx: Tx, name: string, freeExported: 'EINVAL' | 'later'): OpResult {
  const object = tx.get('object', name);
  if (object === null || !object.handles.includes(tx.by))
    return tx.refuse('EINVAL', 'object.free.none', { why: `${tx.by} has no handle of ${name}` });
  const exported = Object.values(tx.world.records.dmaBuf).some((dmaBuf) => dmaBuf.object === name);
  if (exported && freeExported === 'EINVAL')
    return tx.refuse('EINVAL', 'object.free.exported', {
      at: object.device === null ? {} : { device: object.device },
      why: 'it is exported: its memory stays',
      fn: 'free_device_memory',
    });
  dropHandle(tx, name, tx.by, null);
  letGoOfObject(tx, name, null);
  return ok;
}
