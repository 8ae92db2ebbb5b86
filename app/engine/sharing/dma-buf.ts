/**
 * A buffer object becomes a file that other drivers can import, and importers tie themselves to it.
 *
 *      export      object weights ─ dma-buf shared ─ A:3
 *      attach      nic0 wishes for peer-to-peer; the exporter keeps the wish, clears it, or refuses
 *
 * Models dma_buf_export, dma_buf_fd, dma_buf_dynamic_attach and dma_buf_detach of drivers/dma-buf/dma-buf.c, and the
 * attach callbacks of exporters.
 */
import { exporterRules } from '../../model/dma-buf.ts';
import type { OpResult } from '../event.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { dmaBufOf, freeDescriptor, holdDmaBuf, installDescriptor, putDmaBuf } from './files.ts';
import { peerTarget } from './peer.ts';
import { unmapAttachment, unpinAttachment } from './mapping.ts';

const deviceOf = (device: string | null) => (device === null ? {} : { device });

/** EPERM for what is not the driver's own memory, EMFILE where the process has no free descriptor. */
export function exportObject(tx: Tx, objectName: string, name: string): OpResult {
  const object = tx.get('object', objectName);
  const at = deviceOf(object?.device ?? null);
  if (object === null || !object.handles.includes(tx.by))
    return tx.refuse('ENOENT', 'dmaBuf.export.none', {
      why: `${tx.by} has no handle of a buffer object ${objectName}`,
      fn: 'drm_gem_object_lookup',
    });
  if (object.frames === 'userPointer')
    return tx.refuse('EPERM', 'dmaBuf.export.userPointer', {
      at,
      why: 'its pages belong to a process, which may take them back at any time',
      fn: 'amdgpu_gem_prime_export',
    });
  if (tx.get('dmaBuf', name) !== null)
    return tx.refuse('EEXIST', 'dmaBuf.export.name', { at, why: `there is a dma-buf ${name} already` });
  const number = freeDescriptor(tx, tx.by);
  if (number === null)
    return tx.refuse('EMFILE', 'dmaBuf.export.full', {
      at,
      why: `${tx.by} has no free descriptor`,
      fn: 'get_unused_fd_flags',
    });
  const made = tx.emit(
    { kind: 'exported', rule: 'dmaBuf.export', at, args: { object: objectName, dmaBuf: name, pages: object.pages } },
    (w) =>
      w.put('dmaBuf', name, {
        object: objectName,
        exporter: object.exporter,
        device: object.device,
        pages: object.pages,
        holders: [],
        revoked: false,
        orphan: false,
      }),
  );
  tx.emit({ kind: 'descriptorInstalled', cause: made, rule: 'dmaBuf.fd', args: { fd: number, name } }, (w) =>
    installDescriptor(w, tx.by, number, { kind: 'dmaBuf', name }),
  );
  return ok;
}

/** dma_buf_get: a driver looks a descriptor up and holds the file. */
export function getDmaBuf(tx: Tx, fd: number, holder: string): string | { readonly refusal: OpResult } {
  const name = dmaBufOf(tx, tx.by, fd);
  if (typeof name !== 'string') return name;
  tx.emit({ kind: 'dmaBufGot', rule: 'dmaBuf.get', args: { fd, dmaBuf: name, holder } }, (w) =>
    holdDmaBuf(w, name, holder),
  );
  return name;
}

export interface AttachRequest {
  readonly name: string;
  readonly fd: number;
  readonly importer: string;
  readonly dynamic: boolean;
  readonly peer2peer: boolean;
  readonly invalidates: boolean;
  readonly dropsAtOnce: boolean;
  readonly obeys: boolean;
}

/** dma_buf_get and dma_buf_dynamic_attach: the exporter may clear the wish for peer-to-peer, or refuse. */
export function attach(tx: Tx, request: AttachRequest): OpResult {
  const { name, fd, importer } = request;
  if (tx.get('attachment', name) !== null)
    return tx.refuse('EEXIST', 'dmaBuf.attach.name', { why: `there is an attachment ${name} already` });
  if (tx.get('device', importer) === null)
    return tx.refuse('ENODEV', 'dmaBuf.attach.noDevice', { why: `no device ${importer} in this machine` });
  const got = getDmaBuf(tx, fd, name);
  if (typeof got !== 'string') return got.refusal;
  const cause = tx.events.length - 1;
  const at = { device: importer };
  const refuse = (errno: string, rule: string, why: string): OpResult => {
    const refused = tx.refuse(errno, rule, { cause, at, why, fn: 'dma_buf_dynamic_attach' });
    putDmaBuf(tx, got, name, tx.events.length - 1);
    return refused;
  };
  const dmaBuf = tx.get('dmaBuf', got);
  if (dmaBuf === null) return refuse('EINVAL', 'dmaBuf.attach.none', `there is no dma-buf ${got}`);
  if (dmaBuf.revoked || dmaBuf.orphan || dmaBuf.object === null)
    return refuse('ENODEV', 'dmaBuf.attach.revoked', dmaBuf.orphan ? 'the exporting device is gone' : 'it is revoked');
  const reach = peerTarget(tx.world, dmaBuf.device, importer);
  const peer2peer = request.peer2peer && reach !== null;
  const rules = exporterRules[dmaBuf.exporter];
  if (!peer2peer && reach !== 'LOCAL' && rules.attachWithoutPeer !== 'keep')
    return refuse(
      rules.attachWithoutPeer,
      'dmaBuf.attach.noPeer',
      request.peer2peer
        ? `${importer} cannot reach ${dmaBuf.device ?? 'it'}`
        : 'the importer does not ask for peer-to-peer',
    );
  tx.emit(
    {
      kind: 'attached',
      cause,
      rule: peer2peer === request.peer2peer ? 'dmaBuf.attach' : 'dmaBuf.attach.cleared',
      at,
      args: { attachment: name, dmaBuf: got, peer2peer, wished: request.peer2peer, dynamic: request.dynamic },
    },
    (w) =>
      w.put('attachment', name, {
        dmaBuf: got,
        importer,
        dynamic: request.dynamic,
        peer2peer,
        invalidates: request.invalidates,
        dropsAtOnce: request.dropsAtOnce,
        obeys: request.obeys,
        pins: 0,
        mapping: 'none',
        revoked: false,
      }),
  );
  return ok;
}

/** dma_buf_detach and dma_buf_put: what is mapped is unmapped, what is pinned unpinned. */
export function detach(tx: Tx, name: string, cause: number | null): OpResult {
  const attachment = tx.get('attachment', name);
  if (attachment === null)
    return tx.refuse('EINVAL', 'dmaBuf.detach.none', {
      cause,
      why: `there is no attachment ${name}`,
      fn: 'dma_buf_detach',
    });
  if (attachment.mapping !== 'none') {
    const unmapped = unmapAttachment(tx, name, { forgets: attachment.obeys, cause });
    if (!isOk(unmapped)) return unmapped;
  }
  while ((tx.get('attachment', name)?.pins ?? 0) > 0) {
    const unpinned = unpinAttachment(tx, name, cause);
    if (!isOk(unpinned)) return unpinned;
  }
  const detached = tx.emit(
    {
      kind: 'detached',
      cause,
      rule: 'dmaBuf.detach',
      at: { device: attachment.importer },
      args: { attachment: name, dmaBuf: attachment.dmaBuf },
    },
    (w) => w.put('attachment', name, null),
  );
  putDmaBuf(tx, attachment.dmaBuf, name, detached);
  return ok;
}
