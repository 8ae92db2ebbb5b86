import { create } from 'zustand';
import type { Drawn } from '../../app/draw/draw.ts';
import type { Picture } from '../../app/draw/picture.ts';

interface PictureState {
  /** What is on show: the machine and how it is drawn; null before the first layout. */
  readonly shown: { readonly picture: Picture; readonly drawn: Drawn } | null;
  /** BARs true to scale. */
  readonly toScale: boolean;
  /** The other end of the way that begins at the selected part. */
  readonly goal: string | null;
}

export const usePicture = create<PictureState>(() => ({ shown: null, toScale: false, goal: null }));

export const toggleScale = (): void => usePicture.setState(({ toScale }) => ({ toScale: !toScale }));
