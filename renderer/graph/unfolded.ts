import { create } from 'zustand';
import { noWishes, type Wishes } from '../../app/draw/fold.ts';
import type { DrawnNode } from '../../app/draw/picture.ts';

interface UnfoldedState {
  /** What a person opened, closed, stacked or spread in the picture; empty: as the level of detail has it. */
  readonly wishes: Wishes;
}

export const useUnfolded = create<UnfoldedState>(() => ({ wishes: noWishes }));

export function setClosed(id: string, closed: boolean): void {
  useUnfolded.setState(({ wishes }) => ({ wishes: { ...wishes, closed: new Map(wishes.closed).set(id, closed) } }));
}

export function setStacked(id: string, stacked: boolean): void {
  useUnfolded.setState(({ wishes }) => ({ wishes: { ...wishes, stacked: new Map(wishes.stacked).set(id, stacked) } }));
}

/** Back to what the level of detail shows. */
export const forgetUnfolded = (): void => useUnfolded.setState({ wishes: noWishes });

/** Opens or closes a part, or spreads or stacks alike ones: what the same button on its card does. */
export function toggleFold(node: DrawnNode | undefined): void {
  if (node === undefined) return;
  if (node.alike?.stacked === true) setStacked(node.id, false);
  else if (node.open !== null) setClosed(node.id, node.open);
}
