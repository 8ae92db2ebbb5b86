import type { Difference } from '../../app/contract/machine-views.ts';
import './compare.css';

const marks: Readonly<Record<Difference, string>> = { added: '+', removed: '−', changed: '~' };

/** How a part compares with the other machine: a sign with its word, nothing where it is the same. */
export function DifferenceMark({ difference }: { readonly difference: Difference | null }) {
  return difference === null ? null : (
    <b className="difference" role="img" aria-label={difference} title={difference}>
      {marks[difference]}
    </b>
  );
}
