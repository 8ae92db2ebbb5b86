/**
 * A device adds to pages with atomic operations. Over a link without PCIe AtomicOps that needs an entry that says so:
 * local memory, or a page that the driver had lent to the device.
 *
 *      A x... gpu0 s...  --deviceAtomic [0] by=gpu0 times=1000-->   A x... gpu0 s...   the value is 1000 higher, and no CPU was asked
 *      A S... gpu0 S...  --deviceAtomic [0] by=gpu0! EFAULT-->      A S... gpu0 S...   write permission does not stand for atomic
 *
 * Models device atomics on make_device_exclusive mappings; semantics 2.2, 3.4 and 3.9.
 */
import { deviceFlag, devicePermits, deviceTarget } from '../../model/device-pte.ts';
import { frameColumn, frameFlag } from '../../model/frame-state.ts';
import { hasFlag } from '../../model/pte.ts';
import { isFilled, valueAt } from '../../store/run.ts';
import type { OpResult } from '../event.ts';
import { allFrames } from '../mm/frames.ts';
import { ok, type Tx } from '../tx.ts';

export interface DeviceAtomic {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly add: number;
  readonly times: number;
}

/** EFAULT, with nothing changed, where an entry of the range does not permit atomics. */
export function deviceAtomic(tx: Tx, { key, start, end, add, times }: DeviceAtomic): OpResult {
  const context = tx.get('context', key);
  const by = context?.device ?? key;
  const at = { context: key, space: context?.space ?? '', start, pages: end - start };
  const runs = tx.pages('devicePte', key).runs(start, end);
  const barred = runs.find((run) => !isFilled(run) || !permitsAtomics(run.values[0] ?? 0));
  if (barred !== undefined)
    return tx.refuse('EFAULT', 'access.device.atomic', {
      by,
      at: { ...at, start: barred.start, pages: barred.end - barred.start },
      why: 'the device entry does not permit atomics: the driver has to lend the page first',
    });
  tx.emit({ kind: 'deviceAtomic', by, rule: 'access.device.atomic', at, args: { add, times } }, (w) => {
    for (const run of runs.filter(isFilled)) {
      const first = valueAt(run, run.start, 1);
      w.rewrite('frame', allFrames, first, first + (run.end - run.start), (frame) => ({
        values: frame.values.map((v, c) =>
          c === frameColumn.content ? v + add * times : c === frameColumn.flags ? v | frameFlag.dirty : v,
        ),
      }));
    }
  });
  return ok;
}

const permitsAtomics = (word: number): boolean =>
  hasFlag(word, deviceFlag.atomic) || (deviceTarget(word) === 'LOCAL' && devicePermits(word, 'write'));
