/**
 * A process ends: mirrors are told first, then everything is unmapped.
 *
 *      A SSD0 gpu0 SSDs  --exit-->  A .... gpu0 ....   RELEASE over everything, then UNMAP over everything
 *
 * Models exit_mm, mmu_notifier_release and exit_mmap of mm/mmap.c. The address space goes before the files are closed.
 */
import type { OpResult } from '../event.ts';
import { leave } from '../sharing/leave.ts';
import { dropPasid } from '../sharing/sva.ts';
import { ok, type Tx } from '../tx.ts';
import { areasIn, dropUnmapped, removeArea } from './areas.ts';
import { rangeEnd, rangeStart, type RangeEvent } from './notifier.ts';
import { freeTables } from './page-table-pages.ts';
import { zapEntries } from './unmap.ts';

const everything = 2 ** 35;

export function exit(tx: Tx, name: string): OpResult {
  const process = tx.get('process', name);
  const space = process === null ? null : tx.get('space', process.space);
  if (process === null || space === null || !process.alive)
    return tx.refuse('ESRCH', 'exit.noProcess', { why: `no process ${name} is running`, fn: 'do_exit' });
  const id = process.space;
  const cause = tx.emit({ kind: 'exited', rule: 'exit', at: { space: id } }, (w) => {
    w.put('process', name, { ...process, alive: false });
    w.put('space', id, { ...space, users: space.users - 1 });
  });
  if (space.users > 1) {
    leave(tx, name, cause);
    return ok;
  }
  releaseSpace(tx, id, cause);
  dropUnmapped(tx, cause);
  leave(tx, name, cause);
  dropPasid(tx, id, cause);
  return ok;
}

/** exit_mmap: the last user of an address space is gone. Every mirror is told RELEASE, then all of it is unmapped. */
export function releaseSpace(tx: Tx, id: string, cause: number): void {
  const release: RangeEvent = { event: 'RELEASE', space: id, start: 0, end: everything, cause, rule: 'exit.release' };
  rangeStart(tx, release);
  rangeEnd(tx, release);
  const range: RangeEvent = { event: 'UNMAP', space: id, start: 0, end: everything, cause, rule: 'exit.unmap' };
  rangeStart(tx, range);
  zapEntries(tx, id, 0, everything, cause, 'exit.unmap');
  rangeEnd(tx, range);
  tx.emit({ kind: 'vmaRemoved', cause, rule: 'exit.unmap', at: { space: id } }, (w) => {
    for (const area of areasIn(w.world, id, 0, everything)) removeArea(w, area);
    freeTables(w, id, 0, everything);
  });
}
