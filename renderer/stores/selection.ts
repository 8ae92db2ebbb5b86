import { create } from 'zustand';
import type { WhyTarget } from '../../app/contract/requests.ts';

/** What is selected or pointed at: a node of the machine, or something that one can ask "why" about. */
export type Selection = { readonly kind: 'node'; readonly id: string } | WhyTarget;

export function sameSelection(a: Selection | null, b: Selection | null): boolean {
  return a === b || (a !== null && b !== null && printSelection(a) === printSelection(b));
}

/** The selection as a link carries it: a node's id, `event:STEP:INDEX`, `page:PAGE:TABLE`, `mapping:PAGE:COLUMN:TABLE`. Everything counts from 0. */
export function printSelection(selection: Selection): string {
  switch (selection.kind) {
    case 'node':
      return selection.id;
    case 'event':
      return `event:${selection.step}:${selection.event}`;
    case 'page':
      return `page:${selection.page}:${selection.table}`;
    case 'mapping':
      return `mapping:${selection.page}:${selection.column}:${selection.table}`;
  }
}

const whole = (text: string | undefined): number =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : NaN;

/** Whatever is not one of the forms above is taken for a node's id. */
export function parseSelection(text: string): Selection {
  const [head, a, b, ...rest] = text.split(':');
  if (head === 'event' && whole(a) >= 0 && whole(b) >= 0) return { kind: 'event', step: whole(a), event: whole(b) };
  if (head === 'page' && whole(a) >= 0 && b !== undefined)
    return { kind: 'page', page: whole(a), table: [b, ...rest].join(':') };
  if (head === 'mapping' && whole(a) >= 0 && whole(b) >= 0 && rest.length > 0)
    return { kind: 'mapping', page: whole(a), column: whole(b), table: rest.join(':') };
  return { kind: 'node', id: text };
}

interface SelectionState {
  readonly selected: Selection | null;
  /** The node of the picture that stands for a selected part which is not drawn by itself. */
  readonly standIn: string | null;
  /** What the pointer is over, in any panel: all others highlight it. */
  readonly hovered: Selection | null;
  /** The page table on show; null is the first one of the document. */
  readonly table: string | null;
}

export const useSelection = create<SelectionState>(() => ({
  selected: null,
  standIn: null,
  hovered: null,
  table: null,
}));

export function select(selected: Selection | null): void {
  useSelection.setState((state) =>
    selected !== null && (selected.kind === 'page' || selected.kind === 'mapping')
      ? { selected, table: selected.table }
      : { ...state, selected },
  );
}

export function hover(hovered: Selection | null): void {
  if (!sameSelection(useSelection.getState().hovered, hovered)) useSelection.setState({ hovered });
}
