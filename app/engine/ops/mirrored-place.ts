/** A place in the address space that an open device file mirrors: what most operations of a driver name. */
import { arg } from '../define-op.ts';
import type { OpResult } from '../event.ts';
import { resolvePlace, type SpaceSpan } from '../place.ts';
import type { Tx } from '../tx.ts';

/** Arguments that name it. */
export const through = { context: arg.context, place: arg.place };

/** The span, or the refusal: EBADF where the file is not open, ENODEV where its device is gone, EINVAL where there is no such place. */
export function mirroredSpan(tx: Tx, context: string, place: string): SpaceSpan | { readonly refusal: OpResult } {
  const open = tx.get('context', context);
  if (open === null || !open.open)
    return {
      refusal: tx.refuse('EBADF', 'device.noContext', { why: `no open device file ${context}: open the device first` }),
    };
  if (tx.get('hotFunction', open.device)?.gone === true)
    return {
      refusal: tx.refuse('ENODEV', 'device.gone', { why: `${open.device} is gone: nothing is behind the file` }),
    };
  const span = resolvePlace(tx.world, place);
  if (span === null || span.space !== open.space)
    return {
      refusal: tx.refuse('EINVAL', 'op.place', {
        why: `there is no ${place} in the address space that ${context} mirrors`,
      }),
    };
  return span;
}
