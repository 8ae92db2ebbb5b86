/** Descriptors of processes, and who holds a dma-buf. Models fd_install, dma_buf_get and dma_buf_file_release. */
import type { Descriptor } from '../../model/dma-buf.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx, type Writer } from '../tx.ts';
import { letGoOfObject, mappedDmaBuf } from './objects.ts';

/** Descriptors a process may have (RLIMIT_NOFILE of a default system). */
const maxDescriptors = 1024;
/** 0, 1 and 2 are standard input and output. */
const firstDescriptor = 3;

const descriptorKey = (process: string, number: number): string => `${process}:${number}`;

/** The lowest free number, or null where the table is full (EMFILE). */
export function freeDescriptor(tx: Tx, process: string): number | null {
  for (let number = firstDescriptor; number < maxDescriptors; number++)
    if (tx.get('descriptor', descriptorKey(process, number)) === null) return number;
  return null;
}

export function installDescriptor(w: Writer, process: string, number: number, file: Descriptor['file']): void {
  const key = descriptorKey(process, number);
  w.put('descriptor', key, { process, number, file });
  if (file.kind === 'dmaBuf') holdDmaBuf(w, file.name, key);
}

export function holdDmaBuf(w: Writer, name: string, holder: string): void {
  const dmaBuf = w.get('dmaBuf', name);
  if (dmaBuf !== null) w.put('dmaBuf', name, { ...dmaBuf, holders: [...dmaBuf.holders, holder] });
}

function dropHolder(w: Writer, name: string, holder: string): void {
  const dmaBuf = w.get('dmaBuf', name);
  if (dmaBuf === null) return;
  const at = dmaBuf.holders.indexOf(holder);
  w.put('dmaBuf', name, { ...dmaBuf, holders: dmaBuf.holders.filter((_, i) => i !== at) });
}

/** dma_buf_get: the dma-buf behind a descriptor. EBADF where nothing is open there, EINVAL where it is another file. */
export function dmaBufOf(tx: Tx, process: string, number: number): string | { readonly refusal: OpResult } {
  const descriptor = tx.get('descriptor', descriptorKey(process, number));
  if (descriptor === null)
    return {
      refusal: tx.refuse('EBADF', 'dmaBuf.get.closed', {
        why: `${process} has no open file ${number}`,
        fn: 'dma_buf_get',
      }),
    };
  if (descriptor.file.kind !== 'dmaBuf')
    return {
      refusal: tx.refuse('EINVAL', 'dmaBuf.get.otherFile', {
        why: `file ${number} of ${process} is ${descriptor.file.name}, no dma-buf`,
        fn: 'dma_buf_get',
      }),
    };
  return descriptor.file.name;
}

/** A holder lets go (dma_buf_put, fput); with the last one the dma-buf is released. */
export function putDmaBuf(tx: Tx, name: string, holder: string, cause: number | null): void {
  const put = tx.emit({ kind: 'dmaBufPut', cause, rule: 'dmaBuf.put', args: { dmaBuf: name, holder } }, (w) =>
    dropHolder(w, name, holder),
  );
  releaseUnheld(tx, name, put);
}

/** Mappings of a dma-buf hold its file as well. */
const isMapped = (tx: Tx, name: string): boolean =>
  Object.values(tx.world.records.vma).some((vma) => vma.file === mappedDmaBuf(name));

/** dma_buf_release: nobody holds it any more; the exporter's release op gives its object back. */
function releaseUnheld(tx: Tx, name: string, cause: number | null): void {
  const dmaBuf = tx.get('dmaBuf', name);
  if (dmaBuf === null || dmaBuf.holders.length > 0 || isMapped(tx, name)) return;
  const released = tx.emit({ kind: 'dmaBufReleased', cause, rule: 'dmaBuf.release', args: { dmaBuf: name } }, (w) =>
    w.put('dmaBuf', name, null),
  );
  if (dmaBuf.object !== null) letGoOfObject(tx, dmaBuf.object, released);
}

export function closeDescriptor(tx: Tx, process: string, number: number, cause: number | null): OpResult {
  const key = descriptorKey(process, number);
  const descriptor = tx.get('descriptor', key);
  if (descriptor === null)
    return tx.refuse('EBADF', 'file.close', { cause, why: `${process} has no open file ${number}`, fn: 'close' });
  const closed = tx.emit(
    {
      kind: 'descriptorClosed',
      by: process,
      cause,
      rule: 'file.close',
      args: { fd: number, name: descriptor.file.name },
    },
    (w) => w.put('descriptor', key, null),
  );
  if (descriptor.file.kind === 'dmaBuf') putDmaBuf(tx, descriptor.file.name, key, closed);
  return ok;
}

/** dup_fd: a child gets a copy of the descriptor table. */
export function copyDescriptors(w: Writer, parent: string, child: string): void {
  for (const descriptor of Object.values(w.world.records.descriptor))
    if (descriptor.process === parent) installDescriptor(w, child, descriptor.number, descriptor.file);
}

/** exit_files: after the address space, the descriptors. */
export function closeDescriptors(tx: Tx, process: string, cause: number | null): void {
  for (const descriptor of Object.values(tx.world.records.descriptor))
    if (descriptor.process === process) closeDescriptor(tx, process, descriptor.number, cause);
}

/** What a removed mapping was the last to hold is let go of. */
export function sweepUnmapped(tx: Tx, cause: number | null): void {
  for (const name of Object.keys(tx.world.records.dmaBuf)) releaseUnheld(tx, name, cause);
  for (const name of Object.keys(tx.world.records.object)) letGoOfObject(tx, name, cause);
}
