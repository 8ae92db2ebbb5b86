import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { dwell, usePlayback } from '../stores/playback.ts';
import { isLast, sameCursor } from './cursor.ts';
import { forward, goFirst } from './navigate.ts';

const atEnd = (): boolean => isLast(useDocument.getState().head?.steps ?? [], usePlayback.getState().target);

/** Play or pause; play at the end starts over from the beginning. */
export function togglePlay(): void {
  const { playing } = usePlayback.getState();
  if (playing) {
    usePlayback.setState({ playing: false });
    return;
  }
  if ((useDocument.getState().head?.steps.length ?? 0) === 0) return;
  if (atEnd()) goFirst();
  usePlayback.setState({ playing: true });
}

/** Moves on while playing: each picture stays for its dwell time, counted from when it was painted. Returns the end of it. */
export function runPlayer(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;

  const arrange = (): void => {
    clearTimeout(timer);
    const { playing, target, speed, grain } = usePlayback.getState();
    if (!playing || !sameCursor(useFrame.getState().frame?.cursor ?? null, target)) return;
    if (atEnd()) {
      usePlayback.setState({ playing: false });
      return;
    }
    timer = setTimeout(forward, dwell[grain] / speed);
  };

  const ends = [usePlayback.subscribe(arrange), useFrame.subscribe(arrange)];
  return () => {
    clearTimeout(timer);
    for (const end of ends) end();
  };
}
