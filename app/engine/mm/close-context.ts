/**
 * A device file is closed: its mirror ends. What the process has in device memory stays there.
 *
 *      A SD.. gpu0 SD..  --close-->  A SD.. gpu0 ....   mmu_interval_notifier_remove
 *
 * Stands for the release of a driver's file (dmirror_fops_release of lib/test_hmm.c).
 */
import { forgetGone } from '../owners/gone.ts';
import type { Tx } from '../tx.ts';
import { eraseDeviceEntries } from './mirror.ts';
import { removeNotifier } from './notifier.ts';

const everything = 2 ** 35;

/** Closes an open context. */
export function closeContext(tx: Tx, key: string, from: number | null): void {
  const context = tx.get('context', key);
  if (context === null) return;
  const at = { context: key, space: context.space, device: context.device };
  const cause = tx.emit({ kind: 'deviceClosed', cause: from, rule: 'device.close', at }, (w) =>
    w.patch('context', key, { open: false }),
  );
  removeNotifier(tx, key, cause);
  eraseDeviceEntries(tx, key, 0, everything, cause, 'device.close');
  forgetGone(tx, context.device, cause);
}
