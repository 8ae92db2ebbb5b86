import { create } from 'zustand';
import { noWishes, type Wishes } from '../../app/draw/fold.ts';

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
