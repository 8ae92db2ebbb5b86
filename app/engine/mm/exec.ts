/**
 * A process runs another program: it gets a new address space, and the old one goes as at exit.
 *
 *      A SSD0 gpu0 SSDs subscriptions.A.seq 4 pool.dram0.free 8190  --exec-->  space.A.rss.anon 0 subscriptions.A.seq 2 pool.dram0.free 8192   RELEASE, then UNMAP
 *
 * Models begin_new_exec and exec_mmap of fs/exec.c. The pid stays. Device files that are closed on exec are closed after
 * the memory is gone; one that stays open still mirrors the old address space, in which nothing is left. The model
 * empties the old address space before it puts the new one in its place; nobody can tell.
 */
import type { Space } from '../../model/world.ts';
import type { OpResult } from '../event.ts';
import { dropPasid } from '../sharing/sva.ts';
import { ok, type Tx, type Writer } from '../tx.ts';
import { closeContext } from './close-context.ts';
import { releaseSpace } from './exit.ts';

const emptySpace: Omit<Space, 'mmapBase'> = {
  users: 1,
  rss: { anon: 0, file: 0, shmem: 0 },
  swapped: 0,
  mmapReaders: [],
  mmapWriter: null,
  unstable: false,
};

/** `closeOnExec`: its device files were opened with O_CLOEXEC. ESRCH: there is no such process. */
export function exec(tx: Tx, name: string, mmapBase: number, closeOnExec: boolean): OpResult {
  const process = tx.get('process', name);
  const space = process === null ? null : tx.get('space', process.space);
  if (process === null || space === null || !process.alive)
    return tx.refuse('ESRCH', 'exec.noProcess', { why: `no process ${name} is running`, fn: 'begin_new_exec' });
  const id = process.space;
  const cause = tx.emit({ kind: 'execed', rule: 'exec', at: { space: id } }, (w) =>
    w.patch('space', id, { users: space.users - 1 }),
  );
  releaseSpace(tx, id, cause);
  dropPasid(tx, id, cause);
  if (closeOnExec)
    for (const [key, context] of Object.entries(tx.world.records.context))
      if (context.open && context.space === id) closeContext(tx, key, cause);
  tx.emit({ kind: 'spaceReplaced', cause, rule: 'exec', at: { space: id } }, (w) => {
    keepForOpenFiles(w, id);
    for (const [key, buffer] of Object.entries(w.world.records.buffer))
      if (buffer.space === id) w.put('buffer', key, null);
    w.put('space', id, { ...emptySpace, mmapBase });
    w.put('subscriptions', id, { seq: 2, active: 0, deferred: [] });
  });
  return ok;
}

/** Device files that stay open keep the old, empty address space (mm_struct) under a name of its own. */
function keepForOpenFiles(w: Writer, id: string): void {
  const contexts = Object.entries(w.world.records.context).filter(([, context]) => context.space === id);
  const space = w.get('space', id);
  const subscriptions = w.get('subscriptions', id);
  if (contexts.length === 0 || space === null || subscriptions === null) return;
  const old = `${id}.${w.count(`exec.${id}`, 1)}`;
  w.put('space', old, space);
  w.put('subscriptions', old, subscriptions);
  for (const [key] of contexts) {
    w.patch('context', key, { space: old });
    if (w.get('notifier', key) !== null) w.patch('notifier', key, { space: old });
  }
}
