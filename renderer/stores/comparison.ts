import { create } from 'zustand';
import type { ComparisonView, Difference } from '../../app/contract/machine-views.ts';

interface ComparisonState {
  readonly view: ComparisonView | null;
  /** What differs, by node of the graph. */
  readonly nodes: ReadonlyMap<string, Difference>;
  /** Counts comparisons, so that views know when to ask again. */
  readonly version: number;
}

/** The machine that the open one is compared with. */
export const useComparison = create<ComparisonState>(() => ({
  view: null,
  nodes: new Map(),
  version: 0,
}));

export function showComparison(view: ComparisonView | null): void {
  useComparison.setState(({ version }) => ({
    view,
    nodes: new Map((view?.nodes ?? []).map(({ node, difference }) => [node, difference])),
    version: version + 1,
  }));
}
