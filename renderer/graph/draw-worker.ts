/** Draws large machines beside the window: its thread stays free for the pointer. */
import { draw, type Drawn, type Wanted } from '../../app/draw/draw.ts';
import type { Picture } from '../../app/draw/picture.ts';

export interface DrawWish {
  readonly key: string;
  readonly picture: Picture;
  readonly wanted: Partial<Wanted>;
}
export type DrawAnswer =
  { readonly key: string; readonly drawn: Drawn } | { readonly key: string; readonly fault: string };

addEventListener('message', ({ data }: MessageEvent<DrawWish>) => {
  let answer: DrawAnswer;
  try {
    answer = { key: data.key, drawn: draw(data.picture, data.wanted) };
  } catch (error) {
    answer = { key: data.key, fault: error instanceof Error ? error.message : 'no reason given' };
  }
  postMessage(answer);
});
