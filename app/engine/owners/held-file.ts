import type { NodeFile } from '../../model/owners.ts';
import type { OpResult } from '../event.ts';
import type { Tx } from '../tx.ts';

/** The file that an operation names, as one of its holders has it; EBADF where `by` has none of that name. */
export function heldFile(tx: Tx, by: string, file: string): NodeFile | { readonly refusal: OpResult } {
  const found = tx.get('nodeFile', file);
  return found?.holders.includes(by) === true
    ? found
    : { refusal: tx.refuse('EBADF', 'node.file', { why: `${by} has no open file ${file}` }) };
}
