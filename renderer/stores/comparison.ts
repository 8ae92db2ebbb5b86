import { create } from 'zustand';
import type { ComparisonView, Difference, MarkedNode } from '../../app/contract/machine-views.ts';

interface ComparisonState {
  readonly view: ComparisonView | null;
  /** What differs, by node of the graph. */
  readonly nodes: ReadonlyMap<string, Difference>;
  /** The same with what is gone from each node. */
  readonly marks: ReadonlyMap<string, MarkedNode>;
  /** Counts comparisons, so that views know when to ask again. */
  readonly version: number;
}

/** The machine that the open one is compared with. */
export const useComparison = create<ComparisonState>(() => ({
  view: null,
  nodes: new Map(),
  marks: new Map(),
  version: 0,
}));

export function showComparison(view: ComparisonView | null): void {
  useComparison.setState(({ version }) => ({
    view,
    // What has lost something has changed.
    nodes: new Map(
      (view?.nodes ?? []).map(({ node, difference }) => [node, difference === 'removed' ? 'changed' : difference]),
    ),
    marks: new Map((view?.nodes ?? []).map((mark) => [mark.node, mark])),
    version: version + 1,
  }));
}
