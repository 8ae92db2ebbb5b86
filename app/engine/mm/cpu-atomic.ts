/**
 * A CPU adds to pages in one step each (lock xadd): needs what a write needs.
 *
 *      A S0..            --atomic [0..2)-->  A SS..   as for a write: wp_page_copy, with CLEAR, for the zero page
 *      A x... gpu0 s...  --atomic [0]-->     A S... gpu0 ....   restore_exclusive_pte: the lease of the device ends
 *      A D...            --atomic [0]-->     A S...   migrate_to_ram
 *
 * Models a CPU atomic on memory that it can cache; semantics 3.2. On a window into a device nobody says what happens:
 * the access may be torn, be ignored, or end in a machine check.
 */
import { frameColumn, frameFlag } from '../../model/frame-state.ts';
import { pteKind } from '../../model/pte.ts';
import type { OpResult } from '../event.ts';
import type { SpaceSpan } from '../place.ts';
import { isOk, ok, type Tx } from '../tx.ts';
import { cpuAccess } from './cpu-fault.ts';
import { allFrames } from './frames.ts';

/** What may come of an atomic on a window into a device (a BAR). */
const undefinedOutcomes = ['torn', 'ignored', 'machine check'] as const;

export function cpuAtomic(tx: Tx, { space, start, end }: SpaceSpan, add: number): OpResult {
  const result = cpuAccess(tx, { space, start, end, access: 'write' });
  if (!isOk(result)) return result;
  const at = { space, start, pages: end - start };
  const runs = tx.pages('pte', space).occupied(start, end);
  if (runs.some((run) => pteKind(run.values[0] ?? 0) === 'PFNMAP')) {
    tx.emit({ kind: 'atomicUndefined', rule: 'access.cpu.atomic.bar', at, args: { outcomes: [...undefinedOutcomes] } });
    return ok;
  }
  const first = runs[0]?.values[1] ?? 0;
  const value = tx.pages('frame', allFrames).column(first, frameColumn.content) ?? 0;
  tx.emit({ kind: 'cpuAtomic', rule: 'access.cpu.atomic', at, args: { value, add } }, (w) => {
    for (const run of runs) {
      const frame = run.values[1] ?? 0;
      w.rewrite('frame', allFrames, frame, frame + (run.end - run.start), ({ values }) => ({
        values: values.map((v, column) =>
          column === frameColumn.content ? v + add : column === frameColumn.flags ? v | frameFlag.dirty : v,
        ),
      }));
    }
  });
  return ok;
}
