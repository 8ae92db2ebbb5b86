import { useState } from 'react';
import type { PartsView } from '../../app/contract/machine-views.ts';
import { client } from '../client.ts';
import { rowWindow, type RowWindow } from '../inspector/row-window.ts';
import { useAnswer } from '../inspector/use-answer.ts';
import { useComparison } from '../stores/comparison.ts';
import { useDocument } from '../stores/document.ts';
import { useParts } from '../stores/parts.ts';
import { useSelection } from '../stores/selection.ts';

/** Rows are asked for in blocks of this many, so that scrolling by a row asks nothing. */
const block = 64;
const overscan = 8;
export const rowHeight = 28;

export interface PartRows {
  readonly view: PartsView | null;
  readonly rows: RowWindow;
  readonly total: number;
  readonly top: number;
  readonly height: number;
  readonly place: (place: { readonly top: number; readonly height: number }) => void;
}

/** The rows in view, and the place of the selected part among all rows. */
export function usePartRows(filter: string): PartRows {
  const { kind, differing, sort, descending } = useParts();
  const document = useDocument((state) => state.head);
  const compared = useComparison((state) => state.version);
  const reveal = useSelection((state) => (state.selected?.kind === 'node' ? state.selected.id : null));
  const [seen, place] = useState({ top: 0, height: 400 });
  const [known, setKnown] = useState<{ readonly key: string; readonly matching: number }>({ key: '', matching: 0 });
  const query = JSON.stringify([document?.id, document?.source, compared, filter, kind, differing, sort, descending]);
  const total = known.key === query ? known.matching : Math.max(known.matching, 1);
  const rows = rowWindow(total, rowHeight, seen.top, seen.height, overscan);
  const start = Math.floor(rows.start / block) * block;
  const count = Math.max(block, Math.ceil((rows.end - start) / block) * block);
  const view = useAnswer(`${query} ${start} ${count} ${reveal}`, async () => {
    const answer = await client().request('parts', { filter, kind, differing, sort, descending, start, count, reveal });
    setKnown({ key: query, matching: answer.matching });
    return answer;
  });
  return { view, rows, total: view?.matching ?? 0, ...seen, place };
}
