import type { Cursor } from '../../app/contract/frame.ts';

export interface SeekerPorts<Answer> {
  /** Asks for the picture at `cursor`, as a difference from the picture at `from`. */
  readonly fetch: (cursor: Cursor, from: Cursor | null) => Promise<Answer>;
  readonly paint: (cursor: Cursor, answer: Answer) => void;
  readonly fail: (error: unknown) => void;
}

export interface Seeker {
  /** Goes there; while an answer is under way only the latest wish is kept, so that a held key never queues. */
  seek(cursor: Cursor): void;
  /** Forgets what is on screen and drops every answer still under way: another document is open. */
  reset(): void;
}

/**
 * Latest wins: one request at a time, each a difference from what is on screen, and after it the newest wish only.
 * Answers that belong to a document that is closed are dropped.
 */
export function createSeeker<Answer>(ports: SeekerPorts<Answer>): Seeker {
  let generation = 0;
  let shown: Cursor | null = null;
  let wanted: Cursor | null = null;
  let busy = false;

  const run = async (mine: number): Promise<void> => {
    busy = true;
    while (wanted !== null) {
      const target: Cursor = wanted;
      wanted = null;
      try {
        const answer = await ports.fetch(target, shown);
        if (mine !== generation) return;
        shown = target;
        ports.paint(target, answer);
      } catch (error) {
        if (mine !== generation) return;
        // What is on screen is unknown after a failed difference: the next request asks for all of it.
        shown = null;
        ports.fail(error);
      }
    }
    busy = false;
  };

  return {
    seek(cursor) {
      wanted = cursor;
      if (!busy) void run(generation);
    },
    reset() {
      generation += 1;
      shown = null;
      wanted = null;
      busy = false;
    },
  };
}
