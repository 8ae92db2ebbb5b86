/** Every event of a story as two bytes: who, and what it leads to. */
import type { TimelineView } from '../contract/frame.ts';
import { eventKinds } from '../engine/event-kinds.ts';
import type { Story } from './story.ts';

export function timelineOf(story: Story | null): TimelineView {
  const steps = story?.run.steps.length ?? 0;
  const lanes = new Numbering();
  const states = new Numbering();
  const lane: number[] = [];
  const state: number[] = [];
  const stepStarts: number[] = [];
  for (let step = 0; step < steps; step++) {
    stepStarts.push(lane.length);
    for (const { event } of story?.events(step) ?? []) {
      lane.push(lanes.of(event.by));
      state.push(states.of(eventKinds[event.kind].state));
    }
  }
  stepStarts.push(lane.length);
  return {
    lanes: lanes.words,
    stepStarts,
    lane: Uint8Array.from(lane),
    state: Uint8Array.from(state),
    states: states.words,
  };
}

/** Numbers words in the order in which they come up; all beyond the 255th are one. */
class Numbering {
  readonly #numbers = new Map<string, number>();

  of(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    const next = Math.min(255, this.#numbers.size);
    this.#numbers.set(word, next);
    return next;
  }

  get words(): readonly string[] {
    return [...this.#numbers.keys()].slice(0, 256);
  }
}
