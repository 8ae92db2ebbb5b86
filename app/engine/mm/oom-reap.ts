/**
 * The memory of a process that was killed for memory is taken before the process gets to exit.
 *
 *      A SS0. gpu0 SSs.  --oomReap process=A-->  A .... gpu0 ....   CLEAR for each area, and no callback may sleep
 *
 *      given: write; deviceRead; driverLock
 *      A SSSS gpu0 SSSS  --oomReap process=A! EAGAIN-->  A SSSS gpu0 SSSS   a busy driver keeps its area whole
 *
 * Models __oom_reap_task_mm of mm/oom_kill.c. The reaper does not touch shared areas, huge TLB pages or raw mappings.
 */
import type { OpResult } from '../event.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { areasIn, type Area } from './areas.ts';
import { bracket } from './notifier.ts';
import { entriesOnly, zapEntries } from './unmap.ts';

const everything = 2 ** 35;
const unreapable: ReadonlySet<Area['backing']> = new Set(['hugetlb2M', 'hugetlb1G', 'pfnmap']);

/** EAGAIN: some area was left, since a driver was busy; the reaper tries again later. ESRCH: there is no such process. */
export function oomReap(tx: Tx, name: string): OpResult {
  const process = tx.get('process', name);
  if (process === null || !process.alive)
    return tx.refuse('ESRCH', 'oom.noProcess', { why: `no process ${name} is running`, fn: 'oom_reap_task_mm' });
  const { space } = process;
  const cause = tx.emit({ kind: 'oomReap', rule: 'oom.reap', at: { space } }, (w) =>
    w.patch('space', space, { unstable: true }),
  );
  let result: OpResult = ok;
  for (const area of areasIn(tx.world, space, 0, everything)) {
    if (unreapable.has(area.backing) || (area.shared && area.backing !== 'anon')) continue;
    const { start, end } = area;
    const reaped = bracket(tx, { event: 'CLEAR', space, start, end, blockable: false, cause, rule: 'oom.reap' }, () =>
      zapEntries(tx, space, start, end, cause, 'oom.reap', entriesOnly),
    );
    if (!isOk(reaped)) result = reaped;
  }
  return result;
}
